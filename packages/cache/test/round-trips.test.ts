import { beforeEach, describe, expect, it } from 'vitest';
import { type Fleet, startFleet } from './fleet.js';

let fleet: Fleet;

/** Store calls of the first process while the work runs. */
async function cost(work: () => Promise<unknown>): Promise<number> {
  const { store } = fleet.all[0];
  store.reset();
  await fleet.clock.run(work);
  return store.calls.total;
}

// The rows of the cost table in the README.
describe('round trips, in a process that knows its epochs', () => {
  beforeEach(async () => {
    fleet = startFleet(2, { shards: 1, maxStalenessMs: 1_000 });
    // The first use of a namespace and a shard looks at their epochs.
    await fleet.clock.run(Promise.all(fleet.all.map(({ cache }) => cache.get('any'))));
  });

  it('hit in memory: 0', async () => {
    const { cache } = fleet.all[0];
    await fleet.clock.run(cache.getOrSet('key', () => 1));
    expect(await cost(() => cache.getOrSet('key', () => 2))).toBe(0);
    expect(await cost(() => cache.get('key'))).toBe(0);
  });

  it('hit in the store: 1', async () => {
    const [one, other] = fleet.all;
    await fleet.clock.run(other.cache.getOrSet('key', () => 1));
    expect(await cost(() => one.cache.get('key'))).toBe(1);
  });

  it('miss: 3, shared by all who ask', async () => {
    const { cache } = fleet.all[0];
    const ask = (): Promise<unknown>[] => Array.from({ length: 100 }, () => cache.getOrSet('key', () => 1));
    expect(await cost(() => Promise.all(ask()))).toBe(3);
  });

  it('miss of get: 1', async () => {
    expect(await cost(() => fleet.all[0].cache.get('absent'))).toBe(1);
  });

  it('set 2, delete 2, clear 1, a tag 1', async () => {
    const { cache } = fleet.all[0];
    expect(await cost(() => cache.set('key', 1))).toBe(2);
    expect(await cost(() => cache.delete('key'))).toBe(2);
    expect(await cost(() => cache.clear())).toBe(1);
    expect(await cost(() => cache.invalidateTags(['one', 'other']))).toBe(2);
  });

  // 2 marks if all deletes end at once. Over a network some end while a mark is written, and need the next.
  it('deletes share their marks: 100 in one shard cost little more than 100', async () => {
    const { cache } = fleet.all[0];
    const all = (): Promise<unknown> =>
      Promise.all(Array.from({ length: 100 }, (_, number) => cache.delete(`key ${number}`)));
    expect(await cost(all)).toBeLessThanOrEqual(110);
  });

  it('looks at epochs: 2 in half the bound while a value is read', async () => {
    const { cache } = fleet.all[0];
    await fleet.clock.run(cache.getOrSet('key', () => 1, { ttlMs: 60_000 }));
    const read = async (): Promise<void> => {
      for (let passed = 0; passed < 10_000; passed += 10) {
        await cache.get('key');
        await fleet.clock.advance(10);
      }
    };
    const { store } = fleet.all[0];
    store.reset();
    await read();
    expect(store.calls.total).toBeGreaterThan(30);
    expect(store.calls.total).toBeLessThanOrEqual(42);
  });

  it('costs nothing while nobody reads: there are no timers', async () => {
    await fleet.clock.run(fleet.all[0].cache.getOrSet('key', () => 1));
    expect(fleet.clock.pendingTimers).toBe(0);
  });
});
