import { expect, it } from 'vitest';
import { RateLimiter } from '../src/index.js';
import { engines } from './engines.js';

const never = Number.POSITIVE_INFINITY;

/** Burst 5, one a second: time, cost (0 looks only), then what is left, the reset, and the retry if denied. */
const vectors = [
  [0, 6, 5, 0, never],
  [0, 1, 4, 1_000],
  [0, 1, 3, 2_000],
  [0, 1, 2, 3_000],
  [0, 1, 1, 4_000],
  [0, 1, 0, 5_000],
  [0, 1, 0, 5_000, 1_000],
  [3_000, 1, 2, 3_000],
  [3_100, 1, 1, 3_900],
  [4_000, 1, 1, 4_000],
  [8_000, 1, 4, 1_000],
  [9_500, 1, 4, 1_000],
  [9_500, 0, 4, 1_000],
  [9_500, 2, 2, 3_000],
  [9_500, 5, 2, 3_000, 3_000],
] as const;

it.each(engines)('answers like the published vectors of the algorithm on $name', async ({ open }) => {
  const { store, clock, close } = await open();
  const limiter = new RateLimiter(store, { clock });
  const limit = { maxRequests: 1, windowMs: 1_000, burst: 5 };
  let elapsedMs = 0;
  for (const [atMs, cost, remaining, resetAfterMs, retryAfterMs = 0] of vectors) {
    await clock.advance(atMs - elapsedMs);
    elapsedMs = atMs;
    const result =
      cost === 0 ? await limiter.peek('foo', limit) : await limiter.checkLimit('foo', limit, { cost });
    expect(result).toMatchObject({
      allowed: retryAfterMs === 0,
      limit: 5,
      remaining,
      resetAfterMs,
      retryAfterMs,
      resetAt: clock.now() + resetAfterMs,
    });
  }
  await close();
});
