import { type Key, type KvStore, stringToBytes } from '@norikv/store';

const seen = new WeakMap<KvStore, Set<string>>();

/** Wraps a store to remember every key that is written, as the bytes it has there. */
export function withRawKeys<Store extends KvStore>(store: Store): Store {
  const keys = new Set<string>();
  const put: KvStore['put'] = (key, value, options) => {
    keys.add(hex(key));
    return store.put(key, value, options);
  };
  // Not a copy: methods of a class live on its prototype.
  const wrapped: Store = new Proxy(store, {
    get(target, name) {
      if (name === 'put') return put;
      const found: unknown = Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
  seen.set(wrapped, keys);
  return wrapped;
}

/** The keys written so far, as hexadecimal digits: a copy. */
export function rawKeys(store: KvStore): Set<string> {
  return new Set(seen.get(store));
}

function hex(key: Key): string {
  return Buffer.from(typeof key === 'string' ? stringToBytes(key) : key).toString('hex');
}
