import type { KvStore } from '@norikv/store';
import { createMemoryStore, FakeClock, seededRandom } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShardedCounter } from '../src/index.js';
import { startProcesses, times } from './simulation.js';

const sleep = (clock: FakeClock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.startTimer(resolve, ms);
  });

/** The shards in use, by a look at the keys that were written. */
function recordWrites(store: KvStore, onPut: (key: string) => void): KvStore {
  return {
    ...store,
    put: async (key, value, options) => {
      const version = await store.put(key, value, options);
      onPut(String(key));
      return version;
    },
  };
}

describe('while the shards grow', () => {
  it('a total has every add that was acknowledged before it was asked for, and none that began after', async () => {
    const schedule = fc.record({
      seed: fc.nat(),
      processCount: fc.integer({ min: 2, max: 6 }),
      numShards: fc.constantFrom(1, 2, 3, 8, 16),
      fixedShards: fc.array(fc.option(fc.nat(5), { nil: undefined }), { maxLength: 3 }),
    });
    let runs = 0;
    let grown = 0;
    await fc.assert(
      fc.asyncProperty(schedule, async ({ seed, processCount, numShards, fixedShards }) => {
        runs += 1;
        const random = seededRandom(seed);
        const { clock, memory, all } = startProcesses(processCount, { latencyMs: () => random() * 6, seed });
        const written = fixedShards.slice(0, numShards);
        for (const [shard, value] of written.entries()) {
          if (value !== undefined) await clock.run(memory.put(`n:shard:${shard}`, String(value)));
        }
        const initial = written.reduce<number>((sum, value = 0) => sum + value, 0);
        let begun = initial;
        let acknowledged = initial;
        const writers = all.map(async ({ store, options }) => {
          const counter = new ShardedCounter(store, 'n', numShards, options);
          const callers = times(2, async () => {
            for (const _ of times(12, () => 0)) {
              begun += 1;
              await counter.increment();
              acknowledged += 1;
              await sleep(clock, random() * 4);
            }
          });
          await Promise.all(callers);
        });
        const readers = [...all, { store: { ...memory }, options: { clock } }].map(
          async ({ store, options }) => {
            const counter = new ShardedCounter(store, 'n', numShards, options);
            for (const _ of times(12, () => 0)) {
              const floor = acknowledged;
              const total = await counter.get();
              expect(total).toBeGreaterThanOrEqual(floor);
              expect(total).toBeLessThanOrEqual(begun);
              await sleep(clock, random() * 8);
            }
          },
        );
        await clock.run(Promise.all([...writers, ...readers]));
        const total = await clock.run(new ShardedCounter(memory, 'n', numShards, { clock }).get());
        expect(total).toBe(initial + processCount * 24);
        if (await clock.run(memory.find('n:shards'))) grown += 1;
      }),
      { numRuns: 80 },
    );
    expect(grown).toBeGreaterThan(runs / 4);
  });

  it('no shard is written before the count that includes it', async () => {
    const random = seededRandom(7);
    const { clock, memory, all } = startProcesses(8, { latencyMs: () => 1 + random() * 4 });
    let count = 1;
    const used = new Set<number>();
    const watched = (store: KvStore) =>
      recordWrites(store, (key) => {
        const shard = Number(/^n:shard:(\d+)$/.exec(key)?.[1] ?? -1);
        if (shard >= 0) used.add(shard);
      });
    const counters = all.map(({ options }) => new ShardedCounter(watched(memory), 'n', 32, options));
    const adds = counters.flatMap((counter) =>
      times(60, (position) => sleep(clock, position * 3).then(() => counter.increment())),
    );
    const watch = async () => {
      for (const _ of times(200, () => 0)) {
        const seen = Math.max(-1, ...used);
        const entry = await memory.find('n:shards');
        count = entry ? Number(new TextDecoder().decode(entry.value).split('\n')[1]) : 1;
        expect(seen).toBeLessThan(count);
        await sleep(clock, 1);
      }
    };
    await clock.run(Promise.all([...adds, watch()]));
    expect(count).toBeGreaterThan(4);
    expect(used.size).toBeGreaterThan(4);
  });

  it('a reader that began with fewer shards misses nothing', async () => {
    const { clock, memory, all } = startProcesses(6, { latencyMs: 2 });
    const reader = new ShardedCounter({ ...memory }, 'n', 2, { clock });
    expect(await clock.run(reader.get())).toBe(0);
    const counters = all.map(({ store, options }) => new ShardedCounter(store, 'n', 16, options));
    for (const round of [1, 2, 3]) {
      const adds = (counter: ShardedCounter) =>
        times(30, (position) => sleep(clock, position * 3).then(() => counter.increment()));
      await clock.run(Promise.all(counters.flatMap(adds)));
      expect(await clock.run(reader.get())).toBe(round * 180);
    }
    expect(await clock.run(memory.find('n:shard:2'))).not.toBeNull();
  });

  it('the number of shards never falls', async () => {
    const { clock, memory, all } = startProcesses(6, { latencyMs: 2 });
    await clock.run(memory.put('n:shards', '16'));
    await clock.run(memory.put('n:shard:15', '100'));
    const counters = all.map(({ store, options }) => new ShardedCounter(store, 'n', 4, options));
    await clock.run(Promise.all(counters.flatMap((counter) => times(50, () => counter.increment()))));
    expect(await clock.run(counters[0]?.get() ?? Promise.reject())).toBe(400);
  });

  it('a failure to grow harms nobody, and is tried again', async () => {
    const memory = createMemoryStore();
    const clock = new FakeClock();
    let refusals = 0;
    const counters = times(4, (number) => {
      const store: KvStore = {
        ...memory,
        find: async (key, options) => {
          await sleep(clock, 1);
          if (key === 'n:shards' && refusals < 3) {
            refusals += 1;
            throw new Error('not now');
          }
          return memory.find(key, options);
        },
        put: async (key, value, options) => {
          await sleep(clock, 1);
          return memory.put(key, value, options);
        },
      };
      return new ShardedCounter(store, 'n', 8, { clock, random: seededRandom(number) });
    });
    const adds = counters.flatMap((counter) =>
      times(40, (position) => sleep(clock, position * 2).then(() => counter.increment())),
    );
    await clock.run(Promise.all(adds));
    expect(refusals).toBe(3);
    expect(await clock.run(new ShardedCounter(memory, 'n', 8, { clock }).get())).toBe(160);
    expect(await memory.find('n:shards')).not.toBeNull();
  });
});
