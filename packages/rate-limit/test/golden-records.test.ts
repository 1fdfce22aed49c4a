import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  putRecords,
  type Records,
  recordsAt,
  recordsLeftBy,
} from '../../testkit/test/golden-records/golden-records.js';
import { NoriKVRateLimitStore } from '../src/express-rate-limit.js';
import { RateLimiter } from '../src/index.js';

/** What version 1.0 writes. Never change a line: add one beside it. */
const golden: Records = {
  'a%3Ab:user': 'g:second m5d4ruqs 1 2s',
  'express-rate-limit:client': 'f:hits/1aao m5d4t4yo 1',
  'ratelimit#b37cdb7a7571342b6044abd117e530d32fd34b89427452e85b52b06445e0273a': 'g:second m5d4ruqs 1 2s',
  'ratelimit:back': 's2s/1aao m5d4uf9c 0 0;f:quota/1aao m5d4t4yo 0;~ 12kw',
  'ratelimit:blocked': '! m5d4t4yo 1aao',
  'ratelimit:forgotten': '~ 12kw',
  'ratelimit:user':
    'g:second m5d4ruwc 3 8c;grs/255s0/1e m5d4s300 3 8c0;s2s/1aao m5d4uf9c 3 0;f:quota/1aao m5d4t4yo 3',
};

const limits = [
  { maxRequests: 10, windowMs: 1_000, name: 'second' },
  { maxRequests: 1_000, windowMs: 3_600_000, burst: 50 },
  { maxRequests: 100, windowMs: 60_000, algorithm: 'sliding-window' },
  { maxRequests: 500, windowMs: 60_000, algorithm: 'fixed-window', name: 'quota' },
] as const;
const long = 'x'.repeat(257);

it('records are written as version 1.0 wrote them', async () => {
  const clock = new FakeClock();
  const options = { clock, random: () => 0.5 };
  const left = recordsLeftBy(createMemoryStore({ clock }), async (store) => {
    const limiter = new RateLimiter(store, options);
    await limiter.checkLimit('user', limits, { cost: 3 });
    await limiter.refund('back', limits, await limiter.checkLimit('back', limits, { cost: 3 }));
    await limiter.block('blocked', 60_000);
    await limiter.checkLimit('forgotten', limits);
    await limiter.reset('forgotten');
    await limiter.checkLimit(long, limits[0]);
    await new RateLimiter(store, { ...options, prefix: 'a:b' }).checkLimit('user', limits[0]);
    await new NoriKVRateLimitStore(store, options).increment('client');
  });
  expect(await clock.run(left)).toEqual(golden);
});

it('records of version 1.0 are read for ever', async () => {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  await putRecords(store, golden);
  const limiter = new RateLimiter(store, { clock });
  const remaining = async (identifier: string): Promise<number[]> =>
    (await limiter.peek(identifier, limits)).limits.map((limit) => limit.remaining);
  expect(await remaining('user')).toEqual([7, 47, 97, 497]);
  expect(await remaining('back')).toEqual([10, 50, 100, 500]);
  expect(await remaining('forgotten')).toEqual([10, 50, 100, 500]);
  await store.put('ratelimit:empty', '');
  expect(await remaining('empty')).toEqual([10, 50, 100, 500]);
  expect(await limiter.peek('blocked', limits)).toMatchObject({ blocked: true, retryAfterMs: 60_000 });
  expect((await limiter.peek(long, limits[0])).remaining).toBe(9);
  expect((await new RateLimiter(store, { clock, prefix: 'a:b' }).peek('user', limits[0])).remaining).toBe(9);
  expect(await new NoriKVRateLimitStore(store, { clock }).increment('client')).toMatchObject({
    totalHits: 2,
  });
});

it.each(['t:second mxdiuio0 3 8c', '2 g:second mxdiuio0 3 8c', '{"v":2}'])(
  'a record of a newer version, %s, is refused and left as it is',
  async (text) => {
    const newer = { 'ratelimit:user': text };
    const store = createMemoryStore();
    await putRecords(store, newer);
    const limiter = new RateLimiter(store, { onFailure: 'closed' });
    await expect(limiter.checkLimit('user', limits)).rejects.toMatchObject({
      cause: { code: 'CORRUPT_RECORD' },
    });
    expect(await recordsAt(store, ['ratelimit:user'])).toEqual(newer);
  },
);
