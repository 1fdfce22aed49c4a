import { describe, expect, it } from 'vitest';
import type { RateLimitConfig } from '../src/index.js';
import { admitted, startProcesses, times } from './processes.js';

const limits: readonly RateLimitConfig[] = [
  { maxRequests: 50, windowMs: 60_000 },
  { maxRequests: 50, windowMs: 60_000, algorithm: 'sliding-window' },
  { maxRequests: 50, windowMs: 60_000, algorithm: 'fixed-window' },
];

describe.each(limits)('100 clients at once on one key with limit 50, %o', (limit) => {
  it.each([1, 2, 3, 4, 5])(
    '4 processes admit exactly 50 for at most one call a request (seed %i)',
    async (seed) => {
      const { clock, all, calls } = startProcesses(4, { seed, latencyMs: 2, onFailure: 'closed' });
      const checks = all.flatMap(({ limiter }) => times(25, () => limiter.checkLimit('client', limit)));
      const results = await clock.run(Promise.all(checks));
      expect(admitted(results)).toBe(50);
      expect(calls()).toBeLessThanOrEqual(100);
    },
  );

  it('one process admits exactly 50 for at most 0.05 calls a request', async () => {
    const { clock, all, calls } = startProcesses(1, { latencyMs: 2 });
    const [{ limiter }] = all;
    const results = await clock.run(Promise.all(times(100, () => limiter.checkLimit('client', limit))));
    expect(admitted(results)).toBe(50);
    expect(calls()).toBe(2);
    expect(results.map(({ remaining }) => remaining)).toEqual([
      ...times(50, (position) => 49 - position),
      ...times(50, () => 0),
    ]);
  });

  it('the first check of a client costs two calls, a later one by the same process one', async () => {
    const { all, calls } = startProcesses(1);
    const [{ limiter, store }] = all;
    await limiter.checkLimit('client', limit);
    expect(calls()).toBe(2);
    store.reset();
    await limiter.checkLimit('client', limit);
    expect(calls()).toBe(1);
  });

  it('a denied client costs no call until its retry is due, and then passes', async () => {
    const { clock, all, calls } = startProcesses(1);
    const [{ limiter, store }] = all;
    await Promise.all(times(50, () => limiter.checkLimit('client', limit)));
    const denied = await limiter.checkLimit('client', limit);
    expect(denied).toMatchObject({ allowed: false, source: 'store', remaining: 0 });
    store.reset();
    let waitedMs = 0;
    for (const part of [0.3, 0.3, 0.39]) {
      const stepMs = Math.floor(denied.retryAfterMs * part);
      await clock.advance(stepMs);
      waitedMs += stepMs;
      const again = await limiter.checkLimit('client', limit);
      expect(again).toMatchObject({ allowed: false, source: 'memory' });
      expect(again.retryAfterMs).toBe(denied.retryAfterMs - waitedMs);
    }
    expect(calls()).toBe(0);
    await clock.advance(denied.retryAfterMs - waitedMs);
    expect(await limiter.checkLimit('client', limit)).toMatchObject({ allowed: true, source: 'store' });
    expect(calls()).toBeGreaterThan(0);
  });
});

describe('requests that wait for one record', () => {
  const limit = { maxRequests: 50, windowMs: 60_000 };

  it('share the next write when they come during one', async () => {
    const { clock, all, calls } = startProcesses(1, { latencyMs: 10, onFailure: 'closed' });
    const [{ limiter }] = all;
    const results = times(30, async (position) => {
      await new Promise<void>((resolve) => void clock.startTimer(resolve, position + 1));
      return limiter.checkLimit('client', limit);
    });
    expect(admitted(await clock.run(Promise.all(results)))).toBe(30);
    expect(calls()).toBeLessThanOrEqual(5);
  });

  it('are decided in the order they came, each by its own cost', async () => {
    const { clock, all } = startProcesses(1, { latencyMs: 2 });
    const [{ limiter }] = all;
    const costs = [20, 40, 20, 11, 10, 1];
    const results = await clock.run(
      Promise.all(costs.map((cost) => limiter.checkLimit('client', limit, { cost }))),
    );
    expect(results.map(({ allowed }) => allowed)).toEqual([true, false, true, false, true, false]);
    expect(results.map(({ cost }) => cost)).toEqual(costs);
    expect(results.map(({ remaining }) => remaining)).toEqual([30, 0, 10, 0, 0, 0]);
    expect(results.filter(({ allowed }) => !allowed).every(({ retryAfterMs }) => retryAfterMs > 0)).toBe(
      true,
    );
  });

  it('each by their own limits, also where those have one name', async () => {
    const { clock, all } = startProcesses(1, { latencyMs: 2 });
    const [{ limiter }] = all;
    const small = { maxRequests: 1, windowMs: 60_000, name: 'api' };
    const large = { maxRequests: 10, windowMs: 60_000, name: 'api' };
    const checks = [small, small, large, large].map((chosen) => limiter.checkLimit('client', chosen));
    const results = await clock.run(Promise.all(checks));
    expect(results.map(({ allowed }) => allowed)).toEqual([true, false, true, true]);
  });
});
