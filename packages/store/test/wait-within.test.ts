import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CancelTimer, type Clock, systemClock } from '../src/index.js';
import { waitWithin } from '../src/wait-within.js';

/** A clock whose timers fire when a test says so. */
class HandClock implements Clock {
  readonly timers = new Map<() => void, number>();
  started = 0;
  now = systemClock.now;
  monotonic = systemClock.monotonic;

  startTimer(callback: () => void, delayMs: number): CancelTimer {
    this.started += 1;
    this.timers.set(callback, delayMs);
    return () => void this.timers.delete(callback);
  }

  fire(): void {
    for (const callback of this.timers.keys()) callback();
  }
}

const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let controller: AbortController;
let clock: HandClock;
let work: HandWork;
let begun: number;

beforeEach(() => {
  controller = new AbortController();
  clock = new HandClock();
  work = new HandWork();
  begun = 0;
  process.on('unhandledRejection', note);
});

afterEach(async () => {
  await turn();
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  expect(clock.timers.size).toBe(0);
});

/** Work that ends when a test says so. */
class HandWork {
  resolve: (result: string) => void = note;
  reject: (error: unknown) => void = note;
  readonly promise = new Promise<string>((resolve, reject) => Object.assign(this, { resolve, reject }));
}

const begin = (): Promise<string> => {
  begun += 1;
  return work.promise;
};
const broken = (): never => {
  throw new Error('broken');
};
const cancelled = (why: unknown, hasBegun: boolean): Error =>
  Object.assign(new Error('ended'), { why, hasBegun });
const late = (): Error => Object.assign(new Error('ended'), { why: 'late' });
const limited = (timeoutMs?: number): Promise<string> =>
  waitWithin(begin, { signal: controller.signal, cancelled, clock, timeoutMs, late });

describe('work is waited for', () => {
  it('without any limit', async () => {
    const result = waitWithin(begin, { cancelled });
    work.resolve('done');
    expect(await result).toBe('done');
  });

  it('without a time limit, and no timer is started', async () => {
    const result = limited();
    expect(clock.started).toBe(0);
    work.resolve('done');
    expect(await result).toBe('done');
  });

  it('within both limits, by one listener and one timer of the clock', async () => {
    const result = limited(50);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    expect([...clock.timers.values()]).toEqual([50]);
    work.resolve('done');
    expect(await result).toBe('done');
  });

  it('and its error is passed on as it is', async () => {
    const result = limited(50);
    const error = new Error('broken');
    work.reject(error);
    await expect(result).rejects.toBe(error);
  });

  it('also if it throws at once', async () => {
    const limits = { signal: controller.signal, cancelled, clock, timeoutMs: 50, late };
    await expect(waitWithin(broken, limits)).rejects.toThrow('broken');
    expect(clock.started).toBe(1);
  });

  it('also if the clock does not work', async () => {
    clock.startTimer = () => {
      throw new Error('no timers');
    };
    await expect(limited(50)).rejects.toThrow('no timers');
    expect(begun).toBe(0);
  });
});

describe('a signal', () => {
  it('that ended before means that the work is never begun', async () => {
    controller.abort('gone');
    await expect(limited(50)).rejects.toMatchObject({ why: 'gone', hasBegun: false });
    expect([begun, clock.started]).toEqual([0, 0]);
  });

  it.each(['succeeds', 'fails'])('that ends meanwhile ends the wait; the work %s later', async (how) => {
    const result = limited(50);
    controller.abort('gone');
    await expect(result).rejects.toMatchObject({ why: 'gone', hasBegun: true });
    expect([begun, clock.timers.size]).toEqual([1, 0]);
    if (how === 'fails') work.reject(new Error('broken'));
    else work.resolve('done');
  });

  it.each<[string, () => Promise<string>]>([
    ['goes on', () => begin()],
    ['fails', () => Promise.reject(new Error('broken'))],
    ['throws', () => broken()],
  ])('that the work itself ends as it begins ends the wait, if it %s', async (_how, end) => {
    const rude = (): Promise<string> => {
      controller.abort('gone');
      return end();
    };
    const result = waitWithin(rude, { signal: controller.signal, cancelled });
    await expect(result).rejects.toMatchObject({ why: 'gone', hasBegun: true });
  });

  it('that ends afterwards changes nothing', async () => {
    const result = limited(50);
    work.resolve('done');
    expect(await result).toBe('done');
    controller.abort('gone');
    expect(await result).toBe('done');
  });
});

describe('a time limit', () => {
  it.each(['succeeds', 'fails'])('ends the wait; the work %s later', async (how) => {
    const result = limited(50);
    clock.fire();
    await expect(result).rejects.toMatchObject({ why: 'late' });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    if (how === 'fails') work.reject(new Error('broken'));
    else work.resolve('done');
  });

  it('that ends while a result is on its way in lets that count: the process may have stood still', async () => {
    const result = limited(50);
    clock.fire();
    work.resolve('done');
    expect(await result).toBe('done');
  });

  it('needs no signal', async () => {
    const result = waitWithin(begin, { cancelled, clock, timeoutMs: 1, late });
    clock.fire();
    await expect(result).rejects.toMatchObject({ why: 'late' });
  });

  it('and a signal: the one that comes first counts', async () => {
    const first = limited(50);
    const outcome = expect(first).rejects.toMatchObject({ why: 'late' });
    clock.fire();
    await turn();
    controller.abort('gone');
    await outcome;
    controller = new AbortController();
    const second = limited(50);
    controller.abort('gone');
    clock.fire();
    await expect(second).rejects.toMatchObject({ why: 'gone' });
  });
});

it('many waits for one signal share one listener, and none is left behind', async () => {
  const waits = Array.from({ length: 20 }, () => limited(50));
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  expect(clock.timers.size).toBe(20);
  controller.abort('gone');
  for (const outcome of await Promise.allSettled(waits)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { why: 'gone' } });
  }
});
