import { bytesToString, type KvStore, UnavailableError } from '@norikv/store';
import { createMemoryStore, FakeClock, seededRandom } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { EventFeed, EventStore, SnapshotStore } from '../src/index.js';

/** The keys that a store holds. */
function listed(store: KvStore): { store: KvStore; keys: Set<string> } {
  const keys = new Set<string>();
  const text = (key: string | Uint8Array): string => (typeof key === 'string' ? key : bytesToString(key));
  const put: KvStore['put'] = async (key, value, options) => {
    const version = await store.put(key, value, options);
    keys.add(text(key));
    return version;
  };
  const remove: KvStore['delete'] = async (key, options) => {
    const existed = await store.delete(key, options);
    keys.delete(text(key));
    return existed;
  };
  return { store: { ...store, put, delete: remove }, keys };
}

it('a stream that many append to leaves nothing but its head when it is deleted', async () => {
  const clock = new FakeClock();
  const random = seededRandom(1);
  const { store, keys } = listed(createMemoryStore({ clock, latencyMs: () => 1 + random() }));
  const events = new EventStore(store, { clock, random, rollBytes: 4_096 });
  const pause = (ms: number): Promise<void> => new Promise((resolve) => clock.startTimer(resolve, ms));
  await clock.run(async () => {
    const appends: Promise<unknown>[] = [];
    for (let number = 0; number < 500; number += 1) {
      appends.push(events.append('s', 'Noted', 'x'.repeat(300)));
      await pause(random());
    }
    await Promise.all(appends);
    await events.deleteStream('s');
  });
  expect([...keys]).toEqual(['events:h:s']);
});

it('a sweep goes on where a read fails now and then', async () => {
  const clock = new FakeClock();
  const random = seededRandom(1);
  const memory = createMemoryStore({ clock, latencyMs: 1 });
  let isFailing = false;
  const flaky: KvStore = {
    ...memory,
    async find(key, options) {
      if (isFailing && random() < 0.1) throw new UnavailableError('away', { outcome: 'not-applied' });
      return memory.find(key, options);
    },
  };
  const feed = new EventFeed(flaky, { clock, random, publishSoon: false });
  const events = new EventStore(flaky, { clock, random, feed });
  await clock.run(async () => {
    await Promise.all(Array.from({ length: 80 }, (_, number) => events.append(`s-${number}`, 'Noted', 1)));
    isFailing = true;
    for (let tries = 0; tries < 5; tries += 1) await feed.sweep().catch(() => {});
    isFailing = false;
  });
  expect(await clock.run(feed.ends())).toEqual([80]);
});

it('a sweep that could not clear the ledger says so', async () => {
  const memory = createMemoryStore();
  let isAway = false;
  const failing: KvStore = {
    ...memory,
    async put(key, value, options) {
      if (!isAway || key !== 'events:d:0') return memory.put(key, value, options);
      throw new UnavailableError('away', { outcome: 'not-applied', retryable: false });
    },
  };
  const feed = new EventFeed(failing, { publishSoon: false, quietMs: 0 });
  await new EventStore(failing, { feed }).append('s', 'Noted', 1);
  isAway = true;
  await expect(feed.sweep()).rejects.toThrow('away');
  expect(await feed.ends()).toEqual([1]);
});

it('what can be deleted of a stream is, also where a delete fails', async () => {
  const { store, keys } = listed(createMemoryStore());
  let deletes = 0;
  let failing = 0;
  const flaky: KvStore = {
    ...store,
    async delete(key, options) {
      deletes += 1;
      if (deletes === failing) throw new UnavailableError('away', { outcome: 'not-applied' });
      return store.delete(key, options);
    },
  };
  const events = new EventStore(flaky, { rollBytes: 4_096 });
  for (let number = 0; number < 300; number += 1) await events.append('s', 'Noted', 'x'.repeat(300));
  expect(keys.size).toBeGreaterThan(20);
  failing = deletes + 3;
  await events.deleteStream('s').catch(() => {});
  expect(keys.size).toBe(2);
  await events.deleteStream('s').catch(() => {});
  expect([...keys]).toEqual(['events:h:s']);
});

it('a snapshot is gone when it is deleted, and saved anew like the first', async () => {
  const snapshots = new SnapshotStore(createMemoryStore());
  const reducer = { name: 'balance', revision: '1' };
  await snapshots.save('a', reducer, { state: { email: 'ada@example.org' }, version: 7 });
  expect(await snapshots.delete('a', 'balance')).toBe(true);
  expect(await snapshots.get('a', 'balance')).toBeUndefined();
  expect(await snapshots.delete('a', 'balance')).toBe(false);
  expect(await snapshots.save('a', reducer, { state: {}, version: 1 })).toBe(true);
});
