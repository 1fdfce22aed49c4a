import { expect, it, vi } from 'vitest';
import { systemClock } from '../src/index.js';

it('the system clock tells the time and fires timers that were not cancelled', async () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
  const before = systemClock.monotonic();
  const fired: string[] = [];
  const cancel = systemClock.startTimer(() => fired.push('cancelled'), 1);
  cancel();
  await new Promise<void>((resolve) => systemClock.startTimer(resolve, 5));
  expect(fired).toEqual([]);
  expect(systemClock.monotonic()).toBeGreaterThan(before);
});

it('waits longer than a timer of JavaScript can, or until it is cancelled', () => {
  vi.useFakeTimers();
  try {
    const fired: string[] = [];
    const delayMs = 2 ** 32;
    systemClock.startTimer(() => fired.push('waited'), delayMs);
    const cancel = systemClock.startTimer(() => fired.push('cancelled'), delayMs);
    vi.advanceTimersByTime(delayMs - 1);
    expect(fired).toEqual([]);
    cancel();
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(['waited']);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
