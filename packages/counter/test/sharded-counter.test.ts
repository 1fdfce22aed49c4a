import { bytesToString, type KvStore } from '@norikv/store';
import { countCalls, createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { standstill } from '../../testkit/test/standstill.js';
import { ShardedCounter } from '../src/index.js';
import { startProcesses, times } from './simulation.js';

/** What a counter with a fixed number of shards and no count of them leaves behind. */
async function writeFixedShards(store: KvStore, values: readonly (number | undefined)[]): Promise<void> {
  for (const [shard, value] of values.entries()) {
    if (value !== undefined) await store.put(`n:shard:${shard}`, String(value));
  }
}

describe('a sharded counter', () => {
  it('works as its documentation says: 1,000 concurrent increments are 1,000', async () => {
    const client = createMemoryStore();
    const sharded = new ShardedCounter(client, 'page:views', 20);

    await Promise.all(
      Array(1000)
        .fill(0)
        .map(() => sharded.increment()),
    );

    expect(await sharded.get()).toBe(1000);
  });

  it('counts 1,000 concurrent increments of 10 processes', async () => {
    const { clock, all } = startProcesses(10, { latencyMs: 2 });
    const counters = all.map(({ store, options }) => new ShardedCounter(store, 'n', 20, options));
    await clock.run(Promise.all(counters.flatMap((counter) => times(100, () => counter.increment()))));
    for (const counter of counters) expect(await clock.run(counter.get())).toBe(1_000);
  });

  it('is 0 while it is missing', async () => {
    const counter = new ShardedCounter(createMemoryStore(), 'n');
    expect(await counter.get()).toBe(0);
  });

  it('adds and subtracts whole numbers of any size', async () => {
    const counter = new ShardedCounter(createMemoryStore(), 'n');
    await counter.add(2n ** 60n);
    await counter.add(-5);
    expect(await counter.value()).toBe(2n ** 60n - 5n);
    await expect(counter.get()).rejects.toMatchObject({ code: 'COUNTER_RANGE' });
    await expect(counter.add(0.5)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each([0, -1, 1.5, Number.NaN, 1_025])('refuses %s shards by name', (numShards) => {
    expect(() => new ShardedCounter(createMemoryStore(), 'n', numShards)).toThrow(
      `numShards is ${numShards}; use a whole number from 1 to 1024`,
    );
  });

  it('reads what it adds, in every shard there may be, under the longest name it takes', async () => {
    const store = createMemoryStore();
    const name = 'n'.repeat(store.capabilities.maxKeyBytes - ':shard:1023'.length);
    const counter = new ShardedCounter(store, name);
    await counter.increment();
    expect(await counter.get()).toBe(1);
    await store.put(`${name}:shards`, '1024');
    await store.put(`${name}:shard:1023`, '7');
    expect(await counter.get()).toBe(8);
  });

  it('leaves a count that is no count alone, and says so', async () => {
    const store = createMemoryStore();
    await store.put('n:shards', '0');
    await expect(new ShardedCounter(store, 'n').get()).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  });
});

describe('its operation ids', () => {
  it('count once from every process, whatever the number of shards each knows', async () => {
    const { clock, memory, all } = startProcesses(6, { latencyMs: 2 });
    const counters = all.map(({ store, options }) => new ShardedCounter(store, 'n', 16, options));
    const named = () => counters.map((counter) => counter.add(5, { opId: 'order-1' }));
    const unnamed = () => counters.flatMap((counter) => times(40, () => counter.increment()));
    await clock.run(Promise.all([...named(), ...unnamed()]));
    await clock.run(Promise.all([...named(), ...unnamed()]));
    const restarted = new ShardedCounter({ ...memory }, 'n', 3, { clock });
    await clock.run(restarted.add(5, { opId: 'order-1' }));
    expect(await clock.run(restarted.get())).toBe(5 + 6 * 80);
    const count = await clock.run(memory.find('n:shards'));
    expect(Number(bytesToString(count?.value ?? new Uint8Array()).split('\n')[1])).toBeGreaterThan(1);
  });

  it('are refused with another delta', async () => {
    const counter = new ShardedCounter(createMemoryStore(), 'n');
    await counter.add(5, { opId: 'order-1' });
    await expect(counter.add(6, { opId: 'order-1' })).rejects.toMatchObject({ code: 'OPERATION_ID_REUSED' });
    expect(await counter.get()).toBe(5);
  });
});

describe('data of a counter with a fixed number of shards', () => {
  it('is counted while no count of shards is written', async () => {
    const store = createMemoryStore();
    await writeFixedShards(store, [1, undefined, 3, 4, undefined]);
    const counter = new ShardedCounter(store, 'n', 5);
    expect(await counter.get()).toBe(8);
    await counter.increment();
    expect(await counter.get()).toBe(9);
  });

  it('is counted when the shards grow', async () => {
    const { clock, memory, all } = startProcesses(4, { latencyMs: 2 });
    await clock.run(writeFixedShards(memory, [1, undefined, 3, 4, undefined, 10]));
    const counters = all.map(({ store, options }) => new ShardedCounter(store, 'n', 20, options));
    await clock.run(Promise.all(counters.flatMap((counter) => times(40, () => counter.increment()))));
    await clock.advance(1_000);
    const count = await clock.run(memory.find('n:shards'));
    expect(bytesToString(count?.value ?? new Uint8Array())).toMatch(/\n(6|12|20)$/);
    const reader = new ShardedCounter(memory, 'n', 20, { clock });
    expect(await clock.run(reader.get())).toBe(18 + 160);
  });

  it('is counted in the plain format, and stays readable for others', async () => {
    const store = createMemoryStore();
    await writeFixedShards(store, [1, 2]);
    const counter = new ShardedCounter(store, 'n', 2, { format: 'plain' });
    await counter.increment();
    expect(bytesToString((await store.get('n:shard:0')).value)).toBe('2');
    expect(await counter.get()).toBe(4);
  });
});

describe('a total that may be old', () => {
  it('is read again only when it is too old, and says how old it is', async () => {
    const { clock, all } = startProcesses(1);
    const counter = new ShardedCounter(all[0].store, 'n', 4, all[0].options);
    await counter.increment();
    expect(await counter.total()).toEqual({ value: 1n, ageMs: 0 });
    await counter.increment();
    await clock.advance(300);
    all[0].store.reset();
    expect(await counter.total({ maxAgeMs: 500 })).toEqual({ value: 1n, ageMs: 300 });
    expect(await counter.get({ maxAgeMs: 500 })).toBe(1);
    expect(all[0].store.calls.total).toBe(0);
    await clock.advance(200);
    expect(await counter.total({ maxAgeMs: 500 })).toEqual({ value: 2n, ageMs: 0 });
    expect(await counter.value({ maxAgeMs: 500 })).toBe(2n);
    expect(await counter.get()).toBe(2);
  });

  it('counts the time of the reading itself', async () => {
    const { clock, all } = startProcesses(1, { latencyMs: 20 });
    const counter = new ShardedCounter(all[0].store, 'n', 4, all[0].options);
    expect(await clock.run(counter.total())).toEqual({ value: 0n, ageMs: 40 });
  });

  it('is not made of a reading that failed', async () => {
    const store = createMemoryStore();
    const counter = new ShardedCounter(store, 'n', 2);
    await store.put('n:shard:1', 'x');
    await expect(counter.get({ maxAgeMs: 60_000 })).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await store.put('n:shard:1', '7');
    expect(await counter.get({ maxAgeMs: 60_000 })).toBe(7);
  });

  it('is read once for all who find it too old at the same time', async () => {
    const { clock, all } = startProcesses(1, { latencyMs: 20 });
    const [{ store, options }] = all;
    const counter = new ShardedCounter(store, 'n', 4, options);
    await clock.run(counter.increment());
    store.reset();
    const crowd = times(50, () => counter.total({ maxAgeMs: 5_000 }));
    await clock.advance(10);
    const late = counter.total({ maxAgeMs: 5_000, signal: new AbortController().signal, timeoutMs: 90 });
    expect(await clock.run(Promise.all([...crowd, late]))).toEqual(
      times(51, () => ({ value: 1n, ageMs: 40 })),
    );
    expect(store.calls).toMatchObject({ find: 5, total: 5 });
  });

  it('is read anew by who accepts none that began as long ago, or asks for now', async () => {
    const { clock, all } = startProcesses(1, { latencyMs: 20 });
    const [{ store, options }] = all;
    const counter = new ShardedCounter(store, 'n', 4, options);
    const first = counter.total({ maxAgeMs: 5_000 });
    await clock.advance(10);
    const others = [counter.total({ maxAgeMs: 10 }), counter.total({ maxAgeMs: 0 }), counter.total()];
    expect(await clock.run(Promise.all([first, ...others]))).toEqual(
      times(4, () => ({ value: 0n, ageMs: 40 })),
    );
    expect(store.calls).toMatchObject({ find: 20, total: 20 });
  });

  it('is not replaced by a reading that began before it and took longer', async () => {
    let calls = 0;
    const { clock, all } = startProcesses(1, { latencyMs: () => (calls++ === 0 ? 100 : 20) });
    const counter = new ShardedCounter(all[0].store, 'n', 4, all[0].options);
    const slow = counter.total();
    await clock.advance(10);
    expect(await clock.run(counter.total())).toEqual({ value: 0n, ageMs: 40 });
    expect(await clock.run(slow)).toEqual({ value: 0n, ageMs: 120 });
    expect(await clock.run(counter.total({ maxAgeMs: 115 }))).toEqual({ value: 0n, ageMs: 110 });
  });

  it('ends for each caller by limits of its own', async () => {
    const { clock, all } = startProcesses(1, { latencyMs: 20 });
    const [{ store, options }] = all;
    const counter = new ShardedCounter(store, 'n', 4, options);
    const controller = new AbortController();
    const first = counter.total({ maxAgeMs: 5_000, signal: controller.signal });
    const second = counter.total({ maxAgeMs: 5_000, timeoutMs: 30 });
    const third = counter.total({ maxAgeMs: 5_000 });
    controller.abort('gone');
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied', cause: 'gone' });
    const ended = expect(second).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      outcome: 'not-applied',
      message: 'No answer within 30 ms',
    });
    expect(await clock.run(third)).toEqual({ value: 0n, ageMs: 40 });
    await ended;
    expect(store.calls.total).toBe(5);
  });

  it.each([0, 1])(
    'ends in time though the first of its two round trips did: maxAgeMs %i',
    async (maxAgeMs) => {
      const { clock, all } = startProcesses(1, { latencyMs: 80 });
      const counter = new ShardedCounter(all[0].store, 'n', 4, all[0].options);
      const startedAt = clock.monotonic();
      await expect(clock.run(counter.total({ maxAgeMs, timeoutMs: 100 }))).rejects.toMatchObject({
        code: 'DEADLINE_EXCEEDED',
        outcome: 'not-applied',
        message: 'No answer within 100 ms',
      });
      expect(clock.monotonic() - startedAt).toBe(100);
      const inTime = counter.total({ maxAgeMs: 0, timeoutMs: 161 });
      expect(await clock.run(inTime)).toEqual({ value: 0n, ageMs: 160 });
    },
  );

  it.each([0, 1])('counts where it arrived while the process stood still: maxAgeMs %i', async (maxAgeMs) => {
    const { clock, resuming, behindTimers } = standstill();
    const memory = createMemoryStore({ clock });
    const find: KvStore['find'] = (key, options) => {
      const found = memory.find(key, options);
      return key === 'n:shards' ? found : behindTimers(found);
    };
    const counter = new ShardedCounter({ ...memory, find }, 'n', 1, { clock: resuming });
    expect(await clock.run(counter.value({ maxAgeMs, timeoutMs: 1_000 }))).toBe(0n);
  });

  it('is read again after a reading that failed for all', async () => {
    const { clock, all } = startProcesses(1, { latencyMs: 20 });
    const [{ store, options }] = all;
    const counter = new ShardedCounter(store, 'n', 2, options);
    await clock.run(store.put('n:shard:1', 'x'));
    const failing = times(2, () => counter.get({ maxAgeMs: 5_000 }));
    for (const result of await clock.run(Promise.allSettled(failing))) {
      expect(result).toMatchObject({ reason: { code: 'CORRUPT_RECORD' } });
    }
    await clock.run(store.put('n:shard:1', '7'));
    expect(await clock.run(counter.get({ maxAgeMs: 5_000 }))).toBe(7);
  });

  it.each([-1, Number.NaN, '5'])('has no maxAgeMs of %j', async (maxAgeMs) => {
    const counter = new ShardedCounter(createMemoryStore(), 'n');
    await expect(counter.get({ maxAgeMs: maxAgeMs as number })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^maxAgeMs is .*; use a whole number, at least 0/),
    });
  });

  it('has no option that is misspelt', async () => {
    const counter = new ShardedCounter(createMemoryStore(), 'n');
    await expect(counter.get({ maxAge: 5_000 } as object)).rejects.toMatchObject({
      message: 'an option is "maxAge"; use maxAgeMs, signal, timeoutMs',
    });
  });

  it('can be cancelled', async () => {
    const counter = new ShardedCounter(createMemoryStore(), 'n');
    await expect(counter.get({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('round trips', () => {
  it('are 2 for the first add, 1 for each further one, shards + 1 for a total', async () => {
    const store = countCalls(createMemoryStore());
    const counter = new ShardedCounter(store, 'n', 10);
    await counter.increment();
    expect(store.calls).toMatchObject({ find: 1, put: 1, total: 2 });
    store.reset();
    await counter.increment();
    expect(store.calls).toMatchObject({ put: 1, total: 1 });
    store.reset();
    await counter.get();
    expect(store.calls).toMatchObject({ find: 11, total: 11 });
    await store.put('n:shards', '4');
    store.reset();
    await counter.get();
    expect(store.calls).toMatchObject({ find: 5, total: 5 });
  });

  it('are 3 at most for the shards to grow, one a shard more the first time, and none once there are all', async () => {
    const { clock, memory, all } = startProcesses(1);
    const [{ store, options }] = all;
    const shards = times(4, (shard) => `n:shard:${shard}`);
    const counter = new ShardedCounter(store, 'n', shards.length, options);
    const growths: [count: number, shards: number][] = [];
    for (let add = 0; add < 30; add += 1) {
      for (const key of shards) {
        const entry = await memory.find(key);
        if (entry) await memory.put(key, entry.value); // Somebody else was first.
      }
      store.reset();
      await clock.run(counter.increment());
      await clock.advance(1);
      const reads = shards.reduce((sum, key) => sum + store.callsTo(key).find, 0);
      const { total } = store.callsTo('n:shards');
      if (total > 0) growths.push([total, reads]);
    }
    expect(growths).toEqual([
      [3, shards.length],
      [2, 0],
    ]);
  });
});
