import type { Clock } from '@norikv/store';
import type { StandardSchema } from '@norikv/store/standard-schema';
import type { CacheCodec } from './codec.js';
import type { CacheEvent } from './events.js';

/** How a value is loaded and kept. Given for a cache, a namespace or one call; the nearest counts. */
export interface EntryOptions {
  /** How long a value is fresh, in milliseconds. Default 60,000; at most `maxTtlMs`. */
  readonly ttlMs?: number | undefined;
  /** Share by which a ttl may be shortened at random, 0 to 1, so that not all expire at once. Default 0. */
  readonly ttlJitter?: number | undefined;
  /** How long "there is none" (a loader gave undefined) is kept, in milliseconds. Default 0: not at all. */
  readonly negativeTtlMs?: number | undefined;
  /** How long after its ttl a value is served at once while one caller loads it anew, in milliseconds. Default 0. */
  readonly staleWhileRevalidateMs?: number | undefined;
  /**
   * How long after its ttl a value stands in for a load that fails or is under way elsewhere, in milliseconds. Default 0.
   */
  readonly graceMs?: number | undefined;
  /**
   * How long a load may hold up a caller for whom a value within its grace is there, in milliseconds. Default: no limit.
   */
  readonly softTimeoutMs?: number | undefined;
  /**
   * How long a load may take, in milliseconds; then it is aborted. Default 10,000. A value that took more than an hour is
   * not kept if it would live for about `maxTtlMs`: an invalidation while it was loaded could be forgotten before it.
   */
  readonly hardTimeoutMs?: number | undefined;
  /** Share of the ttl after which the first reader loads anew in the background, 0 to 1. Default 1: never. */
  readonly earlyRefresh?: number | undefined;
  /**
   * How long after a load of this process failed a value within its grace is served without another attempt of
   * this process, in milliseconds. Default 1,000.
   */
  readonly retryAfterMs?: number | undefined;
  /**
   * How long to wait for a load elsewhere before loading without keeping the result, in milliseconds. Default 15,000.
   */
  readonly maxWaitMs?: number | undefined;
}

/** Options of `set`. */
export interface SetOptions extends EntryOptions {
  /** Names by which `invalidateTags` finds the value. */
  readonly tags?: readonly string[] | undefined;
}

/** Options of `getOrSet`. */
export interface CallEntryOptions extends EntryOptions {
  /**
   * Names by which `invalidateTags` finds the value. One that is there and lacks some of them is loaded anew. It
   * then has those of earlier callers too, the last 64.
   */
  readonly tags?: readonly string[] | undefined;
  /** Ends waiting with `CancelledError`. A load goes on for the others. */
  readonly signal?: AbortSignal | undefined;
}

/** What may differ in a namespace. */
export interface NamespaceOptions<Value = unknown> extends EntryOptions {
  /** Default: that of the cache or namespace around, and at last JSON. */
  readonly codec?: CacheCodec<Value> | undefined;
  /**
   * Checks what is read, with JSON as the codec. What does not pass is a miss. All readers share what it makes, and a `Date`
   * or `Map` cannot be frozen: do not change one. Default: as for `codec`.
   */
  readonly schema?: StandardSchema<Value> | undefined;
}

/**
 * Options of `createCache`. `prefix`, `shards` and `maxTtlMs` must be the same in all processes. Once `maxTtlMs` is
 * shorter than it was, values that were stored for longer are not given any more.
 */
export interface CacheOptions<Value = unknown> extends NamespaceOptions<Value> {
  /** Begins every key in the store. Caches with different prefixes know nothing of each other. Default `cache`. */
  readonly prefix?: string | undefined;
  /** How many values are kept in memory, least recently used first out. Default 10,000; 0: none; at most 16,777,216. */
  readonly maxEntries?: number | undefined;
  /** How many bytes of encoded values and keys are kept in memory. Default 67,108,864 (64 MiB). */
  readonly maxBytes?: number | undefined;
  /**
   * The bound: how long after an invalidation is acknowledged another cache of this prefix, in this process or
   * elsewhere, may still answer from memory, in milliseconds. Default 1,000. For the one that invalidates, with its
   * namespaces, it is 0.
   */
  readonly maxStalenessMs?: number | undefined;
  /**
   * How much longer than that while the store does not answer, in milliseconds. Default 0: then values are loaded, and
   * shared only by callers at the same time.
   */
  readonly offlineMs?: number | undefined;
  /** In how many groups keys are invalidated in the memory of other processes. Default 16. */
  readonly shards?: number | undefined;
  /** The longest time any value is kept, stale time included, in milliseconds. Default 86,400,000 (a day). */
  readonly maxTtlMs?: number | undefined;
  /** How long one call of the store may take, in milliseconds. Default 1,000. */
  readonly storeTimeoutMs?: number | undefined;
  /** After how many failures in a row the store is left alone. Default 5. */
  readonly breakerFailures?: number | undefined;
  /** For how long, in milliseconds; then one call looks whether it is back. Default 2,000. */
  readonly breakerMs?: number | undefined;
  /** Called for what is worth counting. What it throws is ignored. */
  readonly onEvent?: ((event: CacheEvent) => void) | undefined;
  /** Accepts a store that does not declare the guarantees. Invalidated values may then come back. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}
