import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../src/index.js';

const never = new Promise<never>(() => {});

describe('a fake clock', () => {
  it('stands still until moved', async () => {
    const clock = new FakeClock({ nowMs: 1_000 });
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
    expect(new FakeClock().now()).toBe(Date.UTC(2025, 0, 1));
  });

  it('fires due timers in order of time, ties in the order they were started', async () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    for (const [name, delayMs] of [
      ['c', 20],
      ['a', 10],
      ['b', 10],
      ['now', 0],
      ['past', -5],
      ['later', 31],
    ] as const) {
      clock.startTimer(() => fired.push(`${name} at ${clock.monotonic()}`), delayMs);
    }
    await clock.advance(30);
    expect(fired).toEqual(['now at 0', 'past at 0', 'a at 10', 'b at 10', 'c at 20']);
    expect(clock.pendingTimers).toBe(1);
  });

  it('settles every promise before and after each timer', async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    const chain = async (name: string): Promise<void> => {
      for (let link = 0; link < 50; link++) await Promise.resolve();
      seen.push(name);
    };
    void chain('before');
    clock.startTimer(() => {
      seen.push('first timer');
      void chain('after');
    }, 1);
    clock.startTimer(() => seen.push('second timer'), 1);
    await clock.advance(1);
    expect(seen).toEqual(['before', 'first timer', 'after', 'second timer']);
  });

  it('fires timers that timers start within the time advanced', async () => {
    const clock = new FakeClock();
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
      clock.startTimer(tick, 10);
    };
    clock.startTimer(tick, 10);
    await clock.advance(100);
    expect(ticks).toBe(10);
  });

  it('does not fire a cancelled timer, and cancelling twice or late does nothing', async () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    const cancel = clock.startTimer(() => fired.push('cancelled'), 5);
    const late = clock.startTimer(() => fired.push('kept'), 5);
    cancel();
    cancel();
    await clock.advance(5);
    late();
    expect(fired).toEqual(['kept']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('never fires a timer early, by rounding either', async () => {
    const clock = new FakeClock();
    await clock.advance(0.1);
    const start = clock.monotonic();
    for (const delayMs of [0.1, 0.3, 1 / 3, 7.7]) {
      clock.startTimer(() => expect(clock.monotonic() - start).toBeGreaterThanOrEqual(delayMs), delayMs);
    }
    await clock.advance(10);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps the order when a timer is cancelled that stands above later ones', async () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const delays = [0, 10, 1, 11, 12, 2, 3];
    const cancels = delays.map((delayMs) => clock.startTimer(() => fired.push(delayMs), delayMs));
    cancels[3]?.();
    await clock.advance(20);
    expect(fired).toEqual([0, 1, 2, 3, 10, 12]);
  });

  it('keeps any mixture of starts and cancels in order', async () => {
    const delays = fc.array(fc.record({ delayMs: fc.nat(50), cancel: fc.boolean() }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(delays, async (timers) => {
        const clock = new FakeClock();
        const fired: number[] = [];
        const cancels = timers.map(({ delayMs }, place) =>
          clock.startTimer(() => fired.push(place), delayMs),
        );
        timers.forEach(({ cancel }, place) => {
          if (cancel) cancels[place]?.();
        });
        const expected = timers
          .map((timer, place) => ({ ...timer, place }))
          .filter(({ cancel }) => !cancel)
          .sort((left, right) => left.delayMs - right.delayMs || left.place - right.place)
          .map(({ place }) => place);
        expect(clock.pendingTimers).toBe(expected.length);
        await clock.advance(50);
        expect(fired).toEqual(expected);
      }),
    );
  });

  it('jumps in wall time only', async () => {
    const clock = new FakeClock({ nowMs: 10_000 });
    let fired = false;
    clock.startTimer(() => {
      fired = true;
    }, 100);
    clock.jumpWallClock(-5_000);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([5_000, 0, false]);
  });

  it('hands on the error of a timer', async () => {
    const clock = new FakeClock();
    clock.startTimer(() => {
      throw new Error('from the timer');
    }, 1);
    await expect(clock.advance(1)).rejects.toThrow('from the timer');
  });

  it('refuses what is not a time', async () => {
    const clock = new FakeClock();
    expect(() => new FakeClock({ nowMs: Number.NaN })).toThrow(/nowMs is NaN/);
    expect(() => clock.jumpWallClock(Number.POSITIVE_INFINITY)).toThrow(/ms is Infinity/);
    expect(() => clock.drifted(0)).toThrow(/rate is 0/);
    expect(() => clock.startTimer(() => {}, Number.POSITIVE_INFINITY)).toThrow(/delayMs is Infinity/);
    expect(() => clock.startTimer(() => {}, Number.NaN)).toThrow(/delayMs is NaN/);
    await expect(clock.advance(-1)).rejects.toThrow(/ms is -1/);
  });
});

describe('running work on a fake clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const sleep = (clock: Pick<FakeClock, 'startTimer'>, ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.startTimer(resolve, ms);
    });

  it('moves from timer to timer until the work settles', async () => {
    const clock = new FakeClock();
    const work = async (): Promise<string> => {
      for (let round = 0; round < 3; round++) await sleep(clock, 1_000);
      return 'done';
    };
    clock.startTimer(() => {}, 5_000);
    expect(await clock.run(work)).toBe('done');
    expect(await clock.run(Promise.resolve('at once'))).toBe('at once');
    expect([clock.monotonic(), clock.pendingTimers]).toEqual([3_000, 1]);
  });

  it('rejects with the error of the work', async () => {
    const clock = new FakeClock();
    const work = sleep(clock, 5).then(() => {
      throw new Error('from the work');
    });
    await expect(clock.run(work)).rejects.toThrow('from the work');
  });

  it('works while the runner fakes the timers of the process', async () => {
    vi.useFakeTimers();
    const clock = new FakeClock();
    expect(await clock.run(() => sleep(clock, 5).then(() => clock.monotonic()))).toBe(5);
    await expect(clock.run(never)).rejects.toThrow(/Deadlock/);
  });

  it('does not take a process that stood still for one that waits for nothing', async () => {
    const work = new Promise((resolve) => {
      setImmediate(() => {
        const end = performance.now() + 1_200;
        while (performance.now() < end);
        setImmediate(() => setImmediate(() => resolve('done')));
      });
    });
    expect(await new FakeClock().run(work)).toBe('done');
  });

  it('reports a deadlock', async () => {
    await expect(new FakeClock().run(never)).rejects.toThrow(/Deadlock: the work is pending/);
  });

  it('gives up work that waits while a timer restarts itself', async () => {
    const clock = new FakeClock({ maxTimersPerRun: 1_000 });
    const tick = (): void => {
      clock.startTimer(tick, 10);
    };
    tick();
    await expect(clock.run(never)).rejects.toThrow(/still pending after 1000 timers/);
    expect(() => new FakeClock({ maxTimersPerRun: Number.NaN })).toThrow(/maxTimersPerRun is NaN/);
  });

  it('waits for work outside the clock', async () => {
    const clock = new FakeClock();
    const real = new Promise<string>((resolve) => setTimeout(resolve, 5, 'real'));
    expect(await clock.run(real)).toBe('real');
  });

  it('fires some 100,000 timers', async () => {
    const clock = new FakeClock();
    await clock.run(async () => {
      for (let round = 0; round < 100_000; round++) await sleep(clock, 1);
    });
    expect(clock.monotonic()).toBe(100_000);
  });
});

describe('the clock of another process', () => {
  it('has its own rate and its own wall time', async () => {
    const clock = new FakeClock({ nowMs: 1_000_000 });
    await clock.advance(500);
    const fast = clock.drifted(1.25, 60_000);
    const slow = clock.drifted(0.5);
    fast.jumpWallClock(1_000);
    await clock.advance(1_000);
    expect([fast.monotonic(), slow.monotonic()]).toEqual([1_250, 500]);
    expect([fast.now(), slow.now()]).toEqual([1_062_750, 1_001_000]);
    expect(clock.now()).toBe(1_001_500);
  });

  it('starts timers on its own time, never early', async () => {
    const clock = new FakeClock();
    for (const rate of [0.5, 0.9, 1 / 3, 1.1, 7]) {
      const other = clock.drifted(rate);
      const start = other.monotonic();
      for (const delayMs of [1, 10, 333, 1000.1]) {
        other.startTimer(() => {
          const late = other.monotonic() - start - delayMs;
          expect(late).toBeGreaterThanOrEqual(0);
          expect(late).toBeLessThan(0.01);
        }, delayMs);
      }
    }
    const cancel = clock.drifted(2).startTimer(() => expect.unreachable(), 10);
    cancel();
    await clock.advance(4_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps delays that are longer on the clock it follows', async () => {
    const clock = new FakeClock();
    let fired = false;
    clock.drifted(0.1).startTimer(() => {
      fired = true;
    }, 2 ** 32);
    await clock.advance(2 ** 32 * 10 - 1);
    expect(fired).toBe(false);
    await clock.advance(1);
    expect(fired).toBe(true);
  });

  it('steps by finite times only', () => {
    expect(() => new FakeClock().drifted(1).jumpWallClock(Number.NaN)).toThrow(/ms is NaN/);
  });
});
