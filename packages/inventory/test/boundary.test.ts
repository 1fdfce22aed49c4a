import { describe, expect, it } from 'vitest';
import type { Resolution } from '../src/index.js';
import { type Bench, onEveryEngine, times } from './support/engines.js';

const ttlMs = 600_000;
const skewMs = 1_000;

type Outcome = Resolution | { readonly code: string; readonly status?: string };

/** What calls came to; errors count by code and status. */
async function outcomesOf(...calls: Promise<Resolution>[]): Promise<Outcome[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((result) => (result.status === 'fulfilled' ? result.value : result.reason));
}

async function heldUnits(open: () => Promise<Bench>): Promise<Bench & { readonly id: string }> {
  const bench = await open();
  await bench.inventory.createItem('SKU-1', 5);
  return { ...bench, id: await bench.inventory.reserve('SKU-1', 5) };
}

onEveryEngine('32: commit and commit', (open) => {
  it('sell once and answer the same', async () => {
    const { inventory, another, id } = await heldUnits(open);
    const first = { status: 'committed', sold: 5, returned: 0, repeated: false };
    const outcomes = await outcomesOf(inventory.commit(id), another().commit(id), inventory.commit(id));
    expect(outcomes.filter((outcome) => 'repeated' in outcome && !outcome.repeated)).toEqual([first]);
    expect(outcomes.map((outcome) => ({ ...outcome, repeated: false }))).toEqual([first, first, first]);
    expect(await inventory.commit(id)).toEqual({ ...first, repeated: true });
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 0, reserved: 0 });
  });

  it('of another quantity do not agree', async () => {
    const { inventory, id } = await heldUnits(open);
    await inventory.commit(id, { quantity: 2 });
    const refused = { code: 'RESERVATION_RESOLVED', status: 'committed', sold: 2 };
    await expect(inventory.commit(id)).rejects.toMatchObject(refused);
    await expect(inventory.commit(id, { quantity: 3 })).rejects.toMatchObject(refused);
    expect(await inventory.commit(id, { quantity: 2 })).toMatchObject({
      sold: 2,
      returned: 3,
      repeated: true,
    });
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 3, reserved: 0 });
  });
});

onEveryEngine('32: commit and release', (open) => {
  it.each(['commit first', 'release first'])('at once: exactly one wins (%s)', async (order) => {
    const { inventory, another, id } = await heldUnits(open);
    const other = another();
    const [left, right] =
      order === 'commit first'
        ? [() => inventory.commit(id), () => other.release(id)]
        : [() => other.release(id), () => inventory.commit(id)];
    const [one, two] = await outcomesOf(left(), right());
    const winner = [one, two].find((outcome) => outcome && 'repeated' in outcome);
    const loser = [one, two].find((outcome) => outcome !== winner);
    expect(winner).toMatchObject({ repeated: false });
    expect(loser).toMatchObject({ code: 'RESERVATION_RESOLVED', status: winner?.status });
    const onHand = winner?.status === 'committed' ? 0 : 5;
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand, reserved: 0, available: onHand });
  });

  it('one after the other: the second is told how it ended', async () => {
    const { inventory, id } = await heldUnits(open);
    await inventory.release(id);
    expect(await inventory.release(id)).toEqual({ status: 'released', sold: 0, returned: 5, repeated: true });
    await expect(inventory.commit(id)).rejects.toMatchObject({
      code: 'RESERVATION_RESOLVED',
      status: 'released',
      outcome: 'not-applied',
      message: expect.stringContaining(id),
    });
    expect(await inventory.getAvailable('SKU-1')).toBe(5);
  });
});

onEveryEngine('32: commit and expiry', (open) => {
  it.each([
    { left: 1, result: 'committed' },
    { left: 0, result: 'expired' },
    { left: -1, result: 'expired' },
  ])('with $left ms left: $result', async ({ left, result }) => {
    const { inventory, clock, id } = await heldUnits(open);
    clock.advance(ttlMs - left);
    const [outcome] = await outcomesOf(inventory.commit(id));
    expect(outcome).toMatchObject({ status: result });
    expect(await inventory.getAvailable('SKU-1')).toBe(result === 'committed' ? 0 : 5);
  });

  describe.each([-skewMs, 0, skewMs])('the other clock %i ms ahead', (aheadMs) => {
    it.each([-2, -1, 0, 1, 2])('%i ms from the end: exactly one gets the units', async (offset) => {
      const { inventory, another, clock, id } = await heldUnits(open);
      const other = another(aheadMs);
      clock.advance(ttlMs + offset);
      const [committed, taken] = await Promise.allSettled([inventory.commit(id), other.reserve('SKU-1', 5)]);
      const { onHand, reserved } = await inventory.get('SKU-1');
      expect(onHand).toBe(committed.status === 'fulfilled' ? 0 : 5);
      expect(reserved).toBe(taken.status === 'fulfilled' ? 5 : 0);
      expect(committed.status === 'fulfilled' && taken.status === 'fulfilled').toBe(false);
    });
  });

  it('a holder within the margin is not robbed by a clock ahead', async () => {
    const { inventory, another, clock, id } = await heldUnits(open);
    clock.advance(ttlMs - 1);
    const ahead = another(skewMs);
    await expect(ahead.reserve('SKU-1', 1)).rejects.toMatchObject({ code: 'INSUFFICIENT_STOCK', have: 0 });
    expect(await inventory.commit(id)).toMatchObject({ status: 'committed', repeated: false });
  });

  it('a clock far ahead ends it early, and then it is over for all clocks', async () => {
    const { inventory, another, id } = await heldUnits(open);
    const dayAhead = another(86_400_000);
    await dayAhead.reserve('SKU-1', 5);
    await expect(inventory.commit(id)).rejects.toMatchObject({ status: 'expired' });
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 5, reserved: 5 });
  });

  it('who was told "expired" stays right, also for a clock behind', async () => {
    const { inventory, another, clock, id } = await heldUnits(open);
    const behind = another(-ttlMs);
    clock.advance(ttlMs);
    await expect(inventory.commit(id)).rejects.toMatchObject({ status: 'expired' });
    await expect(behind.commit(id)).rejects.toMatchObject({ status: 'expired' });
    expect(await behind.getAvailable('SKU-1')).toBe(5);
  });

  it('a far clock that finds it expired says so in the record before it says so', async () => {
    const { inventory, another, id } = await heldUnits(open);
    await expect(another(86_400_000).extend(id, 1)).rejects.toMatchObject({ status: 'expired' });
    await expect(inventory.commit(id)).rejects.toMatchObject({ status: 'expired' });
  });
});

onEveryEngine('33: expiry without a sweeper', (open) => {
  it('gives the units back to whoever asks next', async () => {
    const { inventory, clock, id } = await heldUnits(open);
    clock.advance(ttlMs + skewMs - 1);
    await expect(inventory.reserve('SKU-1', 1)).rejects.toMatchObject({ have: 0 });
    clock.advance(1);
    expect(await inventory.getAvailable('SKU-1')).toBe(5);
    await inventory.reserve('SKU-1', 5);
    await expect(inventory.commit(id)).rejects.toMatchObject({ status: 'expired', sold: 0 });
  });

  it('counts for every reservation on its own', async () => {
    const { inventory, clock } = await open();
    await inventory.createItem('SKU-1', 6);
    await inventory.reserve('SKU-1', 1, { ttlMs: 1_000 });
    await inventory.reserve('SKU-1', 2, { ttlMs: 5_000 });
    const last = await inventory.reserve('SKU-1', 3);
    const available: number[] = [];
    for (const ms of [1_999, 1, 3_999, 1, ttlMs]) {
      clock.advance(ms);
      available.push(await inventory.getAvailable('SKU-1'));
    }
    expect(available).toEqual([0, 1, 1, 3, 6]);
    await expect(inventory.commit(last)).rejects.toMatchObject({ status: 'expired' });
  });

  it('can be extended while it lives, and never shortened', async () => {
    const { inventory, clock, id } = await heldUnits(open);
    expect(await inventory.extend(id, 1_000)).toBe(clock.now() + ttlMs);
    clock.advance(ttlMs - 1);
    expect(await inventory.extend(id, ttlMs)).toBe(clock.now() + ttlMs);
    clock.advance(ttlMs - 1);
    expect(await inventory.commit(id)).toMatchObject({ status: 'committed' });
    await expect(inventory.extend(id, ttlMs)).rejects.toMatchObject({ status: 'committed' });
  });

  it('cannot be extended after its end', async () => {
    const { inventory, clock, id } = await heldUnits(open);
    clock.advance(ttlMs);
    await expect(inventory.extend(id, ttlMs)).rejects.toMatchObject({ status: 'expired' });
    expect(await inventory.getAvailable('SKU-1')).toBe(5);
  });

  it('makes a release as good as done', async () => {
    const { inventory, clock, id } = await heldUnits(open);
    clock.advance(ttlMs);
    expect(await inventory.release(id)).toEqual({ status: 'expired', sold: 0, returned: 5, repeated: true });
    expect(await inventory.getAvailable('SKU-1')).toBe(5);
  });

  it('can be swept, which changes nothing but the record', async () => {
    const { inventory, clock, store } = await heldUnits(open);
    expect(await inventory.sweep('SKU-1')).toBe(0);
    clock.advance(ttlMs + skewMs);
    expect(await inventory.getAvailable('SKU-1')).toBe(5);
    expect(await inventory.sweep('SKU-1')).toBe(5);
    store.reset();
    expect(await inventory.sweep('SKU-1')).toBe(0);
    expect(store.calls.put).toBe(0);
  });
});

onEveryEngine('33: how a reservation ended', (open) => {
  const graceMs = 60_000;
  /** One that was committed, and so many others that ended after it. */
  const committedBefore = async (others: number): Promise<Bench & { readonly id: string }> => {
    const bench = await open({ maxFoldMs: 5_000 });
    const { inventory } = bench;
    await inventory.createItem('SKU-1', 1_000);
    const id = await inventory.reserve('SKU-1', 5, { id: 'order-17' });
    await inventory.commit(id);
    const ids = await times(others, () => inventory.reserve('SKU-1', 1));
    await Promise.all(ids.map((other) => inventory.release(other)));
    return { ...bench, id };
  };

  it.each([0, 255])('is no matter of clocks while it is among the last 256: %i others', async (others) => {
    const { inventory, another, clock, id } = await committedBefore(others);
    await another(86_400_000).restock('SKU-1', 1);
    clock.advance(365 * 86_400_000);
    await another(86_400_000).restock('SKU-1', 1);
    for (const manager of [inventory, another()]) {
      expect(await manager.commit(id)).toMatchObject({ sold: 5, repeated: true });
      const again = manager.reserve('SKU-1', 5, { id: 'order-17' });
      await expect(again).rejects.toMatchObject({ code: 'RESERVATION_RESOLVED', status: 'committed' });
    }
    expect(await inventory.get('SKU-1')).toMatchObject({ onHand: 997, reserved: 0 });
  });

  it('is remembered for the grace when many others have ended since, and then forgotten', async () => {
    const { inventory, clock, id, stored } = await committedBefore(400);
    clock.advance(ttlMs + skewMs + graceMs - 1);
    expect(await inventory.commit(id)).toMatchObject({ repeated: true });
    clock.advance(1);
    await expect(inventory.commit(id)).rejects.toMatchObject({ code: 'RESERVATION_NOT_FOUND' });
    await expect(inventory.release(id)).rejects.toMatchObject({ code: 'RESERVATION_NOT_FOUND' });
    await inventory.restock('SKU-1', 1);
    const { reservations } = await stored('inventory:SKU-1');
    // 401 have ended. All are looked at after each 64, and the last 256 of then stay.
    expect(reservations).toHaveLength(401 - (384 - 256));
  });
});

onEveryEngine('33: a clock that counts in fractions of a millisecond', (open) => {
  it('leaves records that other processes can read', async () => {
    const { inventory, another, clock } = await open();
    clock.advance(0.25);
    await inventory.createItem('SKU-1', 5);
    await inventory.restock('SKU-1', 1);
    clock.advance(0.5);
    const held = await inventory.tryReserve('SKU-1', 2, { id: 'order-17' });
    expect(held).toMatchObject({ ok: true, expiresAt: Math.floor(clock.now()) + ttlMs });
    expect(await another().get('SKU-1')).toMatchObject({ onHand: 6, reserved: 2 });
    expect(await another().commit('SKU-1:order-17')).toMatchObject({ sold: 2 });
  });
});
