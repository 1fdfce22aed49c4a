import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../testkit/test/collect-garbage.js';
import { RateLimiter } from '../src/index.js';
import { admitted, startProcesses, times } from './processes.js';

const limit = { maxRequests: 100, windowMs: 3_600_000 };

describe('permits taken in chunks', () => {
  it('spare store calls, and admit exactly the limit where they are used at once', async () => {
    const { clock, all, calls } = startProcesses(1, { chunk: 20 });
    const [{ limiter }] = all;
    const results = [];
    for (const _ of times(120, () => 0)) results.push(await clock.run(limiter.checkLimit('a', limit)));
    expect(admitted(results)).toBe(100);
    expect(calls()).toBeLessThanOrEqual(8);
    expect(results.slice(0, 100).map(({ remaining }) => remaining)).toEqual(
      times(100, (index) => 99 - index),
    );
    expect(results.filter(({ source }) => source === 'memory').length).toBeGreaterThan(90);
  });

  it('are of their limit: another one of the same identifier is counted by itself', async () => {
    const { clock, all } = startProcesses(1, { chunk: 20 });
    const [{ limiter }] = all;
    await clock.run(limiter.checkLimit('a', limit));
    const few = { maxRequests: 5, windowMs: 3_600_000 };
    const results = [];
    for (const _ of times(8, () => 0)) results.push(await clock.run(limiter.checkLimit('a', few)));
    expect(admitted(results)).toBe(5);
  });

  it('are told of as left, in each limit, until they are handed out', async () => {
    const { clock, all } = startProcesses(1, { chunk: 20 });
    const [{ limiter }] = all;
    const daily = { maxRequests: 500, windowMs: 86_400_000 };
    for (const taken of [1, 2]) {
      const result = await clock.run(limiter.checkLimit('a', [limit, daily]));
      expect(result).toMatchObject({ allowed: true, blocked: false, remaining: 100 - taken });
      expect(result.limits).toMatchObject([
        { limit: 100, remaining: 100 - taken, windowMs: 3_600_000, retryAfterMs: 0 },
        { limit: 500, remaining: 500 - taken, windowMs: 86_400_000, retryAfterMs: 0 },
      ]);
    }
  });

  it('a burst of one process takes what it needs in one go', async () => {
    const { clock, all, calls } = startProcesses(1, { chunk: 5, latencyMs: 2 });
    const [{ limiter }] = all;
    const results = await clock.run(Promise.all(times(100, () => limiter.checkLimit('a', limit))));
    expect(admitted(results)).toBe(100);
    expect(calls()).toBe(2);
  });

  it('of limits that nobody asks for any more take no memory', { timeout: 300_000 }, async () => {
    const { clock, all } = startProcesses(1, { chunk: 5, chunkHoldMs: 10 });
    const [{ limiter }] = all;
    const ask = async (from: number, to: number): Promise<number> => {
      for (let number = from; number < to; number += 1) {
        await limiter.checkLimit('client', { maxRequests: 1_000 + number, windowMs: 1_000 });
        await clock.advance(2_000);
      }
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = await ask(0, 500);
    expect((await ask(500, 4_500)) - before).toBeLessThan(2_000_000);
  });

  it('several processes never admit more than the limit, and lose at most a chunk each', async () => {
    for (const seed of times(30, (position) => position + 1)) {
      const { clock, all } = startProcesses(4, { chunk: 8, latencyMs: 2, seed, onFailure: 'closed' });
      const checks = all.flatMap(({ limiter }) =>
        times(40, async (position) => {
          await clock.advance(0);
          return limiter.checkLimit('a', limit, { cost: 1 + (position % 3) });
        }),
      );
      const results = await clock.run(Promise.all(checks));
      const taken = results.reduce((sum, { allowed, cost }) => sum + (allowed ? cost : 0), 0);
      expect(taken).toBeLessThanOrEqual(100);
      expect(taken).toBeGreaterThanOrEqual(100 - 4 * 8);
    }
  });

  it('are lost when they are not used in time', async () => {
    const { clock, all } = startProcesses(1, { chunk: 60, chunkHoldMs: 500 });
    const [{ limiter }] = all;
    await limiter.checkLimit('a', limit);
    await clock.advance(499);
    expect(await limiter.checkLimit('a', limit)).toMatchObject({ source: 'memory', remaining: 98 });
    await clock.advance(1);
    expect(await limiter.checkLimit('a', limit)).toMatchObject({ source: 'store', remaining: 39 });
  });

  it('are not held longer because the answer was long on its way, or the process stood still', async () => {
    const slow = { latencyMs: 3_000, timeoutMs: 60_000 };
    const { clock, all } = startProcesses(1, { chunk: 5, chunkHoldMs: 1_000, onFailure: 'closed', ...slow });
    const [{ limiter }] = all;
    await clock.run(limiter.checkLimit('a', limit));
    expect(await clock.run(limiter.checkLimit('a', limit))).toMatchObject({ allowed: true, source: 'store' });
  });

  it('serve who waits for them, also where the store takes longer than they may be held', async () => {
    const { clock, all } = startProcesses(1, { chunk: 2, chunkHoldMs: 1, latencyMs: 20 });
    const [{ limiter }] = all;
    const results = await clock.run(Promise.all(times(5, () => limiter.checkLimit('a', limit))));
    expect(admitted(results)).toBe(5);
    expect((await clock.run(limiter.peek('a', limit))).remaining).toBe(95);
  });

  it('serve who came while they were taken, though the store has none left', async () => {
    const { clock, all, calls } = startProcesses(1, { chunk: 20, latencyMs: 4 });
    const [{ limiter }] = all;
    const few = { maxRequests: 5, windowMs: 900_000, algorithm: 'fixed-window' } as const;
    const first = limiter.checkLimit('a', few);
    await clock.advance(5);
    const second = limiter.checkLimit('a', few);
    const results = await clock.run(Promise.all([first, second]));
    for (const _ of times(4, () => 0)) results.push(await clock.run(limiter.checkLimit('a', few)));
    expect(results.map(({ allowed }) => allowed)).toEqual([true, true, true, true, true, false]);
    expect(results.map(({ remaining }) => remaining)).toEqual([4, 3, 2, 1, 0, 0]);
    expect(results.map(({ source }) => source)).toEqual(['store', ...times(5, () => 'memory')]);
    expect(calls()).toBe(3);
  });

  it('come first among several checks, too: what the store denied is not denied while they last', async () => {
    const { clock, all } = startProcesses(1, { chunk: 20, latencyMs: 4 });
    const [{ limiter }] = all;
    const few = { maxRequests: 3, windowMs: 900_000 };
    const first = limiter.checkLimit('a', few);
    await clock.advance(5);
    await clock.run(Promise.all([first, limiter.checkLimit('a', few)]));
    const checks = [
      { identifier: 'b', limits: few },
      { identifier: 'a', limits: few },
    ] as const;
    expect(await clock.run(limiter.checkAll(checks))).toMatchObject({ allowed: true, remaining: 0 });
    expect(await clock.run(limiter.checkAll(checks))).toMatchObject({ allowed: false, source: 'memory' });
  });

  it.each([1, 2, 7, 20, 90])('are all used under steady demand, in chunks of %i', async (chunk) => {
    const { clock, all } = startProcesses(1, { chunk, latencyMs: 4 });
    const [{ limiter }] = all;
    const fixed = { ...limit, algorithm: 'fixed-window' } as const;
    const checks = [];
    for (const _ of times(300, () => 0)) {
      checks.push(limiter.checkLimit('a', fixed));
      await clock.advance(1);
    }
    expect(admitted(await clock.run(Promise.all(checks)))).toBe(100);
  });

  it('do not pile up where what is left of them is too little', async () => {
    const { clock, all } = startProcesses(1, { chunk: 3, latencyMs: 4 });
    const [{ limiter }] = all;
    const many = { maxRequests: 10_000, windowMs: 900_000, algorithm: 'fixed-window' } as const;
    for (const _ of times(20, () => 0)) await clock.run(limiter.checkLimit('a', many, { cost: 2 }));
    expect((await clock.run(limiter.peek('a', many))).remaining).toBe(10_000 - 20 * 2 - 1);
  });

  it('that were handed out after a denial come back once, each by its own result', async () => {
    const { clock, all } = startProcesses(1, { chunk: 20, latencyMs: 4 });
    const [{ limiter }] = all;
    const few = { maxRequests: 5, windowMs: 900_000 };
    const checks = [];
    for (const _ of times(5, () => 0)) {
      checks.push(limiter.checkLimit('a', few));
      await clock.advance(3);
    }
    const results = await clock.run(Promise.all(checks));
    expect(admitted(results)).toBe(5);
    for (const [position, granted] of results.entries()) {
      for (const _ of times(2, () => 0)) await clock.run(limiter.refund('a', few, granted));
      expect((await clock.run(limiter.peek('a', few))).remaining).toBe(position + 1);
    }
  });

  it('are given up once the store tells of a block by another process', async () => {
    const { clock, all } = startProcesses(2, { chunk: 20 });
    const [{ limiter }, other] = all;
    await clock.run(limiter.checkLimit('a', limit));
    await other?.limiter.block('a', 1_000);
    expect(await limiter.checkLimit('a', limit)).toMatchObject({ allowed: true, source: 'memory' });
    expect(await limiter.checkLimit('a', limit, { cost: 20 })).toMatchObject({ blocked: true });
    expect(await limiter.checkLimit('a', limit)).toMatchObject({ allowed: false, blocked: true });
  });

  it('are held for each set of limits, given up on block and reset, and brought back like others', async () => {
    const { all } = startProcesses(1, { chunk: 10 });
    const [{ limiter }] = all;
    const other = { ...limit, name: 'other' };
    const granted = await limiter.checkLimit('a', limit);
    expect((await limiter.checkLimit('a', [limit, other])).source).toBe('store');
    expect((await limiter.checkLimit('a', limit)).source).toBe('memory');
    expect((await limiter.peek('a', limit)).remaining).toBe(80);
    await limiter.refund('a', limit, granted);
    expect((await limiter.peek('a', limit)).remaining).toBe(81);
    await limiter.block('a', 1_000);
    expect((await limiter.checkLimit('a', limit)).allowed).toBe(false);
    await limiter.reset('a');
    expect(await limiter.checkLimit('a', limit)).toMatchObject({ allowed: true, source: 'store' });
  });

  it('a dearer request that has no room does not deny a cheaper one', async () => {
    const { clock, all } = startProcesses(1, { chunk: 2, latencyMs: 2 });
    const [{ limiter }] = all;
    await clock.run(limiter.checkLimit('a', limit, { cost: 95 }));
    const results = await clock.run(
      Promise.all([9, 1, 1].map((cost) => limiter.checkLimit('a', limit, { cost }))),
    );
    expect(results.map(({ allowed }) => allowed)).toEqual([false, true, true]);
  });

  it('are as many as the smallest of several limits has', async () => {
    const { clock, all } = startProcesses(1, { chunk: 60 });
    const [{ limiter, store }] = all;
    const single = new RateLimiter(store, { clock });
    const wide = { maxRequests: 1_000, windowMs: 3_600_000 };
    const narrow = { maxRequests: 50, windowMs: 3_600_000 };
    await single.checkLimit('a', wide, { cost: 900 });
    await single.checkLimit('a', narrow, { cost: 20 });
    const results = [];
    for (const _ of times(40, () => 0)) results.push(await limiter.checkLimit('a', [wide, narrow]));
    expect(admitted(results)).toBe(30);
  });

  it('fall back like others', async () => {
    const { clock, all } = startProcesses(1, { chunk: 10, onFailure: 'local' });
    const [{ limiter, faulty }] = all;
    faulty.faults.outage();
    const results = await clock.run(Promise.all(times(110, () => limiter.checkLimit('a', limit))));
    expect(admitted(results)).toBe(100);
  });
});
