import { createMemoryStore, FakeClock, type FaultyStore, seededRandom, withFaults } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferedCounter, type BufferedCounterOptions, DistributedCounter } from '../src/index.js';
import { startProcesses, times } from './simulation.js';

interface Setup {
  readonly clock: FakeClock;
  readonly store: FaultyStore;
  readonly counter: BufferedCounter;
  /** What is stored, read past every fault. */
  readonly stored: () => Promise<bigint>;
}

function setUp(options: BufferedCounterOptions = {}, latencyMs = 0): Setup {
  const clock = new FakeClock();
  const memory = createMemoryStore({ clock });
  const store = withFaults(memory, { clock, latencyMs });
  const counter = new BufferedCounter(store, 'n', {
    clock,
    random: seededRandom(1),
    deadlineMs: 200,
    ...options,
  });
  return { clock, store, counter, stored: () => new DistributedCounter(memory, 'n', { clock }).value() };
}

describe('a buffered counter', () => {
  it('takes adds at once, and stores their sum in one write after maxStalenessMs', async () => {
    const { clock, counter, stored } = setUp({ maxStalenessMs: 500 });
    await Promise.all(times(100, () => counter.increment()));
    await counter.add(-10n);
    expect(counter.pending).toBe(101);
    await clock.advance(499);
    expect(await stored()).toBe(0n);
    await clock.advance(1);
    expect(await stored()).toBe(90n);
    expect(await counter.value()).toBe(90n);
    expect(counter.pending).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stores every add at most maxStalenessMs and the time of a write after it', async () => {
    const { clock, counter, stored } = setUp({ maxStalenessMs: 100 }, 10);
    const dueAt: number[] = [];
    for (const gapMs of [0, 30, 60, 15, 1, 99, 3, 250, 7, 100, 50]) {
      await clock.advance(gapMs);
      await counter.increment();
      dueAt.push(clock.monotonic() + 100 + 2 * 10);
      const due = dueAt.filter((at) => at <= clock.monotonic()).length;
      expect(await stored()).toBeGreaterThanOrEqual(BigInt(due));
    }
    await clock.advance(120);
    expect(await stored()).toBe(11n);
  });

  it('costs 2 round trips for the first flush and 1 for each further one', async () => {
    const { clock, all } = startProcesses(1);
    const counter = new BufferedCounter(all[0].store, 'n', all[0].options);
    for (const total of [2, 1, 1]) {
      all[0].store.reset();
      await Promise.all(times(500, () => counter.increment()));
      await clock.advance(1_000);
      expect(all[0].store.calls.total).toBe(total);
    }
    all[0].store.reset();
    await counter.flush();
    expect(all[0].store.calls.total).toBe(0);
  });

  it('shares its value with counters of the same name, in this process and others', async () => {
    const { clock, counter, store } = setUp();
    const other = new DistributedCounter(store, 'n', { clock });
    await other.add(5);
    await counter.add(7);
    await counter.flush();
    expect(await other.get()).toBe(12);
  });

  it.each([
    [{ maxStalenessMs: 0 }, 'maxStalenessMs is 0; use a whole number from 1 to 2147483647'],
    [{ maxStalenessMs: 2 ** 31 }, 'maxStalenessMs is 2147483648; use'],
    [{ maxPending: 0.5 }, 'maxPending is 0.5; use a whole number, at least 1'],
    [{ onError: 'log' as never }, 'onError is "log"; use a function'],
  ])('refuses %o by name', (options, message) => {
    expect(() => setUp(options)).toThrow(message);
  });

  it('refuses what is no whole number', async () => {
    const { counter } = setUp();
    await expect(counter.add(1.5)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(counter.pending).toBe(0);
  });
});

describe('a crash', () => {
  it('loses at most maxPending adds, and nothing that was flushed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 9 })), {
          maxLength: 40,
        }),
        async (maxPending, bursts) => {
          const { clock, counter, stored } = setUp({ maxPending, maxStalenessMs: 100 }, 5);
          let taken = 0n;
          for (const [gapMs, adds] of bursts) {
            await clock.advance(gapMs);
            await clock.run(
              Promise.all(
                times(adds, async () => {
                  await counter.increment();
                  taken += 1n;
                  expect(counter.pending).toBeLessThanOrEqual(maxPending);
                }),
              ),
            );
            // A crash now: only what is stored is left.
            const left = await stored();
            expect(left).toBeLessThanOrEqual(taken);
            expect(taken - left).toBeLessThanOrEqual(BigInt(maxPending));
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a full buffer', () => {
  it('makes further adds wait for a flush, and takes all of them', async () => {
    const { clock, counter, stored } = setUp({ maxPending: 10, maxStalenessMs: 1_000_000 }, 4);
    await clock.run(Promise.all(times(95, () => counter.increment())));
    expect(counter.pending).toBe(5);
    expect(await stored()).toBe(90n);
  });

  it('refuses adds while the store is down, and takes them again after', async () => {
    const { clock, store, counter, stored } = setUp({ maxPending: 3 });
    store.faults.outage();
    await Promise.all(times(3, () => counter.increment()));
    await expect(clock.run(counter.increment())).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      outcome: 'not-applied',
      retryable: true,
      message: '3 adds wait to be stored',
      cause: { code: 'DEADLINE_EXCEEDED' },
    });
    store.faults.stop();
    await clock.advance(1_000);
    await clock.run(counter.increment());
    await clock.run(counter.flush());
    expect(await stored()).toBe(4n);
  });
});

describe('a flush whose fate is unknown', () => {
  const losingReplies = async (after: number): Promise<Setup & { errors: unknown[] }> => {
    const errors: unknown[] = [];
    const setup = setUp({ maxStalenessMs: 100, onError: (error) => errors.push(error) });
    await setup.counter.add(5);
    setup.store.faults.next('put', ...times(after, () => 'lost-reply' as const));
    return { ...setup, errors };
  };

  it('is sent again under the same operation id, and counted once', async () => {
    const { clock, store, counter, stored, errors } = await losingReplies(1);
    store.faults.next('get', undefined, ...times(500, () => 'lost-request' as const));
    await clock.advance(320);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(await stored()).toBe(5n);
    expect(counter.pending).toBe(1);
    await counter.add(2);
    store.faults.stop();
    await clock.advance(2_000);
    await clock.run(counter.flush());
    expect(await stored()).toBe(7n);
    expect(counter.pending).toBe(0);
  });

  it('is tried again in the background', async () => {
    const { clock, store, counter, stored, errors } = await losingReplies(1);
    store.faults.next('get', undefined, ...times(500, () => 'lost-request' as const));
    await clock.advance(320);
    expect(errors).toHaveLength(1);
    store.faults.stop();
    await clock.advance(2_000);
    expect(counter.pending).toBe(0);
    expect(await stored()).toBe(5n);
    expect(clock.pendingTimers).toBe(0);
  });

  it('among random faults never counts an add twice or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { clock, memory, all } = startProcesses(3, { latencyMs: 5, faultRate: 0.08, seed });
        const counters = all.map(
          ({ store, options }) =>
            new BufferedCounter(store, 'n', {
              ...options,
              maxStalenessMs: 20,
              maxPending: 8,
              deadlineMs: 30,
            }),
        );
        let taken = 0n;
        const add = async (counter: BufferedCounter): Promise<void> => {
          await counter.increment().then(
            () => {
              taken += 1n;
            },
            () => {},
          );
        };
        await clock.run(Promise.all(counters.flatMap((counter) => times(60, () => add(counter)))));
        const close = (counter: BufferedCounter): Promise<void> =>
          counter.close().catch(() => close(counter));
        await clock.run(Promise.all(counters.map(close)));
        await clock.advance(1_000);
        expect(await clock.run(new DistributedCounter(memory, 'n', { clock }).value())).toBe(taken);
      }),
      { numRuns: 60 },
    );
  });
});

describe('errors of background flushes', () => {
  it('reach onError, whose own fault is ignored, and the next flush and close, until stored', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown): void => {
      errors.push(error);
      throw new Error('ignored');
    };
    const { clock, store, counter, stored } = setUp({ maxStalenessMs: 100, onError });
    store.faults.outage();
    await counter.increment();
    await clock.advance(320);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    await expect(clock.run(counter.flush())).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expect(clock.run(counter.close())).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(counter.pending).toBe(1);
    store.faults.stop();
    await clock.advance(1_000);
    await clock.run(counter.close());
    expect(await stored()).toBe(1n);
  });

  it('need no listener', async () => {
    const { clock, store, counter } = setUp({ maxStalenessMs: 100 });
    await counter.increment();
    store.faults.outage(50);
    await clock.advance(1_000);
    expect(counter.pending).toBe(0);
  });
});

describe('flush', () => {
  it('stores all that was added before it was called, also while another one runs', async () => {
    const { clock, counter, stored } = setUp({}, 10);
    await counter.increment();
    const first = counter.flush();
    await clock.advance(1);
    await counter.increment();
    const second = counter.flush();
    await counter.increment();
    const third = counter.flush();
    await clock.run(first);
    expect(await stored()).toBe(1n);
    await clock.run(Promise.all([second, third]));
    expect(await stored()).toBe(3n);
  });
});

describe('close', () => {
  it('stores what is pending, takes no more, and leaves no timer behind', async () => {
    const { clock, counter, stored } = setUp();
    await Promise.all(times(5, () => counter.increment()));
    await counter.close();
    expect(await stored()).toBe(5n);
    expect(clock.pendingTimers).toBe(0);
    await expect(counter.increment()).rejects.toMatchObject({ code: 'CLOSED' });
    await counter.close();
  });

  it('refuses adds that wait for room', async () => {
    const { clock, counter, stored } = setUp({ maxPending: 1 }, 10);
    await counter.increment();
    const waiting = expect(counter.increment()).rejects.toMatchObject({ code: 'CLOSED' });
    await clock.run(Promise.all([counter.close(), waiting]));
    expect(await stored()).toBe(1n);
  });

  it('refuses further adds for good, also if it failed and the buffer is full', async () => {
    const { clock, store, counter } = setUp({ maxPending: 1 });
    await counter.increment();
    store.faults.outage();
    await expect(clock.run(counter.close())).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expect(clock.run(counter.increment())).rejects.toMatchObject({ code: 'CLOSED', retryable: false });
    expect(counter.pending).toBe(1);
  });

  it('happens at the end of a block', async () => {
    const { store, stored } = setUp();
    {
      await using counter = new BufferedCounter(store, 'n');
      await counter.increment();
    }
    expect(await stored()).toBe(1n);
  });
});
