import { describe, expect, it } from 'vitest';
import { slidingWindow } from '../src/sliding-window.js';

const quota = { capacity: 10, windowMs: 1_000, intervalMs: 100, spanMs: 2_000 };

describe('the numbers of a sliding window', () => {
  it.each([
    [5_999, [7_000, 4, 2]],
    [6_000, [8_000, 0, 4]],
    [6_999, [8_000, 0, 4]],
    [7_000, [9_000, 0, 0]],
  ])('at %d are %j', (now, numbers) => {
    expect(slidingWindow.advance([7_000, 4, 2], quota, now)).toEqual(numbers);
  });

  it('wait until the window before has lost as much as is needed', () => {
    // 8 of the window before, 6 in this one: 10 are in use when half of the former count.
    expect(slidingWindow.waitMs([7_000, 6, 8], quota, 5_100, 1)).toBe(525);
    expect(slidingWindow.used([7_000, 6, 8], quota, 5_625)).toBe(9);
  });

  it('wait until this window has lost as much as is needed, where it is too full by itself', () => {
    expect(slidingWindow.waitMs([7_000, 10, 0], quota, 5_100, 1)).toBe(1_000);
    expect(slidingWindow.used([8_000, 0, 10], quota, 6_100)).toBe(9);
  });

  it('take permits back in the window that they were taken in, and never below nothing', () => {
    const giveBack = (cost: number, resetAt: number): readonly number[] =>
      slidingWindow.giveBack([7_000, 4, 2], quota, cost, resetAt);
    expect(giveBack(3, 7_000)).toEqual([7_000, 1, 2]);
    expect(giveBack(5, 7_000)).toEqual([7_000, 0, 2]);
    expect(giveBack(1, 6_000)).toEqual([7_000, 4, 1]);
    expect(giveBack(5, 6_000)).toEqual([7_000, 4, 0]);
    expect(giveBack(1, 5_000)).toEqual([7_000, 4, 2]);
  });
});
