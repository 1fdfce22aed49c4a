import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { InventoryManager } from '../src/index.js';
import { reserve } from '../src/reserve.js';
import { emptyStock } from '../src/stock.js';
import { stockCodec } from '../src/stock-codec.js';
import { onEveryEngine, times, wallClock } from './support/engines.js';

/** How long a machine that is busy with other tests takes for thousands of calls at once must not matter. */
const patience = { maxFoldMs: 60_000, deadlineMs: 240_000, attemptTimeoutMs: 240_000 };
const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

onEveryEngine('41: 5,000 live reservations of one SKU', (open) => {
  it('fit, at 30 bytes each, and the next one gets a typed refusal', async () => {
    const { inventory, store, clock } = await open(patience);
    await inventory.createItem('hot', 100_000);
    const ids = await times(5_000, () => inventory.reserve('hot', 1));
    expect((await store.get('inventory:hot')).value.length).toBeLessThan(5_000 * 30 + 1_024);

    store.reset();
    const refused = await inventory.reserve('hot', 1).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'TOO_MANY_RESERVATIONS',
      retryable: true,
      outcome: 'not-applied',
      message: expect.stringContaining('5000 live reservations'),
    });
    expect(store.calls).toMatchObject({ put: 0, total: 1 });
    expect(await inventory.get('hot')).toMatchObject({ reserved: 5_000 });

    // What is there can still be sold, given back and extended.
    const [sold = '', released = '', extended = ''] = ids;
    expect(await inventory.commit(sold)).toMatchObject({ sold: 1 });
    expect(await inventory.release(released)).toMatchObject({ returned: 1 });
    expect(await inventory.extend(extended, 600_000)).toBe(clock.now() + 600_000);
    await times(2, () => inventory.reserve('hot', 1));
    await expect(inventory.reserve('hot', 1)).rejects.toMatchObject({ code: 'TOO_MANY_RESERVATIONS' });
  });

  it('make 500 more calls at once no more than a handful of store calls', async () => {
    const { inventory, store } = await open(patience);
    await inventory.createItem('hot', 100_000);
    const ids = await times(4_500, () => inventory.reserve('hot', 1));
    store.reset();
    await times(500, () => inventory.reserve('hot', 1));
    expect(store.calls.total).toBeLessThanOrEqual(2);
    store.reset();
    await Promise.all(ids.slice(0, 500).map((id) => inventory.commit(id)));
    expect(store.calls.total).toBeLessThanOrEqual(2);
  });
});

onEveryEngine('41: a call on 5,000 live reservations', (open) => {
  it('takes milliseconds', async () => {
    const { inventory } = await open(patience);
    await inventory.createItem('hot', 100_000);
    await times(4_999, () => inventory.reserve('hot', 1));
    const durations: number[] = [];
    for (let call = 0; call < 20; call += 1) {
      const startedAt = performance.now();
      const id = await inventory.reserve('hot', 1);
      durations.push(performance.now() - startedAt);
      await inventory.release(id);
    }
    // About 1 ms on an idle machine.
    expect(Math.min(...durations)).toBeLessThan(50);
  });
});

describe('41: the work of one transition', () => {
  const rules = { clockSkewMs: 0, graceMs: 0, maxReservations: 10_000, maxRemembered: 20_000 };

  it('does not grow with the record: 500 reservations over 5,000 take milliseconds', () => {
    let stock = { ...emptyStock(), onHand: 100_000 };
    const reserveNext = (number: number): void => {
      const request = { token: uuid(number), quantity: 1, ttlMs: 1_000, isPinned: true };
      [stock] = reserve(request, rules)(stock, 0);
    };
    for (let number = 0; number < 5_000; number += 1) reserveNext(number);
    const full = stock;
    const measure = (): number => {
      stock = full;
      const startedAt = performance.now();
      for (let number = 5_000; number < 5_500; number += 1) reserveNext(number);
      return performance.now() - startedAt;
    };
    const fastest = Math.min(...Array.from({ length: 5 }, measure));
    expect(stock.reservations.summary).toMatchObject({ heldCount: 5_500, heldUnits: 5_500 });
    expect(full.reservations.summary.heldCount).toBe(5_000);
    // About 2 ms on an idle machine. Copying all entries for each would take some hundred.
    expect(fastest).toBeLessThan(50);
    expect(stockCodec.encode(stock).length / 5_500).toBeLessThan(51);
  });
});

describe('41: a full record', () => {
  const longId = (number: number): string => String(number).padStart(64, 'x');
  const largest = 1_000_000_000;

  it('of the longest ids and largest numbers stays below 1 MiB, and what is final makes room', async () => {
    const memory = createMemoryStore();
    const clock = wallClock();
    const inventory = new InventoryManager(memory, {
      clock,
      ...patience,
      operationWindow: 512,
      ttlMs: 86_400_000 * 30,
      graceMs: 86_400_000 * 30,
    });
    await inventory.createItem('hot', largest, { minAvailable: -largest });
    await times(5_100, (delivery) => {
      const note = String(delivery).padStart(32, '"');
      return inventory.restock('hot', largest, { reason: note, ref: note, opId: longId(delivery) });
    });
    const sizes: number[] = [];
    for (let wave = 0; wave < 3; wave += 1) {
      const ids = await times(5_000, (number) =>
        inventory.reserve('hot', largest, { id: longId(wave * 5_000 + number) }),
      );
      sizes.push((await memory.get('inventory:hot')).value.length);
      await expect(inventory.reserve('hot', 1)).rejects.toMatchObject({ code: 'TOO_MANY_RESERVATIONS' });
      if (wave < 2) await Promise.all(ids.map((id) => inventory.release(id)));
      sizes.push((await memory.get('inventory:hot')).value.length);
      clock.advance(1_000);
    }
    expect(Math.max(...sizes)).toBeLessThan(2 ** 20);
    expect(Math.max(...sizes)).toBeGreaterThan(600_000);
    // The newest final ones are remembered, the oldest are not.
    expect(await inventory.release(`hot:${longId(9_999)}`)).toMatchObject({
      status: 'released',
      repeated: true,
    });
    await expect(inventory.release(`hot:${longId(0)}`)).rejects.toMatchObject({
      code: 'RESERVATION_NOT_FOUND',
    });
  });

  it('has room for fewer in a store of smaller values', async () => {
    const memory = createMemoryStore({ capabilities: { maxValueBytes: 64 * 1_024 } });
    const inventory = new InventoryManager(memory);
    await inventory.createItem('hot', 10_000);
    const results = await Promise.allSettled(Array.from({ length: 500 }, () => inventory.reserve('hot', 1)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(results.length - refused.length).toBe(321);
    expect(refused.every(({ reason }) => reason.code === 'TOO_MANY_RESERVATIONS')).toBe(true);
    expect(() => new InventoryManager(memory, { maxReservations: 322 })).toThrow(
      /maxReservations is 322; .*321/,
    );
  });

  it('takes a twentieth for operation ids at most, so that what is live can be committed', async () => {
    const refused = (most: number) => ({
      code: 'INVALID_ARGUMENT',
      message: `operationWindow is ${most + 1}; use a whole number from 1 to ${most}`,
    });
    const open = (maxValueBytes: number, operationWindow?: number): InventoryManager =>
      new InventoryManager(createMemoryStore({ capabilities: { maxValueBytes } }), {
        ...patience,
        operationWindow,
      });
    expect(() => open(2 ** 20, 513)).toThrow(expect.objectContaining(refused(512)));
    expect(() => open(2 ** 16, 33)).toThrow(expect.objectContaining(refused(32)));
    const inventory = open(2 ** 16);
    await inventory.createItem('hot', largest, { minAvailable: -largest });
    await times(300, (delivery) => inventory.restock('hot', 1, { opId: longId(delivery) }));
    for (let wave = 0; wave < 3; wave += 1) {
      const ids = await times(321, (number) =>
        inventory.reserve('hot', largest / 1_000, { id: longId(wave * 321 + number) }),
      );
      for (const id of ids) expect(await inventory.commit(id)).toMatchObject({ status: 'committed' });
    }
  });

  it('is a smaller one if asked for', async () => {
    const inventory = new InventoryManager(createMemoryStore(), { maxReservations: 2 });
    await inventory.createItem('hot', 10);
    const [id = ''] = await times(2, () => inventory.reserve('hot', 1));
    await expect(inventory.reserve('hot', 1)).rejects.toMatchObject({ code: 'TOO_MANY_RESERVATIONS' });
    await inventory.commit(id);
    expect(await inventory.reserve('hot', 1)).toEqual(expect.any(String));
  });
});
