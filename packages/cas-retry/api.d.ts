import { Clock, VersionMismatchError, ErrorFacts, NoriKVError, Outcome, Key, GetOptions, KvStore } from '@norikv/store';

/**
 * How long to wait before the next attempt, in milliseconds. `attempt` counts from 0; `previousMs` is what
 * the last call returned (0 at first); `random` is uniform in [0, 1).
 */
type Backoff = (attempt: number, previousMs: number, random: () => number) => number;
/** Scale of a backoff in milliseconds. */
interface BackoffScale {
    /** Upper bound of the first wait. Default 10. */
    readonly baseMs?: number | undefined;
    /** Upper bound of every wait. Default 1,000. */
    readonly capMs?: number | undefined;
}
/** Uniform between 0 and the exponentially growing bound. The default: least work for the same progress. */
declare function fullJitter(scale?: BackoffScale): Backoff;
/** Half of the bound, plus a uniform part of the other half: never immediate. */
declare function equalJitter(scale?: BackoffScale): Backoff;
/** Uniform between the base and three times the previous wait, as in the AWS architecture blog (Brooker, 2015). */
declare function decorrelatedJitter({ baseMs, capMs }?: BackoffScale): Backoff;
/** The exponential bound itself. Writers that collided once collide again: only for a single writer. */
declare function noJitter(scale?: BackoffScale): Backoff;

/** Options of {@link casRetry}. */
interface CasRetryOptions {
    /** How often the operation runs at most. Default 10. */
    readonly maxRetries?: number | undefined;
    /** Total time in milliseconds. No attempt starts, and no wait continues, after it. Default: none. */
    readonly deadlineMs?: number | undefined;
    /** Ends waiting at once. It never turns a success into an error. */
    readonly signal?: AbortSignal | undefined;
    /** Default {@link fullJitter}. */
    readonly backoff?: Backoff | undefined;
    readonly clock?: Clock | undefined;
    /** Uniform in [0, 1). Default `Math.random`. */
    readonly random?: (() => number) | undefined;
}
/**
 * Runs a read-modify-write again while it loses to other writers.
 *
 * Only a version mismatch and a lost create are run again; they are known by their `code`, or by their `name` where
 * another client made them. Every other error is rethrown as it is: after one that leaves the outcome unknown, running
 * again could apply the write twice. For exact retries of those, and for hot keys, use {@link createUpdater}.
 *
 * @throws ContentionError (also a `VersionMismatchError`, with `attempts` and `cause`) when it never won.
 * @throws CancelledError when the signal ended before an attempt.
 * @throws InvalidArgumentError naming the option that is wrong, before the operation has run.
 *
 * @example
 * ```ts
 * await casRetry(async () => {
 *   const { value, version } = await store.get('visits');
 *   await store.put('visits', String(Number(bytesToString(value)) + 1), { ifMatchVersion: version });
 * });
 * ```
 */
declare function casRetry<Result>(operation: () => Promise<Result>, options?: number | CasRetryOptions): Promise<Result>;

/**
 * How a pattern's state becomes bytes. Share one codec object per kind of record: updates are only combined
 * when they use the same one.
 */
interface Codec<State> {
    /**
     * Throws on a state that has no encoding; the update that made it is then refused. The updater keeps the bytes:
     * return new ones each time, and never change them.
     */
    encode(state: State): Uint8Array;
    /**
     * Throws on bytes it does not understand; the record is then left as it is. The message of a `NoriKVError` is passed
     * on; any other error might quote what is stored, so it is only the `cause`. The updater keeps the bytes: copy them
     * where they become part of the state.
     */
    decode(bytes: Uint8Array): State;
    /**
     * Stores the encoded state alone, without the line that makes lost replies and operation ids exact.
     * For values that other programs read.
     */
    readonly plain?: boolean | undefined;
}
/**
 * Stores state as JSON. `check` turns parsed data into the state, or throws. It is asked about what was read, so that a
 * bad record is left as it is, and about what is to be written, so that a bad state, such as one with a NaN, is not.
 *
 * @throws InvalidArgumentError if `check` is no function.
 */
declare function jsonCodec<State>(check: (data: unknown) => State): Codec<State>;

/**
 * Waits, or stops waiting at once when the signal ends.
 *
 * @throws CancelledError (outcome not-applied) when the signal ended.
 */
declare function delay(delayMs: number, signal?: AbortSignal, clock?: Clock): Promise<void>;

/**
 * Other writers won every attempt until the retries or the time ran out. Nothing was written; trying again is
 * safe. It is also a `VersionMismatchError`, which is what the retry loop of the documentation throws.
 */
declare class ContentionError extends VersionMismatchError {
    static readonly code: string;
    static readonly retryable: boolean;
    /** How often the update was attempted. */
    readonly attempts: number;
    constructor(message: string, facts: ErrorFacts & {
        readonly attempts: number;
    });
}
/**
 * The update may or may not have been applied, now or later, and that could not be found out in time.
 *
 * Never run it again blindly. Run it again with the same `opId`, or read the record and decide.
 */
declare class OutcomeUnknownError extends NoriKVError {
    static readonly code: string;
    static readonly outcome: Outcome;
}
/** The stored bytes are not a record of this kind, or of a newer format. The record was left as it is. */
declare class CorruptRecordError extends NoriKVError {
    static readonly code: string;
}
/** An operation id came back with another command than the one it was first used for. Nothing was applied. */
declare class OperationIdReusedError extends NoriKVError {
    static readonly code: string;
}
/** One update alone would make the record larger than the store accepts. Nothing was applied. */
declare class RecordTooLargeError extends NoriKVError {
    static readonly code: string;
}

/** Something that happened to the updates of one key, for metrics. */
type UpdateEvent = 
/** A store read was sent. */
{
    readonly kind: 'read';
    readonly key: Key;
}
/**
 * A write of `batch` updates is sent. `remembered`: on remembered state. Running their transitions took
 * `foldMs` milliseconds: other callers of the key wait for that.
 */
 | {
    readonly kind: 'write';
    readonly key: Key;
    readonly batch: number;
    readonly remembered: boolean;
    readonly foldMs: number;
}
/** Another writer was first. */
 | {
    readonly kind: 'conflict';
    readonly key: Key;
    readonly remembered: boolean;
}
/** A call failed on the way. If it was a write, its outcome is being found out. */
 | {
    readonly kind: 'fault';
    readonly key: Key;
    readonly error: unknown;
}
/** `updates` callers were told that it did not work, or that the outcome is unknown. */
 | {
    readonly kind: 'give-up';
    readonly key: Key;
    readonly updates: number;
    readonly error: unknown;
};
/** Receives events. */
type UpdateListener = (event: UpdateEvent) => void;

/** Options of `createUpdater`. Every limit has a default that suits a service. */
interface UpdaterOptions {
    /** Total time of one update or read in milliseconds, waiting included. Default 10,000. */
    readonly deadlineMs?: number | undefined;
    /** Time of one store call in milliseconds. Default 5,000. */
    readonly attemptTimeoutMs?: number | undefined;
    /**
     * Whether the last known state of a key may be written on without reading it again. True (default): while
     * that guess is right more often than wrong. False: every write is preceded by a read.
     */
    readonly memo?: boolean | undefined;
    /** Updates combined into one write at most. Default 1,024. */
    readonly maxBatch?: number | undefined;
    /** No further update joins a batch after its transitions ran this long, in milliseconds. Default 20. */
    readonly maxFoldMs?: number | undefined;
    /** How many operation ids a record remembers; a repetition later than that is applied again. Default 256. */
    readonly operationWindow?: number | undefined;
    /** How long a removed record stays behind as a tombstone, in milliseconds. Default 60,000. */
    readonly tombstoneTtlMs?: number | undefined;
    /** Longest wait after a lost race, in multiples of the measured round trip. Default 8. */
    readonly backoffCapRoundTrips?: number | undefined;
    /** Lets other processes win in turn while they compete, at some cost in throughput. Default true. */
    readonly fair?: boolean | undefined;
    /** Called for everything worth counting. What it throws is ignored. */
    readonly onEvent?: UpdateListener | undefined;
    readonly clock?: Clock | undefined;
    /** Uniform in [0, 1). Default `Math.random`. */
    readonly random?: (() => number) | undefined;
}

/** What a transition decided, and what its caller is told once that is durable. */
interface Change<State, Result> {
    readonly kind: 'write' | 'keep' | 'remove';
    readonly result: Result;
    /** The new state of a `write`. */
    readonly state?: State | undefined;
    /** The time to live a `write` gives the record; without it the record no longer expires. */
    readonly ttlMs?: number | undefined;
}
/**
 * What a command does to a record: a pure, synchronous function of the current state (undefined if there is
 * none) and the wall-clock time in whole milliseconds.
 *
 * It may run several times for one call and must not change its argument. Throwing rejects its own caller
 * only and changes nothing. It runs with the transitions of other callers of the key, maybe in their asynchronous
 * context: what it needs of a request it must be handed, and not take from an `AsyncLocalStorage`.
 */
type Transition<State, Result> = (current: State | undefined, now: number) => Change<State, Result>;
/**
 * Decides to replace the state.
 *
 * @param ttlMs - time to live of the record from now on; without it the record no longer expires.
 */
declare function write<State, Result>(state: State, result: Result, ttlMs?: number): Change<State, Result>;
/** Decides to change nothing and to answer `result`. Confirmed on a fresh read before the caller hears it. */
declare function keep<Result>(result: Result): Change<never, Result>;
/** Decides to remove the record. */
declare function remove<Result>(result: Result): Change<never, Result>;

/** Options of one {@link Updater.update}. */
interface UpdateOptions {
    /** Ends waiting. Before the write left: `CancelledError`. After: `OutcomeUnknownError`. */
    readonly signal?: AbortSignal | undefined;
    /** Total time in milliseconds. Default: the updater's. */
    readonly deadlineMs?: number | undefined;
    /**
     * Names this command, so that repeating it, from any process, applies it once and answers the same. The
     * record remembers the last `operationWindow` ids. Results must be JSON. Not for plain codecs.
     */
    readonly opId?: string | undefined;
    /** What the command is; a repeated `opId` with another one throws `OperationIdReusedError`. */
    readonly fingerprint?: string | undefined;
    /** Called each time another process was first. */
    readonly onConflict?: (() => void) | undefined;
}
/** Runs transitions over the records of one store. */
interface Updater {
    /**
     * Applies a transition to a record exactly once and returns its result when that is durable.
     *
     * Updates of one key in this process are applied in the order of the calls and share writes. An update
     * that changes nothing is answered from a read made after it was called.
     *
     * @throws ContentionError when other processes won until the deadline. Nothing was written.
     * @throws OutcomeUnknownError when a reply was lost and it could not be found out what happened.
     * @throws CancelledError when the signal ended before the write left.
     * @throws DeadlineExceededError when the deadline passed before the write left.
     * @throws CorruptRecordError when the stored bytes are no such record. They are left as they are.
     * @throws OperationIdReusedError, RecordTooLargeError, InvalidArgumentError as their names say.
     * @throws whatever the transition throws, confirmed on current state.
     */
    update<State, Decided extends Change<State, unknown>>(key: Key, codec: Codec<State>, transition: (current: State | undefined, now: number) => Decided, options?: UpdateOptions): Promise<Decided['result']>;
    /**
     * Reads a record's state, or undefined if there is none. One round trip.
     *
     * @throws DeadlineExceededError without an answer within `timeoutMs`. Default: the updater's `deadlineMs`.
     * @throws CancelledError when the signal ended. Both hold whatever the store makes of its limits.
     * @throws CorruptRecordError when the stored bytes are no such record.
     */
    read<State>(key: Key, codec: Codec<State>, options?: GetOptions): Promise<State | undefined>;
}
/**
 * Makes the engine that runs a pattern's transitions over a store.
 *
 * Updaters of one store object share their queues, so one is as good as many. Needs no closing.
 *
 * @example
 * ```ts
 * const updater = createUpdater(store);
 * const seats = jsonCodec((data) => data as { free: number });
 *
 * const booked = await updater.update('flight:7', seats, (flight = { free: 100 }) =>
 *   flight.free > 0 ? write({ free: flight.free - 1 }, true) : keep(false),
 * );
 * ```
 */
declare function createUpdater(store: KvStore, options?: UpdaterOptions): Updater;

export { type Backoff, type BackoffScale, type CasRetryOptions, type Change, type Codec, ContentionError, CorruptRecordError, OperationIdReusedError, OutcomeUnknownError, RecordTooLargeError, type Transition, type UpdateEvent, type UpdateListener, type UpdateOptions, type Updater, type UpdaterOptions, casRetry, createUpdater, decorrelatedJitter, delay, equalJitter, fullJitter, jsonCodec, keep, noJitter, remove, write };
