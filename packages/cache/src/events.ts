/**
 * Something worth counting. Hits in memory are only in the statistics: an event would cost more than they do.
 *
 * `namespace` has the names of the namespaces around the key, the outermost first; none in the cache itself.
 */
export type CacheEvent =
  /** A call of `get` or `getOrSet` was answered by the store, by a value past its ttl, or by neither. */
  | {
      readonly kind: 'hit' | 'stale' | 'miss';
      readonly namespace: readonly string[];
      readonly key: string;
    }
  /** A loader ended well after `durationMs`. */
  | {
      readonly kind: 'load';
      readonly namespace: readonly string[];
      readonly key: string;
      readonly durationMs: number;
    }
  /** What was loaded was not kept: the key was written, invalidated or taken over meanwhile. */
  | { readonly kind: 'lost-fill'; readonly namespace: readonly string[]; readonly key: string }
  /**
   * A loader failed. Or what was loaded cannot be encoded, or is larger than the store accepts: it is returned and not kept.
   * Or a stored value did not decode, or did not pass the schema: a miss.
   */
  | {
      readonly kind: 'load-error' | 'uncacheable' | 'unreadable';
      readonly namespace: readonly string[];
      readonly key: string;
      readonly error: unknown;
    }
  /** A call of the store failed. */
  | { readonly kind: 'store-error'; readonly error: unknown }
  | { readonly kind: 'breaker'; readonly state: 'open' | 'closed' };

/**
 * What a cache counted since it was made, in this process and over all its namespaces.
 *
 * Each call of `get` and `getOrSet` counts once, when it is answered: `memoryHits + storeHits + staleHits + misses` is how
 * many there were. One whose signal ended it counts when what it waited for is there.
 */
export interface CacheStats {
  /** Calls answered by a fresh value in memory. */
  readonly memoryHits: number;
  /** Calls answered by a fresh value in the store, "there is none" included. */
  readonly storeHits: number;
  /** Calls answered by a value past its ttl. */
  readonly staleHits: number;
  /** Calls for which there was none: `get` gave undefined, `getOrSet` waited for a load, its own or another's. */
  readonly misses: number;
  /** Loaders that ended well, those in the background included. */
  readonly loads: number;
  /** Loaders that failed or were too slow. */
  readonly loadErrors: number;
  /** Loads whose result was not kept, since the key was written or invalidated meanwhile. */
  readonly lostFills: number;
  /** Calls of the store that failed. */
  readonly storeErrors: number;
  /** Values in memory now. */
  readonly entries: number;
  /** Bytes of their encoded values and keys. */
  readonly bytes: number;
}

/** The counters behind {@link CacheStats}. */
export type Counters = { -readonly [Name in Exclude<keyof CacheStats, 'entries' | 'bytes'>]: number };
