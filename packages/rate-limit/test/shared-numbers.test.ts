import { find } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type RateLimitConfig, RateLimiter } from '../src/index.js';
import { admitted, times } from './processes.js';

function setup() {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  const limiter = new RateLimiter(store, { clock, denyCacheMs: 1 });
  const exhaust = async (limit: RateLimitConfig): Promise<number> =>
    admitted(await Promise.all(times(120, () => limiter.checkLimit('a', limit))));
  return { clock, store, limiter, exhaust };
}

/** Exhausts one limit and takes one permit of another, for a minute. */
async function takeTurns(limit: RateLimitConfig, other: RateLimitConfig, stepMs = 6_000): Promise<number> {
  const { clock, limiter, exhaust } = setup();
  let total = 0;
  for (let passedMs = 0; passedMs < 60_000; passedMs += stepMs) {
    total += await exhaust(limit);
    await clock.advance(stepMs);
    total += admitted([await limiter.checkLimit('a', other)]);
  }
  return total;
}

type Numbers = Pick<RateLimitConfig, 'maxRequests' | 'burst'>;

describe('one identifier under different numbers', () => {
  const perMinute = { maxRequests: 10, windowMs: 60_000 };

  it('a limit with a smaller burst frees nothing of the other', async () => {
    const own = 10 + 9;
    expect(await takeTurns(perMinute, { ...perMinute, burst: 1 })).toBeLessThanOrEqual(own + 11);
  });

  it.each<[one: Numbers, other: Numbers]>([
    [{ maxRequests: 100 }, { maxRequests: 10 }],
    [{ maxRequests: 10 }, { maxRequests: 100 }],
    [{ maxRequests: 10 }, { maxRequests: 10, burst: 1 }],
    [
      { maxRequests: 10, burst: 100 },
      { maxRequests: 100, burst: 1 },
    ],
  ])('%o and %o under one name admit no more than the larger', async (one, other) => {
    const most = Math.max(...[one, other].map(({ maxRequests, burst = maxRequests }) => burst + maxRequests));
    const shared = { windowMs: 60_000, name: 'plan' };
    for (const stepMs of [600, 1_000, 6_000]) {
      expect(await takeTurns({ ...shared, ...one }, { ...shared, ...other }, stepMs)).toBeLessThanOrEqual(
        most,
      );
    }
  });

  it.each(['sliding-window', 'fixed-window'] as const)(
    'a shorter window under one name does not end the longer, %s',
    async (algorithm) => {
      const long = { maxRequests: 100, windowMs: 60_000, algorithm, name: 'plan' };
      const short = { maxRequests: 10, windowMs: 1_000, algorithm, name: 'plan' };
      const { clock, limiter, exhaust } = setup();
      let admittedByLong = 0;
      for (const _ of times(20, () => 0)) {
        await limiter.checkLimit('a', short);
        admittedByLong += await exhaust(long);
        await clock.advance(1_000);
      }
      expect(admittedByLong).toBeLessThanOrEqual(2 * 100);
    },
  );

  it('what was taken under the slower limit comes back no sooner because a faster one was asked', async () => {
    const { clock, limiter, exhaust } = setup();
    const slow = { ...perMinute, name: 'plan' };
    await exhaust(slow);
    await clock.advance(12_000);
    const fast = { maxRequests: 600, windowMs: 60_000, name: 'plan' };
    expect((await limiter.checkLimit('a', fast)).allowed).toBe(true);
    expect((await limiter.peek('a', slow)).remaining).toBe(1);
  });

  it('the smaller limit counts what was taken under the larger', async () => {
    const { clock, limiter, exhaust } = setup();
    await exhaust({ maxRequests: 100, windowMs: 60_000, name: 'plan' });
    await clock.advance(30_000);
    const small = { ...perMinute, name: 'plan' };
    const denied = await limiter.checkLimit('a', small);
    expect(denied).toMatchObject({ allowed: false, remaining: 0 });
    await clock.advance(30_000);
    expect(await limiter.checkLimit('a', small)).toMatchObject({ allowed: true, remaining: 9 });
  });
});

it('identifiers of up to 256 characters stand in their keys as they are', async () => {
  const store = createMemoryStore();
  const limiter = new RateLimiter(store);
  for (const length of [256, 257])
    await limiter.checkLimit('x'.repeat(length), { maxRequests: 1, windowMs: 1_000 });
  expect(await find(store, `ratelimit:${'x'.repeat(256)}`)).not.toBeNull();
  expect(await find(store, `ratelimit:${'x'.repeat(257)}`)).toBeNull();
});

it('prefixes and identifiers never make the same key together', async () => {
  const store = createMemoryStore();
  const one = { maxRequests: 1, windowMs: 60_000 };
  const pairs = [
    ['p', 'a:b'],
    ['p:a', 'b'],
    ['p%3Aa', 'b'],
    ['p', `a#${'x'.repeat(300)}`],
    ['p:a', 'x'.repeat(300)],
    ['p#a', 'b'],
    ['p', 'a#b'],
  ] as const;
  for (const [prefix, identifier] of pairs) {
    const limiter = new RateLimiter(store, { prefix, onFailure: 'closed' });
    expect((await limiter.checkLimit(identifier, one)).allowed).toBe(true);
    expect((await limiter.checkLimit(identifier, one)).allowed).toBe(false);
  }
});
