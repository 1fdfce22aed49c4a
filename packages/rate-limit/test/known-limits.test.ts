import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { type RateLimitConfig, RateLimiter } from '../src/index.js';

const windowMs = 3_600_000;

it('looks at the numbers of a limit, not at its object', async () => {
  const limiter = new RateLimiter(createMemoryStore());
  const limit = { maxRequests: 1, windowMs, name: 'one' };
  expect(await limiter.checkLimit('client', limit)).toMatchObject({ allowed: true, limit: 1 });
  limit.maxRequests = 3;
  expect(await limiter.checkLimit('client', limit)).toMatchObject({ allowed: true, limit: 3 });
  limit.maxRequests = Number.NaN;
  await expect(limiter.checkLimit('client', limit)).rejects.toThrow('maxRequests is NaN');
});

it.each<[string, RateLimitConfig]>([
  ['maxRequests', { maxRequests: 9, windowMs }],
  ['windowMs', { maxRequests: 5, windowMs: windowMs / 2 }],
  ['algorithm', { maxRequests: 5, windowMs, algorithm: 'fixed-window' }],
  ['burst', { maxRequests: 5, windowMs, burst: 7 }],
  ['name', { maxRequests: 5, windowMs, name: 'other' }],
])('tells limits apart that differ in %s only', async (_option, other) => {
  const clock = new FakeClock();
  const limiter = new RateLimiter(createMemoryStore({ clock }), { clock });
  const fresh = new RateLimiter(createMemoryStore({ clock }), { clock });
  await limiter.peek('client', { maxRequests: 5, windowMs });
  const { name, limit, remaining, resetAfterMs } = await limiter.checkLimit('client', other);
  expect(await fresh.checkLimit('client', other)).toMatchObject({ name, limit, remaining, resetAfterMs });
});

it('tells limits apart that differ in what both of them name', async () => {
  const limiter = new RateLimiter(createMemoryStore());
  const limit = { maxRequests: 5, windowMs, algorithm: 'gcra', burst: 5 } as const;
  expect((await limiter.checkLimit('client', limit)).remaining).toBe(4);
  expect((await limiter.peek('client', { ...limit, algorithm: 'sliding-window' })).remaining).toBe(5);
  expect((await limiter.peek('client', { ...limit, burst: 9 })).limit).toBe(9);
  expect((await limiter.peek('client', [{ ...limit, burst: 9 }, limit])).limits).toMatchObject([
    { limit: 9 },
    { limit: 5 },
  ]);
  expect((await limiter.peek('client', [limit, { ...limit, burst: 9 }])).limits).toMatchObject([
    { limit: 5 },
    { limit: 9 },
  ]);
});

it('tells one limit from several, and several from more', async () => {
  const limiter = new RateLimiter(createMemoryStore());
  const [one, two, three] = [1, 2, 3].map((maxRequests) => ({ maxRequests, windowMs }));
  const lengthOf = async (limits: RateLimitConfig | RateLimitConfig[]): Promise<number> =>
    (await limiter.peek('client', limits)).limits.length;
  for (const round of [1, 2]) {
    expect([round, await lengthOf(one as RateLimitConfig)]).toEqual([round, 1]);
    expect(await lengthOf([one, two] as RateLimitConfig[])).toBe(2);
    expect(await lengthOf([one, two, three] as RateLimitConfig[])).toBe(3);
  }
});

it('stays exact with more kinds of limits than it remembers', async () => {
  const limiter = new RateLimiter(createMemoryStore());
  const kinds = Array.from({ length: 50 }, (_, index) => ({ maxRequests: index + 1, windowMs }));
  for (const round of [1, 2, 3]) {
    const answers = await Promise.all(
      kinds.map((limit) => limiter.checkLimit(`client ${limit.maxRequests}`, limit)),
    );
    const admitted = answers.filter(({ allowed }) => allowed).length;
    expect(admitted).toBe(50 - (round - 1));
  }
});

it('says that a cost goes into the options', async () => {
  const limiter = new RateLimiter(createMemoryStore());
  const limit = { maxRequests: 5, windowMs };
  await expect(limiter.checkLimit('client', limit, 5 as never)).rejects.toThrow('options is 5; use { cost }');
  await expect(limiter.peek('client', limit, 5 as never)).rejects.toThrow('options is 5; use { cost }');
});

it('names an option that it does not know, also where the numbers are known', async () => {
  const limiter = new RateLimiter(createMemoryStore());
  const limit = { maxRequests: 5, windowMs };
  for (const misspelt of [{ ...limit, brust: 7 }, [{ ...limit, brust: 7 }]]) {
    await expect(limiter.checkLimit('client', misspelt)).rejects.toThrow(
      'an option of a limit is "brust"; use',
    );
    await limiter.checkLimit('client', limit);
    await expect(limiter.checkLimit('client', misspelt)).rejects.toThrow(
      'an option of a limit is "brust"; use',
    );
  }
});

it('names an option that it does not know, also after one that was undefined', async () => {
  const limiter = new RateLimiter(createMemoryStore());
  const limit = { maxRequests: 5, windowMs, burst: undefined };
  const misspelt = { maxRequests: 5, windowMs, algoritm: 'fixed-window' };
  expect(await limiter.checkLimit('client', limit)).toMatchObject({ allowed: true, remaining: 4 });
  await expect(limiter.checkLimit('client', misspelt)).rejects.toThrow('an option of a limit is "algoritm"');
  expect(await limiter.checkLimit('client', { maxRequests: 5, windowMs })).toMatchObject({ remaining: 3 });
});
