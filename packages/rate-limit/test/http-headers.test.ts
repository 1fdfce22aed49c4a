import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { parseRateLimit } from 'ratelimit-header-parser';
import { describe, expect, it } from 'vitest';
import { quotaExceeded, RateLimiter, type RateLimitResult, rateLimitHeaders } from '../src/index.js';
import { times } from './processes.js';

function setup(): { clock: FakeClock; limiter: RateLimiter } {
  const clock = new FakeClock();
  return { clock, limiter: new RateLimiter(createMemoryStore({ clock }), { clock }) };
}

const fixed = { maxRequests: 3, windowMs: 60_000, algorithm: 'fixed-window', name: 'api' } as const;

async function last(limiter: RateLimiter, count: number): Promise<RateLimitResult> {
  const results = await Promise.all(times(count, () => limiter.checkLimit('a', fixed)));
  return results.at(-1) as RateLimitResult;
}

describe('rateLimitHeaders', () => {
  it('tells the policy and where the client stands', async () => {
    const { limiter } = setup();
    expect(rateLimitHeaders(await last(limiter, 1))).toEqual({
      'RateLimit-Policy': '"api";q=3;w=60',
      RateLimit: '"api";r=2;t=60',
    });
  });

  it('tells a denied client when to come back: rounded up, and not before t', async () => {
    const { clock, limiter } = setup();
    await last(limiter, 3);
    await clock.advance(10_001);
    expect(rateLimitHeaders(await last(limiter, 1))).toEqual({
      'RateLimit-Policy': '"api";q=3;w=60',
      RateLimit: '"api";r=0;t=50',
      'Retry-After': '50',
    });
  });

  it('says nothing of a retry that can never succeed', async () => {
    const { limiter } = setup();
    const result = await limiter.checkLimit('a', fixed, { cost: 4 });
    expect(rateLimitHeaders(result)).toEqual({
      'RateLimit-Policy': '"api";q=3;w=60',
      RateLimit: '"api";r=3;t=0',
    });
  });

  it('lists several limits', async () => {
    const { limiter } = setup();
    const limits = [{ maxRequests: 10, windowMs: 1_000, burst: 2 }, fixed];
    expect(rateLimitHeaders(await limiter.checkLimit('a', limits))).toEqual({
      'RateLimit-Policy': '"10-in-1000ms";q=2;w=1, "api";q=3;w=60',
      RateLimit: '"10-in-1000ms";r=1;t=1, "api";r=2;t=60',
    });
  });

  it('has whole numbers and quoted names only, as structured fields', async () => {
    const { limiter } = setup();
    const limits = [
      { maxRequests: 7, windowMs: 999 },
      { ...fixed, name: 'a.b_c-d' },
    ];
    const item = String.raw`"[\w.-]+";[qr]=\d+;[wt]=\d+`;
    const other = new RateLimiter(createMemoryStore(), { denyCacheMs: 1 });
    for (const cost of [1, 2, 1, 8]) {
      const denied = await other.checkLimit('a', limits, { cost });
      for (const result of [denied, await limiter.peek('a', limits, { cost })]) {
        const headers = rateLimitHeaders(result);
        const list = new RegExp(`^${item}(, ${item})?$`);
        expect(headers['RateLimit-Policy']).toMatch(list);
        expect(headers.RateLimit).toMatch(list);
      }
    }
  });

  it('an independent parser reads the legacy style', async () => {
    const { clock, limiter } = setup();
    const reset = new Date(clock.now() + 60_000);
    for (const remaining of [2, 1, 0, 0]) {
      const headers = new Headers(rateLimitHeaders(await last(limiter, 1), 'legacy'));
      expect(headers.has('RateLimit')).toBe(false);
      expect(parseRateLimit(headers)).toEqual({ limit: 3, used: 3 - remaining, remaining, reset });
    }
    expect(Object.keys(rateLimitHeaders(await last(limiter, 1), 'both'))).toHaveLength(6);
  });
});

it.each(['Draft', '', null, '__proto__'])('the style %o is refused', async (style) => {
  const { limiter } = setup();
  const result = await last(limiter, 1);
  expect(() => rateLimitHeaders(result, style as 'draft')).toThrow('use "draft" or "legacy" or "both"');
});

describe('quotaExceeded', () => {
  it('names the violated policies', async () => {
    const { limiter } = setup();
    const limits = [{ maxRequests: 10, windowMs: 1_000, name: 'short' }, fixed];
    const denied = (await Promise.all(times(4, () => limiter.checkLimit('a', limits)))).at(-1);
    expect(quotaExceeded(denied as RateLimitResult)).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Too Many Requests',
      status: 429,
      'violated-policies': ['api'],
    });
  });
});
