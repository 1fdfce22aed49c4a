import { find, type KvStore } from '@norikv/store';
import {
  createMemoryVectorStore,
  type FakeClock,
  type RaceProcess,
  type ScheduleWorld,
} from '@norikv/testkit';
import type { VectorKvStore } from '../../src/core/vector-kv-store.js';

/** A memory store that makes the calls for vectors of processes when the puts come that they travel as. */
export interface ScheduledStore extends VectorKvStore {
  /** Takes a call. What the put is to carry. */
  take(call: () => Promise<unknown>): string;
}

const vectorCalls = [
  'vectorCreateIndex',
  'vectorDropIndex',
  'vectorInsert',
  'vectorDelete',
  'vectorSearch',
  'vectorGet',
] as const;

/** The store of a world whose processes have their stores from {@link storeOf}. */
export function createScheduledStore(clock: FakeClock): ScheduledStore {
  const memory = createMemoryVectorStore({ clock });
  const taken: (() => Promise<unknown>)[] = [];
  return Object.assign(Object.create(memory) as VectorKvStore, {
    take: (call: () => Promise<unknown>) => String(taken.push(call) - 1),
    put(...[key, value, options]: Parameters<KvStore['put']>): Promise<never> {
      const call = String(key).startsWith('vectors/') ? taken[Number(value)] : undefined;
      return (call?.() ?? memory.put(key, value, options)) as Promise<never>;
    },
  });
}

/** One that writes whatever the version is. */
export function createCarelessStore(clock: FakeClock): ScheduledStore {
  const store = createScheduledStore(clock);
  return Object.assign(Object.create(store) as ScheduledStore, {
    put: (...[key, value, { ttlMs } = {}]: Parameters<KvStore['put']>) => store.put(key, value, { ttlMs }),
  });
}

/**
 * The store of a process, with vector calls. Its calls have their places in the schedule from `join` on.
 *
 * @param isSearched - whether a process searches: then the order of all calls for vectors matters, else of those for
 * the same vector.
 */
export function storeOf(
  process: RaceProcess,
  world: ScheduleWorld<ScheduledStore>,
  isSearched: boolean,
): { readonly store: VectorKvStore; join(): void } {
  const memory = world.store;
  let keyValue: KvStore = memory;
  const store = Object.assign(Object.create(memory) as VectorKvStore, {
    get: (...call: Parameters<KvStore['get']>) => keyValue.get(...call),
    find: (...call: Parameters<KvStore['get']>) => find(keyValue, ...call),
    put: (...call: Parameters<KvStore['put']>) => keyValue.put(...call),
    delete: (...call: Parameters<KvStore['delete']>) => keyValue.delete(...call),
  });
  for (const name of vectorCalls) {
    const call = Reflect.get(memory, name) as (...parts: unknown[]) => Promise<unknown>;
    Reflect.set(store, name, (namespace: string, ...parts: unknown[]) => {
      // The limits end the caller's wait, not the call.
      const limits = parts.pop() as object;
      const key = `vectors/${namespace}/${isSearched ? '' : parts[0]}`;
      return store.put(
        key,
        memory.take(() => call.call(memory, namespace, ...parts)),
        limits,
      );
    });
  }
  return {
    store,
    join() {
      keyValue = process.store;
    },
  };
}
