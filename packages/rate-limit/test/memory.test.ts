import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { RateLimiter, type RateLimiterOptions, rateLimitHeaders } from '../src/index.js';
import { times } from './processes.js';

const limit = { maxRequests: 2, windowMs: 3_600_000, name: 'hour' };

function setup(options: RateLimiterOptions = {}) {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock, latencyMs: 2 });
  const limiter = new RateLimiter(store, { clock, onFailure: 'closed', ...options });
  const check = (chosen: Parameters<RateLimiter['checkLimit']>[1] = limit, cost = 1) =>
    clock.run(limiter.checkLimit('a', chosen, { cost }));
  const other = new RateLimiter(store, { clock, onFailure: 'closed' });
  return { clock, limiter, other, check };
}

describe('a denial that is remembered', () => {
  it('does not outlive a reset that was made while it was on its way', async () => {
    const { clock, limiter, check } = setup();
    await check(limit, 2);
    await clock.run(Promise.all([limiter.checkLimit('a', limit), limiter.reset('a')]));
    expect(await check()).toMatchObject({ allowed: true, source: 'store' });
  });

  it('does not outlive its time because the answer was long on its way, or the process stood still', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock, latencyMs: 3_000 });
    const limiter = new RateLimiter(store, { clock, onFailure: 'closed', timeoutMs: 60_000 });
    const once = { maxRequests: 1, windowMs: 10_000 };
    const both = Promise.all([limiter.checkLimit('a', once), limiter.checkLimit('a', once)]);
    expect((await clock.run(both)).map(({ allowed }) => allowed)).toEqual([true, false]);
    // It was decided at 3,000, and answered at 6,000.
    await clock.advance(13_500 - clock.monotonic());
    expect(await clock.run(limiter.checkLimit('a', once))).toMatchObject({ allowed: true, source: 'store' });
  });

  it('of a block does not outlive its reset either', async () => {
    const { clock, limiter, check } = setup();
    await clock.run(limiter.block('a', 60_000));
    await clock.run(Promise.all([limiter.checkLimit('a', limit), limiter.reset('a')]));
    expect((await check()).allowed).toBe(true);
  });

  it('is of its numbers: a larger plan under the same name passes', async () => {
    const { check } = setup();
    for (const _ of times(3, () => 0)) await check();
    expect(await check({ ...limit, maxRequests: 1_000 })).toMatchObject({ allowed: true, limit: 1_000 });
  });

  it('tells of all limits, as the first denial did', async () => {
    const { check } = setup();
    const limits = [limit, { maxRequests: 1_000, windowMs: 86_400_000, name: 'day' }];
    await check(limits, 2);
    const first = await check(limits);
    const again = await check(limits);
    expect(again).toMatchObject({ source: 'memory', name: 'hour' });
    expect(rateLimitHeaders(again)).toEqual(rateLimitHeaders(first));
    const other = await check([limit, { ...limit, name: 'unknown' }]);
    expect(other.limits).toMatchObject([{ name: 'hour' }]);
  });

  it('of one limit stays when another one denies the same identifier', async () => {
    const { check } = setup();
    const daily = { maxRequests: 3, windowMs: 86_400_000, name: 'day' };
    await check(limit, 2);
    await check(daily, 3);
    for (const source of ['store', 'memory', 'memory']) {
      for (const each of [limit, daily]) expect(await check(each)).toMatchObject({ allowed: false, source });
    }
  });

  it('tells of all limits that other denials knew, and waits for the last of them', async () => {
    const { clock, check } = setup();
    const second = { maxRequests: 2, windowMs: 1_000, name: 'second' };
    await check(second, 2);
    await check(limit, 2);
    await check(second);
    const { retryAfterMs } = await check(limit);
    await clock.advance(100);
    const denied = await check([second, limit]);
    expect(denied).toMatchObject({ source: 'memory', name: 'hour', retryAfterMs: retryAfterMs - 100 });
    expect(denied.limits.map(({ name }) => name)).toEqual(['second', 'hour']);
  });

  it('waits no longer than its cost has to, whatever another denial was asked for', async () => {
    const { check } = setup();
    const daily = { maxRequests: 2, windowMs: 86_400_000, name: 'day' };
    await check(daily);
    await check(daily, 2);
    await check(limit, 2);
    const { retryAfterMs } = await check(limit);
    const denied = await check([daily, limit]);
    expect(denied).toMatchObject({ source: 'memory', name: 'hour', retryAfterMs });
    expect(denied.limits.map(({ name }) => name)).toEqual(['hour']);
  });

  it('waits until its own cost has room, whatever a later denial for less told of its limit', async () => {
    const { check } = setup();
    const [ten, one] = [
      { maxRequests: 10, windowMs: 60_000, name: 'ten' },
      { maxRequests: 1, windowMs: 60_000, name: 'one' },
    ];
    await check(one);
    await check(ten, 7);
    expect(rateLimitHeaders(await check(ten, 5))['Retry-After']).toBe('12');
    expect(await check([ten, one])).toMatchObject({ allowed: false, source: 'store', name: 'one' });
    const denied = await check(ten, 5);
    expect(denied).toMatchObject({ allowed: false, source: 'memory', name: 'ten' });
    expect(rateLimitHeaders(denied)['Retry-After']).toBe('12');
  });

  it('is a block where one is known, whatever else denied before', async () => {
    const { clock, other, check } = setup();
    await check(limit, 2);
    await check();
    await clock.run(other.block('a', 60_000));
    const { retryAfterMs } = await check({ ...limit, name: 'unknown' });
    expect(await check()).toMatchObject({ source: 'memory', blocked: true, retryAfterMs });
  });

  it('is none of a cost that can never pass: what remains meanwhile changes', async () => {
    const { check } = setup();
    const never = { allowed: false, retryAfterMs: Number.POSITIVE_INFINITY };
    expect(await check(limit, 3)).toMatchObject({ ...never, remaining: 2 });
    await check(limit, 2);
    expect(await check(limit, 3)).toMatchObject({ ...never, remaining: 0 });
  });

  it('says when the limit has room again for all of it, and when all permits are back, as time passes', async () => {
    const { clock, check } = setup();
    await check();
    const first = await check(limit, 2);
    await clock.advance(5_000);
    expect(await check(limit, 2)).toMatchObject({
      source: 'memory',
      retryAfterMs: first.retryAfterMs - 5_000,
      resetAfterMs: first.resetAfterMs - 5_000,
    });
  });

  it('never says that less time is left than there is', async () => {
    const { clock, check } = setup();
    await check(limit, 2);
    const { retryAfterMs, resetAfterMs } = await check();
    await clock.advance(0.5);
    expect(await check()).toMatchObject({ source: 'memory', retryAfterMs, resetAfterMs });
  });

  it('says of a cost above the limit that it can never pass', async () => {
    const { check } = setup();
    await check(limit, 2);
    await check();
    expect((await check(limit, 3)).retryAfterMs).toBe(Number.POSITIVE_INFINITY);
  });
});

it('a window that does not divide into its requests is told as it was given', async () => {
  const { check } = setup();
  const fifteen = { maxRequests: 15, windowMs: 1_000, name: 'x' };
  expect(rateLimitHeaders(await check(fifteen))['RateLimit-Policy']).toBe('"x";q=15;w=1');
});
