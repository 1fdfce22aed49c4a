import { StandardSchema } from '@norikv/store/standard-schema';
export { SchemaIssue, SchemaResult, StandardSchema } from '@norikv/store/standard-schema';
import { Clock, KvStore, Value, Version, NoriKVError } from '@norikv/store';

/** Something worth counting. Hits in memory are only in the statistics: an event would cost more than they do. */
type CacheEvent = 
/** A value came from the store. */
{
    readonly kind: 'hit';
    readonly key: string;
}
/** A value past its ttl was served. */
 | {
    readonly kind: 'stale';
    readonly key: string;
} | {
    readonly kind: 'miss';
    readonly key: string;
}
/** A loader ended well after `durationMs`. */
 | {
    readonly kind: 'load';
    readonly key: string;
    readonly durationMs: number;
} | {
    readonly kind: 'load-error';
    readonly key: string;
    readonly error: unknown;
}
/** What was loaded was not kept: the key was written, invalidated or taken over meanwhile. */
 | {
    readonly kind: 'lost-fill';
    readonly key: string;
}
/** What was loaded cannot be encoded, or is larger than the store accepts: it is returned and not kept. */
 | {
    readonly kind: 'uncacheable';
    readonly key: string;
    readonly error: unknown;
}
/** A stored value did not decode, or did not pass the schema: a miss. */
 | {
    readonly kind: 'unreadable';
    readonly key: string;
    readonly error: unknown;
}
/** A call of the store failed. */
 | {
    readonly kind: 'store-error';
    readonly error: unknown;
} | {
    readonly kind: 'breaker';
    readonly state: 'open' | 'closed';
};
/** What a cache counted since it was made, in this process and over all its namespaces. */
interface CacheStats {
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

/** How values become bytes. A cache hands out what `decode` made, also to the caller that loaded the value. */
interface CacheCodec<Value> {
    /** Throws on a value that has no encoding: it is then not kept. */
    encode(value: Value): Uint8Array;
    /** Throws on bytes it does not understand: that is a miss. */
    decode(bytes: Uint8Array): Value | Promise<Value>;
}
/** JSON, checked by a schema if there is one. */
declare function jsonCacheCodec<Value>(schema?: StandardSchema<Value>): CacheCodec<Value>;

/** How a value is loaded and kept. Given for a cache, a namespace or one call; the nearest counts. */
interface EntryOptions {
    /** How long a value is fresh, in milliseconds. Default 60,000; at most `maxTtlMs`. */
    readonly ttlMs?: number | undefined;
    /** Share by which a ttl may be shortened at random, 0 to 1, so that not all expire at once. Default 0. */
    readonly ttlJitter?: number | undefined;
    /** How long "there is none" (a loader gave undefined) is kept, in milliseconds. Default 0: not at all. */
    readonly negativeTtlMs?: number | undefined;
    /** How long after its ttl a value is served at once while one caller loads it anew. Default 0. */
    readonly staleWhileRevalidateMs?: number | undefined;
    /** How long after its ttl a value stands in for a load that fails or is under way elsewhere. Default 0. */
    readonly graceMs?: number | undefined;
    /** How long a load may hold up a caller for whom a value within its grace is there. Default: no limit. */
    readonly softTimeoutMs?: number | undefined;
    /** How long a load may take; then it is aborted. Default 10,000. */
    readonly hardTimeoutMs?: number | undefined;
    /** Share of the ttl after which the first reader loads anew in the background, 0 to 1. Default 1: never. */
    readonly earlyRefresh?: number | undefined;
    /** How long after a failed load a value within its grace is served without another attempt. Default 1,000. */
    readonly retryAfterMs?: number | undefined;
    /** How long to wait for a load elsewhere before loading without keeping the result. Default 15,000. */
    readonly maxWaitMs?: number | undefined;
}
/** Options of `set`. */
interface SetOptions extends EntryOptions {
    /** Names by which `invalidateTags` finds the value. */
    readonly tags?: readonly string[] | undefined;
}
/** Options of `getOrSet`. */
interface CallEntryOptions extends EntryOptions {
    /**
     * Names by which `invalidateTags` finds the value. One that is there and lacks some of them is loaded anew. It
     * then has those of earlier callers too, the last 64.
     */
    readonly tags?: readonly string[] | undefined;
    /** Ends waiting with `CancelledError`. A load goes on for the others. */
    readonly signal?: AbortSignal | undefined;
}
/** What may differ in a namespace. */
interface NamespaceOptions<Value = unknown> extends EntryOptions {
    /** Default: that of the cache or namespace around, and at last JSON. */
    readonly codec?: CacheCodec<Value> | undefined;
    /** Checks what is read, with JSON as the codec. What does not pass is a miss. Default: as for `codec`. */
    readonly schema?: StandardSchema<Value> | undefined;
}
/**
 * Options of `createCache`. `prefix`, `shards` and `maxTtlMs` must be the same in all processes. Once `maxTtlMs` is
 * shorter than it was, values that were stored for longer are not given any more.
 */
interface CacheOptions<Value = unknown> extends NamespaceOptions<Value> {
    /** Begins every key in the store. Caches with different prefixes know nothing of each other. Default `cache`. */
    readonly prefix?: string | undefined;
    /** How many values are kept in memory, least recently used first out. Default 10,000; 0: none. */
    readonly maxEntries?: number | undefined;
    /** How many bytes of encoded values and keys are kept in memory. Default 67,108,864 (64 MiB). */
    readonly maxBytes?: number | undefined;
    /**
     * The bound: how long after an invalidation is acknowledged another process may still answer from memory,
     * in milliseconds. Default 1,000. In the process that invalidates it is 0.
     */
    readonly maxStalenessMs?: number | undefined;
    /**
     * How much longer than that while the store does not answer. Default 0: then values are loaded, and shared
     * only by callers at the same time.
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

/** What a loader is told. */
interface LoadContext {
    readonly key: string;
    /** Aborted when the load takes longer than `hardTimeoutMs`; what it gives after that is ignored. */
    readonly signal: AbortSignal;
}
/** Gives the value of a key, or undefined if there is none. */
type Loader<Value> = (context: LoadContext) => Promise<Value> | Value;

/**
 * What `getOrSet` gives: any value of the cache, since a hit need not be what this loader would give, and undefined
 * if it may say that there is none. A cache without a type believes the loader.
 */
type Found<Value, Loaded> = unknown extends Value ? Loaded : Value | Extract<Loaded, undefined>;
/**
 * A cache in two tiers: the memory of this process over a store that processes share.
 *
 * After `delete`, `set`, `clear` or `invalidateTags` is acknowledged, no read that begins later in this process
 * gives an older value, and in other processes none that begins more than `maxStalenessMs` later.
 */
interface Cache<Value = unknown> {
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
    getOrSet<Loaded extends Value | undefined>(key: string, loader: Loader<Loaded>, options?: CallEntryOptions): Promise<Found<Value, Loaded>>;
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

/** What {@link CachedClient.getStats} gives. */
interface CachedClientStats {
    readonly size: number;
    readonly maxSize: number;
    readonly ttlMs: number;
}
/** Options of {@link CachedClient}. */
interface CachedClientOptions {
    readonly clock?: Clock | undefined;
}
/**
 * A client that keeps what it read in memory, least recently used out first, and writes through.
 *
 * In this process a read never gives a value older than what the last `put` or `delete` that was acknowledged
 * before it left. What other processes write is seen after `ttlMs` at the latest; for less, and for loads
 * that are shared between processes, use `createCache`.
 *
 * @example
 * ```ts
 * const users = new CachedClient<User>(store, 60_000, 1_000);
 * await users.put('user:7', { name: 'Ada' }, (user) => JSON.stringify(user));
 * const user = await users.get('user:7', (bytes) => JSON.parse(bytesToString(bytes)));
 * ```
 */
declare class CachedClient<T> {
    #private;
    /**
     * @param ttlMs - how long a value is served from memory, in milliseconds, counted from before it was asked for.
     * @param maxSize - how many values are kept.
     */
    constructor(client: KvStore, ttlMs?: number, maxSize?: number, options?: CachedClientOptions);
    /**
     * Reads a key, from memory if it can. Calls at the same time share one read, and all callers share the value: to
     * change it, take a copy.
     *
     * @throws KeyNotFoundError if it is absent, and whatever the parser throws; nothing is kept then.
     */
    get(key: string, parser: (bytes: Uint8Array) => T): Promise<T>;
    /**
     * Writes a key and keeps the value as it is written: reads get what their parser makes of that, whatever becomes of
     * the object that was given.
     */
    put(key: string, value: T, serializer: (value: T) => Value): Promise<Version>;
    /** Deletes a key. True if it existed. */
    delete(key: string): Promise<boolean>;
    /** Forgets a value: the next read asks the store. */
    invalidate(key: string): void;
    /** Forgets all values. */
    invalidateAll(): void;
    /** How much is in memory, and the settings. */
    getStats(): CachedClientStats;
}

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
declare function createCache<Value = unknown>(store: KvStore, options?: CacheOptions<Value>): Cache<Value>;

/** A loader did not finish within `hardTimeoutMs`, and nothing stale could stand in. Its signal was aborted. */
declare class LoadTimeoutError extends NoriKVError {
    static readonly code: string;
    static readonly retryable: boolean;
}

export { type Cache, type CacheCodec, type CacheEvent, type CacheOptions, type CacheStats, CachedClient, type CachedClientOptions, type CachedClientStats, type CallEntryOptions, type EntryOptions, type Found, type LoadContext, LoadTimeoutError, type Loader, type NamespaceOptions, type SetOptions, createCache, jsonCacheCodec };
