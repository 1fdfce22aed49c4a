/** Encodes a string as UTF-8. */
declare function stringToBytes(text: string): Uint8Array;
/** Decodes UTF-8 bytes; bytes that are not UTF-8 become U+FFFD. */
declare function bytesToString(bytes: Uint8Array): string;
/** Whether two byte strings hold the same bytes. */
declare function bytesEqual(left: Uint8Array, right: Uint8Array): boolean;

/**
 * Names one write of one key.
 *
 * Opaque: compare with {@link versionsEqual} and never order, parse or build one. A version never repeats
 * for a key, not even after the key was deleted and created again.
 */
interface Version {
    readonly term: bigint;
    readonly index: bigint;
}
/** Whether two versions name the same write. */
declare function versionsEqual(left: Version, right: Version): boolean;
/** Whether a version is the wire's `{term: 0, index: 0}`, which as a condition means "must not exist". */
declare function isZeroVersion(version: Version): boolean;

/** A key: 1 to 1,024 bytes; a string stands for its UTF-8 bytes. Unicode forms are not normalised. */
type Key = string | Uint8Array;
/** A value: up to 1 MiB; a string stands for its UTF-8 bytes. An empty value exists. */
type Value = string | Uint8Array;
/** How fresh a read must be. `lease` and `linearizable` see every write acknowledged before the call. */
type Consistency = 'lease' | 'linearizable' | 'stale_ok';
/** Limits on one call. */
interface CallOptions {
    /** Ends the call early. A write that may have left is then unknown, see `Outcome`. */
    readonly signal?: AbortSignal | undefined;
    /** Total time for the call in milliseconds, retries inside the engine included. */
    readonly timeoutMs?: number | undefined;
}
/** Options of {@link KvStore.get}. */
interface GetOptions extends CallOptions {
    readonly consistency?: Consistency | undefined;
}
/** Options of {@link KvStore.put}. `ifNotExists` and `ifMatchVersion` exclude each other. */
interface PutOptions extends CallOptions {
    /** Time to live in whole milliseconds. Without it a key lives until deleted, also when it had one before. */
    readonly ttlMs?: number | undefined;
    /** A repeated put with the same id, key and operation returns the first one's version and writes nothing. */
    readonly idempotencyKey?: string | undefined;
    /** Writes only if the key is absent, else throws `AlreadyExistsError`. */
    readonly ifNotExists?: boolean | undefined;
    /** Writes only if the key has this version, else throws `VersionMismatchError`. */
    readonly ifMatchVersion?: Version | null | undefined;
}
/** Options of {@link KvStore.delete}. */
interface DeleteOptions extends CallOptions {
    /** A repeated delete with the same id, key and operation returns the first one's answer. */
    readonly idempotencyKey?: string | undefined;
    /** Deletes only if the key has this version, else throws `VersionMismatchError`. */
    readonly ifMatchVersion?: Version | null | undefined;
}
/** What a key holds. The bytes belong to the caller: changing them changes nothing in the store. */
interface Entry {
    readonly value: Uint8Array;
    readonly version: Version;
}
/** The public documentation's name for {@link Entry}. */
type GetResult = Entry;
/**
 * A versioned key-value store: the whole ground a pattern may stand on.
 *
 * There is no scan, no watch and no transaction over several keys.
 */
interface KvStore {
    /** What this store guarantees. Absent means: assume nothing. */
    readonly capabilities?: Capabilities | undefined;
    /** Reads a key, or throws `KeyNotFoundError`. */
    get(key: Key, options?: GetOptions): Promise<Entry>;
    /** Reads a key, or returns null. Use the function `find`, which also serves stores without this method. */
    find?(key: Key, options?: GetOptions): Promise<Entry | null>;
    /** Writes a key and returns the version of this write. */
    put(key: Key, value: Value, options?: PutOptions): Promise<Version>;
    /** Deletes a key. True if it existed. */
    delete(key: Key, options?: DeleteOptions): Promise<boolean>;
}

/** What an engine guarantees. Patterns that promise safety refuse an engine that does not. */
interface Capabilities {
    /** Name of the engine, for messages. */
    readonly engine: string;
    /** Of several conditional puts on one version at most one succeeds. */
    readonly atomicCas: boolean;
    /** `ifNotExists` is checked and applied as one step. */
    readonly createIfAbsent: boolean;
    /** `ifMatchVersion` on a delete is checked and applied as one step. */
    readonly deleteCas: boolean;
    /** A read sees every write acknowledged before it began. */
    readonly linearizableReads: boolean;
    /** The version from a put is the one the next get shows, so it can be used as a condition. */
    readonly putVersionUsable: boolean;
    /** `exact`: gone at most 20 ms late. `coarse`: gone, later. `none`: refused. Never early. */
    readonly ttl: 'exact' | 'coarse' | 'none';
    /** An acknowledged write survives the death of the process and of the machine. */
    readonly durableAck: boolean;
    /** Where idempotency keys are remembered. `node`: lost with that process. */
    readonly idempotency: 'durable' | 'node' | 'none';
    readonly maxKeyBytes: number;
    readonly maxValueBytes: number;
    /** The six vector calls are served. */
    readonly vector: boolean;
}
/** A capability that is a guarantee, not a number. */
type Guarantee = 'atomicCas' | 'createIfAbsent' | 'deleteCas' | 'linearizableReads' | 'putVersionUsable' | 'durableAck' | 'vector' | 'ttl' | 'idempotency';
/**
 * Refuses a store that lacks a guarantee.
 *
 * @param user - who needs it, for the message: the name of a class or function.
 * @param needs - the guarantees. `ttl` and `idempotency` are satisfied by anything but `none`.
 * @param unsafe - true if the caller chose to go without; then nothing is refused.
 * @throws UnsupportedError naming what is missing.
 */
declare function requireCapabilities(store: KvStore, user: string, needs: readonly Guarantee[], unsafe?: boolean): void;

/** Cancels the timer that returned it. Calling it twice, or after the timer fired, does nothing. */
type CancelTimer = () => void;
/**
 * Where a package takes time from, so that a test can hand it a clock of its own.
 *
 * Wall time differs between machines: nothing may be safe only because two wall clocks agree.
 */
interface Clock {
    /** Wall-clock time in milliseconds since the epoch; may jump in either direction. */
    now(): number;
    /** Milliseconds from an arbitrary start; never goes backwards. */
    monotonic(): number;
    /** Calls back once after `delayMs` milliseconds. */
    startTimer(callback: () => void, delayMs: number): CancelTimer;
}
/** The clock of the running process. */
declare const systemClock: Clock;

/** The code of an error, whichever package or copy of a package made it; its name where it has no code. */
declare function errorCode(error: unknown): string | undefined;
/** Whether an error says that the key is absent. */
declare function isKeyNotFound(error: unknown): boolean;
/** Whether an error says that a conditional write lost. */
declare function isVersionMismatch(error: unknown): boolean;
/** Whether an error says that a create found the key present. */
declare function isAlreadyExists(error: unknown): boolean;

/**
 * What is known about the write that failed. `not-applied`: it changed nothing and never will.
 * `unknown`: it may have been applied, or may still be. A read is always `not-applied`.
 */
type Outcome = 'not-applied' | 'unknown';
/** The stable names of the contract's errors. Packages add their own. */
type StoreErrorCode = 'KEY_NOT_FOUND' | 'VERSION_MISMATCH' | 'ALREADY_EXISTS' | 'INVALID_ARGUMENT' | 'UNSUPPORTED' | 'RESOURCE_EXHAUSTED' | 'UNAUTHENTICATED' | 'CLOSED' | 'CANCELLED' | 'NOT_SENT' | 'UNAVAILABLE' | 'NOT_LEADER' | 'DEADLINE_EXCEEDED' | 'INTERNAL';
/** Facts an error may carry. */
interface ErrorFacts {
    /** Default: that of the class. */
    readonly code?: string | undefined;
    /** Default `not-applied`, or that of the class. */
    readonly outcome?: Outcome | undefined;
    /** Whether the same call may succeed later. Default false, or that of the class. */
    readonly retryable?: boolean | undefined;
    readonly key?: Key | undefined;
    readonly cause?: unknown;
}
/**
 * The base of every error of every package. A subclass sets its static `code`; its name follows from that:
 * `KEY_NOT_FOUND` makes a `KeyNotFoundError`.
 *
 * `instanceof` also matches errors from another copy of this package (ESM beside CJS, a second install):
 * it compares the brand and the code.
 */
declare class NoriKVError extends Error {
    static readonly code: string;
    readonly code: string;
    readonly outcome: Outcome;
    readonly retryable: boolean;
    readonly key: Key | undefined;
    constructor(message: string, facts?: ErrorFacts);
    /** Matches errors of this class from another copy of the package, too. */
    static [Symbol.hasInstance](value: unknown): boolean;
}
/** Whether a value is an error of this family, from whichever copy of the package. */
declare function isNoriKVError(value: unknown): value is NoriKVError;
/** The key is absent. */
declare class KeyNotFoundError extends NoriKVError {
    static readonly code: string;
}
/** Facts of a {@link VersionMismatchError}. */
interface MismatchFacts extends ErrorFacts {
    readonly expected?: Version | undefined;
    readonly actual?: Entry | null | undefined;
}
/** A conditional write lost: the key has another version, or is absent. Read again and decide anew. */
declare class VersionMismatchError extends NoriKVError {
    static readonly code: string;
    readonly expected: Version | undefined;
    /** What the key held when the condition failed: null if absent, undefined if the engine did not say. */
    readonly actual: Entry | null | undefined;
    constructor(message: string, facts?: MismatchFacts);
}
/** A create lost: the key exists. */
declare class AlreadyExistsError extends NoriKVError {
    static readonly code: string;
    /** What the key held, or undefined if the engine did not say. */
    readonly actual: Entry | undefined;
    constructor(message: string, facts?: ErrorFacts & {
        readonly actual?: Entry | undefined;
    });
}
/** An argument or option is wrong. The message names it, its value and the fix. Nothing was sent. */
declare class InvalidArgumentError extends NoriKVError {
    static readonly code: string;
}
/** The store lacks a guarantee or a call that is needed. Nothing was sent. */
declare class UnsupportedError extends NoriKVError {
    static readonly code: string;
}
/** The store is closed. */
declare class ClosedError extends NoriKVError {
    static readonly code: string;
}
/**
 * The caller's signal ended the call; `cause` is the signal's reason. Its `name` is `AbortError`, as that of
 * the platform's own. `outcome` says whether the write may have left before.
 */
declare class CancelledError extends NoriKVError {
    static readonly code: string;
    readonly name: string;
}
/** Time ran out. On a write the outcome is unknown unless the error says otherwise. */
declare class DeadlineExceededError extends NoriKVError {
    static readonly code: string;
    constructor(message: string, facts?: ErrorFacts);
}
/** The store could not be reached or answered that it cannot serve. On a write the outcome is unknown. */
declare class UnavailableError extends NoriKVError {
    static readonly code: string;
    constructor(message: string, facts?: ErrorFacts);
}
/** A limit of the store is reached: too many calls at once, no space, too many keys. Nothing was applied. */
declare class ResourceExhaustedError extends NoriKVError {
    static readonly code: string;
    constructor(message: string, facts?: ErrorFacts);
}

/**
 * Reads a key, or returns null if it is absent.
 *
 * Works with any client of the documented shape: one with its own `find`, one whose `get` throws a
 * not-found error, and one whose `get` answers `{value: null, version: null}`. Presence is decided by the
 * version, never by the value: an empty value exists.
 */
declare function find(store: KvStore, key: Key, options?: GetOptions): Promise<Entry | null>;

/** Sizes an engine accepts. */
interface SizeLimits {
    readonly maxKeyBytes: number;
    readonly maxValueBytes: number;
}
/** When a write may happen. */
type Condition = {
    readonly kind: 'always';
} | {
    readonly kind: 'absent';
} | {
    readonly kind: 'version';
    readonly version: Version;
};
/**
 * The bytes of a key, copied.
 *
 * @throws InvalidArgumentError if it is empty, too long, or a string that is not well-formed Unicode (two
 * such strings could become the same bytes).
 */
declare function keyToBytes(key: Key, limits: SizeLimits): Uint8Array;
/**
 * The bytes of a value, copied.
 *
 * @throws InvalidArgumentError if it is too long, or a string that is not well-formed Unicode.
 */
declare function valueToBytes(value: Value, limits: SizeLimits): Uint8Array;
/**
 * The condition a put or delete carries. `ifMatchVersion {0, 0}` means absent.
 *
 * @throws InvalidArgumentError if it asks for two things at once or for something that is no version.
 */
declare function conditionOf(options?: PutOptions & DeleteOptions): Condition;
/**
 * Checks a duration.
 *
 * @throws InvalidArgumentError unless it is a whole number of milliseconds, at least 1, or undefined.
 */
declare function checkDurationMs(name: string, durationMs: number | undefined): void;

/**
 * Smaller is nearer: `euclidean` is the root of the sum of squares, `cosine` is 1 - cos,
 * `inner_product` is the negated dot product.
 */
type DistanceFunction = 'euclidean' | 'cosine' | 'inner_product';
/** How a namespace is searched. */
type VectorIndexType = 'brute_force' | 'hnsw';
/** Options of vector calls that change something. */
interface VectorWriteOptions extends CallOptions {
    readonly idempotencyKey?: string | undefined;
}
/** Options of {@link VectorStore.vectorGet}. */
interface VectorGetOptions extends CallOptions {
    readonly consistency?: Consistency | undefined;
}
/** Options of {@link VectorStore.vectorSearch}. */
interface VectorSearchOptions extends VectorGetOptions {
    /** Also return each match's vector. */
    readonly includeVectors?: boolean | undefined;
}
/** One neighbour of a query. */
interface VectorMatch {
    readonly id: string;
    readonly distance: number;
    /** Present when `includeVectors` was set; as many numbers as the namespace has dimensions. */
    readonly vector?: readonly number[] | undefined;
}
/** What a search found, nearest first, ties by id. */
interface VectorSearchResult {
    readonly matches: readonly VectorMatch[];
    readonly searchTimeUs: number;
}
/** Vectors in namespaces. Each vector has as many numbers as its namespace has dimensions (1 to 4,096). */
interface VectorStore {
    /** Creates a namespace. False if it existed. */
    vectorCreateIndex(namespace: string, dimensions: number, distance: DistanceFunction, indexType?: VectorIndexType, options?: VectorWriteOptions): Promise<boolean>;
    /** Drops a namespace with its vectors. False if there was none. */
    vectorDropIndex(namespace: string, options?: VectorWriteOptions): Promise<boolean>;
    /** Inserts a vector, or replaces the one with the same id. */
    vectorInsert(namespace: string, id: string, vector: readonly number[] | Float32Array, options?: VectorWriteOptions): Promise<Version>;
    /** Removes a vector. True if it existed. */
    vectorDelete(namespace: string, id: string, options?: VectorWriteOptions): Promise<boolean>;
    /** The `k` nearest vectors. */
    vectorSearch(namespace: string, query: readonly number[] | Float32Array, k: number, options?: VectorSearchOptions): Promise<VectorSearchResult>;
    /** One vector, or null. */
    vectorGet(namespace: string, id: string, options?: VectorGetOptions): Promise<number[] | null>;
}

export { AlreadyExistsError, type CallOptions, type CancelTimer, CancelledError, type Capabilities, type Clock, ClosedError, type Condition, type Consistency, DeadlineExceededError, type DeleteOptions, type DistanceFunction, type Entry, type ErrorFacts, type GetOptions, type GetResult, type Guarantee, InvalidArgumentError, type Key, KeyNotFoundError, type KvStore, type MismatchFacts, NoriKVError, type Outcome, type PutOptions, ResourceExhaustedError, type SizeLimits, type StoreErrorCode, UnavailableError, UnsupportedError, type Value, type VectorGetOptions, type VectorIndexType, type VectorMatch, type VectorSearchOptions, type VectorSearchResult, type VectorStore, type VectorWriteOptions, type Version, VersionMismatchError, bytesEqual, bytesToString, checkDurationMs, conditionOf, errorCode, find, isAlreadyExists, isKeyNotFound, isNoriKVError, isVersionMismatch, isZeroVersion, keyToBytes, requireCapabilities, stringToBytes, systemClock, valueToBytes, versionsEqual };
