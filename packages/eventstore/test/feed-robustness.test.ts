import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../src/feed/ledger.js';
import { markPublished } from '../src/feed/mark-published.js';
import { PartitionReader } from '../src/feed/partition-reader.js';
import { EventConsumer, EventFeed, EventStore, Projection } from '../src/index.js';
import { emptyHead } from '../src/log/head.js';

const soon = { pollMs: 1, maxPollMs: 5, sweepMs: 20 };
const refused = { code: 'INVALID_ARGUMENT' };

describe('a feed', () => {
  it('and a store that look for streams in different places do not go together', () => {
    const client = createMemoryStore();
    const feed = new EventFeed(client);
    const elsewhere = 'prefix is "orders", but that of the feed is "events"; give both the same';
    expect(() => new EventStore(client, { feed, prefix: 'orders' })).toThrow(elsewhere);
    const store = new EventStore(client, { prefix: 'orders' });
    expect(() => new EventConsumer(feed, store, { group: 'g', handle: () => {} })).toThrow(elsewhere);
    const own = new EventFeed(client, { prefix: 'orders' });
    expect(() => new EventStore(client, { feed: own, prefix: 'orders' })).not.toThrow();
  });

  it('goes on when a listener throws', async () => {
    const client = createMemoryStore();
    const feed = new EventFeed(client);
    const store = new EventStore(client, { feed });
    let heard = 0;
    feed.onPublished(() => {
      throw new Error('bug');
    });
    feed.onPublished(() => {
      heard += 1;
    });
    for (let number = 1; number <= 3; number += 1) {
      await store.append('a', 'T', number);
      await feed.flush();
      expect(await feed.ends()).toEqual([number]);
    }
    await feed.sweep();
    expect(heard).toBe(4);
  });

  it('is flushed though events keep coming', async () => {
    const client = createMemoryStore({ latencyMs: 1 });
    const feed = new EventFeed(client);
    const store = new EventStore(client, { feed });
    let isBusy = true;
    const writer = (async () => {
      for (let number = 0; isBusy; number += 1) await store.append(`s${number % 5}`, 'T', number);
    })();
    await store.append('early', 'T', 1);
    await feed.flush();
    const items = await feed.after(0, 0, 1_000);
    expect(items.map(({ pointer }) => pointer[0])).toContain('early');
    isBusy = false;
    await writer;
    await feed.flush();
  });

  it('that comes to a long stream points to it in pieces, of which few are held at a time', async () => {
    const client = createMemoryStore();
    const old = new EventStore(client);
    const names = Array.from({ length: 40 }, (_, number) => `s${number}`);
    const thousand = Array.from({ length: 1_000 }, (_, data) => ({ type: 'T', data }));
    for (const name of names) await old.append(name, thousand);
    await old.append('s0', [...thousand, ...thousand]);
    const feed = new EventFeed(client);
    const store = new EventStore(client, { feed });
    for (const name of names) await store.append(name, 'T', 'last');
    await feed.flush();
    const pointers = (await feed.after(0, 0, 1_000)).map(({ pointer }) => pointer);
    expect(Math.max(...pointers.map(([, from, to]) => to - from + 1))).toBe(1_000);
    const ranges = pointers.filter(([name]) => name === 's0').map(([, ...range]) => range);
    expect(ranges).toEqual([
      [1, 1_000],
      [1_001, 2_000],
      [2_001, 3_000],
      [3_001, 3_001],
    ]);
    const reader = new PartitionReader(feed, store, 0, { batchSize: 1_000 });
    const seen = new Map<string, number>();
    for (let position = 0; ; ) {
      const deliveries = await reader.after(position, 0);
      const events = deliveries.flatMap((delivery) => delivery.events);
      expect(events.length).toBeLessThan(10_000 + 16 * 1_000);
      for (const { aggregateId, version } of events) {
        expect(version).toBe((seen.get(aggregateId) ?? 0) + 1);
        seen.set(aggregateId, version);
      }
      if (deliveries.length === 0) break;
      position = deliveries.at(-1)?.position ?? 0;
    }
    expect([...seen.values()].reduce((sum, last) => sum + last)).toBe(42_040);
  });

  it('publishes all that waits, also where that is more than one record takes', async () => {
    const client = createMemoryStore({ capabilities: { maxValueBytes: 16 * 1_024 } });
    const writer = new EventFeed(client, { publishSoon: false, quietMs: 60_000 });
    const store = new EventStore(client, { feed: writer, operationWindow: 16 });
    const names = Array.from({ length: 16 }, (_, number) => `${'x'.repeat(380)}${number}`);
    await Promise.all(names.map((name) => store.append(name, 'T', 1)));
    await writer.flush();
    const feed = new EventFeed(client, { quietMs: 0 });
    await feed.sweep();
    const items = await feed.after(0, 0, 1_000);
    // They were appended at once, so in no order.
    expect(items.map(({ pointer: [name] }) => name).sort()).toEqual(names.toSorted());
    expect(items.every(({ pointer: [, from, to] }) => from === 1 && to === 1)).toBe(true);
    await feed.sweep();
    expect(await new Ledger(client, 'events', {}).entries(0)).toEqual([]);
  });

  it.each([
    ['partition', [1, 0, 10]],
    ['partition', [-1, 0, 10]],
    ['position', [0, -1, 10]],
    ['position', [0, Number.NaN, 10]],
    ['limit', [0, 0, 0]],
    ['limit', [0, 0, '5']],
  ])('refuses what is no %s: %j', async (name, call) => {
    const feed = new EventFeed(createMemoryStore());
    const read = feed.after(...(call as [number, number, number]));
    await expect(read).rejects.toMatchObject({ ...refused, message: expect.stringMatching(`^${name} is `) });
  });
});

it('an event is parked though what was thrown is longer than a record', async () => {
  const client = createMemoryStore();
  const feed = new EventFeed(client);
  const store = new EventStore(client, { feed });
  for (const number of [1, 2]) await store.append('a', 'T', number);
  const seen: number[] = [];
  const handle = ({ data }: { data: number }): void => {
    if (data === 1) throw new Error(`bad event ${'x'.repeat(2_000_000)}`);
    seen.push(data);
  };
  await using consumer = new EventConsumer(feed, store, { group: 'g', handle, onError: 'park', ...soon });
  await consumer.start();
  await consumer.caughtUp();
  expect(seen).toEqual([2]);
  const [parked] = await consumer.parked();
  expect(parked).toMatchObject({ aggregateId: 'a', version: 1 });
  expect(parked?.error).toMatch(/^Error: bad event x{4079}$/);
});

it('an event is parked though what was thrown refuses to be text', async () => {
  const client = createMemoryStore();
  const feed = new EventFeed(client);
  const store = new EventStore(client, { feed });
  await store.append('a', 'T', 1);
  const handle = (): void => {
    throw Object.create(null);
  };
  await using consumer = new EventConsumer(feed, store, { group: 'g', handle, onError: 'park', ...soon });
  await consumer.start();
  await consumer.caughtUp();
  expect(await consumer.parked()).toMatchObject([{ aggregateId: 'a', error: '[object Object]' }]);
});

it('all that ran is over when it was closed', async () => {
  const timers = new Set<unknown>();
  const clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    startTimer(callback: () => void, delayMs: number) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        callback();
      }, delayMs);
      timers.add(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer);
      };
    },
  };
  const client = createMemoryStore();
  const feed = new EventFeed(client, { clock });
  const store = new EventStore(client, { feed, clock });
  const options = { ...soon, clock };
  const consumer = new EventConsumer(feed, store, { group: 'g', handle: () => {}, ...options });
  const projection = new Projection<number>(feed, store, {
    ...{ name: 'p', revision: '1', keyOf: () => 'all', initial: () => 0, evolve: (sum: number) => sum + 1 },
    ...options,
  });
  await consumer.start();
  await store.append('a', 'T', 1);
  await projection.caughtUp();
  await projection.rebuild();
  await consumer.caughtUp();
  await Promise.all([consumer.stop(), projection.stop(), feed.flush()]);
  await client.close();
  expect(timers.size).toBe(0);
});

it('a stream that is published and made clean in one write is not published again', () => {
  const head = { ...emptyHead('s', 4_096), last: 3 };
  expect(markPublished(head, 3, 1, true)).toMatchObject({
    state: { feed: { published: 3, fence: 1, dirty: false } },
    result: { isClean: true },
  });
});
