import { AlreadyExistsError, bytesToString, type Clock, VersionMismatchError } from '@norikv/store';
import { createMemoryStore, FakeClock, seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { casRetry, decorrelatedJitter, delay, equalJitter, fullJitter, noJitter } from '../src/index.js';

const mismatch = new VersionMismatchError('lost');
const losing = (times: number): { operation: () => Promise<string>; runs: () => number } => {
  let runs = 0;
  return {
    async operation() {
      runs += 1;
      if (runs <= times) throw mismatch;
      return 'won';
    },
    runs: () => runs,
  };
};

describe('casRetry', () => {
  it('works as in the documentation', async () => {
    const client = createMemoryStore();
    await client.put('visits', '0');
    const visit = (): Promise<unknown> =>
      casRetry(async () => {
        const { value, version } = await client.get('visits');
        await client.put('visits', String(Number(bytesToString(value)) + 1), { ifMatchVersion: version });
      }, 20);
    await Promise.all(Array.from({ length: 5 }, visit));
    expect(bytesToString((await client.get('visits')).value)).toBe('5');
  });

  it('runs again after a lost race or a lost create, and after nothing else', async () => {
    const clock = new FakeClock();
    const { operation, runs } = losing(3);
    expect(await clock.run(casRetry(operation, { clock }))).toBe('won');
    expect(runs()).toBe(4);
    let creates = 0;
    const create = async (): Promise<number> => {
      creates += 1;
      if (creates === 1) throw new AlreadyExistsError('there');
      return creates;
    };
    expect(await clock.run(casRetry(create, { clock }))).toBe(2);
    let bugs = 0;
    const bug = async (): Promise<never> => {
      bugs += 1;
      throw new TypeError('bug');
    };
    await expect(casRetry(bug)).rejects.toThrow(TypeError);
    expect(bugs).toBe(1);
  });

  it('gives up with an error that is a version mismatch, with attempts and cause', async () => {
    const clock = new FakeClock();
    const { operation, runs } = losing(100);
    const error = await clock.run(
      casRetry(operation, { clock, maxRetries: 3 }).catch((caught: unknown) => caught),
    );
    expect(runs()).toBe(3);
    expect(error).toBeInstanceOf(VersionMismatchError);
    expect(error).toMatchObject({
      code: 'CONTENTION',
      name: 'ContentionError',
      attempts: 3,
      cause: mismatch,
    });
  });

  it('starts nothing after its deadline', async () => {
    const clock = new FakeClock();
    const { operation } = losing(100);
    const startedAt = clock.monotonic();
    const retry = casRetry(operation, { clock, maxRetries: 100, deadlineMs: 200, random: () => 0.99 });
    await expect(clock.run(retry)).rejects.toMatchObject({
      code: 'CONTENTION',
      message: expect.stringMatching(/200 ms/),
    });
    expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(200);
    expect(clock.pendingTimers).toBe(0);
  });

  it('starts nothing after its deadline either where a pause lasts longer than it was meant to', async () => {
    const clock = new FakeClock();
    const { operation, runs } = losing(100);
    const late: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      startTimer: (callback, delayMs) => clock.startTimer(callback, delayMs + 1_000),
    };
    const retry = casRetry(operation, { clock: late, deadlineMs: 200, backoff: () => 10 });
    await expect(clock.run(retry)).rejects.toMatchObject({ code: 'CONTENTION', attempts: 1 });
    expect(runs()).toBe(1);
  });

  it('runs once where it may run once, and at once where there is no time to wait', async () => {
    const clock = new FakeClock();
    for (const options of [1, { clock, deadlineMs: 0, random: () => 0.5 }]) {
      const { operation, runs } = losing(1);
      await expect(casRetry(operation, options)).rejects.toMatchObject({ code: 'CONTENTION', attempts: 1 });
      expect(runs()).toBe(1);
      expect(await casRetry(losing(0).operation, options)).toBe('won');
    }
  });

  it('says whether attempts or time ran out', async () => {
    const { operation } = losing(100);
    const clock = new FakeClock();
    const both = { clock, maxRetries: 3, deadlineMs: 20, backoff: () => 10 };
    await expect(clock.run(casRetry(operation, both))).rejects.toThrow(/for 3 attempts\./);
    await expect(clock.run(casRetry(operation, { ...both, maxRetries: 4 }))).rejects.toThrow(/for 20 ms\./);
  });

  it('tells the backoff how many attempts failed before, and how long it waited last', async () => {
    const clock = new FakeClock();
    const asked: [attempt: number, previousMs: number][] = [];
    const backoff = (attempt: number, previousMs: number): number => {
      asked.push([attempt, previousMs]);
      return 5 * attempt;
    };
    await clock.run(casRetry(losing(3).operation, { clock, backoff }));
    expect(asked).toEqual([
      [0, 0],
      [1, 0],
      [2, 5],
    ]);
  });

  it('does not begin when the signal has ended', async () => {
    const { operation, runs } = losing(0);
    const retry = casRetry(operation, { signal: AbortSignal.abort('why') });
    await expect(retry).rejects.toMatchObject({ code: 'CANCELLED', cause: 'why' });
    expect(runs()).toBe(0);
  });

  it('stops waiting at once when cancelled, and never turns a success into an error', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const { operation } = losing(100);
    const waiting = casRetry(operation, { clock, signal: controller.signal, backoff: () => 1_000 });
    await clock.advance(1);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toMatchObject({
      name: 'AbortError',
      outcome: 'not-applied',
      cause: { message: 'enough' },
    });
    expect(clock.pendingTimers).toBe(0);
    await expect(casRetry(operation, { signal: controller.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    const late = new AbortController();
    const succeeded = casRetry(
      async () => {
        late.abort();
        return 'done';
      },
      { signal: late.signal },
    );
    expect(await succeeded).toBe('done');
  });

  it.each([0, -1, Number.NaN])('refuses maxRetries %s and such deadlines by name', async (value) => {
    await expect(casRetry(async () => 1, value)).rejects.toThrow(`maxRetries is ${value}`);
    if (value !== 0) {
      await expect(casRetry(async () => 1, { deadlineMs: value })).rejects.toThrow(`deadlineMs is ${value}`);
    }
  });

  it.each([
    [null, /^options is null; use an object/],
    ['10', /^options is "10"; use an object/],
    [{ deadlineMS: 5 }, /^an option is "deadlineMS"; use maxRetries, deadlineMs, /],
    [{ maxRetries: '10' }, /^maxRetries is "10"; use a number from 1/],
    [{ deadlineMs: '5000' }, /^deadlineMs is "5000"; use milliseconds from 0/],
    [{ signal: new AbortController() }, /^signal is .*; use the signal of an AbortController/],
    [{ backoff: 10 }, /^backoff is 10; use a function/],
    [{ clock: Date }, /^clock\.\w+ is undefined; use a function/],
    [{ random: 0.5 }, /^random is 0.5; use a function/],
  ])('refuses %j before it runs anything', async (options, message) => {
    let runs = 0;
    const operation = async (): Promise<number> => {
      runs += 1;
      return runs;
    };
    await expect(casRetry(operation, options as never)).rejects.toThrow(message);
    expect(runs).toBe(0);
  });

  it('refuses what is no operation', async () => {
    await expect(casRetry(Promise.resolve(1) as never)).rejects.toThrow(/^operation is .*; use a function/);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, undefined, '5', 5n, Promise.resolve(5)])(
    'refuses a backoff that gives %s, and does not wait',
    async (waitMs) => {
      const clock = new FakeClock();
      const waiting = casRetry(losing(1).operation, { clock, backoff: () => waitMs as number });
      await expect(waiting).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^backoff\(\) is /),
      });
      expect(clock.pendingTimers).toBe(0);
    },
  );
});

describe('backoff', () => {
  const scale = { baseMs: 10, capMs: 1_000 };
  const samplesOf = (backoff: ReturnType<typeof fullJitter>, attempt: number): number[] => {
    const random = seededRandom(7);
    return Array.from({ length: 2_000 }, () => backoff(attempt, 0, random));
  };
  const mean = (samples: number[]): number =>
    samples.reduce((sum, sample) => sum + sample, 0) / samples.length;

  it('full jitter is uniform up to the bound', () => {
    const samples = samplesOf(fullJitter(scale), 3);
    expect(Math.min(...samples)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...samples)).toBeLessThan(80);
    expect(mean(samples)).toBeGreaterThan(37);
    expect(mean(samples)).toBeLessThan(43);
    expect(Math.max(...samplesOf(fullJitter(), 60))).toBeLessThan(1_000);
  });

  it('equal jitter keeps half of the bound', () => {
    const samples = samplesOf(equalJitter(scale), 3);
    expect(Math.min(...samples)).toBeGreaterThanOrEqual(40);
    expect(Math.max(...samples)).toBeLessThan(80);
  });

  it('no jitter is the bound', () => {
    expect([0, 1, 2, 20].map((attempt) => noJitter(scale)(attempt, 0, Math.random))).toEqual([
      10, 20, 40, 1_000,
    ]);
  });

  it('of a base of 0 is 0, however often it was tried', () => {
    for (const make of [fullJitter, equalJitter, noJitter, decorrelatedJitter]) {
      const waits = [0, 1, 1_023, 1_024, 1e9].map((attempt) => make({ baseMs: 0 })(attempt, 0, () => 0.5));
      expect(waits, make.name).toEqual([0, 0, 0, 0, 0]);
    }
  });

  it('decorrelated jitter is uniform from the base to three times the wait before', () => {
    expect([0, 0.5, 1].map((drawn) => decorrelatedJitter(scale)(1, 100, () => drawn))).toEqual([
      10, 155, 300,
    ]);
  });

  it('decorrelated jitter stays a number between base and cap after 10,000 rounds', () => {
    for (const random of [seededRandom(1), () => 0, () => 0.999_999]) {
      const backoff = decorrelatedJitter();
      let waitMs = 0;
      for (let round = 0; round < 10_000; round += 1) {
        waitMs = backoff(round, waitMs, random);
        expect(waitMs >= 10 && waitMs <= 1_000).toBe(true);
      }
    }
  });
});

describe('delay', () => {
  it('does not begin when the signal has ended', async () => {
    const clock = new FakeClock();
    await expect(delay(1_000, AbortSignal.abort(), clock)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits on the real clock by default', async () => {
    const startedAt = performance.now();
    await delay(5);
    expect(performance.now() - startedAt).toBeGreaterThan(3);
  });
});
