import { expect, it } from 'vitest';
import { pauseMs, weakerOf } from '../src/resend.js';

it('two servers allow together what the one allows that allows less', () => {
  const ladder = ['never', 'version', 'always'] as const;
  for (const [height, one] of ladder.entries()) {
    for (const [otherHeight, other] of ladder.entries()) {
      expect(weakerOf(one, other)).toBe(ladder[Math.min(height, otherHeight)]);
    }
  }
});

it('pauses are random, below a bound that grows up to a limit', () => {
  const retry = { maxAttempts: 9, initialDelayMs: 10, maxDelayMs: 100, backoffMultiplier: 3 };
  const pauses = (random: number) =>
    [1, 2, 3, 4].map((time) => pauseMs({ retry, random: () => random }, time));
  expect(pauses(0.5)).toEqual([5, 15, 45, 50]);
  expect(pauses(0)).toEqual([0, 0, 0, 0]);
});
