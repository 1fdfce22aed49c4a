import { expect, it } from 'vitest';
import { type LimitStanding, resultOf } from '../src/result.js';

const standing = (name: string, facts: Partial<LimitStanding>): LimitStanding => ({
  name,
  limit: 10,
  windowMs: 1_000,
  remaining: 5,
  resetAt: 0,
  resetAfterMs: 0,
  retryAfterMs: 0,
  ...facts,
});

it.each<[string, LimitStanding[]]>([
  [
    'keeps longest',
    [standing('a', { retryAfterMs: 5, remaining: 0 }), standing('tightest', { retryAfterMs: 9 })],
  ],
  [
    'has the smallest share left',
    [standing('tightest', { limit: 100, remaining: 10 }), standing('a', { remaining: 2 })],
  ],
  [
    'comes first of equal ones',
    [standing('tightest', {}), standing('a', {}), standing('b', { remaining: 6 })],
  ],
])('a result is that of the limit that %s', (_what, limits) => {
  expect(resultOf(true, 1, limits).name).toBe('tightest');
  expect(resultOf(true, 1, limits.toReversed()).remaining).toBe(resultOf(true, 1, limits).remaining);
});
