import { isKeyNotFound } from './error-guards.js';
import type { Entry, GetOptions, Key, KvStore } from './kv-store.js';

/**
 * Reads a key, or returns null if it is absent.
 *
 * Works with any client of the documented shape: one with its own `find`, one whose `get` throws a
 * not-found error, and one whose `get` answers `{value: null, version: null}`. Presence is decided by the
 * version, never by the value: an empty value exists.
 */
export async function find(store: KvStore, key: Key, options?: GetOptions): Promise<Entry | null> {
  if (store.find) return store.find(key, options);
  try {
    const { value, version } = (await store.get(key, options)) as Partial<Entry>;
    return version ? { value: value ?? new Uint8Array(0), version } : null;
  } catch (error) {
    if (isKeyNotFound(error)) return null;
    throw error;
  }
}
