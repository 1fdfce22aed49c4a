import { UnavailableError } from '@norikv/store';
import { createMemoryVectorStore } from '@norikv/testkit';
import type { VectorKvStore } from '../../src/core/vector-kv-store.js';

/** A store whose calls are counted, and which can stop working. */
export interface WatchedStore {
  readonly store: VectorKvStore;
  /** The calls so far, by name. */
  readonly calls: string[];
  /** Fails every call after so many more; the first that fails is still applied if `isApplied`. */
  dieAfter(calls: number, isApplied: boolean): void;
  revive(): void;
  /** Lets the next call of this name wait; resolves when it does, with what tells it to go on. */
  hold(name: string): Promise<() => void>;
  /** How many vectors a namespace holds. */
  vectorIds(namespace: string, dimensions: number): Promise<string[]>;
}

/** The calls of a store that this package makes. */
export const storeMethods = [
  'get',
  'find',
  'put',
  'delete',
  'vectorCreateIndex',
  'vectorInsert',
  'vectorDelete',
  'vectorSearch',
  'vectorGet',
] as const;

export function watchedStore(inner: VectorKvStore = createMemoryVectorStore()): WatchedStore {
  const calls: string[] = [];
  let left = Number.POSITIVE_INFINITY;
  let isLastApplied = false;
  let held: { name: string; reached: (release: () => void) => void } | undefined;
  const store = Object.create(inner) as VectorKvStore;
  for (const name of storeMethods) {
    const call = Reflect.get(inner, name) as (...args: unknown[]) => Promise<unknown>;
    Reflect.set(store, name, async (...args: unknown[]) => {
      calls.push(name);
      left -= 1;
      if (left < 0) {
        if (left === -1 && isLastApplied) await call.apply(inner, args);
        throw new UnavailableError('the process died here', { outcome: 'unknown', retryable: false });
      }
      if (held?.name === name) {
        const { reached } = held;
        held = undefined;
        await new Promise<void>((release) => reached(release));
      }
      return call.apply(inner, args);
    });
  }
  return {
    store,
    calls,
    dieAfter(count, isApplied) {
      left = count;
      isLastApplied = isApplied;
    },
    revive() {
      left = Number.POSITIVE_INFINITY;
    },
    hold(name) {
      return new Promise((reached) => {
        held = { name, reached };
      });
    },
    async vectorIds(namespace, dimensions) {
      const query = new Float32Array(dimensions).fill(1);
      const { matches } = await inner.vectorSearch(namespace, query, 100_000);
      return matches.map(({ id }) => id).sort();
    },
  };
}
