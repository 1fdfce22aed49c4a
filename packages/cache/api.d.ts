// adapter-options.d.ts

import { Clock } from '@norikv/store';

/** Options of the adapters. */
interface AdapterOptions {
    /**
     * Begins every key in the store. Adapters with different prefixes know nothing of each other. Default `keyv`,
     * `bentocache`, `unstorage` or `next`, after the library.
     */
    readonly prefix?: string | undefined;
    /**
     * How long after a clear is acknowledged another adapter, in this process or elsewhere, may still see what was
     * cleared, in milliseconds. Default 1,000. For the adapter that clears it is 0.
     */
    readonly maxStalenessMs?: number | undefined;
    /**
     * The longest time a value is kept, in milliseconds; also one without a ttl. Once it is shorter than it was, values
     * that were stored for longer are not given any more. Default 31,536,000,000 (a year).
     */
    readonly maxTtlMs?: number | undefined;
    /** How long one call of the store may take, in milliseconds. Default 5,000. */
    readonly storeTimeoutMs?: number | undefined;
    readonly clock?: Clock | undefined;
}
/** Checked options of an adapter, with defaults. */
type ShelfSettings = {
    readonly [Name in keyof AdapterOptions]-?: NonNullable<AdapterOptions[Name]>;
};

export type { AdapterOptions as A, ShelfSettings as S };

// bentocache.d.ts

import { KvStore } from '@norikv/store';
import { A as AdapterOptions } from './adapter-options.js';
import { S as Shelf } from './shelf.js';

/** A driver of Bentocache, for its second layer. Clearing is one write, however much there is. */
declare class NoriKVDriver {
    #private;
    /** Bentocache asks for it. */
    readonly type: 'l2';
    /** @internal Use `noriKVDriver`. */
    constructor(shelf: Shelf, names: readonly string[]);
    /** A driver for keys that begin with this name; `clear` on it removes only those written through it. */
    namespace(name: string): NoriKVDriver;
    /** A value, or undefined. */
    get(key: string): Promise<string | undefined>;
    /** Gives a value and removes it. Two callers at the same time may both get it. */
    pull(key: string): Promise<string | undefined>;
    /** `ttl` is in milliseconds. */
    set(key: string, value: string, ttl?: number): Promise<boolean>;
    /** Removes all values of this namespace, and of those inside it. */
    clear(): Promise<void>;
    /** Removes a value. True if there was one. */
    delete(key: string): Promise<boolean>;
    /** True, also if there was none of them. */
    deleteMany(keys: string[]): Promise<boolean>;
    /** Does nothing: the store belongs to who opened it. */
    disconnect(): Promise<void>;
}
/**
 * The second layer of a Bentocache store.
 *
 * @example
 * ```ts
 * bentostore().useL1Layer(memoryDriver()).useL2Layer(noriKVDriver(store));
 * ```
 */
declare function noriKVDriver(store: KvStore, options?: AdapterOptions): {
    readonly options: {
        readonly prefix?: string;
    };
    /** Called by Bentocache. */
    factory(config: {
        readonly prefix?: string;
    }): NoriKVDriver;
};

export { AdapterOptions, NoriKVDriver, noriKVDriver };

// index.d.ts

import { StandardSchema } from '@norikv/store/standard-schema';
export { SchemaIssue, SchemaResult, StandardSchema } from '@norikv/store/standard-schema';
import { Clock, KvStore, Value, Version, NoriKVError } from '@norikv/store';

/**
 * Something worth counting. Hits in memory are only in the statistics: an event would cost more than they do.
 *
 * `namespace` has the names of the namespaces around the key, the outermost first; none in the cache itself.
 */
type CacheEvent = 
/** A call of `get` or `getOrSet` was answered by the store, by a value past its ttl, or by neither. */
{
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
 | {
    readonly kind: 'lost-fill';
    readonly namespace: readonly string[];
    readonly key: string;
}
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
 | {
    readonly kind: 'store-error';
    readonly error: unknown;
} | {
    readonly kind: 'breaker';
    readonly state: 'open' | 'closed';
};
/**
 * What a cache counted since it was made, in this process and over all its namespaces.
 *
 * Each call of `get` and `getOrSet` counts once, when it is answered: `memoryHits + storeHits + staleHits + misses` is how
 * many there were. One whose signal ended it counts when what it waited for is there.
 */
interface CacheStats {
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
interface CacheOptions<Value = unknown> extends NamespaceOptions<Value> {
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

/** What a loader is told. */
interface LoadContext {
    readonly key: string;
    /** Aborted when the load takes longer than `hardTimeoutMs`; what it gives after that is ignored. */
    readonly signal: AbortSignal;
    /**
     * Says how long what this load gives is fresh, in milliseconds from its end, in place of `ttlMs` and `negativeTtlMs`: for
     * what only the loader knows, such as when a token expires. Stale times begin after it. At most `maxTtlMs` counts; 0 or
     * less keeps nothing, nor what there was before. The last word before the loader ends counts.
     *
     * @throws InvalidArgumentError if it is no number.
     */
    readonly keepFor: (freshMs: number) => void;
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
 * After `delete`, `set`, `clear` or `invalidateTags` is acknowledged, no read of this object or its namespaces that
 * begins later gives an older value, and none of another, in this process or elsewhere, that begins more than
 * `maxStalenessMs` later. So make one cache for each prefix in a process.
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
     * @param ttlMs - how long a value is served from memory, in milliseconds, counted from before it was asked for. Default 60,000.
     * @param maxSize - how many values are kept, at most 16,777,216. Default 1,000.
     */
    constructor(client: KvStore, ttlMs?: number, maxSize?: number, options?: CachedClientOptions);
    /**
     * Reads a key, from memory if it can. Calls at the same time share one read, and all callers share the value: to
     * change it, take a copy.
     *
     * @throws KeyNotFoundError if it is absent, and whatever the parser throws; nothing is kept then.
     * @throws InvalidArgumentError for a parser that gives a promise, likewise.
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

// keyv.d.ts

import { KvStore } from '@norikv/store';
import { A as AdapterOptions } from './adapter-options.js';
import { S as Shelf } from './shelf.js';

/** What Keyv 5 hands over in `setMany`. */
interface KeyvEntry {
    readonly key: string;
    readonly value: unknown;
    /** Time to live in milliseconds. */
    readonly ttl?: number | undefined;
}
/** What Keyv 6 hands over in `setMany`. */
interface Keyv6Entry {
    readonly key: string;
    readonly value: unknown;
    /** Milliseconds since the epoch. */
    readonly expires?: number | undefined;
}
/** What the two versions have in common. */
declare abstract class KeyvStorage<Entry extends {
    readonly key: string;
    readonly value: unknown;
}> {
    /** Keyv reads and writes this. */
    readonly opts: Record<string, unknown>;
    protected readonly shelf: Shelf;
    constructor(store: KvStore, options?: AdapterOptions);
    /** The namespace in use. Keyv sets it. */
    abstract namespace: string | undefined;
    /** Where a key is kept, and by which epochs it is cleared. */
    protected abstract placeOf(key: string): {
        readonly names: readonly string[];
        readonly space: string | undefined;
    };
    protected abstract ttlMsOf(entry: Entry): number | undefined;
    /** A value, or undefined. */
    get<Value>(key: string): Promise<Value | undefined>;
    /** Values in the order of their keys, undefined where there is none. */
    getMany<Value>(keys: string[]): Promise<(Value | undefined)[]>;
    /** Writes values. */
    setMany(entries: Entry[]): Promise<void>;
    /** Removes a value. True if there was one. */
    delete(key: string): Promise<boolean>;
    /** Whether there is a value. */
    has(key: string): Promise<boolean>;
    /** Removes all values of the namespace, or all values where there is no namespace: one write. */
    clear(): Promise<void>;
    /** Does nothing: the store belongs to who opened it. */
    disconnect(): Promise<void>;
    /** Does nothing: errors are thrown by the call they belong to, and Keyv reports them. */
    on(_event: string, _listener: (...details: unknown[]) => void): this;
    protected write(entry: Entry): Promise<void>;
}
/**
 * A storage adapter for Keyv 5, and so for cacheable and cache-manager. Clearing is one write, however much
 * there is.
 *
 * Several Keyv may share one object if all of them put their namespace before their keys. Give one with
 * `useKeyPrefix: false` or without a namespace an object of its own: its keys belong to the namespace of the object.
 *
 * There is no `iterator`: the store has no scan.
 *
 * @example
 * ```ts
 * const keyv = new Keyv({ store: new NoriKVKeyvStore(store), namespace: 'users', ttl: 60_000 });
 * ```
 */
declare class NoriKVKeyvStore extends KeyvStorage<KeyvEntry> {
    #private;
    /** The namespace of the Keyv made last: what `clear` clears, and where keys belong that name none. */
    get namespace(): string | undefined;
    set namespace(namespace: string | undefined);
    /** Writes a value. `ttl` is in milliseconds. */
    set(key: string, value: unknown, ttl?: number): Promise<boolean>;
    /** Removes values. True if there was any. */
    deleteMany(keys: string[]): Promise<boolean>;
    /** Whether there are values, in the order of the keys. */
    hasMany(keys: string[]): Promise<boolean[]>;
    protected placeOf(key: string): {
        readonly names: readonly string[];
        readonly space: string | undefined;
    };
    protected ttlMsOf({ ttl }: KeyvEntry): number | undefined;
}
/**
 * A storage adapter for Keyv 6 with its own way of expiry (`capabilities.expires`). Give every Keyv a store
 * object of its own: Keyv 6 leaves the namespace to the store, and writes it to the object.
 *
 * @example
 * ```ts
 * const keyv = new Keyv({ store: new NoriKVKeyv6Store(store), namespace: 'users', ttl: 60_000 });
 * ```
 */
declare class NoriKVKeyv6Store extends KeyvStorage<Keyv6Entry> {
    #private;
    namespace: string | undefined;
    constructor(store: KvStore, options?: AdapterOptions);
    /** Says that `set` takes the time at which a value expires. */
    get capabilities(): {
        readonly expires: true;
    };
    /** Writes a value. `expires` is in milliseconds since the epoch. */
    set(key: string, value: unknown, expires?: number): Promise<boolean>;
    /** Removes values. True where there was one, in the order of the keys. */
    deleteMany(keys: string[]): Promise<boolean[]>;
    /** Whether there are values, in the order of the keys. */
    hasMany(keys: string[]): Promise<boolean[]>;
    protected placeOf(key: string): {
        readonly names: readonly string[];
        readonly space: string | undefined;
    };
    protected ttlMsOf({ expires }: Keyv6Entry): number | undefined;
}

export { AdapterOptions, type Keyv6Entry, type KeyvEntry, NoriKVKeyv6Store, NoriKVKeyvStore };

// next.d.ts

import { KvStore } from '@norikv/store';
import { A as AdapterOptions } from './adapter-options.js';

/** What Next.js gets for a key. */
interface NextCacheValue {
    readonly value: unknown;
    /** When it was written, in milliseconds since the epoch. */
    readonly lastModified: number;
}
/** What the handler uses of the context of a read. */
interface NextGetContext {
    /** Tags of the entry. */
    readonly tags?: readonly string[] | undefined;
    /** Tags of the page around it. */
    readonly softTags?: readonly string[] | undefined;
}
/** What the handler uses of the context of a write. */
interface NextSetContext {
    readonly tags?: readonly string[] | undefined;
}
/** A cache handler of Next.js 14 and later (`cacheHandler` in `next.config.js`). */
interface NextCacheHandler {
    /** An entry, or null. */
    get(key: string, context?: NextGetContext): Promise<NextCacheValue | null>;
    /** Null removes the entry. */
    set(key: string, data: unknown, context?: NextSetContext): Promise<void>;
    /** Makes all entries with one of the tags invalid: a read and a write a tag. */
    revalidateTag(tags: string | readonly string[]): Promise<void>;
    /** Does nothing: nothing is kept for one request. */
    resetRequestCache(): void;
}
/**
 * Makes a cache handler class for Next.js: a module that exports it is what `cacheHandler` names.
 *
 * Pages and fetches are shared by all instances, and a revalidated tag is seen by all of them within
 * `maxStalenessMs`. A store that does not answer is a miss, and never fails a request.
 *
 * @param openStore - called once, when the first entry is asked for; again if it fails. While it takes longer than
 * `storeTimeoutMs` the store counts as one that does not answer.
 * @throws InvalidArgumentError naming the option that is wrong.
 *
 * @example
 * ```ts
 * // cache-handler.mjs
 * export default createNextCacheHandler(() => connect(), { prefix: `next-${process.env.BUILD_ID}` });
 * ```
 */
declare function createNextCacheHandler(openStore: () => KvStore | Promise<KvStore>, options?: AdapterOptions): new () => NextCacheHandler;

export { AdapterOptions, type NextCacheHandler, type NextCacheValue, type NextGetContext, type NextSetContext, createNextCacheHandler };

// shelf.d.ts

import { KvStore, Clock, Entry } from '@norikv/store';
import { S as ShelfSettings } from './adapter-options.js';

/** How long a call may take, and when a failing store is left alone. */
interface GateSettings {
    readonly storeTimeoutMs: number;
    readonly breakerFailures: number;
    readonly breakerMs: number;
    readonly clock: Clock;
    readonly onFailure?: ((error: unknown) => void) | undefined;
    readonly onBreaker?: ((state: 'open' | 'closed') => void) | undefined;
}
/**
 * The way to the store: every call has a time limit, and after several failures in a row the store is left
 * alone for a while, so that callers do not queue for something that is down.
 */
declare class StoreGate {
    #private;
    readonly store: KvStore;
    constructor(store: KvStore, settings: GateSettings);
    /** Makes a call, or refuses it at once while the breaker is open. */
    call<Result>(send: (store: KvStore) => Promise<Result>): Promise<Result>;
    /** Makes a call that may be repeated, in any case and up to three times: for invalidations. */
    insist<Result>(send: (store: KvStore) => Promise<Result>): Promise<Result>;
}

/** What a move writes: the time at which it began, by the wall clock of whoever moves the epoch. */
interface EpochRecord {
    readonly key: string;
    readonly nowMs: number;
    readonly ttlMs: number;
}
/** Writes the record of an epoch, so that its version moves. Gives what it wrote. */
type EpochMove = (gate: StoreGate, record: EpochRecord) => Promise<Entry>;

/** Settings of {@link Epochs}. */
interface EpochSettings {
    readonly prefix: string;
    readonly maxKeyBytes: number;
    readonly maxStalenessMs: number;
    /** Longer than anything lives that carries an epoch. */
    readonly lifetimeMs: number;
    readonly maxCells: number;
    readonly clock: Clock;
    readonly move: EpochMove;
}
/**
 * Names whose epoch moves when what belongs to them is invalidated.
 *
 * An epoch is the version of a record: writing the record, whatever the value, moves it, and it never comes back.
 * There is no watch: what other processes moved is seen by looking again.
 */
declare class Epochs {
    #private;
    /** Counts what this process moved, or saw moved. */
    generation: number;
    constructor(gate: StoreGate, settings: EpochSettings);
    /** The epoch as it is known, however long ago that was. */
    known(name: string): string | undefined;
    /** The epochs as they are known. One that was forgotten matches nothing. */
    capture(names: readonly string[]): Record<string, string>;
    /** When it moved last, by the wall clock of whoever moved it; -Infinity if it never did, NaN if it was forgotten. */
    movedAt(name: string): number;
    /** Since when nothing of these names can have moved unnoticed: the oldest look. */
    knownAt(names: Iterable<string>): number;
    /** Makes sure that every name was looked at within `maxStalenessMs`. Rejects if the store does not answer. */
    refresh(names: Iterable<string>, maxAgeMs?: number): Promise<void>;
    /**
     * Moves an epoch. Resolves when every process that looks from now on sees it. Callers that come while a
     * move is under way share the next one.
     */
    bump(name: string): Promise<void>;
}

/** How a value is written. */
interface ShelfWrite {
    /** Time to live in milliseconds; rounded up, and at most `maxTtlMs`. */
    readonly ttlMs?: number | undefined;
    /** The epochs whose move makes it invalid, besides that of everything. */
    readonly epochs?: readonly string[] | undefined;
}
/**
 * Values in the store that can be cleared by groups: what the adapters stand on. There is no memory tier, since
 * the libraries they serve have their own. A read costs one call, a write one, a removal two.
 */
declare class Shelf {
    #private;
    readonly epochs: Epochs;
    constructor(store: KvStore, user: string, settings: ShelfSettings, move?: EpochMove);
    /** A value, with the wall-clock time at which it was written; undefined if there is none that is valid. */
    get(names: readonly string[]): Promise<{
        value: unknown;
        storedAt: number;
    } | undefined>;
    set(names: readonly string[], value: unknown, { ttlMs, epochs }: ShelfWrite): Promise<void>;
    /** True if there was a value that was valid. */
    delete(names: readonly string[]): Promise<boolean>;
    /** Makes everything written under an epoch invalid; without one, everything. */
    clear(epoch?: string): Promise<void>;
}

export { Shelf as S };

// unstorage.d.ts

import { KvStore } from '@norikv/store';
import { A as AdapterOptions } from './adapter-options.js';

/** What the driver uses of the options of a call. */
interface UnstorageCall {
    /** Time to live in seconds, as for the other drivers of unstorage; 0 is none. */
    readonly ttl?: number | undefined;
}
/** A driver of unstorage. */
interface UnstorageDriver {
    readonly name: string;
    readonly options: AdapterOptions;
    /** Whether there is a value. */
    hasItem(key: string): Promise<boolean>;
    /** A value as text, or null. */
    getItem(key: string): Promise<string | null>;
    /** A value as it was given, bytes as a `Uint8Array`; null if there is none. */
    getItemRaw(key: string): Promise<unknown>;
    /** Writes text. */
    setItem(key: string, value: string, call?: UnstorageCall): Promise<void>;
    /** Writes the bytes of a buffer or of any view of one, or else what JSON can say. */
    setItemRaw(key: string, value: unknown, call?: UnstorageCall): Promise<void>;
    /** Removes a value. */
    removeItem(key: string): Promise<void>;
    /** Always empty: the store has no scan. */
    getKeys(): Promise<string[]>;
    /**
     * Removes everything, with one write.
     *
     * @throws UnsupportedError if `base` names a part: there is no scan to find it.
     */
    clear(base?: string): Promise<void>;
}
/**
 * A driver of unstorage, and so of Nitro and Nuxt. Mount it for what has to be cleared alone: a mount is cleared
 * as a whole, with one write.
 *
 * @example
 * ```ts
 * const storage = createStorage({ driver: noriKVDriver(store, { prefix: 'pages' }) });
 * await storage.setItem('home', html, { ttl: 60 });
 * ```
 */
declare function noriKVDriver(store: KvStore, options?: AdapterOptions): UnstorageDriver;

export { AdapterOptions, type UnstorageCall, type UnstorageDriver, noriKVDriver };
