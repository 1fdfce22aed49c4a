import { createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { InventoryManager } from '../src/index.js';
import { type Bench, onEveryEngine, times } from './support/engines.js';

onEveryEngine('store calls', (open) => {
  const callsOf = async ({ store }: Bench, work: () => Promise<unknown>): Promise<number> => {
    store.reset();
    await work();
    return store.calls.total;
  };

  it('are 1 warm', async () => {
    const bench = await open();
    const { inventory } = bench;
    await inventory.createItem('SKU-1', 100);
    const ids = await times(4, () => inventory.reserve('SKU-1', 1));
    const [committed = '', released = '', extended = ''] = ids;
    const table: Readonly<Record<string, () => Promise<unknown>>> = {
      reserve: () => inventory.reserve('SKU-1', 1),
      'reserve under an own id': () => inventory.reserve('SKU-1', 1, { id: 'order-1' }),
      'reserve, repeated': () => inventory.reserve('SKU-1', 1, { id: 'order-1' }),
      'reserve, refused': () => inventory.tryReserve('SKU-1', 1_000),
      commit: () => inventory.commit(committed),
      'commit, repeated': () => inventory.commit(committed),
      release: () => inventory.release(released),
      extend: () => inventory.extend(extended, 700_000),
      adjust: () => inventory.adjust('SKU-1', -1),
      getAvailable: () => inventory.getAvailable('SKU-1'),
      get: () => inventory.get('SKU-1'),
      sweep: () => inventory.sweep('SKU-1'),
    };
    const calls: Record<string, number> = {};
    for (const [name, call] of Object.entries(table)) calls[name] = await callsOf(bench, call);
    expect(calls).toEqual(Object.fromEntries(Object.keys(table).map((name) => [name, 1])));
  });

  it('are 2 cold', async () => {
    const bench = await open();
    const { inventory, another, store, clock } = bench;
    await another().createItem('SKU-1', 100);
    expect(await callsOf(bench, () => inventory.reserve('SKU-1', 1))).toBe(2);
    const id = await another().reserve('SKU-1', 1);
    const cold = (): InventoryManager => new InventoryManager({ ...store }, { clock });
    expect(await callsOf(bench, () => cold().commit(id))).toBe(2);
    const second = await another().reserve('SKU-1', 1);
    expect(await callsOf(bench, () => cold().release(second))).toBe(2);
    expect(await callsOf(bench, () => cold().createItem('SKU-2', 1))).toBe(2);
    expect(await callsOf(bench, () => cold().getAvailable('SKU-2'))).toBe(1);
  });

  it('are shared by callers at once, reads too', async () => {
    const bench = await open({ maxFoldMs: 5_000 });
    const { inventory } = bench;
    await inventory.createItem('SKU-1', 100);
    expect(await callsOf(bench, () => times(50, () => inventory.getAvailable('SKU-1')))).toBe(1);
    expect(await callsOf(bench, () => times(50, () => inventory.reserve('SKU-1', 1)))).toBe(1);
  });
});

describe('a call', () => {
  it('ends when its signal does, and says whether the write had left', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock, latencyMs: 10 });
    const inventory = new InventoryManager(memory, { clock });
    await clock.run(inventory.createItem('SKU-1', 10));
    const ended = AbortSignal.abort();
    for (const call of [
      () => inventory.reserve('SKU-1', 1, { signal: ended }),
      () => inventory.reserveAll([{ sku: 'SKU-1', quantity: 1 }], { signal: ended }),
      () => inventory.commit('SKU-1:order-1', { signal: ended }),
      () => inventory.adjust('SKU-1', 1, { signal: ended }),
      () => inventory.get('SKU-1', { signal: ended }),
    ]) {
      await expect(clock.run(async () => void (await call()))).rejects.toMatchObject({
        name: 'AbortError',
        outcome: 'not-applied',
      });
    }
    const controller = new AbortController();
    const reserved = inventory.reserve('SKU-1', 1, { signal: controller.signal });
    const outcome = expect(reserved).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
    await clock.advance(2);
    controller.abort();
    await outcome;
    await clock.advance(100);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends at its deadline', async () => {
    const clock = new FakeClock();
    const store = withFaults(createMemoryStore({ clock, latencyMs: 1 }), { clock });
    const inventory = new InventoryManager(store, { clock });
    store.faults.outage(100_000);
    await expect(clock.run(inventory.getAvailable('SKU-1', { deadlineMs: 50 }))).rejects.toMatchObject({
      outcome: 'not-applied',
    });
    expect(clock.monotonic()).toBeLessThan(1_000);
  });
});
