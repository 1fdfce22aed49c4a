import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RateLimitConfig, RateLimiter } from '../src/index.js';
import { engines, type OpenEngine } from './engines.js';

interface Grant {
  readonly at: number;
  readonly cost: number;
}

interface Run {
  readonly grants: readonly Grant[];
  /** Requests that were denied although the limit, counted another way, had room for them. */
  readonly wronglyDenied: number;
}

const steps = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.constant(0), fc.nat(40), fc.nat(3_000)),
    cost: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 80 },
);
const numbers = {
  maxRequests: fc.integer({ min: 4, max: 30 }),
  windowMs: fc.integer({ min: 1, max: 2_000 }),
};

/** Plays the steps against a limiter, and asks `mustPass` what a request must be told at least. */
async function play(
  limit: RateLimitConfig,
  played: readonly { readonly waitMs: number; readonly cost: number }[],
  mustPass: (grants: readonly Grant[], at: number, cost: number) => boolean,
): Promise<Run> {
  const { store, clock } = engine;
  const limiter = new RateLimiter(store, { clock });
  runs += 1;
  const identifier = `run ${runs}`;
  const grants: Grant[] = [];
  let wronglyDenied = 0;
  for (const { waitMs, cost } of played) {
    await clock.advance(waitMs);
    const at = clock.now();
    const { allowed, remaining, retryAfterMs } = await limiter.checkLimit(identifier, limit, { cost });
    expect(remaining).toBeGreaterThanOrEqual(0);
    expect(retryAfterMs > 0).toBe(!allowed);
    if (!allowed && mustPass(grants, at, cost)) wronglyDenied += 1;
    if (allowed) grants.push({ at, cost });
  }
  return { grants, wronglyDenied };
}

function sum(grants: readonly Grant[], from: number, to: number): number {
  return grants.reduce((total, { at, cost }) => (at >= from && at < to ? total + cost : total), 0);
}

/** The level of a bucket that loses one permit an interval, computed from all grants anew. */
function levelAt(grants: readonly Grant[], at: number, intervalMs: number): number {
  let level = 0;
  let seen = 0;
  for (const grant of [...grants, { at, cost: 0 }]) {
    level = Math.max(0, level - (grant.at - seen) / intervalMs) + grant.cost;
    seen = grant.at;
  }
  return level;
}

let engine: OpenEngine;
let runs = 0;

describe.each(engines)('whatever is asked, whenever, on $name', ({ name, open }) => {
  const numRuns = name === 'memory' ? 200 : 50;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine.close());

  it('gcra admits no more than burst + rate in any window, and denies only what has no room', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ ...numbers, burst: fc.integer({ min: 4, max: 40 }) }),
        steps,
        async (limit, played) => {
          const intervalMs = limit.windowMs / limit.maxRequests;
          const { grants, wronglyDenied } = await play(limit, played, (earlier, at, cost) => {
            return levelAt(earlier, at, intervalMs) + cost <= limit.burst - 1e-3;
          });
          expect(wronglyDenied).toBe(0);
          for (const { at: from } of grants) {
            for (const { at: to } of grants.filter(({ at }) => at >= from)) {
              const most = limit.burst + (to - from) / intervalMs;
              expect(sum(grants, from, to + 1)).toBeLessThanOrEqual(most + 1e-3);
            }
          }
        },
      ),
      { numRuns },
    );
  });

  it('a sliding window admits what its two counters leave room for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(numbers), steps, async (values, played) => {
        const limit = { ...values, algorithm: 'sliding-window' } as const;
        const { windowMs, maxRequests } = limit;
        const estimate = (grants: readonly Grant[], at: number): number => {
          const start = Math.floor(at / windowMs) * windowMs;
          const previous = sum(grants, start - windowMs, start);
          return sum(grants, start, at + 1) + previous * (1 - (at - start) / windowMs);
        };
        const { grants, wronglyDenied } = await play(limit, played, (earlier, at, cost) => {
          return estimate(earlier, at) + cost <= maxRequests - 1e-3;
        });
        expect(wronglyDenied).toBe(0);
        for (const [position, { at }] of grants.entries()) {
          expect(estimate(grants.slice(0, position + 1), at)).toBeLessThanOrEqual(maxRequests + 1e-3);
        }
      }),
      { numRuns },
    );
  });

  it('a fixed window admits its limit, and begins with the first request after the last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(numbers), steps, async (values, played) => {
        const limit = { ...values, algorithm: 'fixed-window' } as const;
        const { windowMs, maxRequests } = limit;
        const inWindow = (grants: readonly Grant[], at: number): number => {
          let start = Number.NEGATIVE_INFINITY;
          let count = 0;
          for (const grant of grants.filter((earlier) => earlier.at <= at)) {
            if (grant.at >= start + windowMs) {
              start = grant.at;
              count = 0;
            }
            count += grant.cost;
          }
          return at < start + windowMs ? count : 0;
        };
        const { grants, wronglyDenied } = await play(limit, played, (earlier, at, cost) => {
          return inWindow(earlier, at) + cost <= maxRequests;
        });
        expect(wronglyDenied).toBe(0);
        for (const [position, { at }] of grants.entries()) {
          expect(inWindow(grants.slice(0, position + 1), at)).toBeLessThanOrEqual(maxRequests);
        }
      }),
      { numRuns },
    );
  });
});
