import { find, type KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { EventStore, type ReadOptions } from '../src/index.js';

/** A reader of a stream of 60 events that something happens to while it reads old ones. */
async function overtaken(happens: (store: EventStore) => Promise<unknown>): Promise<EventStore> {
  const client = createMemoryStore();
  const store = new EventStore(client, { rollBytes: 1 });
  for (let version = 1; version <= 60; version += 1) await store.append('s', 'T', version);
  let reads = 0;
  const slow: KvStore = {
    ...client,
    async find(key, options) {
      if (String(key).startsWith('events:g:')) reads += 1;
      if (reads === 4) {
        reads += 1;
        await happens(store);
      }
      return find(client, key, options);
    },
  };
  return new EventStore(slow, { prefetch: 1 });
}

const versions = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const count = { name: 'count', revision: '1', initial: () => 0, evolve: (sum: number) => sum + 1 };

describe('what is read at once is one state of the stream', () => {
  it.each<[ReadOptions, number[]]>([
    [{}, versions(30, 60)],
    [{ direction: 'backward' }, versions(30, 60).reverse()],
    [{ from: 10, maxCount: 40 }, versions(30, 60)],
    [{ from: 2, to: 35 }, versions(30, 35)],
    [{ from: 2, to: 10 }, []],
  ])('though it is truncated meanwhile: %j', async (options, expected) => {
    const store = await overtaken((other) => other.truncateStream('s', 30));
    const { events, ...slice } = await store.read('s', options);
    expect(events.map(({ version }) => version)).toEqual(expected);
    expect(slice).toEqual({ exists: true, version: 60, since: 1 });
  });

  it('though it is deleted meanwhile', async () => {
    const store = await overtaken((other) => other.deleteStream('s'));
    expect(await store.read('s')).toEqual({ exists: false, version: 0, since: 61, events: [] });
    expect(await (await overtaken((other) => other.deleteStream('s'))).getEvents('s')).toEqual([]);
  });

  it('and so is what is folded', async () => {
    const deleted = await overtaken((other) => other.deleteStream('s'));
    expect(await deleted.load('s', count)).toEqual({ state: 0, version: 0, exists: false });
    const truncated = await overtaken((other) => other.truncateStream('s', 30));
    expect(await truncated.load('s', count)).toEqual({ state: 31, version: 60, exists: true });
  });
});
