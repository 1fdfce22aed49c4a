import { bytesToString } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock, seededRandom, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { BucketedCounter, DistributedCounter, ShardedCounter } from '../src/index.js';
import { startProcesses, times } from './simulation.js';

describe('an operation id', () => {
  it('counts once, and answers the same each time, also after other adds', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n');
    expect(await counter.add(5, { opId: 'order-1' })).toBe(5n);
    await counter.increment();
    expect(await counter.add(5, { opId: 'order-1' })).toBe(5n);
    expect(await counter.incrementBy(5, { opId: 'order-1' })).toBe(5);
    expect(await counter.value()).toBe(6n);
  });

  it('counts once when many processes use it at the same time', async () => {
    const { clock, all } = startProcesses(8, { latencyMs: 2 });
    const counters = all.map(({ store, options }) => new DistributedCounter(store, 'n', options));
    const add = (counter: DistributedCounter) => times(5, () => counter.add(7, { opId: 'order-1' }));
    expect(await clock.run(Promise.all(counters.flatMap(add)))).toEqual(times(40, () => 7n));
  });

  it('counts once across a restart', async () => {
    const { clock, all } = startProcesses(2, { latencyMs: 2 });
    const [before, after] = all.map(({ store, options }) => new DistributedCounter(store, 'n', options));
    expect(await clock.run(Promise.all([before?.add(3, { opId: 'a' })]))).toEqual([3n]);
    expect(await clock.run(Promise.all([after?.add(3, { opId: 'a' })]))).toEqual([3n]);
    expect(await clock.run(Promise.all([after?.add(3, { opId: 'b' })]))).toEqual([6n]);
  });

  it('with another delta, or for a reset, is refused from any process', async () => {
    const { clock, all } = startProcesses(2);
    const [one, other] = all.map(({ store, options }) => new DistributedCounter(store, 'n', options));
    await one?.add(5, { opId: 'order-1' });
    for (const counter of [one, other]) {
      const reused = { code: 'OPERATION_ID_REUSED', outcome: 'not-applied' };
      await expect(counter?.add(6, { opId: 'order-1' })).rejects.toMatchObject(reused);
      await expect(counter?.decrement({ opId: 'order-1' })).rejects.toMatchObject(reused);
      await expect(counter?.reset(5, { opId: 'order-1' })).rejects.toMatchObject(reused);
      expect(await clock.run(Promise.all([counter?.value()]))).toEqual([5n]);
    }
  });

  it('of a reset answers the old value each time, and resets once', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n');
    await counter.add(5);
    expect(await counter.reset(0, { opId: 'close-day' })).toBe(5n);
    await counter.add(2);
    expect(await counter.reset(0, { opId: 'close-day' })).toBe(5n);
    expect(await counter.value()).toBe(2n);
  });

  it('outlives its counter for tombstoneTtlMs, and goes on in one that is made anew by then', async () => {
    const clock = new FakeClock();
    const counter = new DistributedCounter(createMemoryStore({ clock }), 'n', { clock, tombstoneTtlMs: 100 });
    const repeat = () => counter.add(5, { opId: 'order-1' });
    await repeat();
    await counter.delete();
    await counter.add(1);
    await clock.advance(200);
    await repeat();
    expect(await counter.value()).toBe(1n);
    await counter.delete();
    await clock.advance(200);
    await repeat();
    expect(await counter.value()).toBe(5n);
  });

  it('keeps values beyond 2^53 exact in its answer', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n');
    const first = await counter.add(2n ** 60n + 1n, { opId: 'a' });
    expect([first, await counter.add(2n ** 60n + 1n, { opId: 'a' })]).toEqual([
      2n ** 60n + 1n,
      2n ** 60n + 1n,
    ]);
  });

  it('makes an add whose fate is unknown safe to repeat', async () => {
    const { clock, memory } = startProcesses(1);
    let wasSent = false;
    const store = withFaults(memory, {
      clock,
      decide: ({ operation }) => {
        wasSent ||= operation === 'put';
        return wasSent ? 'lost-reply' : undefined;
      },
    });
    const counter = new DistributedCounter(store, 'n', { clock, random: seededRandom(1), deadlineMs: 500 });
    await expect(clock.run(counter.add(1, { opId: 'a' }))).rejects.toMatchObject({ outcome: 'unknown' });
    store.faults.stop();
    await clock.advance(1_000);
    expect(await clock.run(counter.add(1, { opId: 'a' }))).toBe(1n);
    expect(await clock.run(counter.value())).toBe(1n);
  });

  it('is remembered for as many operations as the window says', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n', { operationWindow: 3 });
    for (const opId of ['a', 'b', 'c']) await counter.add(1, { opId });
    expect(await counter.add(1, { opId: 'a' })).toBe(1n);
    await counter.add(1, { opId: 'd' });
    expect(await counter.add(1, { opId: 'a' })).toBe(5n);
  });

  it('whose kept answer is damaged is not answered with it', async () => {
    const store = createMemoryStore();
    await new DistributedCounter(store, 'n').add(5, { opId: 'a' });
    const stored = bytesToString((await store.get('n')).value);
    await store.put('n', stored.replace('"5"', '"5 "'));
    // Another store object of the same data, so that nothing is remembered.
    const counter = new DistributedCounter(countCalls(store), 'n');
    await expect(counter.add(5, { opId: 'a' })).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    expect(await counter.value()).toBe(5n);
  });

  it('is refused for a plain counter', async () => {
    const counter = new DistributedCounter(createMemoryStore(), 'n', { format: 'plain' });
    await expect(counter.add(1, { opId: 'a' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await counter.value()).toBe(0n);
  });

  it.each(['order-1', null])('that stands where options are expected is not lost: %j', async (given) => {
    const store = createMemoryStore();
    const options = given as never;
    const counter = new DistributedCounter(store, 'n');
    const sharded = new ShardedCounter(store, 's');
    const bucketed = new BucketedCounter(store, 'b', { bucketMs: 1_000, retentionMs: 10_000 });
    const writes = [
      () => counter.increment(options),
      () => counter.incrementBy(2, options),
      () => counter.add(2, options),
      () => counter.reset(2, options),
      () => sharded.increment(options),
      () => sharded.add(2, options),
      () => bucketed.add(2, options),
    ];
    for (const write of writes) {
      await expect(write()).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/options/),
      });
    }
    expect([await counter.value(), await sharded.value()]).toEqual([0n, 0n]);
  });
});
