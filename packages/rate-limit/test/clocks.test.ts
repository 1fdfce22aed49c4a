import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RateLimitConfig, RateLimiter } from '../src/index.js';
import { admitted, startProcesses, times } from './processes.js';

const algorithms = ['gcra', 'sliding-window', 'fixed-window'] as const;
const limitOf = (algorithm: (typeof algorithms)[number]): RateLimitConfig => {
  return { algorithm, maxRequests: 60, windowMs: 60_000 };
};
const year = 365 * 24 * 3_600_000;

describe.each(algorithms)('where wall clocks differ, %s', (algorithm) => {
  const limit = limitOf(algorithm);

  it('a clock that is behind finds the limit as full as it was left', async () => {
    const { all } = startProcesses(2, { offsetsMs: [0, -30_000] });
    const [{ limiter: right }, behind] = all;
    expect(admitted(await Promise.all(times(80, () => right.checkLimit('a', limit))))).toBe(60);
    expect(
      admitted(await Promise.all(times(80, () => behind?.limiter.checkLimit('a', limit) ?? never()))),
    ).toBe(0);
  });

  it('clocks that take turns gain what one of them is ahead, once', async () => {
    const { all } = startProcesses(2, { offsetsMs: [0, 30_000] });
    const results = [];
    for (const turn of times(300, (position) => position % 2)) {
      results.push(await (all[turn] ?? all[0]).limiter.checkLimit('a', limit));
    }
    const mostInAddition = { gcra: 30, 'sliding-window': 0, 'fixed-window': 0 };
    expect(admitted(results)).toBeLessThanOrEqual(60 + mostInAddition[algorithm]);
  });

  it('a clock that runs back gains nothing, and waits no longer than the limit lasts', async () => {
    const { clock, all } = startProcesses(1);
    const [{ limiter }] = all;
    expect(admitted(await Promise.all(times(80, () => limiter.checkLimit('a', limit))))).toBe(60);
    clock.jumpWallClock(-year);
    const denied = await new RateLimiter(all[0].store, { clock }).checkLimit('a', limit);
    expect(denied.allowed).toBe(false);
    expect(denied.retryAfterMs).toBeLessThanOrEqual(120_000);
    expect(denied.resetAfterMs).toBeLessThanOrEqual(120_000);
    await clock.advance(122_000);
    expect((await limiter.checkLimit('a', limit)).allowed).toBe(true);
  });

  it('a clock a year ahead delays the others for no longer than the limit lasts', async () => {
    const { clock, all } = startProcesses(2, { offsetsMs: [0, year], denyCacheMs: 1 });
    const [{ limiter: right }, ahead] = all;
    await ahead?.limiter.checkLimit('a', limit, { cost: 59 });
    expect((await right.checkLimit('a', limit)).allowed).toBe(true);
    expect((await right.checkLimit('a', limit)).allowed).toBe(false);
    await clock.advance(122_000);
    expect(admitted(await Promise.all(times(80, () => right.checkLimit('a', limit))))).toBe(60);
  });

  it.each([
    ['another limit', (limiter: RateLimiter) => limiter.checkLimit('a', { maxRequests: 9, windowMs: 1_000 })],
    ['a block', (limiter: RateLimiter) => limiter.block('a', 1_000)],
  ])('nor where %s is written by who knows nothing of that limit', async (_, write) => {
    const { clock, all } = startProcesses(2, { offsetsMs: [0, year], denyCacheMs: 1 });
    const [{ limiter: right }, ahead] = all;
    await ahead?.limiter.checkLimit('a', { ...limit, name: 'api' }, { cost: 60 });
    await ahead?.limiter.checkLimit('a', limit, { cost: 60 });
    await write(right);
    await clock.advance(122_000);
    for (const name of [undefined, 'api']) {
      const results = await Promise.all(times(80, () => right.checkLimit('a', { ...limit, name })));
      expect(admitted(results)).toBe(60);
    }
  });
});

it('what a clock a year ahead wrote stays while others are counted beside it, and no longer', async () => {
  const { clock, all } = startProcesses(2, { offsetsMs: [0, year], denyCacheMs: 1 });
  const [{ limiter: right }, ahead] = all;
  await ahead?.limiter.checkLimit('a', limitOf('fixed-window'), { cost: 60 });
  for (const _ of times(5, () => 0)) {
    await clock.advance(30_000);
    expect((await right.checkLimit('a', { maxRequests: 9, windowMs: 1_000 })).allowed).toBe(true);
    expect((await right.checkLimit('a', limitOf('fixed-window'))).allowed).toBe(false);
  }
  await clock.advance(122_000);
  expect((await right.checkLimit('a', limitOf('fixed-window'))).allowed).toBe(true);
});

describe.each(algorithms)(
  'while the store does not answer and a process counts for itself, %s',
  (algorithm) => {
    it('a clock that was a year ahead delays it for no longer than the limit lasts', async () => {
      const { clock, all } = startProcesses(1, { onFailure: 'local', rates: { 'lost-request': 1 } });
      const [{ limiter }] = all;
      const checks = async (): Promise<number> =>
        admitted(await clock.run(Promise.all(times(80, () => limiter.checkLimit('a', limitOf(algorithm))))));
      clock.jumpWallClock(year);
      expect(await checks()).toBe(60);
      clock.jumpWallClock(-year);
      expect(await checks()).toBe(0);
      await clock.advance(122_000);
      expect(await checks()).toBe(60);
    });
  },
);

describe('a clock before 1970', () => {
  it.each(algorithms)('takes nobody for blocked, and counts: %s', async (algorithm) => {
    const { all } = startProcesses(2, { offsetsMs: [-60 * year, 0] });
    const results = await Promise.all(times(80, () => all[0].limiter.checkLimit('a', limitOf(algorithm))));
    expect(admitted(results)).toBe(60);
    expect(results.at(-1)).toMatchObject({ allowed: false, blocked: false });
    expect(await all[1]?.limiter.peek('a', limitOf(algorithm))).toMatchObject({ source: 'store' });
  });

  it('keeps a record for no longer than its limit, notes of refunds included', async () => {
    const { clock, all } = startProcesses(1, { offsetsMs: [-60 * year], random: () => 0.99 });
    const [{ limiter }] = all;
    const limit = { algorithm: 'fixed-window', maxRequests: 60, windowMs: 10_000 } as const;
    await limiter.refund('a', limit, await limiter.checkLimit('a', limit));
    expect((await limiter.checkLimit('a', limit, { cost: 60 })).allowed).toBe(true);
    await clock.advance(40_000);
    expect((await limiter.checkLimit('a', limit, { cost: 60 })).allowed).toBe(true);
  });

  it('leaves the policy to decide where the store does not', async () => {
    const { clock, all } = startProcesses(1, { offsetsMs: [-60 * year], rates: { 'lost-request': 1 } });
    const result = await clock.run(all[0].limiter.checkLimit('a', limitOf('gcra')));
    expect(result).toMatchObject({ allowed: true, blocked: false, source: 'fallback' });
  });
});

describe('a block by a clock that is a year ahead', () => {
  it('lasts as long for the others as it was to last, however often they block too', async () => {
    const { clock, all } = startProcesses(2, { offsetsMs: [0, year], denyCacheMs: 1 });
    const [{ limiter: right }, ahead] = all;
    await ahead?.limiter.block('a', 60_000);
    await right.block('a', 1_000);
    const denied = await right.checkLimit('a', limitOf('gcra'));
    expect(denied).toMatchObject({ blocked: true, retryAfterMs: 60_000, resetAfterMs: 60_000 });
    await clock.advance(62_000);
    expect((await right.checkLimit('a', limitOf('gcra'))).allowed).toBe(true);
  });
});

describe('where wall clocks differ by s', () => {
  it('gcra admits at most s / interval more in any window, while its record lasts', async () => {
    const spread = 5_000;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: spread }), { minLength: 2, maxLength: 4 }),
        fc.array(
          fc.record({ process: fc.nat(3), waitMs: fc.nat(2_000), cost: fc.integer({ min: 1, max: 9 }) }),
          {
            maxLength: 60,
          },
        ),
        async (offsetsMs, steps) => {
          const limit = { maxRequests: 10, windowMs: 10_000 };
          const { clock, all } = startProcesses(offsetsMs.length, { offsetsMs });
          const grants: { readonly at: number; readonly cost: number }[] = [];
          for (const { process, waitMs, cost } of steps) {
            await clock.advance(waitMs);
            const { limiter } = all[process % all.length] ?? all[0];
            const { allowed } = await limiter.checkLimit('a', limit, { cost });
            if (allowed) grants.push({ at: clock.now(), cost });
          }
          for (const [first, { at: from }] of grants.entries()) {
            let taken = 0;
            for (const { at, cost } of grants.slice(first)) {
              taken += cost;
              expect(taken).toBeLessThanOrEqual(10 + (at - from + spread) / 1_000 + 1e-3);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

function never(): never {
  throw new Error('There is no such process');
}
