// background-clock.d.ts

import { C as Clock } from './clock.js';

/** The clock of the running process, with timers that do not keep the process running, where it has such. */
declare const backgroundClock: Clock;

export { backgroundClock };

// bounded-map.d.ts

/**
 * A map that forgets what was set longest ago, so that whoever chooses the keys cannot fill the memory.
 *
 * Setting a value again, also the same one, keeps it for longer; getting one does not.
 */
declare class BoundedMap<Value> {
    #private;
    /** @param maxEntries - how many values are remembered. */
    constructor(maxEntries: number);
    /** The value of a key; undefined if there is none, or it was forgotten. */
    get(key: string): Value | undefined;
    /** Remembers a value, and forgets the one that was set longest ago if they are too many. */
    set(key: string, value: Value): void;
    /** Forgets a value. */
    delete(key: string): void;
}

export { BoundedMap };

// call-options.d.ts

import { C as CallOptions, G as GetOptions, P as PutOptions, D as DeleteOptions } from './kv-store.js';

/** Names of the options of a search for vectors. */
declare const searchNames: readonly string[];
/** Names of the options of a write of vectors. */
declare const vectorWriteNames: readonly string[];
/** Names of the options of a delete. */
declare const deleteNames: readonly string[];
/**
 * Checks the options that every call has: its signal and its time limit.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 */
declare function checkCallOptions(options: CallOptions): void;
/**
 * Checks the options of a read, and the names of those of every call.
 *
 * @param known - the names, for a call that has others than `get`.
 * @throws InvalidArgumentError naming the option that is wrong, or misspelt.
 */
declare function checkReadOptions(options: GetOptions, known?: readonly string[]): void;
/**
 * Checks the options of a write, except its condition (`conditionOf`), its signal and its time limit
 * (`checkCallOptions`), and that every name is known: a write with a misspelt condition would be unconditional.
 *
 * @param known - the names, for a call that has others than `put`.
 * @throws InvalidArgumentError naming the option that is wrong, or misspelt.
 */
declare function checkWriteOptions(options: PutOptions & DeleteOptions, known?: readonly string[]): void;
/**
 * Checks the signal of a call.
 *
 * @throws InvalidArgumentError if it is no `AbortSignal`.
 */
declare function checkSignal(signal: AbortSignal | undefined): void;

export { checkCallOptions, checkReadOptions, checkSignal, checkWriteOptions, deleteNames, searchNames, vectorWriteNames };

// checks.d.ts

import { C as Clock } from './clock.js';
import { K as KvStore } from './kv-store.js';

/** A value as an error names it: "5" and 5n are not 5, and a promise is not what it gives. Of text the beginning. */
declare function shown(value: unknown): string;
/**
 * Refuses an argument.
 *
 * @param use - what to use instead, after "use".
 * @param Refusal - the class of the error. Default `InvalidArgumentError`.
 * @throws always: what the argument is, and what to use instead.
 */
declare function refuse(name: string, value: unknown, use: string, Refusal?: new (message: string) => Error): never;
/** @throws InvalidArgumentError unless the value is a whole number in the range. Both ends belong to it. */
declare function checkWhole(name: string, value: unknown, least?: number, most?: number): number;
/** @throws InvalidArgumentError unless the value is a string. */
declare function checkString(name: string, value: unknown): string;
/** @throws InvalidArgumentError unless the value is well-formed text of 1 to so many bytes. */
declare function checkText(name: string, value: unknown, maxBytes: number): string;
/** @throws InvalidArgumentError unless the value is one of those allowed. */
declare function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void;
/** @throws InvalidArgumentError unless the value is a function. */
declare function checkFunction(name: string, value: unknown): void;
/** @throws InvalidArgumentError unless the value is a store: a promise of one would fail in the first call. */
declare function checkStore(store: KvStore): void;
/** @throws InvalidArgumentError naming the method of a clock that is missing: it would be missed in the middle of a call. */
declare function checkClock(clock: Clock): void;
/**
 * Checks what a function gave that must answer at once.
 *
 * @throws InvalidArgumentError for a promise.
 */
declare function checkAtOnce<Answer>(name: string, answer: Answer, use?: string): Answer;
/** @throws InvalidArgumentError unless the function gives a number from 0 to below 1. */
declare function draw(random: () => number): number;
/**
 * Checks options. Anything else in their place would be taken for no options, and nobody would learn of it.
 *
 * @throws InvalidArgumentError unless the value is an object, and no array.
 */
declare function checkObject<Options>(name: string, value: Options): Options;
/**
 * Checks the names of options: one that is misspelt would do nothing, in silence.
 *
 * @param what - what a name is, such as "an option of create".
 * @throws InvalidArgumentError for a name that is not known.
 */
declare function checkNames(what: string, options: object, known: readonly string[]): void;
/**
 * Checks that options are an object whose names are all known.
 *
 * @param name - what the options are called, such as "tls". Default: "options".
 * @throws InvalidArgumentError if not.
 */
declare function checkOptions<Options>(options: Options, known: readonly string[], name?: string): Options;

export { checkAtOnce, checkClock, checkFunction, checkNames, checkObject, checkOneOf, checkOptions, checkStore, checkString, checkText, checkWhole, draw, refuse, shown };

// clock.d.ts

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

export { type Clock as C, type CancelTimer as a, systemClock as s };

// index.d.ts

import { a as Key, E as Entry, V as Version, K as KvStore, G as GetOptions, P as PutOptions, D as DeleteOptions, b as Value, C as CallOptions, c as Consistency } from './kv-store.js';
export { d as Capabilities, e as GetResult, f as Guarantee, i as isZeroVersion, r as requireCapabilities, v as versionsEqual } from './kv-store.js';
export { a as CancelTimer, C as Clock, s as systemClock } from './clock.js';

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
type StoreErrorCode = 'KEY_NOT_FOUND' | 'VERSION_MISMATCH' | 'ALREADY_EXISTS' | 'INVALID_ARGUMENT' | 'UNSUPPORTED' | 'RESOURCE_EXHAUSTED' | 'UNAUTHENTICATED' | 'CLOSED' | 'CANCELLED' | 'UNAVAILABLE' | 'NOT_LEADER' | 'DEADLINE_EXCEEDED' | 'INTERNAL';
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
 * `instanceof` also matches errors from another copy of this package (ESM beside CJS, a second install), by their
 * code. So another copy knows a subclass with its own code, such as `ContentionError`, only as that class, not as its parent.
 */
declare class NoriKVError extends Error {
    static readonly code: string;
    /** The outcome of errors of this class that are made without one. */
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
    /** As in {@link GetOptions}. */
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

// kv-store.d.ts

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
/**
 * How fresh a read must be. `lease` and `linearizable` see every write acknowledged before the call. `stale_ok` may miss
 * the latest ones, and is cheaper where a store has members.
 */
type Consistency = 'lease' | 'linearizable' | 'stale_ok';
/** Limits on one call. */
interface CallOptions {
    /** Ends the call early. A write that may have left is then unknown, see `Outcome`. */
    readonly signal?: AbortSignal | undefined;
    /** Total time for the call in milliseconds, retries inside the engine included. Default: what its object has, if any. */
    readonly timeoutMs?: number | undefined;
}
/** Options of {@link KvStore.get}. */
interface GetOptions extends CallOptions {
    /** Default `linearizable`, as far as the store declares `linearizableReads`. */
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

export { type CallOptions as C, type DeleteOptions as D, type Entry as E, type GetOptions as G, type KvStore as K, type PutOptions as P, type Version as V, type Key as a, type Value as b, type Consistency as c, type Capabilities as d, type GetResult as e, type Guarantee as f, isZeroVersion as i, requireCapabilities as r, versionsEqual as v };

// listeners.d.ts

/**
 * Tells a listener, if there is one. What it throws, at once or by the promise it returns, never reaches the caller and
 * never ends the process.
 */
declare function tell<Event>(listener: ((event: Event) => unknown) | undefined, event: Event): void;
/** Whether a value is a promise, of whichever library. */
declare function isPromise(answer: unknown): answer is PromiseLike<unknown>;
/** Ignores how a promise ends that was refused as an argument: its rejection must not end the process. */
declare function quiet(refused: unknown): void;

export { isPromise, quiet, tell };

// on-abort.d.ts

/**
 * Calls back when a signal ends, and returns how to stop that. All who wait for one signal share one listener:
 * a request that makes eleven calls at once leaks nothing, and should not be warned of a leak.
 */
declare function onAbort(signal: AbortSignal, callback: () => void): () => void;

export { onAbort };

// standard-schema.d.ts

/**
 * What a schema library of the Standard Schema family (version 1) offers: Zod, Valibot, ArkType and others do.
 */
interface StandardSchema<Output = unknown> {
    readonly '~standard': {
        readonly version: 1;
        readonly vendor: string;
        /** Checks a value, and may change it. */
        readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
        readonly types?: {
            readonly input: unknown;
            readonly output: Output;
        } | undefined;
    };
}
/** What a schema says about a value. */
type SchemaResult<Output> = {
    readonly value: Output;
    readonly issues?: undefined;
} | {
    readonly issues: readonly SchemaIssue[];
};
/** What is wrong with a value, and where. */
interface SchemaIssue {
    readonly message: string;
    readonly path?: readonly (PropertyKey | {
        readonly key: PropertyKey;
    })[] | undefined;
}
/** An issue in a line of text, such as `address.city: expected a string`. */
declare function issueText({ message, path }: SchemaIssue): string;

export { type SchemaIssue, type SchemaResult, type StandardSchema, issueText };

// wait-within.d.ts

import { C as Clock, a as CancelTimer } from './clock.js';

/** A signal that ends a wait, and the error for that. */
interface SignalLimit {
    readonly signal?: AbortSignal | undefined;
    /**
     * Makes the error.
     *
     * @param cause - the reason of the signal.
     * @param hasBegun - whether the work was begun, and goes on; false if the signal had ended before.
     */
    cancelled(cause: unknown, hasBegun: boolean): Error;
}
/** A time after which a wait ends, and the error for that. */
interface TimeLimit {
    /** Of which only the timers are used. */
    readonly clock: Pick<Clock, 'startTimer'>;
    readonly timeoutMs?: number | undefined;
    /** Makes the error. */
    late(): Error;
}
/** What ends a wait. */
type WaitLimits = SignalLimit | (SignalLimit & TimeLimit);
/**
 * Calls back when time is up and what has arrived by then was read. In a process that stood still all timers come
 * first, and answers that arrived meanwhile would count as late.
 */
declare function startDeadline(clock: Pick<Clock, 'startTimer'>, delayMs: number, callback: () => void): CancelTimer;
/**
 * Begins work and waits for it, no longer than a signal and a time limit allow. After that the work goes on, and its
 * result is ignored. If the signal has ended before, the work is not begun.
 *
 * No listener and no timer outlives the wait.
 *
 * @throws what the work throws, or the error that the limits make.
 */
declare function waitWithin<Result>(begin: () => Promise<Result>, limits: WaitLimits): Promise<Result>;

export { type SignalLimit, type TimeLimit, type WaitLimits, startDeadline, waitWithin };
