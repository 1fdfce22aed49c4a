import { exploreSchedules, type MemoryStore, type RaceProcess, type ScheduleWorld } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  everySchedule,
  allFaults as faults,
  maxFaults,
  pause,
  withoutConditions,
} from '../../testkit/test/every-schedule/every-schedule.js';
import { NoriKVRateLimitStore } from '../src/express-rate-limit.js';
import { type RateLimitConfig, RateLimiter, type RateLimiterOptions } from '../src/index.js';

const one: RateLimitConfig = { maxRequests: 1, windowMs: 3_600_000 };
const algorithms = ['gcra', 'sliding-window', 'fixed-window'] as const;

/** `lenient` where something may fail: then permits may be lost. */
type Scenario = (world: ScheduleWorld<MemoryStore>, lenient: boolean) => Promise<void>;

/** Without faults, and with them. */
async function explore(scenario: Scenario, maxDelays = 0): Promise<number> {
  const schedules = await everySchedule((world) => scenario(world, false), { maxDelays });
  await everySchedule((world) => scenario(world, true), { maxDelays, faults, maxFaults });
  return schedules;
}

/** What the processes of a race have of the limits. */
class Entrance {
  admitted = 0;
  /** Those who were admitted and have not asked for a refund. */
  inside = 0;
  readonly #capacity: number;
  readonly #options: RateLimiterOptions;

  constructor(capacity: number, options: RateLimiterOptions = {}) {
    this.#capacity = capacity;
    this.#options = options;
  }

  open({ store, clock, random }: Pick<RaceProcess, 'store' | 'clock' | 'random'>): RateLimiter {
    return new RateLimiter(store, { clock, random, onFailure: 'closed', ...this.#options });
  }

  async enter(limiter: RateLimiter, limit: RateLimitConfig): Promise<() => Promise<void>> {
    const result = await limiter.checkLimit('a', limit).catch(() => undefined);
    if (!result?.allowed) return async () => {};
    this.admitted += 1;
    this.inside += 1;
    expect(this.inside).toBeLessThanOrEqual(this.#capacity);
    return async () => {
      this.inside -= 1;
      await limiter.refund('a', limit, result).catch(() => {});
    };
  }

  /** A program that asks so many times. */
  asking(times: number, limit: RateLimitConfig) {
    return async (process: RaceProcess): Promise<void> => {
      const limiter = this.open(process);
      for (let time = 0; time < times; time += 1) await this.enter(limiter, limit);
    };
  }

  /** Asks until the limit is used up. */
  async fill({ store, clock }: ScheduleWorld, limit: RateLimitConfig): Promise<void> {
    const limiter = this.open({ store, clock, random: () => 0.5 });
    for (let left = 1; left > 0; ) {
      const result = await clock.run(limiter.checkLimit('a', limit));
      if (result.allowed) this.admitted += 1;
      left = result.remaining;
    }
  }
}

describe.each(algorithms)('no schedule lets more pass than a limit of %s', (algorithm) => {
  it('that two processes ask again and again', async () => {
    const schedules = await explore(async (world) => {
      const entrance = new Entrance(1);
      await world.race(entrance.asking(2, { ...one, algorithm }), entrance.asking(2, { ...one, algorithm }));
      expect(entrance.admitted).toBeLessThanOrEqual(1);
    });
    expect(schedules).toBeGreaterThan(1);
  });

  it('that is given back', async () => {
    const limit = { ...one, algorithm };
    const schedules = await explore(async (world, lenient) => {
      const entrance = new Entrance(1);
      const stay = async (process: RaceProcess): Promise<void> => {
        const limiter = entrance.open(process);
        const leave = await entrance.enter(limiter, limit);
        await limiter.peek('a', limit).catch(() => {});
        await leave();
      };
      await world.race(stay, stay);
      const { inside } = entrance;
      entrance.admitted = 0;
      await entrance.fill(world, limit);
      expect(entrance.admitted + inside).toBeLessThanOrEqual(1);
      if (!lenient) expect(entrance.admitted).toBe(1);
    });
    expect(schedules).toBeGreaterThan(1);
  });
});

describe('no schedule lets more pass than a limit', () => {
  it('of which processes take several permits at once', async () => {
    const three = { ...one, maxRequests: 3 };
    const schedules = await explore(async (world) => {
      const entrance = new Entrance(3, { chunk: 2 });
      await world.race(entrance.asking(3, three), entrance.asking(2, three));
    });
    expect(schedules).toBeGreaterThan(1);
  });

  it('of which a process takes several permits at once, for requests that come meanwhile, too', async () => {
    const three = { ...one, maxRequests: 3 };
    const schedules = await explore(async (world, lenient) => {
      const entrance = new Entrance(3, { chunk: 3 });
      const ask = async (process: RaceProcess): Promise<void> => {
        const limiter = entrance.open(process);
        const enter = async (afterMs: number): Promise<unknown> => {
          await pause(process.clock, afterMs);
          return entrance.enter(limiter, three);
        };
        await Promise.all([0, 1, 2, 3].map(enter));
      };
      await world.race(ask);
      if (!lenient) expect(entrance.admitted).toBe(3);
    }, 2);
    expect(schedules).toBeGreaterThan(1);
  });

  it('whose window ends meanwhile', async () => {
    const short = { maxRequests: 1, windowMs: 20, algorithm: 'fixed-window' } as const;
    const schedules = await explore(async (world) => {
      const ends: number[] = [];
      const ask = async ({ store, clock, random }: RaceProcess): Promise<void> => {
        const limiter = new RateLimiter(store, { clock, random, onFailure: 'closed', timeoutMs: 30 });
        for (let time = 0; time < 2; time += 1) {
          const { allowed, resetAt } = await limiter.checkLimit('a', short);
          if (allowed) ends.push(resetAt);
        }
      };
      await world.race(ask, ask);
      expect(new Set(ends).size).toBe(ends.length);
    }, 1);
    expect(schedules).toBeGreaterThan(1);
  });

  it('that is reset, which counts once', async () => {
    const schedules = await explore(async (world) => {
      const entrance = new Entrance(Number.POSITIVE_INFINITY);
      const reset = async (process: RaceProcess): Promise<void> => {
        const limiter = entrance.open(process);
        const refund = await entrance.enter(limiter, one);
        await limiter.reset('a').catch(() => {});
        await refund();
      };
      await world.race(reset, entrance.asking(2, one));
      await entrance.fill(world, one);
      expect(entrance.admitted).toBeLessThanOrEqual(2);
    });
    expect(schedules).toBeGreaterThan(1);
  });

  it.each([
    { waitMs: 1_001, timeoutMs: 900 },
    { waitMs: 6_001, timeoutMs: 7_000 },
  ])('that is reset, which is made again $waitMs ms later', async ({ waitMs, timeoutMs }) => {
    const scenario = async (world: ScheduleWorld<MemoryStore>): Promise<void> => {
      const entrance = new Entrance(Number.POSITIVE_INFINITY, { timeoutMs });
      const reset = async (process: RaceProcess): Promise<void> => {
        const limiter = entrance.open(process);
        await entrance.enter(limiter, one);
        await limiter.reset('a');
      };
      const wait = async (process: RaceProcess): Promise<void> => {
        await pause(process.clock, waitMs);
        await entrance.asking(1, one)(process);
      };
      await world.race(reset, wait);
      await entrance.fill(world, one);
      expect(entrance.admitted).toBeLessThanOrEqual(2);
    };
    // What the reset wrote may have left the store meanwhile, and its note with it.
    const limits = { faults: ['lost-reply'], maxFaults, maxDelays: 2 } as const;
    expect(await everySchedule(scenario, limits)).toBeGreaterThan(100);
  });

  it('whose record could not be read until a reset', async () => {
    const schedules = await explore(async (world) => {
      await world.store.put('ratelimit:a', 'damage');
      const entrance = new Entrance(1);
      const reset = async (process: RaceProcess): Promise<boolean> => {
        const limiter = entrance.open(process);
        await limiter.reset('a');
        await entrance.enter(limiter, one);
        return true;
      };
      const [{ status }] = await world.race(reset, entrance.asking(1, one));
      if (status === 'fulfilled') await entrance.fill(world, one);
      expect(entrance.admitted).toBeLessThanOrEqual(1);
    });
    expect(schedules).toBeGreaterThan(1);
  });
});

it('no schedule keeps what a denial of several identifiers must give back, or gives back more', async () => {
  const schedules = await explore(async (world, lenient) => {
    const entrance = new Entrance(1);
    const both = (...identifiers: readonly [string, string]) => {
      const [first, second] = identifiers;
      return async (process: RaceProcess): Promise<boolean> => {
        const limiter = entrance.open(process);
        const checks = [
          { identifier: first, limits: one },
          { identifier: second, limits: one },
        ] as const;
        return (await limiter.checkAll(checks)).allowed;
      };
    };
    const ends = await world.race(both('a', 'b'), both('b', 'a'));
    const admitted = ends.filter((end) => end.status === 'fulfilled' && end.value).length;
    const limiter = entrance.open({ store: world.store, clock: world.clock, random: () => 0.5 });
    for (const identifier of ['a', 'b']) {
      const { remaining } = await world.clock.run(limiter.peek(identifier, one));
      expect(admitted + remaining).toBeLessThanOrEqual(1);
      if (!lenient) expect(admitted + remaining).toBe(1);
    }
  });
  expect(schedules).toBeGreaterThan(1);
});

it('no schedule lifts a block that was confirmed', async () => {
  const schedules = await explore(async (world) => {
    const entrance = new Entrance(1);
    const block = (process: RaceProcess): Promise<void> => entrance.open(process).block('a', 3_600_000);
    const comeAndGo = async (process: RaceProcess): Promise<void> => {
      const leave = await entrance.enter(entrance.open(process), one);
      await leave();
    };
    const [{ status }] = await world.race(block, comeAndGo);
    const limiter = entrance.open({ store: world.store, clock: world.clock, random: () => 0.5 });
    const { allowed, blocked } = await world.clock.run(limiter.checkLimit('a', one));
    if (status === 'fulfilled') expect({ allowed, blocked }).toEqual({ allowed: false, blocked: true });
  });
  expect(schedules).toBeGreaterThan(1);
});

it('no schedule loses a hit of express-rate-limit, or takes one back twice', async () => {
  const schedules = await explore(async (world, lenient) => {
    const made = { hits: 0, decrements: 0 };
    const sure = { hits: 0, decrements: 0 };
    const hit = async ({ store, clock, random }: RaceProcess): Promise<NoriKVRateLimitStore> => {
      const hits = new NoriKVRateLimitStore(store, { clock, random });
      made.hits += 1;
      await hits.increment('a');
      sure.hits += 1;
      return hits;
    };
    const hitAndTakeBack = async (process: RaceProcess): Promise<void> => {
      const hits = await hit(process);
      made.decrements += 1;
      await hits.decrement('a');
      sure.decrements += 1;
    };
    await world.race(hitAndTakeBack, hit);
    const { store, clock } = world;
    const { totalHits = 0 } = (await clock.run(new NoriKVRateLimitStore(store, { clock }).get('a'))) ?? {};
    expect(totalHits).toBeGreaterThanOrEqual(sure.hits - made.decrements);
    // A write that is made again counts twice.
    expect(totalHits).toBeLessThanOrEqual(made.hits + (lenient ? maxFaults : 0) - sure.decrements);
  });
  expect(schedules).toBeGreaterThan(1);
});

describe('the schedules notice', () => {
  it('a store that ignores conditions', async () => {
    const scenario = async (world: ScheduleWorld<MemoryStore>): Promise<void> => {
      const entrance = new Entrance(1);
      const ask = (process: RaceProcess): Promise<unknown> =>
        entrance.enter(entrance.open({ ...process, store: withoutConditions(process.store) }), one);
      await world.race(ask, ask);
    };
    await expect(exploreSchedules(scenario)).rejects.toThrow('Schedule');
  });

  it('a caller who makes a refund again', async () => {
    const scenario = async (world: ScheduleWorld<MemoryStore>): Promise<void> => {
      const entrance = new Entrance(1);
      const refundTwice = async (process: RaceProcess): Promise<void> => {
        const limiter = entrance.open(process);
        const leave = await entrance.enter(limiter, one);
        await leave();
        await limiter.refund('a', one);
      };
      await world.race(refundTwice, entrance.asking(2, one), entrance.asking(1, one));
    };
    await expect(exploreSchedules(scenario)).rejects.toThrow('Schedule');
  });
});
