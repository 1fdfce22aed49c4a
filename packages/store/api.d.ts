import { K as Key, E as Entry, V as Version, a as KvStore, G as GetOptions, P as PutOptions, D as DeleteOptions, b as Value, C as CallOptions, c as Consistency } from './kv-store-DH2roKAt.js';
export { d as Capabilities, e as GetResult, f as Guarantee, i as isZeroVersion, r as requireCapabilities, v as versionsEqual } from './kv-store-DH2roKAt.js';
export { a as CancelTimer, C as Clock, s as systemClock } from './clock-D450FlPQ.js';

/** Encodes a string as UTF-8. */
declare function stringToBytes(text: string): Uint8Array;
/** Decodes UTF-8 bytes; bytes that are not UTF-8 become U+FFFD. */
declare function bytesToString(bytes: Uint8Array): string;
/** Whether two byte strings hold the same bytes. */
declare function bytesEqual(left: Uint8Array, right: Uint8Array): boolean;

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
 * `KEY_NOT_FOUND` makes a `KeyNotFoundError`. Its static `outcome` and `retryable` are what its errors say by default.
 *
 * `instanceof` also matches errors from another copy of this package (ESM beside CJS, a second install):
 * it compares the brand and the code. One with a code of its own is, to another copy, of its own class alone.
 */
declare class NoriKVError extends Error {
    static readonly code: string;
    /** The outcome of errors of this class that are not told theirs. */
    static readonly outcome: Outcome;
    /** Likewise. */
    static readonly retryable: boolean;
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
    static readonly outcome: Outcome;
    static readonly retryable: boolean;
}
/** The store could not be reached or answered that it cannot serve. On a write the outcome is unknown. */
declare class UnavailableError extends NoriKVError {
    static readonly code: string;
    static readonly outcome: Outcome;
    static readonly retryable: boolean;
}
/** A limit of the store is reached: too many calls at once, no space, too many keys. Nothing was applied. */
declare class ResourceExhaustedError extends NoriKVError {
    static readonly code: string;
    static readonly retryable: boolean;
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

export { AlreadyExistsError, CallOptions, CancelledError, ClosedError, type Condition, Consistency, DeadlineExceededError, DeleteOptions, type DistanceFunction, Entry, type ErrorFacts, GetOptions, InvalidArgumentError, Key, KeyNotFoundError, KvStore, type MismatchFacts, NoriKVError, type Outcome, PutOptions, ResourceExhaustedError, type SizeLimits, type StoreErrorCode, UnavailableError, UnsupportedError, Value, type VectorGetOptions, type VectorIndexType, type VectorMatch, type VectorSearchOptions, type VectorSearchResult, type VectorStore, type VectorWriteOptions, Version, VersionMismatchError, bytesEqual, bytesToString, checkDurationMs, conditionOf, errorCode, find, isAlreadyExists, isKeyNotFound, isNoriKVError, isVersionMismatch, keyToBytes, stringToBytes, valueToBytes };
