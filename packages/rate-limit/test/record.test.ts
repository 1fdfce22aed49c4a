import { bytesToString, find } from '@norikv/store';
import { createMemoryStore, FakeClock, type MemoryStore } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../src/index.js';
import { type RateLimitRecord, recordCodec } from '../src/record.js';
import { startProcesses, times } from './processes.js';

const newest = { nowMs: Date.UTC(2200, 0, 1) };

async function sizeOf(store: MemoryStore): Promise<number> {
  return (await store.get('ratelimit:a')).value.length;
}

describe('the record of one limit', () => {
  it.each(['gcra', 'sliding-window', 'fixed-window'] as const)(
    'has at most 64 bytes, %s',
    async (algorithm) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 1_000_000_000 }),
          fc.integer({ min: 1, max: 366 * 24 * 3_600_000 }),
          fc.option(fc.stringMatching(/^[\w.-]{1,24}$/), { nil: undefined }),
          fc.option(fc.integer({ min: 1, max: 1_000_000_000 }), { nil: undefined }),
          fc.array(
            fc.record({ waitMs: fc.nat(2 ** 31), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
            {
              minLength: 1,
              maxLength: 5,
            },
          ),
          async (maxRequests, windowMs, name, anyBurst, steps) => {
            const clock = new FakeClock(newest);
            const store = createMemoryStore({ clock });
            const limiter = new RateLimiter(store, { clock });
            // A burst that takes years to come back has no end that can be told.
            const burst = algorithm === 'gcra' && anyBurst ? Math.min(anyBurst, 2 * maxRequests) : undefined;
            const limit = { maxRequests, windowMs, name, algorithm, burst };
            for (const { waitMs, share } of steps) {
              await clock.advance(waitMs);
              await limiter.checkLimit('a', limit, { cost: Math.max(1, Math.floor(share * maxRequests)) });
              if (await find(store, 'ratelimit:a')) expect(await sizeOf(store)).toBeLessThanOrEqual(64);
            }
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  it('has about 35 bytes in everyday use, however many processes write it', async () => {
    const { clock, memory, all } = startProcesses(5);
    const limit = { maxRequests: 100, windowMs: 60_000 };
    for (const { limiter } of all) {
      await clock.advance(777);
      await limiter.checkLimit('a', limit);
      expect(await sizeOf(memory)).toBeLessThanOrEqual(45);
    }
  });

  it('has 62 bytes more at most after refunds, however many there were', async () => {
    const { memory, all } = startProcesses(3);
    const limit = { maxRequests: 100, windowMs: 60_000, algorithm: 'fixed-window' } as const;
    const before: number[] = [];
    for (const turn of times(30, (position) => position)) {
      const { limiter } = all[turn % 3] ?? all[0];
      const granted = await limiter.checkLimit('a', limit);
      before.push(await sizeOf(memory));
      await limiter.refund('a', limit, granted);
      expect(await sizeOf(memory)).toBeLessThanOrEqual((before[0] ?? 0) + 62);
    }
  });

  it('forgets limits that are not used any more', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const limiter = new RateLimiter(store, { clock });
    for (const maxRequests of times(50, (position) => position + 1)) {
      await limiter.checkLimit('a', { maxRequests, windowMs: 1_000 });
      await clock.advance(500);
    }
    expect(bytesToString((await store.get('ratelimit:a')).value).split(';').length).toBeLessThanOrEqual(3);
  });

  it.each([
    'x',
    'g10/1000',
    'g10/1000 -1',
    'g10/1000 1.5e99',
    'g10/1000 zzzzzzzzzzzz',
    'g10/1000 1 zzzzzzzzzzzz',
    'g10/1000 1 -1',
    'g10/1000 1 2gosa7pa2gv',
    'g10/1000 1\u0000',
    'g10/1000 1 1!',
    'g10/1000 1 1;',
    '! A',
    'norikv:9 {}\n',
  ])('is left alone where it is "%s"', async (text) => {
    const store = createMemoryStore();
    await store.put('ratelimit:a', text);
    const limiter = new RateLimiter(store, { onFailure: 'closed' });
    await expect(limiter.checkLimit('a', { maxRequests: 10, windowMs: 1_000 })).rejects.toMatchObject({
      code: 'RATE_LIMIT_UNAVAILABLE',
      cause: { code: 'CORRUPT_RECORD' },
    });
    expect(bytesToString((await store.get('ratelimit:a')).value)).toBe(text);
  });

  it('reads what it wrote', () => {
    const record: RateLimitRecord = [
      ['g100/60000', [1_700_000_000_000, 1.5e-7, 1]],
      ['s:api', [1_700_000_000_000, 3, 4]],
      ['!', [1_800_000_000_000]],
      ['~', [99_999, 0]],
    ];
    expect(recordCodec.decode(recordCodec.encode(record))).toEqual(record);
  });
});
