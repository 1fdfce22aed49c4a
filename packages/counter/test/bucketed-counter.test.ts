import { systemClock } from '@norikv/store';
import { shown } from '@norikv/store/checks';
import { countCalls, createMemoryStore, FakeClock } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BucketedCounter, type BucketedCounterOptions, BucketTimeError } from '../src/index.js';
import { startProcesses } from './simulation.js';

const minute = 60_000;
const rules = { bucketMs: minute, retentionMs: 10 * minute, clockToleranceMs: 5_000 };

function setUp(options: Partial<BucketedCounterOptions> = {}) {
  const clock = new FakeClock({ nowMs: Date.UTC(2025, 5, 1, 12, 0, 30) });
  const memory = createMemoryStore({ clock });
  const store = countCalls(memory);
  const counter = new BucketedCounter(store, 'logins', { clock, ...rules, ...options });
  return { clock, memory, store, counter, start: clock.now() - 30_000 };
}

describe('a counter by time', () => {
  it('sums whole buckets over a range, end excluded', async () => {
    const { clock, counter, start } = setUp();
    expect(await counter.add(1)).toBe(1n);
    expect(await counter.add(2n ** 60n)).toBe(2n ** 60n + 1n);
    await clock.advance(minute);
    expect(await counter.add(5)).toBe(5n);
    expect(await counter.series(start, start + 2 * minute)).toEqual([
      { startMs: start, value: 2n ** 60n + 1n },
      { startMs: start + minute, value: 5n },
    ]);
    expect(await counter.sum(start + minute, start + 2 * minute)).toBe(5n);
    expect(await counter.sum(start + 59_999, start + minute)).toBe(2n ** 60n + 1n);
    expect(await counter.sum(start + 59_999, start + minute + 1)).toBe(2n ** 60n + 6n);
    expect(await counter.sum(start, start)).toBe(0n);
    expect(await counter.sum(start + 10, start + 10)).toBe(0n);
    expect(await counter.series(start - minute, start)).toEqual([{ startMs: start - minute, value: 0n }]);
  });

  it('agrees with a list of everything that was counted', async () => {
    const adds = fc.array(fc.tuple(fc.nat(9 * minute), fc.integer({ min: -50, max: 50 })), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(adds, fc.nat(9 * minute), fc.nat(9 * minute), async (events, one, other) => {
        const { counter, clock } = setUp({ bucketMs: 7_000 });
        const now = clock.now();
        await Promise.all(events.map(([agoMs, delta]) => counter.add(delta, { atMs: now - agoMs })));
        const from = now - Math.max(one, other);
        const to = now - Math.min(one, other) + 1;
        const floor = Math.floor(from / 7_000) * 7_000;
        const ceiling = Math.ceil(to / 7_000) * 7_000;
        const counted = events
          .filter(([agoMs]) => now - agoMs >= floor && now - agoMs < ceiling)
          .reduce((sum, [, delta]) => sum + BigInt(delta), 0n);
        expect(await counter.sum(from, to)).toBe(counted);
      }),
      { numRuns: 100 },
    );
  });

  it('goes by the clock of the machine unless it is given another one', async () => {
    const counter = new BucketedCounter(createMemoryStore(), 'logins', {
      bucketMs: minute,
      retentionMs: minute,
    });
    expect(await counter.add(1)).toBe(1n);
  });

  it('takes a clock that counts in fractions of a millisecond', async () => {
    const now = (): number => Date.UTC(2025, 5, 1, 12, 0, 30) + 0.25;
    const { counter } = setUp({ clock: { ...systemClock, now } });
    expect(await counter.add(2)).toBe(2n);
    expect(await counter.sum(now() - minute, now() + 1)).toBe(2n);
  });

  it('is exact for several processes', async () => {
    const { clock, all } = startProcesses(4, { latencyMs: 2 });
    const counters = all.map(
      ({ store, options }) => new BucketedCounter(store, 'n', { ...options, ...rules }),
    );
    const atMs = clock.now();
    await clock.run(
      Promise.all(counters.flatMap((counter) => [1, 2, 3].map((delta) => counter.add(delta, { atMs })))),
    );
    expect(await clock.run(counters[0]?.sum(atMs, atMs + 1) ?? Promise.reject())).toBe(24n);
  });

  it('keeps counters of other names and other widths apart', async () => {
    const { clock, store, counter, start } = setUp();
    const wide = new BucketedCounter(store, 'logins', { clock, ...rules, bucketMs: 60 * minute });
    const other = new BucketedCounter(store, 'logouts', { clock, ...rules });
    await counter.add(1, { atMs: start });
    expect([await wide.sum(start, start + 1), await other.sum(start, start + 1)]).toEqual([0n, 0n]);
  });

  it('costs 2 round trips for the first add of a bucket, 1 for each further one, 1 a bucket to sum', async () => {
    const { store, counter, start } = setUp();
    await counter.add(1);
    expect(store.calls.total).toBe(2);
    store.reset();
    await counter.add(1);
    expect(store.calls.total).toBe(1);
    store.reset();
    await counter.sum(start - 4 * minute, start + minute);
    expect(store.calls).toMatchObject({ find: 5, total: 5 });
  });
});

describe('a late add', () => {
  it('is counted in the bucket of its time, within the retention', async () => {
    const { clock, counter, start } = setUp();
    const atMs = clock.now() - 10 * minute;
    await counter.add(3, { atMs });
    expect(await counter.sum(atMs, atMs + 1)).toBe(3n);
    expect(await counter.sum(start, start + minute)).toBe(0n);
  });

  it('beyond the retention is refused by name, and nothing is sent', async () => {
    const { clock, store, counter } = setUp();
    const atMs = clock.now() - 11 * minute - 1;
    await expect(counter.add(3, { atMs })).rejects.toThrow(BucketTimeError);
    await expect(counter.add(3, { atMs })).rejects.toMatchObject({
      code: 'BUCKET_TIME',
      outcome: 'not-applied',
      message: `atMs is ${atMs}; use milliseconds from ${atMs + 1} to ${clock.now() + 5_000}`,
    });
    expect(store.calls.total).toBe(0);
  });
});

describe('an add dated ahead', () => {
  it('is counted within the tolerance of clocks, and refused beyond', async () => {
    const { clock, counter } = setUp({ bucketMs: 1_000 });
    const atMs = clock.now() + 5_000;
    expect(await counter.add(3, { atMs })).toBe(3n);
    await expect(counter.add(3, { atMs: atMs + 1 })).rejects.toMatchObject({ code: 'BUCKET_TIME' });
    await clock.advance(5_000);
    expect(await counter.add(1)).toBe(4n);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 'noon' as unknown as number, null as unknown as number])(
    'to %s is refused',
    async (atMs) => {
      const { counter } = setUp();
      await expect(counter.add(1, { atMs, opId: 'a' })).rejects.toMatchObject({ code: 'BUCKET_TIME' });
      await expect(counter.add(1, { atMs })).rejects.toMatchObject({ code: 'BUCKET_TIME' });
    },
  );
});

describe('the retention', () => {
  it('lets a bucket expire, but never while it may still be read or written', async () => {
    const { clock, memory, counter, start } = setUp();
    const key = `logins:${minute}:${start}`;
    await counter.add(1);
    await counter.add(1);
    await clock.advance(11 * minute + 29_999);
    expect(await counter.sum(clock.now() - 11 * minute, clock.now())).toBe(2n);
    expect(await memory.find(key)).not.toBeNull();
    await clock.advance(2 * minute);
    expect(await memory.find(key)).toBeNull();
  });

  it('holds also for the clock that is most behind', async () => {
    const { clock, memory, counter } = setUp();
    const behind = clock.drifted(1, -5_000);
    const reader = new BucketedCounter(memory, 'logins', { clock: behind, ...rules });
    await counter.add(1);
    const atMs = clock.now();
    await clock.advance(11 * minute + 5_000);
    expect(await reader.sum(atMs, atMs + 1)).toBe(1n);
    await expect(counter.sum(atMs, atMs + 1)).rejects.toMatchObject({ code: 'BUCKET_TIME' });
  });

  it('bounds what can be summed: a range that begins before it is refused, not counted short', async () => {
    const { clock, store, counter } = setUp();
    const now = clock.now();
    await expect(counter.sum(now - 12 * minute, now)).rejects.toMatchObject({
      code: 'BUCKET_TIME',
      message: expect.stringContaining(`fromMs is ${now - 12 * minute}`),
    });
    expect(store.calls.total).toBe(0);
  });

  it('lets the last retentionMs be asked for a moment late', async () => {
    const { clock, counter } = setUp();
    await counter.add(1);
    const from = clock.now() + 9 * minute - 10 * minute;
    await clock.advance(9 * minute + 800);
    expect(await counter.sum(from, clock.now())).toBe(1n);
  });
});

describe('a duration', () => {
  it.each(['bucketMs', 'retentionMs', 'clockToleranceMs'])('is refused by name: %s', (name) => {
    for (const value of [0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, '60000']) {
      expect(() => setUp({ [name]: value })).toThrow(`${name} is ${shown(value)}; use a whole number from 1`);
    }
  });

  it('may be as long as nobody will live', async () => {
    const { counter } = setUp({ retentionMs: 2 ** 50, clockToleranceMs: 2 ** 50 });
    expect(await counter.add(1)).toBe(1n);
  });
});

describe('a range', () => {
  it.each([
    ['ends before it begins', 'toMs', (now: number) => [now, now - 2 * minute]],
    ['ends before it begins, in the same bucket', 'toMs', (now: number) => [now + 2, now + 1]],
    ['ends at no time', 'toMs', (now: number) => [now, Number.NaN]],
    ['is too long', 'buckets', (now: number) => [now, now + 10_001 * minute]],
  ])('that %s is refused by name: %s', async (_name, wrong, range) => {
    const { clock, store, counter } = setUp();
    const [from = 0, to = 0] = range(clock.now());
    await expect(counter.series(from, to)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(
        `^${wrong} is .*; use (milliseconds from ${from} on|a whole number from 0 to 10000)$`,
      ),
    });
    expect(store.calls.total).toBe(0);
  });

  it('can be cancelled', async () => {
    const { clock, counter } = setUp();
    const options = { signal: AbortSignal.abort() };
    await expect(counter.sum(clock.now(), clock.now() + 1, options)).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});

describe('an operation id', () => {
  it('counts once, with the time of the first try', async () => {
    const { clock, counter } = setUp();
    const atMs = clock.now();
    await counter.add(5, { opId: 'a', atMs });
    await clock.advance(2 * minute);
    expect(await counter.add(5, { opId: 'a', atMs })).toBe(5n);
    expect(await counter.sum(atMs, clock.now())).toBe(5n);
  });

  it('without a time is refused: repeated later it would meet another bucket', async () => {
    const { store, counter } = setUp();
    await expect(counter.add(5, { opId: 'a' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'atMs is undefined; use one time for each opId',
    });
    expect(store.calls.total).toBe(0);
  });
});

describe('options', () => {
  it.each(['bucketMs', 'retentionMs', 'clockToleranceMs'])('%s must be a positive whole number', (name) => {
    for (const value of [0, -1, 0.5, Number.NaN]) {
      expect(() => setUp({ [name]: value })).toThrow(`${name} is ${shown(value)}; use a whole number from 1`);
    }
  });
});
