import { type Key, type KvStore, keyToBytes } from '@norikv/store';
import { createKeyQueue, type KeyQueue } from './key-queue.js';
import { createTransport } from './transport.js';

const rememberedKeys = 4_096;
const rememberedBytes = 16 * 2 ** 20;

/** Most keys are. Such text is its own bytes. */
const printableAscii = /^[ -~]+$/;

/** Finds the queue of a key. What a queue remembers is kept while the key is in use, and a while longer. */
export type StoreQueues = (key: Key) => KeyQueue;

const queuesByStore = new WeakMap<KvStore, StoreQueues>();

/**
 * The queues of one store object. Updaters made for the same store share them: two queues for one key would
 * compete with each other.
 */
export function queuesOf(store: KvStore): StoreQueues {
  const known = queuesByStore.get(store) ?? createStoreQueues(store);
  queuesByStore.set(store, known);
  return known;
}

function createStoreQueues(store: KvStore): StoreQueues {
  let writer = newWriterId();
  const context = {
    store,
    transport: createTransport(),
    writer: () => writer,
    renewWriter: () => {
      writer = newWriterId();
      return writer;
    },
  };
  const limits = { maxKeyBytes: store.capabilities?.maxKeyBytes ?? 2 ** 15, maxValueBytes: 0 };
  const busy = new Map<string, KeyQueue>();
  /** Least recently used first. */
  const idle = new Map<string, KeyQueue>();
  let idleBytes = 0;

  const take = (name: string): KeyQueue | undefined => {
    const queue = idle.get(name);
    if (queue) idleBytes -= queue.rememberedBytes();
    idle.delete(name);
    return queue;
  };
  const shelve = (name: string, queue: KeyQueue): void => {
    busy.delete(name);
    idle.set(name, queue);
    idleBytes += queue.rememberedBytes();
    for (const oldest of idle.keys()) {
      if (idle.size <= rememberedKeys && idleBytes <= rememberedBytes) return;
      take(oldest);
    }
  };

  return (key) => {
    // A key is the same key as text and as bytes.
    const isItsBytes = typeof key === 'string' && printableAscii.test(key);
    const name = isItsBytes ? key : String.fromCharCode(...keyToBytes(key, limits));
    const queue: KeyQueue =
      busy.get(name) ?? take(name) ?? createKeyQueue(ownKey(key), context, () => shelve(name, queue));
    busy.set(name, queue);
    return queue;
  };
}

/** Unique for each process and store object: a mark must never be taken for another write's. */
function newWriterId(): string {
  return crypto.randomUUID().replaceAll('-', '').slice(0, 20);
}

/** A queue outlives the call, and callers use buffers again. */
function ownKey(key: Key): Key {
  return typeof key === 'string' ? key : new Uint8Array(key);
}
