import { errorCode, type KvStore, UnavailableError } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type ConsumerOptions, EventConsumer, EventFeed, EventStore } from '../src/index.js';
import { holding } from './holding.js';

const soon = { pollMs: 1, maxPollMs: 5, sweepMs: 20 };
const threeEvents = [1, 2, 3].map((data) => ({ type: 'T', data }));

/** A store, its feed, and consumers of a group that note what they handle. */
function openOn(client: KvStore, partitions = 1) {
  const feed = new EventFeed(client, { partitions });
  const store = new EventStore(client, { feed });
  const consumer = (options: Partial<ConsumerOptions> = {}) => {
    const seen: string[] = [];
    const handle: ConsumerOptions['handle'] = ({ aggregateId, version }) =>
      seen.push(`${aggregateId}:${version}`);
    return Object.assign(new EventConsumer(feed, store, { group: 'g', handle, ...soon, ...options }), {
      seen,
    });
  };
  /** What a consumer handles until it has caught up. */
  const run = async (options: Partial<ConsumerOptions> = {}): Promise<string[]> => {
    await using reader = consumer(options);
    await reader.start();
    await reader.caughtUp();
    return reader.seen;
  };
  return { feed, store, consumer, run };
}

it('from CURRENT_OR_END a new group begins at the newest event, and every other one where it left off', async () => {
  const { store, run } = openOn(createMemoryStore(), 2);
  const from = 'CURRENT_OR_END';
  for (const name of ['a', 'b', 'c', 'd']) await store.append(name, 'T', 1);
  expect(await run({ from })).toEqual([]);
  for (const name of ['a', 'b', 'c', 'd']) await store.append(name, 'T', 2);
  expect((await run({ from })).sort()).toEqual(['a:2', 'b:2', 'c:2', 'd:2']);
  expect(await run({ from: 'BEGINNING' })).toHaveLength(8);
  expect(await run({ from })).toEqual([]);
});

describe('the place of a group', () => {
  it('is saved within a commit when its consumer stops', async () => {
    const { store, consumer, run } = openOn(createMemoryStore());
    await store.append('a', threeEvents);
    await store.append('b', threeEvents);
    const seen: string[] = [];
    const stopping = consumer({
      handle({ aggregateId, version }) {
        seen.push(`${aggregateId}:${version}`);
        if (seen.length === 5) void stopping.stop();
      },
    });
    await stopping.start();
    await stopping.done();
    expect([...seen, ...(await run())]).toEqual(['a:1', 'a:2', 'a:3', 'b:1', 'b:2', 'b:3']);
  });

  it('is saved within a commit when its handler fails', async () => {
    const { store, consumer, run } = openOn(createMemoryStore());
    await store.append('a', threeEvents);
    const failing = consumer({
      handle({ version }) {
        if (version === 2) throw new Error('bad event');
      },
    });
    await failing.start();
    await expect(failing.done()).rejects.toThrow('bad event');
    expect(await run()).toEqual(['a:2', 'a:3']);
  });

  it.each([
    [undefined, 3],
    [0, 4],
    [5_000, 1],
  ])('is saved within a batch that takes long: checkpointMs %s', async (checkpointMs, next) => {
    const clock = new FakeClock();
    const client = createMemoryStore({ clock });
    const feed = new EventFeed(client, { clock });
    const store = new EventStore(client, { clock, feed });
    await clock.run(() => store.append('a', [...threeEvents, ...threeEvents]));
    const options = { group: 'g', checkpointMs, clock };
    const sleep = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        clock.startTimer(resolve, ms);
      });
    let isHanging = false;
    const crashing = new EventConsumer(feed, store, {
      ...options,
      async handle({ version }) {
        isHanging = version === 4;
        await (isHanging ? new Promise(() => {}) : sleep(600));
      },
    });
    await clock.run(() => crashing.start());
    while (!isHanging) await clock.advance(100);
    const seen: number[] = [];
    const successor = new EventConsumer(feed, store, {
      ...options,
      handle: ({ version }) => seen.push(version),
    });
    await clock.run(() => successor.start());
    await clock.run(() => successor.caughtUp());
    expect(seen).toEqual([1, 2, 3, 4, 5, 6].slice(next - 1));
    await clock.run(() => successor.stop());
  });
});

describe('a place that cannot be saved', () => {
  /** A consumer of ten events that take 600 ms each, on a store that can refuse to save its place. */
  async function slowConsumer(batchSize: number) {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const store = { refuses: false };
    const client: KvStore = {
      ...memory,
      async put(key, value, options) {
        if (!store.refuses || !String(key).startsWith('events:c:')) return memory.put(key, value, options);
        throw new UnavailableError('away', { outcome: 'not-applied' });
      },
    };
    const feed = new EventFeed(client, { clock });
    const events = new EventStore(client, { clock, feed });
    for (let number = 0; number < 10; number += 1) await clock.run(() => events.append(`s${number}`, 'T', 1));
    const seen: string[] = [];
    const handle: ConsumerOptions['handle'] = ({ aggregateId }) => {
      seen.push(aggregateId);
      return new Promise<void>((resolve) => {
        clock.startTimer(resolve, 600);
      });
    };
    const consumer = new EventConsumer(feed, events, { group: 'g', batchSize, handle, clock });
    await clock.run(() => consumer.start());
    return { clock, store, consumer, seen };
  }

  it.each([100, 1])('holds handling up, so that little is done again: batchSize %i', async (batchSize) => {
    const { clock, store, consumer, seen } = await slowConsumer(batchSize);
    store.refuses = true;
    while (seen.length === 0) await clock.advance(100);
    for (let second = 0; second < 60; second += 1) await clock.advance(1_000);
    expect(seen.length).toBeLessThanOrEqual(2);
    store.refuses = false;
    await clock.run(() => consumer.caughtUp());
    expect(seen).toHaveLength(10);
    await clock.run(() => consumer.stop());
  });

  it('holds up no stop', async () => {
    const { clock, store, consumer, seen } = await slowConsumer(100);
    store.refuses = true;
    while (seen.length === 0) await clock.advance(100);
    for (let second = 0; second < 15; second += 1) await clock.advance(1_000);
    await clock.run(() => consumer.stop());
    await consumer.done();
    expect(seen.length).toBeLessThanOrEqual(2);
  });
});

describe('consumers of a group that have taken different partitions', () => {
  it('do not take them from each other, and handle all events together', async () => {
    const { feed, store, consumer } = openOn(createMemoryStore(), 3);
    await using left = consumer({ partitions: [0] });
    await using right = consumer({ partitions: [2, 1] });
    for (const one of [left, right]) await one.start();
    const names = Array.from({ length: 12 }, (_, number) => `s${number}`);
    for (const name of names) await store.append(name, 'T', 1);
    for (const one of [left, right]) await one.caughtUp();
    const isLeft = (name: string): boolean => feed.partitionOf(name) === 0;
    expect(left.seen.length * right.seen.length).toBeGreaterThan(0);
    expect(left.seen.sort()).toEqual(
      names
        .filter(isLeft)
        .map((name) => `${name}:1`)
        .sort(),
    );
    expect(right.seen.sort()).toEqual(
      names
        .filter((name) => !isLeft(name))
        .map((name) => `${name}:1`)
        .sort(),
    );
  });

  it('stop when another one has taken over one of theirs', async () => {
    const { store, consumer } = openOn(createMemoryStore(), 3);
    const old = consumer({ partitions: [0, 1] });
    await using young = consumer({ partitions: [1, 2] });
    for (const one of [old, young]) await one.start();
    for (let number = 0; number < 12; number += 1) await store.append(`s${number}`, 'T', 1);
    await expect(old.done()).rejects.toMatchObject({ code: 'CHECKPOINT_LOST' });
    await young.caughtUp();
  });

  it.each([
    [':c:g:0', ':c:g:1'],
    [':c:g:1', ':c:g:0'],
  ])('begin at once, and one gets the group, though each is slow somewhere: %s, %s', async (...slow) => {
    const client = createMemoryStore();
    const opened = slow.map((part) => {
      const held = holding(client, part, 'calls');
      held.hold();
      const { store, consumer } = openOn(held.store, 2);
      return { held, store, consumer: consumer() };
    });
    const starts = opened.map(({ consumer }) => consumer.start());
    for (const { held } of opened) await held.held;
    for (const { held } of opened) held.release();
    await Promise.allSettled(starts);
    for (let number = 0; number < 12; number += 1) await opened[0]?.store.append(`s${number}`, 'T', 1);
    const ends = await Promise.allSettled(
      opened.map(async ({ consumer }, at) => {
        await starts[at];
        await consumer.caughtUp();
        return consumer.seen.length;
      }),
    );
    for (const { consumer } of opened) await consumer.stop();
    expect(ends).toContainEqual({ status: 'fulfilled', value: 12 });
    const codes = ends.map((end) => end.status === 'rejected' && errorCode(end.reason));
    expect(codes).toContain('CHECKPOINT_LOST');
  });

  it.each([[[]], [[3]], [[-1]], [['0']], [0]])(
    'are refused partitions that the feed does not have: %j',
    (given) => {
      const { consumer } = openOn(createMemoryStore(), 3);
      const partitions = given as readonly number[];
      expect(() => consumer({ partitions })).toThrow('use an array of numbers from 0 to 2');
    },
  );
});
