import type { Capabilities, KvStore } from '@norikv/store';
import { afterAll, afterEach, beforeEach } from 'vitest';
import type * as Testkit from '../../src/index.js';
import type { CallsUnderWay } from './calls-under-way.js';

/** A store and how to be rid of it. */
export interface OpenedStore extends KvStore {
  close(): Promise<void>;
}

/** What a memory store is asked for, but for what is in front of it here. */
export type AskedFor = Omit<Testkit.MemoryStoreOptions, 'latencyMs'>;

/** A kind of store that can stand in for memory stores. */
export interface StoreKind {
  /** What a fresh store will declare. */
  capabilities(asked: AskedFor, testkit: typeof Testkit): Capabilities;
  /** Opens a fresh store. */
  open(asked: AskedFor, testkit: typeof Testkit): Promise<OpenedStore>;
}

/** A function in place of `createMemoryStore`: what it returns is open at once, and closed after the test. */
export function insteadOfMemory(
  testkit: typeof Testkit,
  calls: CallsUnderWay,
  kind: StoreKind,
): typeof Testkit.createMemoryStore {
  const ofFile: Closable[] = [];
  const ofTest: Closable[] = [];
  let opened = ofFile;
  beforeEach(() => {
    opened = ofTest;
  });
  afterEach(async () => {
    opened = ofFile;
    await closeAll(ofTest);
  });
  afterAll(() => closeAll(ofFile));

  return ({ latencyMs = 0, ...asked } = {}) => {
    const { clock } = asked;
    const remote = openLater(kind.capabilities(asked, testkit), kind.open(asked, testkit));
    opened.push(remote);
    // Real work takes no virtual time: a call that is late is late in front of it.
    const counted = calls.count(clock ? withoutTimeouts(remote) : remote);
    const store = testkit.withFaults(counted, { clock, latencyMs });
    return {
      ...remote,
      get: store.get,
      find: store.find ?? remote.find,
      put: store.put,
      delete: store.delete,
    };
  };
}

interface Closable {
  close(): Promise<void>;
}

async function closeAll(stores: Closable[]): Promise<void> {
  await Promise.all(stores.splice(0).map((store) => store.close()));
}

/** A store whose calls wait until it is open. */
function openLater(capabilities: Capabilities, opening: Promise<OpenedStore>): Testkit.MemoryStore {
  opening.catch(() => {});
  const close = async (): Promise<void> => (await opening).close();
  return {
    capabilities,
    get: async (...call) => (await opening).get(...call),
    find: async (...call) => (await (await opening).find?.(...call)) ?? null,
    put: async (...call) => (await opening).put(...call),
    delete: async (...call) => (await opening).delete(...call),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function withoutTimeouts(store: Testkit.MemoryStore): KvStore {
  const own = { timeoutMs: undefined };
  return {
    capabilities: store.capabilities,
    get: (key, options) => store.get(key, { ...options, ...own }),
    find: (key, options) => store.find(key, { ...options, ...own }),
    put: (key, value, options) => store.put(key, value, { ...options, ...own }),
    delete: (key, options) => store.delete(key, { ...options, ...own }),
  };
}
