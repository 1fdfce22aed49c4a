import { DeadlineExceededError } from '@norikv/store';
import { createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createUpdater, keep, write } from '../src/index.js';
import { increment, numberCodec, simulate } from './simulation.js';

function setUp(latencyMs = 10): {
  clock: FakeClock;
  store: ReturnType<typeof withFaults>;
  updater: ReturnType<typeof createUpdater>;
} {
  const clock = new FakeClock();
  const store = withFaults(createMemoryStore({ clock, latencyMs }), { clock });
  return { clock, store, updater: createUpdater(store, { clock, random: () => 0.5 }) };
}

describe('cancelling', () => {
  it('before the call sends nothing', async () => {
    const { updater } = setUp();
    const cancelled = increment(updater, 'n', { signal: AbortSignal.abort('why') });
    await expect(cancelled).rejects.toMatchObject({
      name: 'AbortError',
      code: 'CANCELLED',
      outcome: 'not-applied',
      cause: 'why',
    });
  });

  it('while queued is never sent, and does not disturb the others', async () => {
    const { clock, updater } = setUp();
    const controller = new AbortController();
    const first = increment(updater);
    await clock.advance(1);
    const cancelled = increment(updater, 'n', { signal: controller.signal });
    const third = increment(updater);
    const outcome = expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
    controller.abort();
    await outcome;
    expect(await clock.run(Promise.all([first, third]))).toEqual([1, 2]);
    expect(await clock.run(updater.read('n', numberCodec))).toBe(2);
  });

  it('by a transition takes out of the batch what has not left yet', async () => {
    const { clock, updater } = setUp();
    const controller = new AbortController();
    const first = updater.update('n', numberCodec, (current = 0) => {
      controller.abort();
      return write(current + 1, current + 1);
    });
    const cancelled = increment(updater, 'n', { signal: controller.signal });
    const outcome = expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
    expect(await clock.run(Promise.all([first, increment(updater)]))).toEqual([1, 2]);
    await outcome;
    expect(await clock.run(updater.read('n', numberCodec))).toBe(2);
  });

  it('while backing off settles at once', async () => {
    const { clock, processes } = simulate(2);
    const [mine, other] = processes as [(typeof processes)[0], (typeof processes)[0]];
    const controller = new AbortController();
    const busy = { until: false };
    const rival = (async () => {
      while (!busy.until) await increment(other.updater);
    })();
    const settledAt: number[] = [];
    const cancelled = increment(mine.updater, 'n', {
      signal: controller.signal,
      onConflict() {
        clock.startTimer(() => {
          controller.abort();
          settledAt.push(clock.monotonic());
        }, 0.1);
      },
    }).catch((error: unknown) => {
      settledAt.push(clock.monotonic());
      return error;
    });
    const error = await clock.run(cancelled);
    busy.until = true;
    await clock.run(rival);
    expect(error === 1 || ['CANCELLED', 'OUTCOME_UNKNOWN'].includes((error as { code: string }).code)).toBe(
      true,
    );
    expect((settledAt.at(-1) ?? 0) - (settledAt[0] ?? 0)).toBeLessThan(5);
  });

  it('after the write left is unknown, at once, and true either way', async () => {
    const { clock, updater } = setUp(10);
    const controller = new AbortController();
    const cancelled = increment(updater, 'n', { signal: controller.signal });
    const outcome = expect(cancelled).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      key: 'n',
      outcome: 'unknown',
    });
    await clock.advance(12);
    controller.abort();
    await outcome;
    await clock.advance(20);
    expect(await clock.run(updater.read('n', numberCodec))).toBe(1);
  });

  it('after a write left that lost its race keeps it from being written again', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock, latencyMs: 10 });
    const updater = createUpdater(memory, { clock });
    await clock.run(increment(updater));
    await clock.run(increment(createUpdater({ ...memory }, { clock })));
    const controller = new AbortController();
    const cancelled = increment(updater, 'n', { signal: controller.signal });
    const staying = increment(updater);
    const outcome = expect(cancelled).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await clock.advance(1);
    controller.abort();
    await outcome;
    expect(await clock.run(staying)).toBe(3);
    expect(await clock.run(updater.read('n', numberCodec))).toBe(3);
  });

  it('never turns a success into an error', async () => {
    const { clock, updater } = setUp();
    const controller = new AbortController();
    const applied = increment(updater, 'n', { signal: controller.signal });
    const result = await clock.run(applied);
    controller.abort();
    expect(result).toBe(1);
  });

  it('of all callers leaves no unhandled rejection and lets later callers through', async () => {
    const { clock, updater, store } = setUp();
    const controller = new AbortController();
    store.faults.outage(50);
    const callers = Array.from({ length: 10 }, () => increment(updater, 'n', { signal: controller.signal }));
    await clock.advance(5);
    controller.abort();
    const results = await Promise.allSettled(callers);
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    await clock.advance(100);
    expect(await clock.run(increment(updater))).toBe(1);
  });
});

describe('a deadline', () => {
  it('that passes in the queue means nothing was written', async () => {
    const { clock, updater } = setUp(100);
    const first = increment(updater);
    const late = increment(updater, 'other', {});
    const hurried = updater.update('n', numberCodec, (current = 0) => write(current + 10, 0), {
      deadlineMs: 20,
    });
    const outcome = expect(hurried).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      outcome: 'not-applied',
    });
    await clock.run(Promise.all([first, late]));
    await outcome;
    expect(await clock.run(updater.read('n', numberCodec))).toBe(1);
  });

  it('that passes while the write is on its way means unknown', async () => {
    const { clock, updater } = setUp(100);
    const hurried = increment(updater, 'n', { deadlineMs: 150 });
    await expect(clock.run(hurried)).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      key: 'n',
      outcome: 'unknown',
    });
  });

  it('that passes while others win is contention, with the number of attempts', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const rival = createUpdater(Object.create(memory), { clock });
    const distant = withFaults(memory, { clock, latencyMs: 2 });
    const contested = Object.assign(Object.create(distant), {
      put: async (...call: Parameters<typeof memory.put>) => {
        await increment(rival);
        return distant.put(...call);
      },
    });
    const updater = createUpdater(contested, { clock, random: () => 0.5 });
    for (let deadlineMs = 15; deadlineMs <= 45; deadlineMs += 1) {
      const startedAt = clock.monotonic();
      const blocked = increment(updater, 'n', { deadlineMs });
      const error = await clock.run(blocked.catch((caught: unknown) => caught));
      expect(error).toMatchObject({ code: 'CONTENTION', key: 'n', outcome: 'not-applied', retryable: true });
      expect((error as { attempts: number }).attempts).toBeGreaterThanOrEqual(1);
      expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(deadlineMs);
    }
  });

  it('shorter than one of an earlier caller is kept', async () => {
    const { clock, updater } = setUp(1_000);
    const patient = increment(updater, 'n', { deadlineMs: 60_000 });
    const hurried = increment(updater, 'n', { deadlineMs: 5 });
    const startedAt = clock.monotonic();
    await expect(clock.run(hurried)).rejects.toMatchObject({ outcome: 'not-applied' });
    expect(clock.monotonic() - startedAt).toBe(5);
    await clock.run(patient);
  });

  it('is served by a store that never answers, too', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const silent = Object.assign(Object.create(memory), { find: () => new Promise(() => {}) });
    const updater = createUpdater(silent, { clock, deadlineMs: 1_000, attemptTimeoutMs: 400 });
    await expect(clock.run(increment(updater))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      outcome: 'not-applied',
      cause: expect.objectContaining({ message: 'No answer within 400 ms' }),
    });
    await clock.advance(10_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('names no fault of the store once it has answered again', async () => {
    const { clock, store, updater } = setUp(10);
    store.faults.outage(1);
    await clock.run(increment(updater).catch(() => {}));
    await clock.run(increment(updater));
    const slow = increment(updater);
    await clock.advance(1);
    const hurried = increment(updater, 'n', { deadlineMs: 5 });
    const error = await clock.run(hurried.catch((caught: unknown) => caught));
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect(error).not.toHaveProperty('cause');
    await clock.run(slow);
  });

  it('names no fault that ended an earlier update, however little the store has said since', async () => {
    const { clock, store, updater } = setUp(10);
    store.faults.outage(60_000);
    await expect(clock.run(increment(updater))).rejects.toMatchObject({ cause: { code: 'UNAVAILABLE' } });
    await clock.advance(60_000);
    const error = await clock.run(
      increment(updater, 'n', { deadlineMs: 5 }).catch((caught: unknown) => caught),
    );
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect(error).not.toHaveProperty('cause');
  });

  it.each([0, -1, Number.NaN, 2 ** 31, '500' as never, 5n as never])(
    'of %s ms is refused by name',
    async (deadlineMs) => {
      const { updater } = setUp();
      await expect(increment(updater, 'n', { deadlineMs })).rejects.toThrow(/deadlineMs is/);
    },
  );
});

describe('what is no signal or no key', () => {
  it('is refused by name, also the second time, and what was sent before goes on', async () => {
    const { clock, updater } = setUp();
    const before = increment(updater);
    const signal = {} as AbortSignal;
    for (let call = 0; call < 2; call += 1) {
      await expect(increment(updater, 'n', { signal })).rejects.toThrow(/signal is .*; use the signal/);
    }
    for (const key of [null, 5, {}] as never[]) {
      await expect(increment(updater, key)).rejects.toThrow(/key is .*; use a string or a Uint8Array$/);
    }
    expect(await clock.run(before)).toBe(1);
  });
});

describe('timers and listeners', () => {
  it('are gone when the updates are', async () => {
    const { clock, updater } = setUp();
    const controller = new AbortController();
    let listeners = 0;
    let mostListeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const drop = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...call: Parameters<typeof add>) => {
      listeners += 1;
      mostListeners = Math.max(mostListeners, listeners);
      add(...call);
    }) as typeof signal.addEventListener;
    signal.removeEventListener = ((...call: Parameters<typeof drop>) => {
      listeners -= 1;
      drop(...call);
    }) as typeof signal.removeEventListener;
    await clock.run(Promise.all(Array.from({ length: 50 }, () => increment(updater, 'n', { signal }))));
    await clock.run(updater.update('n', numberCodec, (current = 0) => keep(current), { signal }));
    expect(listeners).toBe(0);
    expect(mostListeners).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});
