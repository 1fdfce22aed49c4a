import type { CacheStats } from './events.js';
import type { Loader } from './loader.js';
import type { CallEntryOptions, NamespaceOptions, SetOptions } from './options.js';

/**
 * What `getOrSet` gives: any value of the cache, since a hit need not be what this loader would give, and undefined
 * if it may say that there is none. A cache without a type believes the loader.
 */
export type Found<Value, Loaded> = unknown extends Value ? Loaded : Value | Extract<Loaded, undefined>;

/**
 * A cache in two tiers: the memory of this process over a store that processes share.
 *
 * After `delete`, `set`, `clear` or `invalidateTags` is acknowledged, no read of this object or its namespaces that
 * begins later gives an older value, and none of another, in this process or elsewhere, that begins more than
 * `maxStalenessMs` later. So make one cache for each prefix in a process.
 */
export interface Cache<Value = unknown> {
  /**
   * The value of a key, or undefined. A value past its ttl is not given. A store that does not answer is a miss.
   */
  get(key: string): Promise<Value | undefined>;

  /**
   * The value of a key; where there is none, what the loader gives, which is kept.
   *
   * Calls for one key share a load, in this process and between processes; one that names tags which the value lacks
   * loads it anew. What was loaded before an
   * invalidation is never kept after it. A store that does not answer never fails the call: then the loader runs.
   *
   * @throws whatever the loader throws, if nothing within its grace can stand in.
   * @throws LoadTimeoutError if it takes longer than `hardTimeoutMs`, likewise.
   * @throws CancelledError if the signal ends first.
   */
  getOrSet<Loaded extends Value | undefined>(
    key: string,
    loader: Loader<Loaded>,
    options?: CallEntryOptions,
  ): Promise<Found<Value, Loaded>>;

  /**
   * Writes a value.
   *
   * @returns false if the store did not confirm it: then the older value may still be there, or this one arrive later.
   * @throws InvalidArgumentError if the value has no encoding, or is too large for the store.
   */
  set(key: string, value: Value, options?: SetOptions): Promise<boolean>;

  /**
   * Removes a value, wherever it is kept, and makes loads under way not be kept.
   *
   * @returns whether the store held something for the key: a value, or a load in progress. False also where a reply
   * was lost and the repeated call found nothing.
   * @throws the store's error if it did not confirm it. Then call again: readers may still see the older value.
   */
  delete(key: string): Promise<boolean>;

  /** Removes every value of this namespace and of those inside it: one write, however many there are. */
  clear(): Promise<void>;

  /** Removes every value, in any namespace of this cache, that was stored with one of these tags. */
  invalidateTags(tags: readonly string[]): Promise<void>;

  /** A part of this cache with keys of its own, that can be cleared alone. It shares the memory. */
  namespace<Inner = Value>(name: string, options?: NamespaceOptions<Inner>): Cache<Inner>;

  /** What was counted since the cache was made, over all namespaces. */
  getStats(): CacheStats;
}
