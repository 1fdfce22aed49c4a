import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Sweeper } from '../src/sweeper.js';
import { openTestStore } from './support/folders.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a sweep begins a pause after the last one has ended, and none after the stop', async () => {
  let sweeps = 0;
  let end: (() => void) | undefined;
  const sweeper = new Sweeper(() => {
    sweeps += 1;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  }, 10);
  await vi.advanceTimersByTimeAsync(100);
  expect(sweeps).toBe(1);
  end?.();
  await vi.advanceTimersByTimeAsync(10);
  expect(sweeps).toBe(2);
  sweeper.stop();
  end?.();
  await vi.advanceTimersByTimeAsync(100);
  expect(sweeps).toBe(2);
});

test('a sweep that fails is tried again, until the stop', async () => {
  const sweep = vi.fn(() => Promise.reject(new Error('no disk')));
  const sweeper = new Sweeper(sweep, 10);
  await vi.advanceTimersByTimeAsync(25);
  expect(sweep).toHaveBeenCalledTimes(2);
  sweeper.stop();
  await vi.advanceTimersByTimeAsync(100);
  expect(sweep).toHaveBeenCalledTimes(2);
});

test('a store that is closed sweeps no more', async () => {
  const store = await openTestStore();
  const timers = vi.getTimerCount();
  await store.close();
  expect(vi.getTimerCount()).toBe(timers - 1);
});
