import { DeadlineExceededError, type KvStore, NoriKVError } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../src/feed/ledger.js';
import { type ConsumerOptions, EventConsumer, EventFeed, EventStore } from '../src/index.js';
import { Log } from '../src/log/log.js';
import { logKeys } from '../src/log/log-keys.js';
import { onEachEngine } from './on-each-engine.js';

const soon = { pollMs: 1, maxPollMs: 5, sweepMs: 20 };

/** One process: a store and a feed, and consumers that note what they see. */
function processOn(
  client: KvStore,
  partitions = 1,
): {
  readonly feed: EventFeed;
  readonly store: EventStore;
  readonly consumer: (
    group: string,
    options?: Partial<ConsumerOptions>,
  ) => EventConsumer & { readonly seen: string[] };
} {
  const own = countCalls(client);
  const feed = new EventFeed(own, { partitions });
  const store = new EventStore(own, { feed });
  return {
    feed,
    store,
    consumer(group, options = {}) {
      const seen: string[] = [];
      const handle = ({ aggregateId, version }: { aggregateId: string; version: number }): unknown =>
        seen.push(`${aggregateId}:${version}`);
      return Object.assign(new EventConsumer(feed, store, { group, handle, ...soon, ...options }), { seen });
    },
  };
}

onEachEngine('a consumer', (open) => {
  it('sees the events of all streams once, each stream in order, from before and after its start', async () => {
    await using client = await open();
    for (const partitions of [1, 3]) {
      const writer = processOn(client, partitions);
      const prefix = `p${partitions}-`;
      const names = Array.from({ length: 6 }, (_, number) => `${prefix}${number}`);
      const fill = (): Promise<unknown> =>
        Promise.all(names.flatMap((name) => [1, 2, 3].map(() => writer.store.append(name, 'T', 0))));
      const reader = processOn(client, partitions).consumer(`g${partitions}`);
      await fill();
      await reader.start();
      await reader.start();
      await fill();
      await reader.caughtUp();
      await reader.stop();
      await reader.done();
      const own = reader.seen.filter((event) => event.startsWith(prefix));
      for (const name of names) {
        expect(own.filter((event) => event.startsWith(`${name}:`))).toEqual(
          [1, 2, 3, 4, 5, 6].map((version) => `${name}:${version}`),
        );
      }
      for (const name of names) await writer.store.deleteStream(name);
      if (partitions === 1) {
        await expect(processOn(client, 2).store.append(`${prefix}0`, 'T', 0)).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
        });
        await expect(new EventStore(countCalls(client)).append(`${prefix}0`, 'T', 0)).rejects.toThrow(
          'but this store has none',
        );
        break;
      }
    }
  });

  it('begins at BEGINNING, CURRENT or END', async () => {
    await using client = await open();
    const { store, consumer } = processOn(client);
    const run = async (from: ConsumerOptions['from'], group = 'g'): Promise<string[]> => {
      await using reader = consumer(group, { from });
      await reader.start();
      await reader.caughtUp();
      return reader.seen;
    };
    expect(await run('END', 'empty')).toEqual([]);
    await store.append('a', 'T', 1);
    expect(await run('CURRENT')).toEqual(['a:1']);
    await store.append('b', 'T', 1);
    expect(await run('CURRENT')).toEqual(['b:1']);
    expect(await run('CURRENT')).toEqual([]);
    expect(await run('BEGINNING')).toEqual(['a:1', 'b:1']);
    expect(await run('END', 'late')).toEqual([]);
    await store.append('a', 'T', 1);
    expect(await run('CURRENT', 'late')).toEqual(['a:2']);
  });

  it('that begins at END leaves out also what was not published yet', async () => {
    await using client = await open();
    const unpublished = new EventFeed(countCalls(client), { publishSoon: false });
    await new EventStore(countCalls(client), { feed: unpublished }).append('a', 'T', 1);
    await using reader = processOn(client).consumer('g', { from: 'END' });
    await reader.start();
    await reader.caughtUp();
    expect(reader.seen).toEqual([]);
  });

  it('of a category or of types sees those', async () => {
    await using client = await open();
    const { store, consumer } = processOn(client);
    const ofCategory = consumer('c', { category: 'order' });
    const ofType = consumer('t', { types: ['Paid'] });
    for (const name of ['order-1', 'customer-1', 'order', 'orders-1']) {
      await store.append(name, 'Placed', 1);
      await store.append(name, 'Paid', 1);
    }
    for (const reader of [ofCategory, ofType]) {
      await reader.start();
      await reader.caughtUp();
      await reader.stop();
    }
    expect(ofCategory.seen.sort()).toEqual(['order-1:1', 'order-1:2', 'order:1', 'order:2']);
    expect(ofType.seen.sort()).toEqual(['customer-1:2', 'order-1:2', 'order:2', 'orders-1:2']);
  });

  it('sees what was archived, restored or not, but not what was deleted, tombstoned or truncated', async () => {
    await using client = await open();
    const { store, consumer } = processOn(client);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await store.append(name, 'T', 1);
      await store.append(name, 'T', 2);
    }
    await store.deleteStream('a');
    await store.archiveStream('b');
    await store.tombstoneStream('d');
    await store.truncateStream('e', 2);
    await store.archiveStream('f');
    await using reader = consumer('g');
    await reader.start();
    await reader.caughtUp();
    await store.restoreStream('f');
    await reader.caughtUp();
    expect([...reader.seen].sort()).toEqual(['b:1', 'b:2', 'c:1', 'c:2', 'e:2', 'f:1', 'f:2']);
    expect((await store.read('b')).exists).toBe(false);
    expect((await store.read('b', { includeArchived: true })).events).toHaveLength(2);
    const archived: number[] = [];
    for await (const { version } of store.events('b', { includeArchived: true })) archived.push(version);
    expect(archived).toEqual([1, 2]);
    expect((await store.read('a', { includeArchived: true })).exists).toBe(false);
  });

  it('that fails stops, skips or parks', async () => {
    await using client = await open();
    const { store, consumer } = processOn(client);
    for (const number of [1, 2, 3]) await store.append('a', 'T', number);
    const handled: number[] = [];
    const handle: ConsumerOptions['handle'] = ({ data }) => {
      if (data === 2) throw new Error('bad event');
      handled.push(data);
    };
    const stopping = consumer('stop', { handle });
    await stopping.start();
    await expect(stopping.caughtUp()).rejects.toThrow('bad event');
    await expect(stopping.done()).rejects.toThrow('bad event');
    expect(handled).toEqual([1]);
    for (const onError of ['skip', 'park'] as const) {
      handled.length = 0;
      await using reader = consumer(onError, { handle, onError });
      expect(await reader.parked()).toEqual([]);
      await reader.start();
      await reader.caughtUp();
      expect(handled).toEqual([1, 3]);
      expect(await reader.parked()).toMatchObject(
        onError === 'park' ? [{ aggregateId: 'a', version: 2, error: 'Error: bad event' }] : [],
      );
    }
  });

  it('stops when a newer one of its group has taken over', async () => {
    await using client = await open();
    const { store, consumer } = processOn(client);
    const [old, young] = [consumer('g'), consumer('g')];
    await old.start();
    await store.append('a', 'T', 1);
    await old.caughtUp();
    await young.start();
    await store.append('a', 'T', 2);
    await expect(old.done()).rejects.toMatchObject({ code: 'CHECKPOINT_LOST' });
    await young.caughtUp();
    expect(young.seen).toEqual(['a:2']);
    await young.stop();
  });
});

describe('a consumer', () => {
  it('publishes what a crash has left behind', async () => {
    const memory = createMemoryStore();
    const feed = new EventFeed(countCalls(memory), { publishSoon: false });
    await new EventStore(countCalls(memory), { feed }).append('a', 'T', 1);
    expect(await feed.ends()).toEqual([0]);
    await using reader = processOn(memory).consumer('g');
    await reader.start();
    await reader.caughtUp();
    expect(reader.seen).toEqual(['a:1']);
  });

  it('sweeps now and then by itself', async () => {
    const memory = createMemoryStore();
    const writer = new EventStore(countCalls(memory), {
      feed: new EventFeed(countCalls(memory), { publishSoon: false }),
    });
    let heard = (): void => {};
    const hearing = new Promise<void>((resolve) => {
      heard = resolve;
    });
    await using reader = processOn(memory).consumer('g', { handle: heard });
    await reader.start();
    await reader.caughtUp();
    await writer.append('a', 'T', 1);
    await hearing;
  });

  it('leaves out what it has given, when a publisher repeats itself', async () => {
    const memory = createMemoryStore();
    const { store, feed, consumer } = processOn(memory);
    await using reader = consumer('g');
    await store.append('a', 'T', 1);
    await feed.flush();
    const { value } = await memory.get('events:fh:0');
    await reader.start();
    await reader.caughtUp();
    // The pointer again, as after a publisher that died before it noted what it had done.
    await new Log(memory, logKeys('events', 'f')).append('0', () => ({ lines: ['["a",1,1]'] }));
    await store.append('a', 'T', 2);
    await reader.caughtUp();
    expect(value.length).toBeGreaterThan(0);
    expect(reader.seen).toEqual(['a:1', 'a:2']);
  });

  it('leaves out what it has given also among the pointers that it reads at once', async () => {
    const memory = createMemoryStore();
    const feed = new EventFeed(countCalls(memory), { publishSoon: false });
    const writer = new EventStore(countCalls(memory), { feed });
    for (const number of [1, 2, 3, 4]) await writer.append('a', 'T', number);
    const lines = ['["a",1,3]', '["a",1,2]', '["a",2,3]', '["a",3,4]'];
    await new Log(memory, logKeys('events', 'f')).append('0', () => ({ lines }));
    await using reader = processOn(memory).consumer('g');
    await reader.start();
    await reader.caughtUp();
    expect(reader.seen).toEqual(['a:1', 'a:2', 'a:3', 'a:4']);
  });

  it('waits while the store is away', async () => {
    const memory = createMemoryStore();
    const writer = processOn(memory);
    await writer.store.append('a', 'T', 1);
    await writer.feed.flush();
    const faulty = withFaults(memory);
    const feed = new EventFeed(faulty);
    const seen: number[] = [];
    const consumer = new EventConsumer(feed, new EventStore(faulty, { feed }), {
      group: 'g',
      handle: ({ version }) => seen.push(version),
      ...soon,
    });
    await consumer.start();
    faulty.faults.outage(50);
    await writer.store.append('a', 'T', 2);
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await consumer.stop();
    await consumer.done();
    expect(seen).toEqual([1, 2]);
  });

  it('parks an event once, however long the store is away', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const faulty = withFaults(memory, { clock });
    const feed = new EventFeed(faulty, { clock });
    const store = new EventStore(faulty, { feed, clock });
    for (const number of [1, 2, 3]) await clock.run(() => store.append('a', 'T', number));
    let isFirst = true;
    const seen: number[] = [];
    const handle = ({ version }: { version: number }): void => {
      if (version === 2) {
        if (isFirst) faulty.faults.outage(30_000);
        isFirst = false;
        throw new Error('bad event');
      }
      seen.push(version);
    };
    const consumer = new EventConsumer(feed, store, { group: 'g', handle, onError: 'park', clock });
    await clock.run(() => consumer.start());
    for (let second = 0; second < 60; second += 1) await clock.advance(1_000);
    await clock.run(() => consumer.caughtUp());
    expect(seen).toEqual([1, 3]);
    expect(await clock.run(() => consumer.parked())).toMatchObject([{ version: 2 }]);
    await clock.run(() => consumer.stop());
    await consumer.done();
  });

  it('does not park twice what was parked although it seemed to fail', async () => {
    const memory = createMemoryStore();
    const { store, feed } = processOn(memory);
    await store.append('a', 'T', 1);
    await feed.flush();
    let refused = 0;
    const forgetful: typeof memory = {
      ...memory,
      async put(key, value, options) {
        const done = await memory.put(key, value, options);
        if (String(key).startsWith('events:q:') && ++refused === 1) {
          throw new DeadlineExceededError('late', { outcome: 'unknown' });
        }
        return done;
      },
    };
    const own = new EventFeed(forgetful);
    const fail = (): void => {
      throw new Error('bad event');
    };
    await using consumer = new EventConsumer(own, new EventStore(forgetful, { feed: own }), {
      ...{ group: 'g', handle: fail, onError: 'park' },
      ...soon,
    });
    await consumer.start();
    await consumer.caughtUp();
    expect(await consumer.parked()).toHaveLength(1);
  });

  it('says when it has not caught up in time, and when it was stopped', async () => {
    const { store, consumer } = processOn(createMemoryStore());
    await store.append('a', 'T', 1);
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = consumer('g', { handle: () => released });
    await slow.start();
    await expect(slow.caughtUp({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    release();
    await slow.stop();
    const never = consumer('never', { handle: () => {} });
    await never.stop();
    await expect(never.caughtUp()).rejects.toThrow('was stopped');
  });

  it('starts once, however often it is asked to, and not after it was stopped', async () => {
    const { store, consumer } = processOn(createMemoryStore());
    await store.append('a', 'T', 1);
    const reader = consumer('g');
    await Promise.all([reader.start(), reader.start()]);
    await reader.caughtUp();
    await reader.stop();
    await reader.done();
    expect(reader.seen).toEqual(['a:1']);
    await expect(reader.start()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('can be started again if it could not start', async () => {
    const faulty = withFaults(createMemoryStore());
    const feed = new EventFeed(faulty);
    const options = { group: 'g', handle: () => {}, from: 'END', ...soon } as const;
    await using reader = new EventConsumer(feed, new EventStore(faulty, { feed }), options);
    // The first one is repeated by itself.
    faulty.faults.next('get', undefined, 'lost-request');
    await expect(reader.start()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await reader.start();
    await reader.caughtUp();
  });

  it('goes on when its place could not be saved, and saves it later', async () => {
    const memory = createMemoryStore();
    const { store, feed } = processOn(memory);
    await store.append('a', 'T', 1);
    await feed.flush();
    let refused = 0;
    const forgetful: typeof memory = {
      ...memory,
      async put(key, value, options) {
        // The first is the claim.
        if (String(key).startsWith('events:c:') && ++refused === 2) {
          throw new Error('socket hang up');
        }
        return memory.put(key, value, options);
      },
    };
    const own = new EventFeed(forgetful);
    const seen: number[] = [];
    const consumer = new EventConsumer(own, new EventStore(forgetful, { feed: own }), {
      group: 'g',
      handle: ({ version }) => seen.push(version),
      ...soon,
    });
    await consumer.start();
    await consumer.caughtUp();
    while (refused < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    await consumer.stop();
    await consumer.done();
    expect(seen).toEqual([1]);
    await using successor = processOn(memory).consumer('g');
    await successor.start();
    await successor.caughtUp();
    expect(successor.seen).toEqual([]);
  });

  it('does not take an old state of a stream for all there is', async () => {
    const memory = createMemoryStore();
    const writer = processOn(memory);
    await writer.store.append('a', 'T', 1);
    const old = await memory.get('events:h:a');
    await writer.store.append('a', 'T', 2);
    await writer.feed.flush();
    let stale = 2;
    const behind: typeof memory = {
      ...memory,
      find: async (key, options) => (key === 'events:h:a' && stale-- > 0 ? old : memory.find(key, options)),
    };
    await using reader = processOn(behind).consumer('g');
    await reader.start();
    await reader.caughtUp();
    expect(reader.seen).toEqual(['a:1', 'a:2']);
  });

  it('is over when it is stopped, and not before its handler is', async () => {
    const { store, consumer } = processOn(createMemoryStore());
    await store.append('a', 'T', 1);
    const order: string[] = [];
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const handle = async (): Promise<void> => {
      begin();
      await released;
      order.push('handled');
    };
    const reader = consumer('g', { handle });
    await reader.start();
    await begun;
    const stopping = reader.stop().then(() => order.push('stopped'));
    await new Promise((resolve) => setImmediate(resolve));
    release();
    await stopping;
    expect(order).toEqual(['handled', 'stopped']);
  });

  it('stops after the event at hand, and its successor goes on with the next', async () => {
    const { store, feed, consumer } = processOn(createMemoryStore());
    for (const number of [1, 2, 3]) await store.append('a', 'T', number);
    await feed.flush();
    const seen: number[] = [];
    let stopped: Promise<void> | undefined;
    const first = consumer('g', {
      handle: ({ version }) => {
        seen.push(version);
        stopped = first.stop();
      },
    });
    await first.start();
    while (!stopped) await new Promise((resolve) => setTimeout(resolve, 1));
    await stopped;
    expect(seen).toEqual([1]);
    await using second = consumer('g');
    await second.start();
    await second.caughtUp();
    expect(second.seen.at(-1)).toBe('a:3');
    expect(second.seen).toContain('a:2');
  });

  it('stops when the feed is damaged', async () => {
    const memory = createMemoryStore();
    await memory.put('events:fh:0', 'foreign');
    const reader = processOn(memory).consumer('g');
    await reader.start();
    await expect(reader.done()).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  });

  it('refuses bad options', () => {
    const { feed, store, consumer } = processOn(createMemoryStore());
    for (const option of [{ batchSize: 0 }, { pollMs: 0 }, { group: '' }, { group: 'x'.repeat(201) }]) {
      expect(() => consumer('g', option)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    expect(() => consumer('g', { batchsize: 1 } as object)).toThrow('an option is "batchsize"; use group, ');
    const wrong = [
      { handle: undefined },
      { from: 'BEGIN' },
      { onError: 'retry' },
      { types: 'T' },
      { types: [1] },
      { category: 1 },
    ];
    for (const option of wrong) {
      const [name] = Object.keys(option);
      expect(() => consumer('g', option as object)).toThrow(`${name} is `);
    }
    for (const option of [{ partitions: 0 }, { partitions: 2_000 }, { quietMs: -1 }, { prefix: ':' }]) {
      expect(() => new EventFeed(feed.client, option)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    }
    expect(() => new EventConsumer(feed, store, { group: 'g', handle: () => {} })).not.toThrow();
    expect(() => new EventFeed(createMemoryStore({ capabilities: { atomicCas: false } }))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
  });
});

describe('a publisher', () => {
  /** The pointers of two streams, of which one was seen at version 1 before all that happened meanwhile. */
  async function overtaken(
    meanwhile: (
      store: EventStore,
      feed: EventFeed,
      point: (line: string) => Promise<unknown>,
    ) => Promise<void>,
  ): Promise<unknown[]> {
    const memory = createMemoryStore();
    const options = { publishSoon: false };
    const feed = new EventFeed(countCalls(memory), options);
    const store = new EventStore(countCalls(memory), { feed });
    for (const name of ['a', 'b']) await store.append(name, 'T', 1);
    // A feed that seals every line at once: an old one is soon out of sight.
    const log = new Log(countCalls(memory), logKeys('events', 'f'), {}, 1);
    const point = (line: string): Promise<unknown> => log.append('0', () => ({ lines: [line] }));
    await point('["x",1,1]');
    let isOver = (): void => {};
    const over = new Promise<void>((resolve) => {
      isOver = resolve;
    });
    let isFirst = true;
    const slow: typeof memory = {
      ...memory,
      async find(key, findOptions) {
        if (key === 'events:h:b') await over;
        const found = await memory.find(key, findOptions);
        if (key !== 'events:h:a' || !isFirst) return found;
        isFirst = false;
        await meanwhile(store, feed, point);
        isOver();
        return found;
      },
    };
    const publisher = new EventFeed(slow, options);
    await publisher.sweep();
    const pointers = (await publisher.after(0, 0, 100)).map(({ pointer }) => pointer);
    return pointers.filter(([name]) => name === 'a' || name === 'b');
  }

  it('that was overtaken looks again before it adds pointers, and loses nothing', async () => {
    const pointers = await overtaken(async (store, feed, point) => {
      await store.append('a', 'T', 2);
      await feed.sweep();
      for (const name of ['y', 'z', 'w']) await point(`["${name}",1,1]`);
      await store.append('b', 'T', 2);
    });
    expect(pointers).toEqual([
      ['a', 1, 2],
      ['b', 1, 1],
      ['b', 2, 2],
    ]);
  });

  it('looks again also if one pointer alone is out of sight', async () => {
    const pointers = await overtaken(async (store, _feed, point) => {
      await store.append('a', 'T', 2);
      await point('["a",1,2]');
      await point('["y",1,1]');
    });
    expect(pointers).toEqual([
      ['a', 1, 2],
      ['a', 1, 2],
      ['b', 1, 1],
    ]);
  });
});

describe('a feed', () => {
  it('of a busy store is swept in groups, and made clean when streams are quiet', async () => {
    const memory = createMemoryStore();
    const feed = new EventFeed(countCalls(memory), { publishSoon: false, quietMs: 0 });
    const store = new EventStore(countCalls(memory), { feed });
    await Promise.all(Array.from({ length: 250 }, (_, number) => store.append(`s${number}`, 'T', number)));
    await feed.sweep();
    expect((await feed.after(0, 0, 1_000)).map(({ position }) => position)).toEqual(
      Array.from({ length: 250 }, (_, index) => index + 1),
    );
    expect(
      new TextDecoder()
        .decode((await memory.get('events:d:0')).value)
        .split('\n')
        .at(-1),
    ).toBe('[]');
    await feed.sweep();
    expect(await feed.ends()).toEqual([250]);
  });

  it('keeps a stream that is not quiet in the ledger, and cleans it later', async () => {
    let nowMs = 0;
    const clock = { now: () => nowMs, monotonic: () => nowMs, startTimer: () => () => {} };
    const memory = createMemoryStore();
    const counted = countCalls(memory);
    const feed = new EventFeed(counted, { publishSoon: false, quietMs: 100, clock });
    const store = new EventStore(counted, { feed, clock });
    const ledger = async (): Promise<string> =>
      new TextDecoder().decode((await memory.get('events:d:0')).value);
    await store.append('a', 'T', 1);
    for (const [afterMs, isThere] of [
      [0, true],
      [99, true],
      [1, false],
    ] as const) {
      nowMs += afterMs;
      await feed.sweep();
      expect((await ledger()).includes('"a"')).toBe(isThere);
    }
    await store.append('a', 'T', 1);
    await feed.sweep();
    expect(await ledger()).toContain('"a"');
    expect(await feed.ends()).toEqual([2]);
  });

  it.each([true, false])(
    'is swept by its writers if nobody else does, so that the ledger stays small (publishSoon %s)',
    async (publishSoon) => {
      const memory = createMemoryStore();
      const client = countCalls(memory);
      const feed = new EventFeed(client, { quietMs: 1, publishSoon });
      const store = new EventStore(client, { feed });
      let longest = 0;
      for (let batch = 0; batch < 16; batch += 1) {
        await Promise.all(
          Array.from({ length: 250 }, (_, index) => store.append(`s${batch}-${index}`, 'T', 1)),
        );
        await feed.flush();
        longest = Math.max(longest, (await memory.get('events:d:0')).value.length);
      }
      const [published = 0] = await feed.ends();
      expect(published).toBeGreaterThan(3_000);
      // An entry takes about 65 bytes: 4,000 would be 260,000.
      expect(longest).toBeLessThan(130_000);
    },
  );

  it('of more streams than are remembered is made clean all the same', async () => {
    let nowMs = 0;
    const clock = { now: () => nowMs, monotonic: () => nowMs, startTimer: () => () => {} };
    const client = countCalls(createMemoryStore());
    const feed = new EventFeed(client, { publishSoon: false, quietMs: 100, clock });
    const store = new EventStore(client, { feed, clock });
    await Promise.all(Array.from({ length: 5_000 }, (_, number) => store.append(`s${number}`, 'T', 1)));
    await feed.sweep();
    nowMs += 100;
    await feed.sweep();
    client.reset();
    await feed.sweep();
    expect(client.calls.total).toBe(1);
  });

  it('with another number of partitions is refused, to writers and to consumers', async () => {
    const memory = createMemoryStore();
    await processOn(memory, 2).store.append('a', 'T', 1);
    const refused = {
      code: 'INVALID_ARGUMENT',
      message: 'partitions is 3, but this feed was made with 2; use 2',
    };
    const { store, feed, consumer } = processOn(memory, 3);
    await expect(store.append('b', 'T', 1)).rejects.toMatchObject(refused);
    await expect(feed.sweep()).rejects.toMatchObject(refused);
    await expect(consumer('g').start()).rejects.toMatchObject(refused);
    await expect(feed.check()).rejects.toMatchObject(refused);
  });

  it('that two make at the same time has the partitions of one', async () => {
    const memory = createMemoryStore();
    const checks = [2, 3].map((partitions) => processOn(memory, partitions).feed.check());
    const outcomes = await Promise.allSettled(checks);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('publishes streams that existed before it', async () => {
    const memory = createMemoryStore();
    await new EventStore(countCalls(memory)).append('a', 'T', 1);
    const { store, consumer } = processOn(memory);
    await store.append('a', 'T', 2);
    await using reader = consumer('g');
    await reader.start();
    await reader.caughtUp();
    expect(reader.seen).toEqual(['a:1', 'a:2']);
  });

  it('publishes a stream that existed before it, though its first writer died before it had appended', async () => {
    const memory = createMemoryStore();
    await new EventStore(countCalls(memory)).append('a', 'T', 1);
    await new Ledger(memory, 'events', {}).enter(0, 'a');
    const feed = new EventFeed(memory);
    await feed.sweep();
    expect(await feed.after(0, 0, 10)).toEqual([{ position: 1, pointer: ['a', 1, 1] }]);
  });

  it('leaves to a sweep what it could not publish in the background', async () => {
    const memory = createMemoryStore();
    let isRefused = true;
    const faulty: typeof memory = {
      ...memory,
      async find(key, options) {
        if (isRefused && String(key).startsWith('events:fh'))
          throw new NoriKVError('no', { code: 'UNAUTHENTICATED' });
        return memory.find(key, options);
      },
    };
    const feed = new EventFeed(faulty, { quietMs: 0 });
    const store = new EventStore(faulty, { feed });
    // So many that it also tries to sweep.
    await Promise.all(Array.from({ length: 1_200 }, (_, number) => store.append(`s${number}`, 'T', 1)));
    await feed.flush();
    isRefused = false;
    expect(await feed.ends()).toEqual([0]);
    await feed.sweep();
    expect(await feed.ends()).toEqual([1_200]);
  });
});
