import { seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { ShardedCounter } from '../src/index.js';
import { type Processes, startProcesses, times } from './simulation.js';

const roundTripMs = 2;

/** Processes with a counter each, over a store whose latency varies a little, as a network's does. */
class Fleet {
  readonly #processes: Processes;
  readonly #counters: readonly ShardedCounter[];
  #conflicts = 0;

  constructor(processCount: number, numShards: number, seed: number) {
    const random = seededRandom(seed);
    const latencyMs = () => roundTripMs * (0.8 + 0.4 * random());
    this.#processes = startProcesses(processCount, { latencyMs, seed });
    this.#counters = this.#processes.all.map(
      ({ store, options }) =>
        new ShardedCounter(store, 'n', numShards, {
          ...options,
          onEvent: ({ kind }) => {
            if (kind === 'conflict') this.#conflicts += 1;
          },
        }),
    );
  }

  /** Each caller starts its next add when its last is done. */
  async add(callers: number, durationMs: number): Promise<{ conflicts: number; writes: number }> {
    const { clock, all } = this.#processes;
    for (const { store } of all) store.reset();
    this.#conflicts = 0;
    const endsAt = clock.monotonic() + durationMs;
    const work = this.#counters.flatMap((counter) =>
      times(callers, async () => {
        while (clock.monotonic() < endsAt) await counter.increment();
      }),
    );
    await clock.run(Promise.all(work));
    return { conflicts: this.#conflicts, writes: all.reduce((sum, { store }) => sum + store.calls.put, 0) };
  }
}

describe('processes that keep adding', () => {
  it.each([
    { processes: 2, numShards: 10, callers: 1, seed: 1 },
    { processes: 8, numShards: 10, callers: 1, seed: 3 },
    { processes: 16, numShards: 32, callers: 4, seed: 5 },
    { processes: 32, numShards: 64, callers: 4, seed: 1 },
  ])(
    'soon do not meet: $processes of them, $callers adding each',
    async ({ processes, numShards, callers, seed }) => {
      const fleet = new Fleet(processes, numShards, seed);
      await fleet.add(callers, 3_000);
      const { conflicts, writes } = await fleet.add(callers, 500);
      expect(conflicts).toBe(0);
      expect(writes).toBeGreaterThanOrEqual(0.9 * processes * (500 / roundTripMs));
    },
  );

  it('on one shard would make at most one write a round trip', async () => {
    const fleet = new Fleet(8, 1, 1);
    await fleet.add(1, 500);
    const { conflicts, writes } = await fleet.add(1, 500);
    expect(conflicts).toBeGreaterThan(0);
    expect(writes - conflicts).toBeLessThan(1.3 * (500 / roundTripMs));
  });

  it('alone keep to one shard, and never meet anybody', async () => {
    const fleet = new Fleet(1, 64, 1);
    expect(await fleet.add(10, 500)).toMatchObject({ conflicts: 0 });
  });
});
