import {
  CancelledError,
  type find,
  isVersionMismatch,
  type Key,
  type KvStore,
  type PutOptions,
  type Version,
  versionsEqual,
} from '@norikv/store';
import { expect, it } from 'vitest';
import { createMemoryStore, FakeClock, type MemoryStore } from '../src/index.js';
import { keyText } from '../src/key-text.js';
import { runSuite } from './collecting-runner.js';

type Slip = (memory: MemoryStore, clock: FakeClock) => Partial<KvStore>;

/** Changes the options of puts that the memory store would take. */
function puts(change: (options: PutOptions, key: Key, memory: MemoryStore) => PutOptions): Slip {
  return (memory) => ({
    put: (key, value, options) =>
      memory.put(key, value, isServed(options) ? change(options, key, memory) : options),
  });
}

function isServed(options: PutOptions | undefined): options is PutOptions {
  const { ttlMs, ifMatchVersion, ifNotExists } = options ?? {};
  const isOneCondition = !(ifNotExists && ifMatchVersion) && typeof ifNotExists !== 'number';
  return (
    Boolean(options) && (ttlMs === undefined || (ttlMs > 0 && Number.isSafeInteger(ttlMs))) && isOneCondition
  );
}

function withoutId<Options extends PutOptions>({ idempotencyKey: _left, ...options }: Options): PutOptions {
  return options;
}

/** Serves find from a cache, and everything else as it should be. */
function cachedFind(memory: MemoryStore): Pick<KvStore, 'find'> {
  const cache = new Map<string, Awaited<ReturnType<typeof find>>>();
  return {
    async find(key, options) {
      const entry = cache.get(keyText(key)) ?? (await memory.find(key, options));
      cache.set(keyText(key), entry);
      return entry;
    },
  };
}

const zero: Version = { term: 0n, index: 0n };
const width = 2n ** 32n;

/** What an engine gets wrong easily, and the group that must notice. */
const slips: Record<string, readonly [number, Slip]> = {
  'a conditional put takes no ttlMs': [
    13,
    puts((options) => (options.ifMatchVersion ? { ...options, ttlMs: undefined } : options)),
  ],
  'a condition beside a time limit is none': [
    29,
    puts((options) =>
      options.timeoutMs ? { ...options, ifMatchVersion: undefined, ifNotExists: undefined } : options,
    ),
  ],
  'a create beside a ttlMs looks first and puts then': [
    29,
    (memory) => ({
      async put(key, value, options) {
        if (!isServed(options) || !options.ifNotExists || !options.ttlMs)
          return memory.put(key, value, options);
        const isThere = await memory.find(key);
        return memory.put(key, value, isThere ? options : { ...options, ifNotExists: undefined });
      },
    }),
  ],
  'a put under an id looks at its version first and puts then': [
    29,
    (memory) => ({
      async put(key, value, options) {
        const { ifMatchVersion, idempotencyKey } = isServed(options) ? options : {};
        if (!ifMatchVersion || !idempotencyKey) return memory.put(key, value, options);
        const entry = await memory.find(key);
        const isCurrent = entry && versionsEqual(entry.version, ifMatchVersion);
        return memory.put(key, value, isCurrent ? { ...options, ifMatchVersion: undefined } : options);
      },
    }),
  ],
  'a ttlMs beside an id is none': [
    13,
    puts((options) => (options.idempotencyKey ? { ...options, ttlMs: undefined } : options)),
  ],
  'a ttlMs beside a time limit is none': [
    13,
    puts((options) => (options.timeoutMs ? { ...options, ttlMs: undefined } : options)),
  ],
  'an id beside a ttlMs is none': [29, puts((options) => (options.ttlMs ? withoutId(options) : options))],
  'an id of a put beside a signal is none': [
    29,
    puts((options) => (options.signal instanceof AbortSignal ? withoutId(options) : options)),
  ],
  'an id of a delete beside a time limit is none': [
    29,
    (memory) => ({
      delete: (key, options) => memory.delete(key, options?.timeoutMs ? withoutId(options) : options),
    }),
  ],
  'an id is forgotten with what was put under it': [
    15,
    (memory, clock) => {
      const ends = new Map<string, number>();
      return {
        put(key, value, options) {
          const { idempotencyKey, ttlMs } = isServed(options) ? options : {};
          if (!idempotencyKey || !ttlMs) return memory.put(key, value, options);
          if ((ends.get(idempotencyKey) ?? Infinity) <= clock.monotonic()) {
            return memory.put(key, value, withoutId({ ...options }));
          }
          ends.set(idempotencyKey, clock.monotonic() + ttlMs);
          return memory.put(key, value, options);
        },
      };
    },
  ],
  'of deletes under one id each looks before any is done': [
    15,
    (memory) => {
      const answers = new Map<string, boolean>();
      return {
        async delete(key, options) {
          const { idempotencyKey: id } = isServed(options) ? options : {};
          if (!id || typeof id !== 'string') return memory.delete(key, options);
          const answer = answers.get(id);
          if (answer !== undefined) return answer;
          await Promise.resolve();
          const existed = await memory.delete(key, withoutId({ ...options }));
          answers.set(id, existed);
          return existed;
        },
      };
    },
  ],
  'a put on an expired key does not bring it back': [
    10,
    (memory, clock) => {
      const ends = new Map<string, number>();
      return {
        async put(key, value, options) {
          const name = keyText(key);
          const hasExpired = (ends.get(name) ?? Infinity) <= clock.monotonic();
          const version = await memory.put(key, value, options);
          if (options?.ttlMs) ends.set(name, clock.monotonic() + options.ttlMs);
          else if (hasExpired && !options?.ifNotExists) await memory.delete(key);
          return version;
        },
      };
    },
  ],
  'a create takes no ttlMs': [
    13,
    puts((options) => (options.ifNotExists ? { ...options, ttlMs: undefined } : options)),
  ],
  'a conditional put keeps the old expiry': [
    13,
    puts((options) =>
      options.ifMatchVersion && options.ttlMs === undefined && !options.idempotencyKey
        ? { ...options, ttlMs: 300 }
        : options,
    ),
  ],
  'a ttlMs of 1 is none': [
    14,
    puts((options) => (options.ttlMs === 1 ? { ...options, ttlMs: undefined } : options)),
  ],
  'a repeated put makes a deleted key again': [
    15,
    (memory) => ({
      async put(key, value, options) {
        const version = await memory.put(key, value, options);
        if (options?.idempotencyKey && (await memory.find(key)) === null) await memory.put(key, value);
        return version;
      },
    }),
  ],
  'a repeated create is refused': [
    15,
    puts((options) => (options.ifNotExists ? withoutId(options) : options)),
  ],
  'the id of a conditional put stands in for its condition': [
    15,
    puts((options) => (options.idempotencyKey ? { ...options, ifMatchVersion: undefined } : options)),
  ],
  'a delete of nothing is not remembered': [
    15,
    (memory) => ({
      async delete(key, options) {
        const isAbsent = typeof options?.idempotencyKey === 'string' && (await memory.find(key)) === null;
        return memory.delete(key, isAbsent && !options.ifMatchVersion ? {} : options);
      },
    }),
  ],
  'a repeated conditional delete is refused': [
    15,
    (memory) => ({
      delete: (key, options) => memory.delete(key, options?.ifMatchVersion ? withoutId(options) : options),
    }),
  ],
  'a conditional put of the same value does nothing': [
    10,
    (memory) => ({
      async put(key, value, options) {
        const entry = await memory.find(key).catch(() => null);
        const asked = options?.ifMatchVersion;
        const isSame = entry !== null && keyText(entry.value) === keyText(value);
        const isHeld = isSame && asked?.index === entry.version.index && asked.term === entry.version.term;
        return isHeld ? entry.version : memory.put(key, value, options);
      },
    }),
  ],
  'deletes compare versions of 32 bits': [
    28,
    (memory) => ({
      delete(key, options) {
        const { ifMatchVersion: asked } = options ?? {};
        if (typeof asked?.index !== 'bigint') return memory.delete(key, options);
        return memory.delete(key, {
          ...options,
          ifMatchVersion: { term: asked.term, index: asked.index % width },
        });
      },
    }),
  ],
  'large values are changed': [
    16,
    (memory) => ({
      put: (key, value, options) =>
        memory.put(key, value.length > 70_000 ? new Uint8Array(value.length) : value, options),
    }),
  ],
  'long keys are cut': [
    16,
    (memory) => {
      const cut = (key: Key): Key => (key.length > 1_000 && key.length <= 1_024 ? key.slice(0, 1_000) : key);
      return {
        get: (key, options) => memory.get(cut(key), options),
        find: (key, options) => memory.find(cut(key), options),
        put: (key, value, options) => memory.put(cut(key), value, options),
        delete: (key, options) => memory.delete(cut(key), options),
      };
    },
  ],
  'keys are unescaped': [
    17,
    (memory) => ({
      put: (key, value, options) =>
        memory.put(typeof key === 'string' ? key.replace('%2F', '/') : key, value, options),
    }),
  ],
  'find takes any options': [14, (memory) => ({ find: (key) => memory.find(key) })],
  'a delete takes the options of a put': [
    14,
    (memory) => ({
      delete(key, options) {
        if (!isServed(options)) return memory.delete(key, options);
        const { ttlMs: _ttl, ifNotExists: _create, ...others } = options;
        return memory.delete(key, others);
      },
    }),
  ],
  'find does not heed signals': [
    19,
    (memory) => ({
      find: (key, options) =>
        memory.find(key, options?.signal?.aborted ? { ...options, signal: undefined } : options),
    }),
  ],
  'a delete that was cancelled is done and called not applied': [
    19,
    (memory) => ({
      async delete(key, options) {
        const { signal, ...others } = isServed(options) ? options : {};
        if (!(signal instanceof AbortSignal) || signal.aborted) return memory.delete(key, options);
        const existed = await memory.delete(key, others);
        if (signal.aborted) throw new CancelledError('cancelled', { cause: signal.reason });
        return existed;
      },
    }),
  ],
  'a delete of a version that is null needs an absent key': [
    9,
    (memory) => ({
      delete(key, options) {
        const isNull = options?.ifMatchVersion === null;
        return memory.delete(key, isNull ? { ...options, ifMatchVersion: zero } : options);
      },
    }),
  ],
  'a repeated put answers with another version, and versions have fields of their class': [
    15,
    (memory) => {
      const ids = new Set<string>();
      const inherited = (version: Version): Version => Object.create(version);
      return {
        async find(key, options) {
          const entry = await memory.find(key, options);
          return entry && { ...entry, version: inherited(entry.version) };
        },
        async put(key, value, options) {
          const { term, index } = await memory.put(key, value, options);
          const id = options?.idempotencyKey ?? '';
          const isRepeated = id !== '' && ids.has(id);
          ids.add(id);
          return inherited({ term, index: isRepeated ? index + width : index });
        },
      };
    },
  ],
  'find listens for ever': [
    19,
    (memory) => ({
      find(key, options) {
        if (options?.signal instanceof AbortSignal) options.signal.addEventListener('abort', () => {});
        return memory.find(key, options);
      },
    }),
  ],
  'find is served after close': [
    24,
    (memory) => ({ find: (key, options) => memory.find(key, options).catch(closedIsAbsent) }),
  ],
  'find of another handle is cached': [21, cachedFind],
  'a conditional delete of nothing answers false': [
    21,
    (memory) => ({
      delete: (key, options) =>
        memory.delete(key, options).catch((error) => {
          if (isVersionMismatch(error) && error.actual === null) return false;
          throw error;
        }),
    }),
  ],
};

function closedIsAbsent(error: unknown): null {
  if ((error as { code?: unknown }).code === 'CLOSED') return null;
  throw error;
}

it.each(Object.entries(slips))('the conformance suite notices: %s', async (_name, [group, slip]) => {
  const clock = new FakeClock();
  const report = await runSuite({
    capabilities: createMemoryStore().capabilities,
    async createStore() {
      const memory = createMemoryStore({ clock });
      const slipping: KvStore = { ...memory, ...slip(memory, clock) };
      // A cache is in the way of every test; only of a race when it is another client's.
      const isPeer = slip === cachedFind;
      return {
        store: isPeer ? memory : slipping,
        peers: isPeer ? [slipping] : [],
        close: () => memory.close(),
      };
    },
    advance: (ms) => clock.advance(ms),
    load: 0.05,
  });
  expect(report.failedGroups).toContain(group);
});
