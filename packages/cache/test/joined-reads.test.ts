import { find, type KvStore } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { createCache } from '../src/index.js';

interface Gate {
  readonly arrived: Promise<void>;
  letPass(): void;
}

/** A store whose reads of keys that end with a text can be held up. */
function slowReads(store: KvStore): { slow: KvStore; hold(end: string): Gate } {
  const gates: { end: string; passed: Promise<void>; arrive(): void }[] = [];
  const slow: KvStore = {
    capabilities: store.capabilities,
    get: (...call) => store.get(...call),
    put: (...call) => store.put(...call),
    delete: (...call) => store.delete(...call),
    async find(key, options) {
      const gate = gates.find(({ end }) => String(key).endsWith(end));
      gate?.arrive();
      await gate?.passed;
      return find(store, key, options);
    },
  };
  const hold = (end: string): Gate => {
    let letPass = (): void => {};
    const passed = new Promise<void>((resolve) => {
      letPass = resolve;
    });
    const arrived = new Promise<void>((arrive) => gates.push({ end, passed, arrive }));
    return { arrived, letPass };
  };
  return { slow, hold };
}

it.each(['get', 'getOrSet'] as const)(
  '%s joins nothing that rests on a look older than the bound',
  async (way) => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const { slow, hold } = slowReads(store);
    const options = { clock, maxStalenessMs: 10, maxEntries: 0, shards: 1 };
    const readers = createCache<number>(slow, options);
    const read = async (loaded: number) =>
      way === 'get' ? readers.get('key') : readers.getOrSet('key', () => loaded, { tags: ['team'] });

    await clock.run(readers.get('another'));
    await clock.advance(5);
    await clock.run(readers.getOrSet('key', () => 1, { tags: ['team'] }));
    await clock.advance(1);
    await clock.run(createCache(store, options).invalidateTags(['team']));

    await clock.advance(4);
    const record = hold('/v/key');
    const early = read(1);
    await clock.run(record.arrived);
    await clock.advance(2);
    const namespace = hold('/e/n');
    record.letPass();
    await clock.run(namespace.arrived);
    await clock.advance(8);
    const late = read(2);
    namespace.letPass();
    // The bound is 10 ms: the invalidation was 4 before the first began, 14 before the second.
    expect(await clock.run(early)).toBe(1);
    expect(await clock.run(late)).toBe(way === 'get' ? undefined : 2);
  },
);
