import {
  type Capabilities,
  type Entry,
  KeyNotFoundError,
  type KvStore,
  type PutOptions,
  UnsupportedError,
  type Version,
} from '@norikv/store';
import { expect, it } from 'vitest';
import { createMemoryStore, FakeClock, type MemoryStore } from '../src/index.js';
import { keyText } from '../src/key-text.js';
import { runSuite } from './collecting-runner.js';

/** A store that keeps the contract in a way of its own. */
interface Unusual {
  readonly lacking?: Partial<Capabilities>;
  readonly way: (memory: MemoryStore) => Partial<KvStore>;
}

/** A version whose fields are not its own. */
class LazyVersion implements Version {
  readonly #version: Version;

  constructor(version: Version) {
    this.#version = version;
  }

  get term(): bigint {
    return this.#version.term;
  }

  get index(): bigint {
    return this.#version.index;
  }
}

/** Reads as the memory store does, and shows what it found in another way. */
function showing(show: (entry: Entry) => Entry): Unusual['way'] {
  return (memory) => ({
    get: async (key, options) => show(await memory.get(key, options)),
    async find(key, options) {
      const entry = await memory.find(key, options);
      return entry && show(entry);
    },
  });
}

/** Reads that may be stale show what the key held at the read before. */
function lagging(memory: MemoryStore): Partial<KvStore> {
  const seen = new Map<string, Entry | null>();
  return {
    async get(key, options) {
      const before = seen.get(keyText(key)) ?? null;
      const now = await memory.find(key, options);
      seen.set(keyText(key), now);
      const entry = options?.consistency === 'stale_ok' ? before : now;
      if (entry === null) throw new KeyNotFoundError('The key does not exist', { key });
      return entry;
    },
  };
}

/** Reads that may be stale show for ever what the key held first. */
function standingStill(memory: MemoryStore): Partial<KvStore> {
  const first = new Map<string, Entry>();
  return {
    async get(key, options) {
      const entry = await memory.get(key, options);
      if (options?.consistency !== 'stale_ok') return entry;
      const old = first.get(keyText(key)) ?? entry;
      first.set(keyText(key), old);
      return old;
    },
  };
}

/** Looks at what it lacks before it looks at anything else. */
function refusingCreates(memory: MemoryStore): Partial<KvStore> {
  const refuseCreate = (options: PutOptions | undefined): void => {
    if (options?.ifNotExists) throw new UnsupportedError('no creates here');
  };
  return {
    async put(key, value, options) {
      refuseCreate(options);
      return memory.put(key, value, options);
    },
  };
}

const unusual: Record<string, Unusual> = {
  'fields of a version in another order': {
    way: (memory) => ({
      async put(key, value, options) {
        const { term, index } = await memory.put(key, value, options);
        return { index, term };
      },
    }),
  },
  'versions of a class': {
    way: showing(({ value, version }) => ({ value, version: new LazyVersion(version) })),
  },
  'entries that say more': { way: showing((entry) => ({ ...entry, region: 'north' })) },
  'stale reads that miss what was just written': { way: lagging },
  'stale reads that see nothing new': { way: standingStill },
  'creates that are refused before anything else': {
    lacking: { createIfAbsent: false },
    way: refusingCreates,
  },
};

it.each(Object.entries(unusual))('the conformance suite passes %s', async (_name, { lacking = {}, way }) => {
  const clock = new FakeClock();
  const open = (): MemoryStore => createMemoryStore({ clock, capabilities: lacking });
  const { failures } = await runSuite({
    capabilities: open().capabilities,
    async createStore() {
      const memory = open();
      return { store: { ...memory, ...way(memory) }, close: () => memory.close() };
    },
    advance: (ms) => clock.advance(ms),
    load: 0.05,
  });
  expect(failures).toEqual([]);
});
