import { type Key, type KvStore, keyToBytes } from '@norikv/store';
import { createIdleQueues } from './idle-queues.js';
import { createKeyQueue, type KeyQueue } from './key-queue.js';
import { createTransport } from './transport.js';

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
  const idle = createIdleQueues();

  return (key) => {
    // A key is the same key as text and as bytes.
    const isItsBytes = typeof key === 'string' && printableAscii.test(key);
    const name = isItsBytes ? key : String.fromCharCode(...keyToBytes(key, limits));
    const queue: KeyQueue =
      busy.get(name) ??
      idle.take(name) ??
      createKeyQueue(ownKey(key), context, () => {
        busy.delete(name);
        idle.shelve(name, queue);
      });
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
