import type { KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  createErasure,
  EventConsumer,
  EventFeed,
  EventStore,
  Projection,
  SnapshotStore,
} from '../src/index.js';

const soon = { pollMs: 1, maxPollMs: 5, sweepMs: 20 };
const count = { name: 'count', revision: '1', initial: () => 0, evolve: (sum: number) => sum + 1 };

/** All that lies in one store. */
function openOn(client: KvStore) {
  const feed = new EventFeed(client);
  const protection = createErasure(client, { subjectOf: () => 'bob' });
  const store = new EventStore(client, { feed, protection });
  const handle = (): never => {
    throw new Error('bad event');
  };
  return {
    feed,
    store,
    protection,
    snapshots: new SnapshotStore(client),
    consumer: new EventConsumer(feed, store, {
      group: 'g',
      from: 'BEGINNING',
      handle,
      onError: 'park',
      ...soon,
    }),
    projection: new Projection<number>(feed, store, { ...count, keyOf: () => 'all', ...soon }),
  };
}

async function filled() {
  const client = createMemoryStore();
  const { store, snapshots, consumer, projection } = openOn(client);
  await store.append('s', 'T', 1);
  await snapshots.save('s', count, { state: 1, version: 1 });
  await consumer.start();
  await consumer.caughtUp();
  await projection.caughtUp();
  await Promise.all([consumer.stop(), projection.stop()]);
  return client;
}

type World = ReturnType<typeof openOn>;
const start = async ({ consumer }: World): Promise<void> => {
  try {
    await consumer.start();
    await consumer.done();
  } finally {
    await consumer.stop();
  }
};
const records: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  'events:h:s': ({ store }) => store.append('s', 'T', 2),
  'events:d:partitions': ({ feed }) => feed.sweep(),
  'events:d:0': ({ store }) => store.append('new', 'T', 1),
  'events:fh:0': ({ feed }) => feed.after(0, 0, 10),
  'events:c:g:0': start,
  'events:q:g': ({ consumer }) => consumer.parked(),
  'events:n:s:count': ({ snapshots }) => snapshots.get('s', 'count'),
  'events:m:count': ({ projection }) => projection.start(),
  'events:v:count:1:all': ({ projection }) => projection.get('all'),
  'events:k:bob': ({ protection }) => protection.erase('bob'),
};

describe.each(Object.entries(records))('the damaged record %s', (key, use) => {
  it.each([
    ['is damaged: its checksum is wrong', (text: string) => text.slice(0, -1)],
    [
      'has the format "norikv-events:2"',
      (text: string) => text.replace('norikv-events:1', 'norikv-events:2'),
    ],
    ['is not a record of an event store', () => '{"version": 3}'],
  ])('is named, and left as it is: %s', async (problem, damage) => {
    const client = await filled();
    const { value } = await client.get(key);
    await client.put(
      key,
      new Uint8Array(Buffer.from(damage(Buffer.from(value).toString('latin1')), 'latin1')),
    );
    const { version } = await client.get(key);
    const error = await use(openOn(client)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CORRUPT_RECORD', key });
    for (const part of [`"${key}"`, problem]) expect(String(error)).toContain(part);
    expect((await client.get(key)).version).toEqual(version);
  });
});

describe('a consumer', () => {
  it.each([
    ['stream', (name: string) => `events:h:${name}`],
    ['ledger', () => 'events:d:0'],
    ['feed', () => 'events:fh:0'],
  ])('goes on though a record of a partition that is not its own is damaged: the %s', async (_, keyOf) => {
    const client = createMemoryStore();
    const feed = new EventFeed(client, { partitions: 2 });
    const store = new EventStore(client, { feed });
    const names = Array.from({ length: 20 }, (_, number) => `s${number}`);
    const [damaged = '', sound = ''] = [0, 1].map((partition) =>
      names.find((name) => feed.partitionOf(name) === partition),
    );
    for (const name of [damaged, sound]) await store.append(name, 'T', 1);
    await feed.flush();
    await client.put(keyOf(damaged), new TextEncoder().encode('junk'));
    const seen: string[] = [];
    const handle = ({ aggregateId, version }: { aggregateId: string; version: number }): void => {
      seen.push(`${aggregateId}:${version}`);
    };
    const options = { ...soon, group: 'g', handle };
    await using other = new EventConsumer(feed, store, { ...options, partitions: [0] });
    await other.start();
    await expect(other.done()).rejects.toMatchObject({ code: 'CORRUPT_RECORD', key: keyOf(damaged) });
    await using consumer = new EventConsumer(feed, store, { ...options, partitions: [1] });
    await consumer.start();
    await consumer.caughtUp();
    await store.append(sound, 'T', 2);
    await consumer.caughtUp();
    expect(seen.filter((event) => event.startsWith(sound))).toEqual([`${sound}:1`, `${sound}:2`]);
  });
});

it('sweeping and asking for some partitions leaves the others out', async () => {
  const client = createMemoryStore();
  const feed = new EventFeed(client, { partitions: 2, publishSoon: false });
  const store = new EventStore(client, { feed });
  await Promise.all(Array.from({ length: 20 }, (_, number) => store.append(`s${number}`, 'T', 1)));
  await feed.sweep([1]);
  const [first = 0, second = 0] = await feed.ends();
  expect(first).toBe(0);
  expect(second).toBeGreaterThan(0);
  expect(await feed.ends([1])).toEqual([second]);
  const refused = {
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(/^partitions is .*0 to 1/),
  };
  await expect(feed.sweep([2])).rejects.toMatchObject(refused);
  await expect(feed.ends([2])).rejects.toMatchObject(refused);
});

it.each([
  ['stream', (name: string) => `events:h:${name}`],
  ['ledger', () => 'events:d:0'],
])('a sweep publishes all other partitions before it tells that a %s is damaged', async (_, keyOf) => {
  const client = createMemoryStore();
  const options = { partitions: 2, publishSoon: false, quietMs: 3_600_000 };
  const writer = new EventFeed(client, options);
  const store = new EventStore(client, { feed: writer });
  const names = Array.from({ length: 400 }, (_, number) => `s${number}`);
  const [damaged = ''] = names.filter((name) => writer.partitionOf(name) === 0);
  const sound = names.filter((name) => writer.partitionOf(name) === 1);
  await Promise.all([damaged, ...sound].map((name) => store.append(name, 'T', 1)));
  await client.put(keyOf(damaged), new TextEncoder().encode('junk'));
  const feed = new EventFeed(client, options);
  let heard = 0;
  feed.onPublished(() => {
    heard += 1;
  });
  await expect(feed.sweep()).rejects.toMatchObject({ code: 'CORRUPT_RECORD', key: keyOf(damaged) });
  expect(await feed.ends([1])).toEqual([sound.length]);
  expect(heard).toBe(1);
});
