import { type CountedStore, countCalls, createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { EventConsumer, EventFeed, EventStore } from '../src/index.js';

/** Stores with three events of 100 in the tail, or sealed, and a fresh process that looks at them. */
async function prepared(
  rollBytes: number,
  count = 3,
): Promise<{ readonly client: CountedStore; readonly store: EventStore }> {
  const memory = createMemoryStore();
  const writer = new EventStore(memory, { rollBytes });
  for (let number = 1; number <= count; number += 1) await writer.append('s', 'T', number);
  const client = countCalls(memory);
  return { client, store: new EventStore(client) };
}

async function cost(client: CountedStore, work: () => Promise<unknown>): Promise<number> {
  client.reset();
  await work();
  return client.calls.total;
}

it('an append costs 1 warm and 2 cold, whatever its size and expectation', async () => {
  const { client, store } = await prepared(65_536);
  const batch = Array.from({ length: 100 }, (_, data) => ({ type: 'T', data }));
  expect(await cost(client, () => store.append('s', batch))).toBe(2);
  expect(await cost(client, () => store.append('s', batch, { expected: 103 }))).toBe(1);
  expect(await cost(client, () => store.append('s', batch, { expected: 'exists', commitId: 'c' }))).toBe(1);
  expect(await cost(client, () => store.append('s', 'T', 1))).toBe(1);
  expect(await cost(client, () => store.append('new', 'T', 1))).toBe(2);
});

it('an append that fills the tail costs two more, and the next one nothing', async () => {
  const { client, store } = await prepared(2_000, 0);
  expect(client.calls.total).toBe(0);
  const small = new EventStore(client, { rollBytes: 2_000 });
  const costs: number[] = [];
  for (let number = 0; number < 100; number += 1)
    costs.push(await cost(client, () => small.append('r', 'T', number)));
  expect(Math.max(...costs.slice(1))).toBe(3);
  expect(costs.slice(1).filter((calls) => calls > 1).length).toBeLessThan(12);
  expect(await store.version('r')).toBe(100);
});

it('many callers of one stream share writes', async () => {
  const { client } = await prepared(65_536);
  // Its clock stands still: how many share a write also depends on the time it takes to put it together.
  const store = new EventStore(client, { clock: new FakeClock() });
  expect(
    await cost(client, () => Promise.all(Array.from({ length: 100 }, () => store.append('s', 'T', 1)))),
  ).toBe(2);
});

it('version, existence and a read from the tail cost 1', async () => {
  const { client, store } = await prepared(65_536, 100);
  expect(await cost(client, () => store.version('s'))).toBe(1);
  expect(await cost(client, () => store.streamExists('s'))).toBe(1);
  expect(await cost(client, () => store.getEventsAfter('s', 90))).toBe(1);
  expect(await cost(client, () => store.read('s', { direction: 'backward', maxCount: 1 }))).toBe(1);
});

it('reading old events costs the head, the segments, and the pages above them', async () => {
  const { client, store } = await prepared(1, 150);
  expect(await cost(client, () => store.read('s', { from: 140, to: 149 }))).toBe(1 + 10);
  expect(await cost(client, () => store.read('s', { from: 10, to: 19 }))).toBe(1 + 10 + 1);
});

it('a repeated append costs at most the head and what it reads back', async () => {
  const { client, store } = await prepared(1, 20);
  const event = [{ type: 'T', data: 1, id: 'e' }];
  await store.append('s', event, { expected: 20 });
  for (let number = 0; number < 20; number += 1) await store.append('s', 'T', 1);
  expect(await cost(client, () => store.append('s', event, { expected: 20 }))).toBeLessThanOrEqual(4);
});

it('a conflict is confirmed by one read', async () => {
  const { client, store } = await prepared(65_536);
  const refused = (): Promise<unknown> =>
    store
      .append('s', 'T', 1)
      .then(() => store.append('s', [{ type: 'T', data: 1 }], { expected: 1 }))
      .catch(() => {});
  expect(await cost(client, refused)).toBe(2 + 1);
});

it('on a feed, the first append on a clean stream costs 2 warm and 3 cold beside the ledger read; then 1', async () => {
  const memory = createMemoryStore();
  const options = { publishSoon: false, quietMs: 0 };
  const client = countCalls(memory);
  const feed = new EventFeed(client, options);
  const store = new EventStore(client, { feed });
  expect(await cost(client, () => store.append('other', 'T', 1))).toBe(3 + 3);
  expect(await cost(client, () => store.append('s', 'T', 1))).toBe(3);
  expect(await cost(client, () => store.append('s', 'T', 1))).toBe(1);
  await feed.sweep();
  expect(await cost(client, () => store.append('s', 'T', 1))).toBe(2);
  const later = countCalls(memory);
  const successor = new EventStore(later, { feed: new EventFeed(later, options) });
  expect(await cost(later, () => successor.append('new', 'T', 1))).toBe(3 + 2);
});

it('an idle look at a feed costs one read for each partition', async () => {
  const client = countCalls(createMemoryStore());
  const feed = new EventFeed(client, { partitions: 4 });
  expect(await cost(client, () => feed.ends())).toBe(4);
  expect(await cost(client, () => feed.after(0, 0, 100))).toBe(1);
});

it('an idle consumer costs one read a second for each partition', async () => {
  const clock = new FakeClock();
  const client = countCalls(createMemoryStore({ clock }));
  const feed = new EventFeed(client, { partitions: 4, clock });
  const store = new EventStore(client, { feed, clock });
  await clock.run(store.append('s', 'T', 1));
  const consumer = new EventConsumer(feed, store, { group: 'g', handle: () => {}, clock });
  await clock.run(consumer.start());
  await clock.run(consumer.caughtUp());
  await clock.advance(10_000);
  expect(await cost(client, () => clock.advance(100_000))).toBe(400);
  await clock.run(consumer.stop());
});

it('a lost race costs one more write: the mismatch tells what is there', async () => {
  const { client, store } = await prepared(65_536);
  await store.append('s', 'T', 1);
  const other = new EventStore(countCalls(client));
  await other.append('s', 'T', 1);
  expect(await cost(client, () => store.append('s', 'T', 1))).toBe(1 + 1);
});

it('publishing costs the caller nothing, and four calls in the background', async () => {
  const memory = createMemoryStore();
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const client = countCalls({
    ...memory,
    async find(key, options) {
      if (String(key).startsWith('events:fh:')) await released;
      return memory.find(key, options);
    },
  });
  const feed = new EventFeed(client);
  const store = new EventStore(client, { feed });
  // The feed cannot be reached, and the append is done all the same.
  await store.append('s', 'T', 1);
  release();
  await feed.flush();
  expect(await feed.ends()).toEqual([1]);
  expect(await cost(client, () => store.append('s', 'T', 1))).toBeLessThanOrEqual(1 + 1);
  await feed.flush();
  expect(client.calls).toMatchObject({ put: 1 + 2, total: 1 + 4 });
});
