import type { Key, KvStore } from '@norikv/store';
import { keyText } from './key-text.js';
import { wrapStore } from './wrap-store.js';

/** How often each method was called. A call counts when it starts, whatever becomes of it. */
export interface CallCounts {
  readonly get: number;
  readonly find: number;
  readonly put: number;
  readonly delete: number;
  readonly total: number;
}

/** A store that counts. */
export interface CountedStore extends KvStore {
  /** The calls since the start or the last reset: a live object. */
  readonly calls: CallCounts;
  /** The calls for one key so far: a copy. */
  callsTo(key: Key): CallCounts;
  /** Sets every count to zero. */
  reset(): void;
}

/**
 * Wraps a store to count its calls, in total and per key: what a pattern costs in round trips.
 *
 * @example
 * ```ts
 * const store = countCalls(createMemoryStore());
 * await store.put('key', 'value');
 * store.calls.total; // 1
 * ```
 */
export function countCalls(store: KvStore): CountedStore {
  const calls = noCalls();
  const callsByKey = new Map<string, MutableCounts>();

  const counted = wrapStore(store, (call) => {
    const name = keyText(call.key);
    const ofKey = callsByKey.get(name) ?? noCalls();
    callsByKey.set(name, ofKey);
    for (const counts of [calls, ofKey]) {
      counts[call.operation] += 1;
      counts.total += 1;
    }
    return call.send(call.options);
  });

  return Object.assign(counted, {
    calls,
    callsTo: (key: Key) => ({ ...(callsByKey.get(keyText(key)) ?? noCalls()) }),
    reset: () => {
      Object.assign(calls, noCalls());
      callsByKey.clear();
    },
  });
}

type MutableCounts = { -readonly [K in keyof CallCounts]: CallCounts[K] };

function noCalls(): MutableCounts {
  return { get: 0, find: 0, put: 0, delete: 0, total: 0 };
}
