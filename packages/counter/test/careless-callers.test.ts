import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { BucketedCounter, BufferedCounter, DistributedCounter, ShardedCounter } from '../src/index.js';
import { startProcesses, times } from './simulation.js';

const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' });

it.each([
  ['DistributedCounter', (options: never) => new DistributedCounter(createMemoryStore(), 'n', options)],
  ['BufferedCounter', (options: never) => new BufferedCounter(createMemoryStore(), 'n', options)],
  ['BucketedCounter', (options: never) => new BucketedCounter(createMemoryStore(), 'n', options)],
  ['ShardedCounter', (options: never) => new ShardedCounter(createMemoryStore(), 'n', 8, options)],
])('a %s refuses options that are none', (_name, open) => {
  for (const options of [null, 'fast', 8, []] as never[]) expect(() => open(options)).toThrow(refused);
});

it('a delete takes its options, and refuses others without removing anything', async () => {
  const counter = new DistributedCounter(createMemoryStore(), 'n');
  await counter.add(3);
  await expect(counter.delete({ deadline: 5 } as never)).rejects.toThrow(
    '"deadline"; use signal, deadlineMs',
  );
  expect(await counter.get()).toBe(3);
  const { signal } = new AbortController();
  expect(await counter.delete({ signal, deadlineMs: 5_000 })).toBe(true);
});

describe('a sharded counter', () => {
  it.each([Number.NaN, -5])('counts every add where random gives %s', async (broken) => {
    const { clock, all } = startProcesses(4, { latencyMs: () => 2, seed: 1 });
    let isBroken = false;
    const counters = all.map(({ store, options }) => {
      const { random } = options;
      return new ShardedCounter(store, 'n', 8, { ...options, random: () => (isBroken ? broken : random()) });
    });
    const add = (): Promise<unknown> =>
      clock.run(Promise.all(counters.flatMap((counter) => times(20, () => counter.increment()))));
    await add();
    isBroken = true;
    for (let round = 0; round < 10; round += 1) await add();
    isBroken = false;
    expect(await clock.run(counters[0]?.get() ?? Promise.resolve(0))).toBe(4 * 20 * 11);
  });
});

describe('a counter by time', () => {
  it('refuses times that are no numbers', async () => {
    const clock = new FakeClock({ nowMs: 1_000_000 });
    const options = { clock, bucketMs: 1_000, retentionMs: 1_000_000, clockToleranceMs: 1 };
    const counter = new BucketedCounter(createMemoryStore({ clock }), 'n', options);
    for (const time of ['1000000', 1_000_000n, new Date(1_000_000), null] as unknown as number[]) {
      await expect(counter.add(1, { atMs: time })).rejects.toMatchObject({ code: 'BUCKET_TIME' });
      await expect(counter.sum(time, 1_000_001)).rejects.toMatchObject({ code: 'BUCKET_TIME' });
      await expect(counter.sum(999_000, time)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(await counter.sum(999_000, 1_000_001)).toBe(0n);
  });
});
