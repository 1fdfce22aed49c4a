import type { Key, KvStore } from '@norikv/store';
import { type FaultControl, type FaultOptions, withFaults } from '@norikv/testkit';
import type { VectorKvStore } from '../../src/core/vector-kv-store.js';

const writes = ['vectorCreateIndex', 'vectorDropIndex', 'vectorInsert', 'vectorDelete'];
const reads = ['vectorSearch', 'vectorGet'];

/** A store whose calls can fail, those of vectors too: each travels as the put, or the read, of a key of its own. */
export function faultyVectorStore(
  inner: VectorKvStore,
  options: FaultOptions = {},
): { readonly store: VectorKvStore; readonly faults: FaultControl } {
  const carried = new Map<Key, () => Promise<never>>();
  const carrier: KvStore = {
    capabilities: inner.capabilities,
    get: (key, limits) => inner.get(key, limits),
    find: (key, limits) => carried.get(key)?.() ?? inner.find?.(key, limits) ?? Promise.resolve(null),
    put: (key, value, limits) => carried.get(key)?.() ?? inner.put(key, value, limits),
    delete: (key, limits) => inner.delete(key, limits),
  };
  const faulty = withFaults(carrier, options);
  const store = Object.create(faulty) as VectorKvStore;
  for (const name of [...writes, ...reads]) {
    const call = Reflect.get(inner, name) as (...args: unknown[]) => Promise<never>;
    Reflect.set(store, name, (...args: unknown[]) => {
      // The limits end the caller's wait, not the call.
      const limits = args.pop() as object;
      const key = `${name} ${carried.size}`;
      carried.set(key, () => call.apply(inner, args));
      return reads.includes(name) ? faulty.find?.(key, limits) : faulty.put(key, '', limits);
    });
  }
  return { store, faults: faulty.faults };
}
