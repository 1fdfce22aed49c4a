import { afterEach, describe, expect, it, vi } from 'vitest';
import { backgroundClock } from '../src/background-clock.js';
import { systemClock } from '../src/index.js';

afterEach(() => vi.restoreAllMocks());

describe.each([
  ['system', systemClock],
  ['background', backgroundClock],
])('the %s clock', (_name, clock) => {
  it('tells the time and fires timers that were not cancelled', async () => {
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
    const before = clock.monotonic();
    const fired: string[] = [];
    const cancel = clock.startTimer(() => fired.push('cancelled'), 1);
    cancel();
    await new Promise<void>((resolve) => clock.startTimer(resolve, 5));
    expect(fired).toEqual([]);
    expect(clock.monotonic()).toBeGreaterThan(before);
  });

  it('waits longer than a timer of JavaScript can, or until it is cancelled', () => {
    vi.useFakeTimers();
    try {
      const fired: string[] = [];
      const delayMs = 2 ** 32;
      clock.startTimer(() => fired.push('waited'), delayMs);
      const cancel = clock.startTimer(() => fired.push('cancelled'), delayMs);
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
});

describe('timers of the background clock', () => {
  it('do not keep the process running', () => {
    const started = vi.spyOn(globalThis, 'setTimeout');
    const cancels = [systemClock, backgroundClock].map((clock) => clock.startTimer(() => {}, 60_000));
    expect(started.mock.results.map(({ value }) => value.hasRef())).toEqual([true, false]);
    for (const cancel of cancels) cancel();
  });

  it('also run where timers are numbers', () => {
    const stopped = vi.spyOn(globalThis, 'clearTimeout').mockReturnValue();
    vi.spyOn(globalThis, 'setTimeout').mockReturnValue(7 as never);
    backgroundClock.startTimer(() => {}, 60_000)();
    expect(stopped).toHaveBeenCalledWith(7);
  });
});
