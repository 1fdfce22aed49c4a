import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { EventConsumer, EventFeed, EventStore, Projection } from '../src/index.js';

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
