import { find } from '@norikv/store';
import { countCalls } from '@norikv/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RateLimitConfig, RateLimiter } from '../src/index.js';
import { engines, type OpenEngine } from './engines.js';
import { admitted, times } from './processes.js';

const perMinute: RateLimitConfig = { maxRequests: 10, windowMs: 60_000 };
const algorithms = ['gcra', 'sliding-window', 'fixed-window'] as const;

describe.each(engines)('on the $name engine', ({ open }) => {
  let engine: OpenEngine;
  let limiter: RateLimiter;
  beforeEach(async () => {
    engine = await open();
    limiter = limiterOf();
  });
  afterEach(() => engine.close());

  /** Another one over the same store: it shares nothing in memory but the queues. */
  function limiterOf(options = {}): RateLimiter {
    return new RateLimiter(engine.store, { clock: engine.clock, timeoutMs: 20_000, ...options });
  }

  it('the documented calls work as written', async () => {
    const { clock } = engine;
    const limit = { maxRequests: 2, windowMs: 60_000 };
    expect(await limiter.checkLimit('user-7', limit)).toMatchObject({
      allowed: true,
      remaining: 1,
      resetAt: clock.now() + 30_000,
    });
    await limiter.checkLimit('user-7', limit);
    expect(await limiter.checkLimit('user-7', limit)).toMatchObject({ allowed: false, remaining: 0 });
    expect(await limiter.checkLimit('user-8', limit)).toMatchObject({ allowed: true });
    await limiter.reset('user-7');
    expect(await limiter.checkLimit('user-7', limit)).toMatchObject({ allowed: true, remaining: 1 });
    await limiter.reset('never-seen');
  });

  describe.each(algorithms)('%s', (algorithm) => {
    const limit = { ...perMinute, algorithm };

    it('admits exactly the limit of many at once, and again when all is back', async () => {
      const burst = (): Promise<{ allowed: boolean }[]> =>
        Promise.all(times(30, () => limiter.checkLimit('a', limit)));
      expect(admitted(await burst())).toBe(10);
      expect(admitted(await burst())).toBe(0);
      await engine.clock.advance(120_000);
      expect(admitted(await burst())).toBe(10);
    });

    it('counts weights, and takes nothing for what it denies', async () => {
      expect(await limiter.checkLimit('a', limit, { cost: 7 })).toMatchObject({
        allowed: true,
        remaining: 3,
      });
      expect(await limiter.checkLimit('a', limit, { cost: 4 })).toMatchObject({
        allowed: false,
        remaining: 3,
      });
      expect(await limiter.checkLimit('a', limit, { cost: 3 })).toMatchObject({
        allowed: true,
        remaining: 0,
      });
    });

    it('never admits a cost above the limit, and says so', async () => {
      const result = await limiter.checkLimit('a', limit, { cost: 11 });
      expect(result).toMatchObject({ allowed: false, remaining: 10, retryAfterMs: Number.POSITIVE_INFINITY });
      expect(await limiter.checkLimit('a', limit, { cost: 10 })).toMatchObject({ allowed: true });
    });

    it('admits at the time it names, and not a millisecond earlier', async () => {
      for (const cost of [10, 1, 3, 7, 2]) {
        const identifier = `needs ${cost}`;
        const other = limiterOf({ denyCacheMs: 1 });
        await limiter.checkLimit(identifier, limit, { cost: 10 });
        const { retryAfterMs, allowed } = await other.checkLimit(identifier, limit, { cost });
        expect(allowed).toBe(false);
        await engine.clock.advance(retryAfterMs - 1);
        expect((await other.peek(identifier, limit, { cost })).allowed).toBe(false);
        await engine.clock.advance(1);
        expect((await other.checkLimit(identifier, limit, { cost })).allowed).toBe(true);
      }
    });

    it('peeks without taking', async () => {
      await limiter.checkLimit('a', limit, { cost: 4 });
      for (const cost of [1, 6]) {
        expect(await limiter.peek('a', limit, { cost })).toMatchObject({ allowed: true, remaining: 6 });
      }
      expect(await limiter.peek('a', limit, { cost: 7 })).toMatchObject({ allowed: false, remaining: 6 });
      expect(await limiter.peek('b', limit)).toMatchObject({ allowed: true, remaining: 10, resetAfterMs: 0 });
      expect(await find(engine.store, 'ratelimit:b')).toBeNull();
    });

    it('brings permits back once, and only while they are out', async () => {
      const granted = await limiter.checkLimit('a', limit, { cost: 4 });
      const other = await limiter.checkLimit('a', limit, { cost: 5 });
      await limiter.refund('a', limit, granted);
      await limiter.refund('a', limit, granted);
      expect((await limiter.peek('a', limit)).remaining).toBe(5);
      await limiter.refund('a', limit, other);
      expect((await limiter.peek('a', limit)).remaining).toBe(10);
      const old = await limiter.checkLimit('a', limit, { cost: 6 });
      await engine.clock.advance(180_000);
      await limiter.checkLimit('a', limit, { cost: 10 });
      await limiter.refund('a', limit, old);
      expect((await limiter.checkLimit('a', limit)).allowed).toBe(false);
      await limiter.refund('a', limit, { cost: 2 });
      await limiter.refund('a', limit);
      expect(await limiter.checkLimit('a', limit)).toMatchObject({ allowed: true, remaining: 2 });
      await limiter.refund('a', limit, { cost: 1_000 });
      expect((await limiter.peek('a', limit)).remaining).toBe(10);
    });

    it('brings nothing back for a denial, or where nothing is out', async () => {
      await limiter.checkLimit('a', limit, { cost: 10 });
      const denied = await limiter.checkLimit('a', limit);
      await limiter.refund('a', limit, denied);
      expect((await limiter.peek('a', limit)).remaining).toBe(0);
      await limiter.refund('nobody', limit, { cost: 1 });
      expect(await find(engine.store, 'ratelimit:nobody')).toBeNull();
    });
  });

  it('of a permit that came back in part by itself, the rest is brought back', async () => {
    const limit = { maxRequests: 4, windowMs: 40_000 };
    for (const [cost, laterMs] of [
      [1, 5_000],
      [3, 12_500],
      [3, 25_000],
      [3, 30_000],
    ] as const) {
      const identifier = `${cost} after ${laterMs}`;
      const granted = await limiter.checkLimit(identifier, limit, { cost });
      await engine.clock.advance(laterMs);
      await limiter.checkLimit(identifier, limit, { cost: 1 });
      await limiter.refund(identifier, limit, granted);
      const { resetAfterMs } = await limiter.peek(identifier, limit);
      expect(resetAfterMs).toBe(10_000);
    }
  });

  it('a permit of the window before comes back to the window before', async () => {
    const limit = { ...perMinute, algorithm: 'sliding-window' } as const;
    const granted = await limiter.checkLimit('a', limit, { cost: 10 });
    await engine.clock.advance(60_000);
    expect((await limiter.peek('a', limit)).remaining).toBe(0);
    await limiter.refund('a', limit, granted);
    expect((await limiter.peek('a', limit)).remaining).toBe(10);
  });

  it('a burst smaller than the limit spreads the requests', async () => {
    const limit = { ...perMinute, burst: 2 };
    const results = await Promise.all(times(5, () => limiter.checkLimit('a', limit)));
    expect(admitted(results)).toBe(2);
    expect(results[2]).toMatchObject({ limit: 2, windowMs: 12_000, retryAfterMs: 6_000 });
    await engine.clock.advance(6_000);
    expect((await limiter.checkLimit('a', limit)).allowed).toBe(true);
  });

  it('several limits are taken together or not at all', async () => {
    const limits = [
      { maxRequests: 3, windowMs: 1_000, name: 'second' },
      { maxRequests: 5, windowMs: 3_600_000, name: 'hour', algorithm: 'fixed-window' },
    ] as const;
    const all = (): Promise<{ allowed: boolean }[]> =>
      Promise.all(times(4, () => limiter.checkLimit('a', limits)));
    expect(admitted(await all())).toBe(3);
    expect(await limiter.peek('a', limits[1])).toMatchObject({ remaining: 2 });
    await engine.clock.advance(1_000);
    expect(admitted(await all())).toBe(2);
    const denied = await limiter.checkLimit('a', limits);
    expect(denied).toMatchObject({ allowed: false, name: 'hour' });
    expect((await limiter.peek('a', limits)).limits).toMatchObject([
      { name: 'second', remaining: 1, retryAfterMs: 0 },
      { name: 'hour', remaining: 0, retryAfterMs: 3_599_000 },
    ]);
    expect((await limiter.checkLimit('a', limits[0])).allowed).toBe(true);
    await limiter.reset('a');
    expect((await limiter.peek('a', limits)).limits.map(({ remaining }) => remaining)).toEqual([3, 5]);
  });

  it('several identifiers are taken together, or what was taken comes back', async () => {
    const user = { identifier: 'user', limits: perMinute };
    const address = { identifier: 'address', limits: { maxRequests: 2, windowMs: 60_000 }, cost: 1 };
    const results = [];
    for (const _ of times(4, () => 0)) results.push(await limiter.checkAll([user, address]));
    expect(admitted(results)).toBe(2);
    expect(results[2]).toMatchObject({ allowed: false, limit: 2 });
    expect((await limiter.peek('user', perMinute)).remaining).toBe(8);
    const wrong = { identifier: '', limits: perMinute };
    await expect(limiter.checkAll([user, wrong])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await limiter.peek('user', perMinute)).remaining).toBe(8);
    expect(await limiter.checkAll([user])).toMatchObject({ allowed: true, remaining: 7 });
  });

  it('of several identifiers, a denial that is remembered takes nothing from any', async () => {
    const store = countCalls(engine.store);
    const other = new RateLimiter(store, { clock: engine.clock, timeoutMs: 20_000 });
    const user = { identifier: 'user', limits: perMinute };
    const address = { identifier: 'address', limits: { maxRequests: 1, windowMs: 60_000 } };
    for (const _ of times(2, () => 0)) await other.checkAll([user, address]);
    store.reset();
    const denied = await other.checkAll([user, address]);
    expect(denied).toMatchObject({ allowed: false, limit: 1, source: 'memory' });
    expect(store.calls.total).toBe(0);
  });

  it('a block denies everything until its end, the longest one counts, and a reset lifts it', async () => {
    const blocker = limiterOf();
    await blocker.block('a', 60_000);
    await blocker.block('a', 1_000);
    const ends = { retryAfterMs: 60_000, resetAfterMs: 60_000, resetAt: engine.clock.now() + 60_000 };
    const blocked = { allowed: false, blocked: true, remaining: 0, ...ends };
    expect(await limiter.peek('a', perMinute)).toMatchObject({ ...blocked, limits: [ends] });
    expect(await limiter.checkLimit('a', perMinute)).toMatchObject({ ...blocked, source: 'store' });
    expect(await limiter.checkLimit('a', { ...perMinute, name: 'x' })).toMatchObject({
      ...blocked,
      name: 'x',
      source: 'memory',
    });
    await engine.clock.advance(59_999);
    expect((await limiter.checkLimit('a', perMinute)).allowed).toBe(false);
    await engine.clock.advance(1);
    expect((await limiter.checkLimit('a', perMinute)).allowed).toBe(true);
    await limiter.block('a', 60_000);
    await limiter.checkLimit('a', perMinute);
    await limiter.reset('a');
    expect(await limiter.checkLimit('a', perMinute)).toMatchObject({ allowed: true, remaining: 9 });
  });

  it('what is not used any more leaves the store by itself', async () => {
    await limiter.checkLimit('a', { maxRequests: 10, windowMs: 60_000 });
    await engine.clock.advance(6_000);
    expect(await find(engine.store, 'ratelimit:a')).not.toBeNull();
    await engine.clock.advance(1_100);
    expect(await find(engine.store, 'ratelimit:a')).toBeNull();
  });
});
