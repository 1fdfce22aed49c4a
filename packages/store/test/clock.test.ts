import { expect, it } from 'vitest';
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
