import { type CountedStore, countCalls, createMemoryStore, FakeClock, seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { InventoryManager, type ReserveResult } from '../src/index.js';
import { onEveryEngine, times, wallClock } from './support/engines.js';

function ledgerOf(results: readonly PromiseSettledResult<string>[]): {
  ids: number;
  refusals: number;
  other: unknown[];
} {
  const ids = new Set(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const other = errors.filter((error) => error.code !== 'INSUFFICIENT_STOCK');
  return { ids: ids.size, refusals: errors.length - other.length, other };
}

onEveryEngine('31: 100 buyers of 50 units in one process', (open) => {
  it('get exactly 50 ids and 50 typed refusals, from one read and one write', async () => {
    const { inventory, store, another } = await open({ maxFoldMs: 5_000 });
    await another().createItem('hot', 50);
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => inventory.reserve('hot', 1)));
    expect(ledgerOf(results)).toEqual({ ids: 50, refusals: 50, other: [] });
    expect(store.calls).toMatchObject({ find: 1, put: 1, total: 2 });
    expect(await inventory.get('hot')).toMatchObject({ onHand: 50, reserved: 50, available: 0 });
  });

  it('the last unit of many at once goes to one', async () => {
    const { inventory } = await open();
    await inventory.createItem('hot', 1);
    const results = await times(20, () => inventory.tryReserve('hot', 1));
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  });
});

onEveryEngine('31: 100 buyers of 50 units through four managers at once', (open) => {
  it('get exactly 50 ids and 50 typed refusals, in at most 60 store calls', async () => {
    const { store, inventory } = await open();
    await inventory.createItem('hot', 50);
    const stores = Array.from({ length: 4 }, () => countCalls(store));
    const managers = stores.map(
      (each) => new InventoryManager(each, { clock: wallClock(), maxFoldMs: 5_000 }),
    );
    const results = await Promise.allSettled(
      managers.flatMap((manager) => Array.from({ length: 25 }, () => manager.reserve('hot', 1))),
    );
    expect(ledgerOf(results)).toEqual({ ids: 50, refusals: 50, other: [] });
    expect(stores.reduce((sum, { calls }) => sum + calls.total, 0)).toBeLessThanOrEqual(60);
    expect(await inventory.get('hot')).toMatchObject({ onHand: 50, reserved: 50 });
  });
});

describe.each([1, 2, 3, 4, 5])('31: 100 buyers of 50 units in four processes (seed %i)', (seed) => {
  it('get exactly 50 ids and 50 typed refusals, in at most 60 store calls', async () => {
    const clock = new FakeClock();
    const latency = seededRandom(seed);
    const memory = createMemoryStore({
      clock,
      latencyMs: () => 1.6 + 0.8 * latency(),
      mismatchCarriesEntry: false,
    });
    await clock.run(() => new InventoryManager(memory, { clock }).createItem('hot', 50));
    const stores: CountedStore[] = [];
    const managers = Array.from({ length: 4 }, (_, number) => {
      const store = countCalls(memory);
      stores.push(store);
      return new InventoryManager(store, { clock, random: seededRandom(10 * seed + number) });
    });
    const results = await clock.run(() =>
      Promise.allSettled(
        managers.flatMap((manager) => Array.from({ length: 25 }, () => manager.reserve('hot', 1))),
      ),
    );
    expect(ledgerOf(results)).toEqual({ ids: 50, refusals: 50, other: [] });
    expect(stores.reduce((sum, { calls }) => sum + calls.total, 0)).toBeLessThanOrEqual(60);
    expect(clock.pendingTimers).toBe(0);
  });

  it('commit and release what they got, and the books are right', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock, latencyMs: 2 });
    const random = seededRandom(seed);
    const managers = Array.from(
      { length: 4 },
      () => new InventoryManager(countCalls(memory), { clock, random }),
    );
    const [first] = managers;
    await clock.run(() => first?.createItem('hot', 50) ?? Promise.resolve());
    let sold = 0;
    const buy = async (manager: InventoryManager): Promise<ReserveResult> => {
      const result = await manager.tryReserve('hot', 1);
      if (!result.ok) return result;
      if (random() < 0.3) await manager.release(result.reservationId);
      else {
        const resolution = await manager.commit(result.reservationId);
        sold += resolution.sold;
      }
      return result;
    };
    await clock.run(() =>
      Promise.all(managers.flatMap((manager) => Array.from({ length: 25 }, () => buy(manager)))),
    );
    const view = await clock.run(() => first?.get('hot') ?? Promise.reject());
    expect(view).toMatchObject({ onHand: 50 - sold, reserved: 0 });
  });
});
