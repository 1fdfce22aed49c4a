/** Something worth counting. Hits in memory are only in the statistics: an event would cost more than they do. */
export type CacheEvent =
  /** A value came from the store. */
  | { readonly kind: 'hit'; readonly key: string }
  /** A value past its ttl was served. */
  | { readonly kind: 'stale'; readonly key: string }
  | { readonly kind: 'miss'; readonly key: string }
  /** A loader ended well after `durationMs`. */
  | { readonly kind: 'load'; readonly key: string; readonly durationMs: number }
  | { readonly kind: 'load-error'; readonly key: string; readonly error: unknown }
  /** What was loaded was not kept: the key was written, invalidated or taken over meanwhile. */
  | { readonly kind: 'lost-fill'; readonly key: string }
  /** What was loaded cannot be encoded, or is larger than the store accepts: it is returned and not kept. */
  | { readonly kind: 'uncacheable'; readonly key: string; readonly error: unknown }
  /** A stored value did not decode, or did not pass the schema: a miss. */
  | { readonly kind: 'unreadable'; readonly key: string; readonly error: unknown }
  /** A call of the store failed. */
  | { readonly kind: 'store-error'; readonly error: unknown }
  | { readonly kind: 'breaker'; readonly state: 'open' | 'closed' };

/** What a cache counted since it was made, in this process and over all its namespaces. */
export interface CacheStats {
  readonly memoryHits: number;
  readonly storeHits: number;
  readonly staleHits: number;
  readonly misses: number;
  readonly loads: number;
  readonly loadErrors: number;
  readonly lostFills: number;
  readonly storeErrors: number;
  /** Values in memory now. */
  readonly entries: number;
  /** Bytes of their encoded values and keys. */
  readonly bytes: number;
}

/** The counters behind {@link CacheStats}. */
export interface Counters {
  memoryHits: number;
  storeHits: number;
  staleHits: number;
  misses: number;
  loads: number;
  loadErrors: number;
  lostFills: number;
  storeErrors: number;
}
