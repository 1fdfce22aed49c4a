import { bytesToString, type KvStore } from '@norikv/store';
import { countCalls, createMemoryStore, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { CounterRangeError, DistributedCounter } from '../src/index.js';
import { startProcesses, times } from './simulation.js';

describe('a counter', () => {
  it('works as its documentation says', async () => {
    const client = createMemoryStore();
    const counter = new DistributedCounter(client, 'api:requests');
    await counter.initialize();

    const newCount = await counter.increment();
    expect(newCount).toBe(1);
    expect(await counter.get()).toBe(1);
  });

  it('is 0 while it is missing, and can be added to', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n');
    expect(await counter.get()).toBe(0);
    expect(await counter.value()).toBe(0n);
    expect(await counter.decrement()).toBe(-1);
    expect(await counter.incrementBy(5)).toBe(4);
    expect(await counter.add(-10)).toBe(-6n);
    expect(await counter.get()).toBe(-6);
  });

  it('answers each of 1,000 concurrent adds with the value it produced itself', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n');
    const counts = await Promise.all(times(1_000, () => counter.increment()));
    expect(counts).toEqual(times(1_000, (position) => position + 1));
  });

  it('loses nothing when 100 processes create it at once', async () => {
    const { clock, all } = startProcesses(100, { latencyMs: 2 });
    const counters = all.map(({ store, options }) => new DistributedCounter(store, 'n', options));
    const work = counters.flatMap((counter) => [counter.initialize(), counter.increment()]);
    const results = await clock.run(Promise.all(work));
    const counts = results.filter((result) => typeof result === 'number');
    expect(counts.sort((a, b) => a - b)).toEqual(times(100, (position) => position + 1));
  });

  it('is not set back by initialize', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n');
    await counter.increment();
    await counter.initialize();
    expect(await counter.get()).toBe(1);
  });

  it('counts beyond 2^53, and below', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n');
    expect(await counter.add(2n ** 53n)).toBe(9_007_199_254_740_992n);
    expect(await counter.add(1)).toBe(9_007_199_254_740_993n);
    expect(await counter.add(-(2n ** 64n))).toBe(2n ** 53n + 1n - 2n ** 64n);
    expect(await counter.value()).toBe(2n ** 53n + 1n - 2n ** 64n);
  });
});

describe('the methods that give a number', () => {
  const full = async (value: bigint): Promise<[DistributedCounter, KvStore]> => {
    const store = createMemoryStore();
    const counter = new DistributedCounter(store, 'n');
    await counter.add(value);
    return [counter, store];
  };

  it.each([
    ['increment', BigInt(Number.MAX_SAFE_INTEGER), (counter: DistributedCounter) => counter.increment()],
    ['decrement', BigInt(Number.MIN_SAFE_INTEGER), (counter: DistributedCounter) => counter.decrement()],
    ['incrementBy', 1n, (counter: DistributedCounter) => counter.incrementBy(Number.MAX_SAFE_INTEGER)],
  ])('%s refuses, before it writes, a result that is not exact', async (_name, value, call) => {
    const [counter, store] = await full(value);
    const before = await store.get('n');
    await expect(call(counter)).rejects.toThrow(CounterRangeError);
    await expect(call(counter)).rejects.toMatchObject({
      code: 'COUNTER_RANGE',
      outcome: 'not-applied',
      message: expect.stringContaining('use add() and value()'),
    });
    expect(await store.get('n')).toEqual(before);
    expect(await counter.value()).toBe(value);
  });

  it('get refuses a value that is not exact', async () => {
    const [counter] = await full(2n ** 53n);
    await expect(counter.get()).rejects.toMatchObject({ code: 'COUNTER_RANGE' });
    expect(await counter.incrementBy(-1)).toBe(Number.MAX_SAFE_INTEGER);
    expect(await counter.get()).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    Number.NaN,
    0.5,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** 53,
    '1',
    null,
    undefined,
  ])('an add of %s is refused by name, and nothing is sent', async (delta) => {
    const store = countCalls(createMemoryStore());
    const counter = new DistributedCounter(store, 'n');
    for (const call of [counter.incrementBy(delta as number), counter.add(delta as number)]) {
      await expect(call).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^delta is .*; use a safe integer or a bigint$/),
      });
    }
    await expect(counter.reset((delta ?? Number.NaN) as number)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^to is /),
    });
    expect(store.calls.total).toBe(0);
  });
});

describe('reset', () => {
  it('sets the value and returns the old one', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n');
    expect(await counter.reset()).toBe(0n);
    await counter.add(7);
    expect(await counter.reset(2n ** 70n)).toBe(7n);
    expect(await counter.reset()).toBe(2n ** 70n);
    expect(await counter.value()).toBe(0n);
  });

  it('beside concurrent adds of several processes loses nothing and counts nothing twice', async () => {
    const { clock, all } = startProcesses(4, { latencyMs: 2 });
    const counters = all.map(({ store, options }) => new DistributedCounter(store, 'n', options));
    let taken = 0n;
    const work = counters.flatMap((counter, process) =>
      times(50, async (position) => {
        await counter.add(process + 1);
        const old = position % 10 === 0 ? await counter.reset() : 0n;
        taken += old;
      }),
    );
    await clock.run(Promise.all(work));
    const left = await clock.run(new DistributedCounter(all[0].store, 'n', all[0].options).value());
    expect(taken + left).toBe(50n * (1n + 2n + 3n + 4n));
  });
});

describe('delete', () => {
  it('removes the counter and says whether there was one', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n');
    expect(await counter.delete()).toBe(false);
    await counter.add(3);
    expect(await counter.delete()).toBe(true);
    expect(await counter.delete()).toBe(false);
    expect(await counter.get()).toBe(0);
    expect(await counter.increment()).toBe(1);
  });

  it('removes a plain counter, if the store can do that on condition', async () => {
    const store = createMemoryStore();
    const counter = new DistributedCounter(store, 'n', { format: 'plain' });
    await counter.add(3);
    expect(await counter.delete()).toBe(true);
    expect(await store.find('n')).toBeNull();

    const without = createMemoryStore({ capabilities: { deleteCas: false } });
    const other = new DistributedCounter(without, 'n', { format: 'plain' });
    await other.add(3);
    await expect(other.delete()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(await other.value()).toBe(3n);
  });
});

describe('what is stored', () => {
  it('is decimal text after a header line, or alone if plain', async () => {
    const store = createMemoryStore();
    await new DistributedCounter(store, 'record').add(-12);
    await new DistributedCounter(store, 'plain', { format: 'plain' }).add(-12);
    expect(bytesToString((await store.get('record')).value)).toMatch(/^norikv:1 \{.*\}\n-12$/);
    expect(bytesToString((await store.get('plain')).value)).toBe('-12');
  });

  it.each(['record', 'plain'] as const)(
    'is read and continued as %s when other code wrote it',
    async (format) => {
      const store = createMemoryStore();
      await store.put('n', '41');
      const counter = new DistributedCounter(store, 'n', { format });
      expect(await counter.get()).toBe(41);
      expect(await counter.increment()).toBe(42);
      const other = new DistributedCounter(store, 'n', { format: format === 'plain' ? 'record' : 'plain' });
      expect(await other.get()).toBe(42);
    },
  );

  it.each(['', ' 1', '1 ', '1\n', 'NaN', '1.5', '1e+21', '0x1', '--1', '+1', '\ufeff1', 'ﬁve', '{"n":1}'])(
    'if it is %j it is named corrupt and left alone',
    async (garbage) => {
      for (const format of ['record', 'plain'] as const) {
        const store = createMemoryStore();
        await store.put('n', garbage);
        const before = await store.get('n');
        const counter = new DistributedCounter(store, 'n', { format });
        const calls = [counter.get(), counter.value(), counter.increment(), counter.add(1n)];
        calls.push(
          counter.reset(),
          counter.initialize() as Promise<never>,
          counter.delete() as Promise<never>,
        );
        for (const call of await Promise.allSettled(calls)) {
          expect(call).toMatchObject({ status: 'rejected', reason: { code: 'CORRUPT_RECORD' } });
        }
        expect(await store.get('n')).toEqual(before);
      }
    },
  );

  it('if it is somebody else’s, is not repeated in an error, which is written to logs', async () => {
    const store = createMemoryStore();
    await store.put('n', '{"password":"tr0ub4dor"}');
    for (const format of ['record', 'plain'] as const) {
      const error: unknown = await new DistributedCounter(store, 'n', { format })
        .get()
        .catch((reason) => reason);
      expect(error).toMatchObject({ code: 'CORRUPT_RECORD', cause: new TypeError('no number') });
      expect(String(error)).not.toContain('tr0ub4dor');
    }
  });

  it('refuses a format that does not exist', () => {
    const format = 'json' as 'plain';
    expect(() => new DistributedCounter(createMemoryStore(), 'n', { format })).toThrow(
      'format is "json"; use "record" or "plain"',
    );
  });
});

describe('round trips', () => {
  it('are 2 for the first add, 1 for each further one and for a read', async () => {
    const store = countCalls(createMemoryStore());
    const counter = new DistributedCounter(store, 'n');
    await counter.increment();
    expect(store.calls).toMatchObject({ find: 1, put: 1, total: 2 });
    store.reset();
    await counter.increment();
    expect(store.calls).toMatchObject({ find: 0, put: 1, total: 1 });
    store.reset();
    await counter.get();
    expect(store.calls).toMatchObject({ find: 1, total: 1 });
  });

  it('are shared by the adds of one process', async () => {
    const { all } = startProcesses(1);
    const counter = new DistributedCounter(all[0].store, 'n', all[0].options);
    await Promise.all(times(1_000, () => counter.increment()));
    expect(all[0].store.calls.total).toBe(2);
  });

  it('are one more where a reply is lost', async () => {
    const counted = countCalls(createMemoryStore());
    const store = withFaults(counted);
    const counter = new DistributedCounter(store, 'n');
    await counter.increment();
    counted.reset();
    store.faults.next('put', 'lost-reply');
    expect(await counter.increment()).toBe(2);
    expect(counted.calls).toMatchObject({ find: 1, put: 1, total: 2 });
  });
});

describe('waiting', () => {
  it('ends with the signal or the deadline, and says that nothing was written', async () => {
    const { clock, memory, all } = startProcesses(1, { latencyMs: 50 });
    const counter = new DistributedCounter(all[0].store, 'n', all[0].options);
    const signal = AbortSignal.abort('enough');
    await expect(counter.add(1, { signal })).rejects.toMatchObject({
      code: 'CANCELLED',
      outcome: 'not-applied',
    });
    await expect(clock.run(counter.add(1, { deadlineMs: 30 }))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      outcome: 'not-applied',
    });
    await clock.advance(1_000);
    expect(await clock.run(memory.find('n'))).toBeNull();
  });
});
