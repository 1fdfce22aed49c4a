import { errorCode } from '@norikv/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DistributedCounter, ShardedCounter } from '../src/index.js';
import { startProcesses, times } from './simulation.js';

const faultRate = 0.04;
const latencyMs = 2;

/** Repeats until the outcome is known, which only an operation id makes safe. */
async function untilKnown<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (!['OUTCOME_UNKNOWN', 'UNAVAILABLE'].includes(errorCode(error) ?? '')) throw error;
    return untilKnown(call);
  }
}

describe('where replies are lost, and requests are lost, late or delivered twice', () => {
  it('every add of several processes counts exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 60 }),
        async (seed, deltas) => {
          const { clock, memory, all } = startProcesses(3, { latencyMs, faultRate, seed });
          const counters = all.map(({ store, options }) => new DistributedCounter(store, 'n', options));
          const adds = deltas.map(async (delta, position) => {
            const counter = counters[position % 3] as DistributedCounter;
            await untilKnown(() => counter.add(delta, { opId: `op-${position}` }));
          });
          await clock.run(Promise.all(adds));
          await clock.advance(1_000);
          const value = await clock.run(new DistributedCounter(memory, 'n', { clock }).value());
          expect(value).toBe(deltas.reduce((sum, delta) => sum + BigInt(delta), 0n));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('every add without an id counts once if acknowledged, and at most once if unknown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { clock, memory, all } = startProcesses(3, { latencyMs, faultRate, seed });
        let acknowledged = 0n;
        let unknown = 0n;
        const adds = all.flatMap(({ store, options }) => {
          const counter = new DistributedCounter(store, 'n', options);
          return times(20, () =>
            counter.add(1).then(
              () => {
                acknowledged += 1n;
              },
              (error) => {
                if (error.outcome === 'unknown') unknown += 1n;
              },
            ),
          );
        });
        await clock.run(Promise.all(adds));
        await clock.advance(1_000);
        const value = await clock.run(new DistributedCounter(memory, 'n', { clock }).value());
        expect(value >= acknowledged && value <= acknowledged + unknown).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('every add to a sharded counter counts exactly once, with and without an id', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { clock, memory, all } = startProcesses(4, { latencyMs, faultRate, seed });
        let unknown = 0;
        const adds = all.flatMap(({ store, options }) => {
          const counter = new ShardedCounter(store, 'n', 8, options);
          return times(30, async (position) => {
            if (position % 3 === 0) return untilKnown(() => counter.add(1, { opId: `op-${position}` }));
            return counter.increment().catch((error) => {
              if (error.outcome === 'unknown') unknown += 1;
            });
          });
        });
        await clock.run(Promise.all(adds));
        await clock.advance(1_000);
        const total = await clock.run(new ShardedCounter(memory, 'n', 8, { clock }).get());
        const sum = 10 + 4 * 20;
        expect(total >= sum - unknown && total <= sum).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
