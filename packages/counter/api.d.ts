import { KvStore, CallOptions, GetOptions, NoriKVError, ErrorFacts } from '@norikv/store';
import { UpdaterOptions } from '@norikv/cas-retry';

/**
 * Limits on the value of a counter. All its writers must use the same. A missing counter is 0, also where they leave
 * 0 out.
 */
interface CounterBounds {
    readonly min?: number | bigint | undefined;
    readonly max?: number | bigint | undefined;
    /**
     * What becomes of an add or a reset that would go beyond. `reject` (default): `CounterBoundError`, nothing
     * applied. `clamp`: it goes as far as the bound.
     */
    readonly onBound?: 'reject' | 'clamp' | undefined;
}

/**
 * How a counter is stored.
 *
 * `record`: decimal text after a header line, which makes lost replies and operation ids exact.
 * `plain`: the decimal text alone, for other programs to read. An add whose reply was lost may then end in
 * `OutcomeUnknownError`, and `opId` is refused.
 *
 * Either reads what the other wrote, but all writers of one counter must use the same: a plain write drops
 * the header.
 */
type CounterFormat = 'record' | 'plain';

/** Options of every counter: those of the updater (deadlines, clock, random, events), and these. */
interface CounterOptions extends UpdaterOptions {
    /** Default `record`. */
    readonly format?: CounterFormat | undefined;
    /**
     * Accepts a store that does not declare the guarantees a counter stands on. Adds may then be lost or
     * counted twice.
     */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}
/** Options of one write to a counter. */
interface WriteOptions {
    /** Ends waiting: `CancelledError` before the write left, `OutcomeUnknownError` after. */
    readonly signal?: AbortSignal | undefined;
    /** Total time in milliseconds. Default: the counter's, 10,000. */
    readonly deadlineMs?: number | undefined;
}
/** Options of one add. */
interface AddOptions extends WriteOptions {
    /**
     * Names this write, so that repeating it, from any process, applies it once and answers the same. The
     * record remembers the last 256 names (`operationWindow`): a repetition after as many others is applied again.
     */
    readonly opId?: string | undefined;
}

/** Options of a {@link BucketedCounter}. All programs that use one counter must use the same. */
interface BucketedCounterOptions extends CounterOptions {
    /** Width of a bucket in milliseconds. Buckets begin at multiples of it since the epoch. Another width counts anew. */
    readonly bucketMs: number;
    /**
     * How long a bucket is written to and read, in milliseconds. After that it expires. Made longer, it holds for
     * buckets that are written to from then on: others expire as before, and sums lack them.
     */
    readonly retentionMs: number;
    /** How far the clocks of machines may differ, in milliseconds. Default 60,000. */
    readonly clockToleranceMs?: number | undefined;
}
/** Options of {@link BucketedCounter.add}. */
interface BucketAddOptions extends AddOptions {
    /** When what is counted happened, in milliseconds since the epoch. Default: now. Needed with an `opId`. */
    readonly atMs?: number | undefined;
}
/** What was counted in one bucket. */
interface BucketTotal {
    readonly startMs: number;
    readonly value: bigint;
}
/**
 * Counts by time: one record for each bucket, which expires with the retention.
 *
 * Late adds are counted in the bucket of their time, up to `retentionMs` late. Adds dated ahead are accepted
 * up to `clockToleranceMs`, because clocks differ. All others throw `BucketTimeError`. Retention is by wall
 * clock, and buckets are kept `clockToleranceMs` longer than they can be read.
 *
 * @example
 * ```ts
 * const logins = new BucketedCounter(store, 'logins', { bucketMs: 60_000, retentionMs: 86_400_000 });
 * await logins.add(1);
 * await logins.sum(Date.now() - 3_600_000, Date.now() + 1);     // of the last hour, in whole minutes
 * ```
 */
declare class BucketedCounter {
    #private;
    /** @throws UnsupportedError if the store does not guarantee what a counter needs, or has no expiry. */
    constructor(client: KvStore, counterName: string, options: BucketedCounterOptions);
    /**
     * Adds a whole number of any size to the bucket of `atMs`. Returns the value of that bucket.
     *
     * @throws BucketTimeError if `atMs` is too late or too far ahead. Nothing was sent.
     * @throws InvalidArgumentError for an `opId` without `atMs`: repeated later, it would meet another bucket.
     */
    add(delta: number | bigint, given?: BucketAddOptions): Promise<bigint>;
    /** The sum over all buckets that overlap `fromMs` (included) to `toMs` (excluded). Not a snapshot. */
    sum(fromMs: number, toMs: number, options?: CallOptions): Promise<bigint>;
    /**
     * The buckets that overlap `fromMs` (included) to `toMs` (excluded), oldest first, empty ones included.
     * One store call for each bucket, all at once.
     *
     * @throws BucketTimeError if `fromMs` is before the retention.
     * @throws InvalidArgumentError for more than 10,000 buckets.
     */
    series(fromMs: number, toMs: number, options?: CallOptions): Promise<BucketTotal[]>;
}

/** Options of a {@link BufferedCounter}. */
interface BufferedCounterOptions extends UpdaterOptions {
    /**
     * How long an add may wait in memory before it is sent, in milliseconds. Default 1,000. One write is sent at a time:
     * while that takes longer, it waits for its end.
     */
    readonly maxStalenessMs?: number | undefined;
    /** How many adds may be in memory, so how many a crash can lose at most. Default 1,000. */
    readonly maxPending?: number | undefined;
    /** Told when a flush in the background failed. It is tried again; what this throws is ignored. */
    readonly onError?: ((error: unknown) => void) | undefined;
    /** Accepts a store without the guarantees a counter stands on. Adds may then be lost or counted twice. */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}
/**
 * Collects adds in memory and writes their sum to a counter in the background: the fastest of the counters,
 * and the only one that can lose something. The stored value is that of a `DistributedCounter` of this name.
 *
 * An add is acknowledged before it is stored. A crash loses at most `maxPending` adds; while the store
 * answers, none that are older than `maxStalenessMs` or, where that is longer, the rest of the write under way, and
 * the time of one write. `close()` loses none.
 *
 * A sum whose fate is unknown is sent again under the same operation id, so it is not counted twice unless
 * `operationWindow` (256) other writes with an operation id came between, such as flushes of other processes.
 *
 * The timer does not keep the process alive: call `close()`, or declare the counter with `await using`.
 *
 * @example
 * ```ts
 * await using hits = new BufferedCounter(store, 'hits', { maxStalenessMs: 500 });
 * await hits.increment();
 * ```
 */
declare class BufferedCounter implements AsyncDisposable {
    #private;
    /** @throws UnsupportedError if the store does not guarantee what a counter needs. */
    constructor(client: KvStore, counterName: string, options?: BufferedCounterOptions);
    /** The adds in memory: acknowledged to their callers and not known to be stored. */
    get pending(): number;
    /** Adds 1. */
    increment(): Promise<void>;
    /**
     * Adds a whole number of any size. Resolves when it is in memory: at once, unless the buffer is full and
     * must be flushed first.
     *
     * @throws ResourceExhaustedError if that flush failed; the add was not taken.
     * @throws ClosedError after `close()`.
     */
    add(delta: number | bigint): Promise<void>;
    /** The stored value, without what is pending. One round trip. */
    value(options?: GetOptions): Promise<bigint>;
    /**
     * Stores everything that is pending when it is called, what an earlier flush failed to store included.
     *
     * @throws as the writing methods of `DistributedCounter` do. What failed stays pending.
     */
    flush(): Promise<void>;
    /** Takes no further adds, and stores what is pending. If that fails it rejects, and may be called again. */
    close(): Promise<void>;
    /** The same as {@link BufferedCounter.close}. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** Options of a {@link DistributedCounter}. */
interface DistributedCounterOptions extends CounterOptions {
    /** Default: none. */
    readonly bounds?: CounterBounds | undefined;
}
/**
 * An exact counter in one record, for any number of processes.
 *
 * Every acknowledged write is counted once, and answered with the value it produced itself. A missing
 * counter is 0. The methods that give a number refuse, before writing, a result a number cannot hold; those
 * that give a bigint have no limit.
 *
 * The adds made on one object share writes, so keep it; those of several processes follow each other, one
 * write a round trip. Where that is too slow, use {@link ShardedCounter}.
 *
 * All methods that write throw the errors of the updater: `ContentionError`, `OutcomeUnknownError`,
 * `CancelledError`, `DeadlineExceededError`, `CorruptRecordError` (the stored bytes are no number; they are
 * left as they are) and `OperationIdReusedError`.
 *
 * @example
 * ```ts
 * const seats = new DistributedCounter(store, 'seats', { bounds: { min: 0, max: 50 } });
 * await seats.increment();                          // 1
 * await seats.add(2n, { opId: 'order-17' });        // 3n, and 3n again if repeated
 * ```
 */
declare class DistributedCounter {
    #private;
    /** @throws UnsupportedError if the store does not guarantee what a counter needs. */
    constructor(client: KvStore, counterName: string, options?: DistributedCounterOptions);
    /** Creates the counter with 0, if it is absent. Not needed: a missing counter is 0. */
    initialize(): Promise<void>;
    /** Adds 1. Returns the new value. */
    increment(options?: AddOptions): Promise<number>;
    /** Subtracts 1. Returns the new value. */
    decrement(options?: AddOptions): Promise<number>;
    /**
     * Adds a whole number. Returns the new value.
     *
     * @throws CounterBoundError if it would leave the bounds and they reject that.
     * @throws CounterRangeError if the new value would be beyond 2^53 - 1. Nothing was applied.
     * @throws InvalidArgumentError for a fraction, NaN, an infinity or a number beyond 2^53 - 1.
     */
    incrementBy(delta: number, options?: AddOptions): Promise<number>;
    /** The value as a number, 0 if the counter is missing. Throws `CounterRangeError` if it is beyond 2^53 - 1. */
    get(options?: GetOptions): Promise<number>;
    /**
     * Adds a whole number of any size. Returns the value this add produced.
     *
     * @throws CounterBoundError if it would leave the bounds and they reject that.
     * @throws OperationIdReusedError if the `opId` was used for another delta or for a reset.
     */
    add(delta: number | bigint, options?: AddOptions): Promise<bigint>;
    /** The value, 0 if the counter is missing. One round trip. */
    value(options?: GetOptions): Promise<bigint>;
    /**
     * Sets the value, by default to 0. Returns the old one: an add is either in what a reset returned or in the value, never in
     * both.
     *
     * @throws CounterBoundError if `to` is outside the bounds, as 0 may be, and they reject that.
     * @throws OperationIdReusedError if the `opId` was used for another value or for an add.
     */
    reset(to?: number | bigint, options?: AddOptions): Promise<bigint>;
    /**
     * Removes the counter. True if it existed. The operation ids it remembers are kept for `tombstoneTtlMs` (60,000), and
     * a counter that is made anew by then has them from then on: an add repeated under one does not count in it.
     *
     * @throws UnsupportedError for a plain counter, if the store has no conditional delete.
     */
    delete(options?: WriteOptions): Promise<boolean>;
}

/** Facts of a {@link CounterBoundError}. */
interface CounterBoundFacts extends ErrorFacts {
    readonly value: bigint;
    readonly delta: bigint;
    readonly bound: bigint;
}
/** An add or a reset would have left the bounds of its counter. Nothing was applied. */
declare class CounterBoundError extends NoriKVError {
    static readonly code: string;
    /** What the counter held, and holds. */
    readonly value: bigint;
    /** What was to be added; of a reset the difference. */
    readonly delta: bigint;
    /** The bound that was in the way. */
    readonly bound: bigint;
    constructor(message: string, facts: CounterBoundFacts);
}
/** A total is too large for a number to be exact. Nothing was applied. Use the methods that give a bigint. */
declare class CounterRangeError extends NoriKVError {
    static readonly code: string;
}
/** A time lies before the buckets that are kept, or too far ahead. Nothing was read or applied. */
declare class BucketTimeError extends NoriKVError {
    static readonly code: string;
}

/** A total, and how old it is. */
interface Total {
    readonly value: bigint;
    /** Milliseconds since reading it began. Everything acknowledged before then is in it. */
    readonly ageMs: number;
}
/** Options of reading a total. */
interface TotalOptions extends CallOptions {
    /**
     * A total will do that this counter began to read less than so many milliseconds before the call. Default 0: read it
     * now. Of many callers at once that find it too old one reads it for all.
     */
    readonly maxAgeMs?: number | undefined;
}
/**
 * An exact counter for many writing processes: the total is spread over several records, the shards.
 *
 * Each process keeps to one shard. When processes meet on a shard they move apart, and the number of shards
 * doubles, up to `numShards`; it starts at one and never shrinks. With twice as many shards as processes
 * they soon do not meet at all, and each writes as if it were alone. Make one object per process and keep it.
 *
 * A total contains every add that was acknowledged before reading began. It is no snapshot: of adds made
 * while it is read it contains some, and where some of those are negative it may be a value that never was.
 *
 * @example
 * ```ts
 * const views = new ShardedCounter(store, 'page:views', 20);
 * await views.increment();
 * await views.get();                        // 1
 * await views.get({ maxAgeMs: 5_000 });     // at most 5 s old, often without a store call
 * ```
 */
declare class ShardedCounter {
    #private;
    /**
     * @param numShards - the most shards there may be, 1 to 1,024. Default 10. For a counter that other code wrote with a
     * fixed number of shards: at least that number.
     * @throws InvalidArgumentError for a name with which the key of a shard would be too long, however many there are.
     * @throws UnsupportedError if the store does not guarantee what a counter needs.
     */
    constructor(client: KvStore, name: string, numShards?: number, options?: CounterOptions);
    /** Adds 1. */
    increment(options?: AddOptions): Promise<void>;
    /**
     * Adds a whole number of any size.
     *
     * With an `opId` it always goes to the first shard, whatever the number of shards, because only there can
     * every process know of it. So it is exact, and as fast as a single record is.
     *
     * @throws as the writing methods of `DistributedCounter` do.
     */
    add(delta: number | bigint, options?: AddOptions): Promise<void>;
    /** The total as a number. Throws `CounterRangeError` if it is beyond 2^53 - 1. */
    get(options?: TotalOptions): Promise<number>;
    /** The total. */
    value(options?: TotalOptions): Promise<bigint>;
    /**
     * The total with its age. Two round trips: the number of shards, then all of them at once (`numShards`
     * while they never grew). `timeoutMs` is for both together; without it each has the counter's `deadlineMs`.
     */
    total(options?: TotalOptions): Promise<Total>;
}

export { type AddOptions, type BucketAddOptions, BucketTimeError, type BucketTotal, BucketedCounter, type BucketedCounterOptions, BufferedCounter, type BufferedCounterOptions, CounterBoundError, type CounterBoundFacts, type CounterBounds, type CounterFormat, type CounterOptions, CounterRangeError, DistributedCounter, type DistributedCounterOptions, ShardedCounter, type Total, type TotalOptions, type WriteOptions };
