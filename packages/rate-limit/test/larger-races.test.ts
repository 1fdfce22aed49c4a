import { exploreSchedules, type RaceProcess, type ScheduleWorld, seededRandom } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  allFaults,
  load,
  unlessFault,
  withoutConditions,
} from '../../testkit/test/every-schedule/every-schedule.js';
import { type RateLimitConfig, RateLimiter, type RateLimitResult } from '../src/index.js';

const identifiers = ['a', 'b', 'c'] as const;
type Identifier = (typeof identifiers)[number];

const algorithms = ['gcra', 'sliding-window', 'fixed-window'] as const;
/** The only one that resets: nobody else can know what it may still refund. */
const resetter = '1';

/** What the processes have of each identifier, as far as they know. */
class Tally {
  readonly #inside = { a: 0, b: 0, c: 0 };
  readonly #resets = { a: 0, b: 0, c: 0 };
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  enter(identifier: Identifier): void {
    this.#inside[identifier] += 1;
    expect(this.#inside[identifier]).toBeLessThanOrEqual(this.#capacity * (1 + this.#resets[identifier]));
  }

  leave(identifier: Identifier): void {
    this.#inside[identifier] -= 1;
  }

  reset(identifier: Identifier): void {
    this.#resets[identifier] += 1;
  }

  resetsOf(identifier: Identifier): number {
    return this.#resets[identifier];
  }
}

/** Three processes check one or all identifiers, refund, and reset, each in an order drawn for it. */
function visits(random: () => number, ofProcess = (process: RaceProcess) => process) {
  const below = (limit: number): number => Math.floor(random() * limit);
  return async ({ race, store, clock }: ScheduleWorld): Promise<void> => {
    const capacity = 1 + below(3);
    const limit: RateLimitConfig = {
      maxRequests: capacity,
      windowMs: 3_600_000,
      algorithm: algorithms[below(3)],
    };
    const tally = new Tally(capacity);
    const chunk = 1 + below(2);

    const visitor = () => {
      const calls = Array.from({ length: 4 }, () => ({ kind: below(5), first: below(3) }));
      return async (process: RaceProcess): Promise<void> => {
        const { store, clock, random, name } = ofProcess(process);
        const times = { chunk, chunkHoldMs: 100_000 };
        const limiter = new RateLimiter(store, { clock, random, onFailure: 'closed', ...times });
        const granted: (() => Promise<void>)[] = [];
        const enter = (names: readonly Identifier[], result: RateLimitResult): void => {
          if (!result.allowed) return;
          for (const identifier of names) {
            tally.enter(identifier);
            const resets = tally.resetsOf(identifier);
            granted.push(async () => {
              // After a reset by this process it brings nothing back; after one by another it must not be made.
              if (resets === tally.resetsOf(identifier)) tally.leave(identifier);
              else if (name !== resetter) return;
              await limiter.refund(identifier, limit, result);
            });
          }
        };
        const call = async (kind: number, first: number): Promise<void> => {
          const order = [...identifiers.slice(first), ...identifiers.slice(0, first)];
          const [identifier = 'a'] = order;
          if (kind === 0 && name === resetter) {
            tally.reset(identifier);
            await limiter.reset(identifier);
          } else if (kind === 1) {
            const checks = order.map((each) => ({ identifier: each, limits: limit }));
            enter(order, await limiter.checkAll(checks as [(typeof checks)[0]]));
          } else if (kind === 2) {
            await granted.shift()?.();
          } else {
            enter([identifier], await limiter.checkLimit(identifier, limit));
          }
        };
        for (const { kind, first } of calls) await call(kind, first).catch(unlessFault);
      };
    };
    await race(visitor(), visitor(), visitor());
    const last = new RateLimiter(store, { clock, onFailure: 'closed', random: () => 0.5 });
    for (const identifier of identifiers) {
      while ((await clock.run(last.checkLimit(identifier, limit))).allowed) tally.enter(identifier);
    }
  };
}

it('no schedule of three processes lets more pass than the limits', { timeout: 60_000 * load }, async () => {
  const random = seededRandom(1);
  const limits = { faults: allFaults, maxFaults: 3, random, maxSchedules: Math.ceil(400 * load) };
  expect((await exploreSchedules(visits(random), limits)).schedules).toBe(Math.ceil(400 * load));
});

it('which they notice, where a store ignores conditions', async () => {
  const random = seededRandom(1);
  const careless = visits(random, (process) => ({ ...process, store: withoutConditions(process.store) }));
  await expect(exploreSchedules(careless, { random })).rejects.toThrow('Schedule');
});
