import { type KvStore, requireCapabilities } from '@norikv/store';
import type { Cache } from './cache.js';
import { CacheSpace } from './cache-space.js';
import { codecOf, jsonCacheCodec } from './codec.js';
import { Core } from './core.js';
import type { CacheOptions } from './options.js';
import { Space } from './place.js';
import { entrySettings, settingsOf } from './settings.js';

/**
 * Makes a cache over a store.
 *
 * Needs no closing: there are no timers between calls.
 *
 * @example
 * ```ts
 * const users = createCache<User>(store, { prefix: 'users', ttlMs: 60_000, graceMs: 600_000 });
 * const user = await users.getOrSet('7', ({ signal }) => fetchUser(7, signal));
 * await users.delete('7');
 * ```
 *
 * @throws UnsupportedError if the store does not declare what this stands on.
 * @throws InvalidArgumentError naming the option that is wrong.
 */
export function createCache<Value = unknown>(
  store: KvStore,
  options: CacheOptions<Value> = {},
): Cache<Value> {
  const settings = settingsOf(options);
  requireCapabilities(
    store,
    'createCache',
    ['atomicCas', 'createIfAbsent', 'linearizableReads', 'putVersionUsable', 'ttl'],
    options.unsafeAllowNonAtomicCas,
  );
  return new CacheSpace<Value>(
    new Core(store, settings),
    new Space([]),
    codecOf(options) ?? jsonCacheCodec<Value>(),
    entrySettings(options, settings.maxTtlMs),
  );
}
