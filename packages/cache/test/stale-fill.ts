import { seededRandom } from '@norikv/testkit';
import { type FleetOptions, type SimulatedClock, startFleetOn } from './fleet.js';

/** What went wrong: a read gave a generation that was over before it may have been. */
export interface Violation {
  readonly seed: number;
  readonly text: string;
}

export interface ScheduleOptions extends FleetOptions {
  readonly boundMs: number;
}

/**
 * One random interleaving: three caches read, load and invalidate two keys, while the source moves on.
 *
 * The source is a number for each key. An invalidator first raises it and then invalidates; from then on, after
 * the bound in other caches and at once in its own, no read that begins may give less.
 */
export async function runSchedule(
  seed: number,
  { boundMs, ...options }: ScheduleOptions,
  clock: SimulatedClock,
): Promise<{ violations: Violation[]; reads: number; invalidations: number }> {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const fleet = startFleetOn(clock, 3, {
    ttlMs: 5_000,
    maxEntries: 100,
    latencyMs: () => (random() < 0.15 ? below(80) : below(12)),
    maxStalenessMs: boundMs,
    hardTimeoutMs: 200,
    ...options,
    seed,
  });
  const source = new Map([
    ['a', 0],
    ['b', 0],
  ]);
  const acknowledged: { key: string; process: number; value: number; at: number }[] = [];
  const violations: Violation[] = [];
  let reads = 0;

  const read = async (process: number, key: string): Promise<void> => {
    const cache = fleet.all[process]?.cache;
    const beganAt = clock.monotonic();
    const known = acknowledged.length;
    const load = async (): Promise<number> => {
      const value = source.get(key) ?? 0;
      await new Promise<void>((resolve) => clock.startTimer(resolve, below(60)));
      return value;
    };
    const isPlainGet = random() < 0.3;
    const tags = [`tag-${key}`];
    const reading = isPlainGet ? cache?.get(key) : cache?.getOrSet(key, load, { tags });
    // With a time limit shorter than faults last, a load may fail.
    const value = await reading?.catch(() => undefined);
    if (value === undefined) return;
    reads += 1;
    for (const invalidation of acknowledged.slice(0, known)) {
      const isOwn = invalidation.process === process;
      const due = invalidation.at + (isOwn ? 0 : boundMs);
      const isTooOld = invalidation.key === key && Number(value) < invalidation.value;
      if (isTooOld && (isOwn ? due <= beganAt : due < beganAt)) {
        const text = `process ${process} read ${key}=${value} at ${beganAt}; ${JSON.stringify(invalidation)}`;
        violations.push({ seed, text });
      }
    }
  };

  const invalidate = async (process: number, key: string): Promise<void> => {
    const cache = fleet.all[process]?.cache;
    const value = (source.get(key) ?? 0) + 1;
    source.set(key, value);
    const way = below(4);
    const acknowledge = (): void => {
      acknowledged.push({ key, process, value, at: clock.monotonic() });
    };
    try {
      if (way === 0) await cache?.clear();
      else if (way === 1) await cache?.invalidateTags([`tag-${key}`]);
      else await cache?.delete(key);
      acknowledge();
    } catch {
      // Not acknowledged: nothing is promised.
    }
  };

  const actor = async (process: number): Promise<void> => {
    const steps = 1 + below(4);
    for (let step = 0; step < steps; step += 1) {
      await new Promise<void>((resolve) => clock.startTimer(resolve, below(40)));
      const key = random() < 0.7 ? 'a' : 'b';
      await (random() < 0.3 ? invalidate(process, key) : read(process, key));
    }
  };
  await Promise.all([0, 1, 2, 0].map(actor));
  return { violations, reads, invalidations: acknowledged.length };
}
