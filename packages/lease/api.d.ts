import { NoriKVError, ErrorFacts, Clock, KvStore, Key, GetOptions, Value } from '@norikv/store';
import { UpdateOptions, UpdaterOptions } from '@norikv/cas-retry';

/** The holder of a lease, as its record tells. */
interface Leader {
    readonly owner: string;
    readonly token: bigint;
    /** The holder's wall clock when it acquired, in milliseconds since the epoch. For people only. */
    readonly since: number;
}

/**
 * Why a lease is no longer held.
 * - `expired`: it ran out, because nobody renewed it, or this process stood still.
 * - `outage`: it ran out while renewals failed.
 * - `stolen`: another holder's record is there.
 * - `deleted`: the record is gone, or overwritten by something that is no lease.
 * - `released`: it was given back.
 */
type LossReason = 'expired' | 'outage' | 'stolen' | 'deleted' | 'released';
/** The lease is not held, or not for as long as is needed. Stop the work that needs it. */
declare class LeaseLostError extends NoriKVError {
    static readonly code: string;
    /** `expiring`: it is still held, but for less time than was asked for, or will not be renewed any more. */
    readonly reason: LossReason | 'expiring';
    constructor(message: string, facts: ErrorFacts & {
        readonly reason: LossReason | 'expiring';
    });
}
/**
 * Others held the lease, or the store could not be reached (then `cause` says so), for the whole wait.
 *
 * The `outcome` is `unknown` if an answer was lost and what it may have acquired was not found and given back. Nobody
 * holds that: others wait until it has run out, as for a holder that died. Trying again is safe either way.
 */
declare class AcquireTimeoutError extends NoriKVError {
    static readonly code: string;
    static readonly retryable: boolean;
    /** Who held it when it was last seen. */
    readonly leader: Leader | undefined;
    constructor(message: string, facts?: ErrorFacts & {
        readonly leader?: Leader | undefined;
    });
}
/** A higher token was there first: its holder follows the one that sent this. Nothing was applied. */
declare class StaleTokenError extends NoriKVError {
    static readonly code: string;
    readonly token: bigint;
    /** The token that was there. */
    readonly highest: bigint;
    constructor(facts: ErrorFacts & {
        readonly token: bigint;
        readonly highest: bigint;
    });
}
/** Two users of one semaphore disagree about its limit. Nothing was acquired. */
declare class SemaphoreLimitError extends NoriKVError {
    static readonly code: string;
}

/**
 * A lease this process holds, until it is lost or released. Then `isHeld()` is false, `signal` is aborted and
 * `lost` resolves, all at once and for good: a handle never comes back to life.
 *
 * A process that stands still may act on what it knew before. Whatever must never be done by two at once
 * needs the `token` checked where it is done: see `fencedPut` and `Fence`.
 */
interface Lease extends AsyncDisposable {
    readonly name: string;
    /** The fencing token: higher than that of every earlier holder, the same for the whole life of the lease. */
    readonly token: bigint;
    /**
     * Aborted when the lease ends, at the latest on its deadline, with a `LeaseLostError`. Reads the clock when it is asked
     * for: after a standstill ask for it anew.
     */
    readonly signal: AbortSignal;
    /** Resolves when the lease ends. Never rejects. */
    readonly lost: Promise<LossReason>;
    /** How long it is held without another renewal, in milliseconds; 0 if it is lost. Reads the clock. */
    remainingMs(): number;
    /** Whether it is held now. Reads the clock. */
    isHeld(): boolean;
    /**
     * Call it right before a step that cannot check a token.
     *
     * @param needMs - how long the step may take, its timeout included. Default 0.
     * @throws LeaseLostError if the lease is not held, or for less time than that.
     */
    assertHeld(needMs?: number): void;
    /**
     * Renews now. One round trip. A call during a renewal joins it.
     *
     * @throws LeaseLostError if the lease is lost, or left to run out because `renewWhile` was not true.
     * @throws the store's error if the renewal failed; the lease is still held until its deadline.
     */
    renew(): Promise<void>;
    /**
     * Gives the lease back. Only ever frees this acquisition; after a loss it does nothing, and twice is fine.
     * The work that needs the lease must have ended.
     *
     * @throws the store's error if that failed. The lease has ended here all the same; others get it when it
     * has run out, or when another call of this succeeds.
     */
    release(): Promise<void>;
    /** {@link release}, except that it does not throw: what is not freed runs out. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** Something that happened to a lease, for logs and metrics. */
type LeaseEvent = {
    readonly name: string;
} & ({
    /** `takenFrom`: the owner whose lease had run out. */
    readonly kind: 'acquired';
    readonly token: bigint;
    readonly waitedMs: number;
    readonly takenFrom: string | undefined;
}
/** `remainingMs`: what was left before: the margin. */
 | {
    readonly kind: 'renewed';
    readonly token: bigint;
    readonly remainingMs: number;
}
/** Also where `renewWhile` threw, or answered later: the lease is then left to run out. */
 | {
    readonly kind: 'renew-failed';
    readonly token: bigint;
    readonly remainingMs: number;
    readonly error: unknown;
}
/** A renewal began so much later than planned: the event loop or the process stood still. */
 | {
    readonly kind: 'stalled';
    readonly token: bigint;
    readonly lateMs: number;
} | {
    readonly kind: 'lost';
    readonly token: bigint;
    readonly reason: LossReason;
    readonly error: unknown;
} | {
    readonly kind: 'released';
    readonly token: bigint;
}
/** It was not given back; it runs out by itself. */
 | {
    readonly kind: 'release-failed';
    readonly token: bigint;
    readonly error: unknown;
}
/** A try to acquire failed; those who wait try again. */
 | {
    readonly kind: 'attempt-failed';
    readonly error: unknown;
} | {
    readonly kind: 'leader-changed';
    readonly leader: Leader | null;
}
/** The work of a leader threw; it resigned. */
 | {
    readonly kind: 'lead-failed';
    readonly token: bigint;
    readonly error: unknown;
}
/** The work of a leader goes on after its grace, so the lease is not given back but left to run out. */
 | {
    readonly kind: 'overrun';
    readonly token: bigint;
});
/** Receives events. */
type LeaseListener = (event: LeaseEvent) => void;

/** Options of `createLeases`. All processes of one lease should use the same times; none of them has to. */
interface LeasesOptions {
    /**
     * How long a holder that died keeps others out, in milliseconds. Default 15,000. It is not a limit on the
     * work: leases are renewed.
     */
    readonly ttlMs?: number | undefined;
    /** Time between the starts of two renewals, in milliseconds. Default: a third of `ttlMs`. */
    readonly renewEveryMs?: number | undefined;
    /** Time of one store call, in milliseconds. Default 2,000, or a fifth of `ttlMs` if that is less. */
    readonly requestTimeoutMs?: number | undefined;
    /**
     * Time between two looks of those who wait, in milliseconds, at most 6 days. Default 2,000, or a fifth of `ttlMs` if that
     * is less.
     */
    readonly pollMs?: number | undefined;
    /** Each wait is up to this share longer, at random, from 0 to 1. Default 0.2. */
    readonly jitter?: number | undefined;
    /**
     * The share of `ttlMs` by which a holder gives up before others may take over, above 0 and below 1.
     * Default 0.1: no overlap while clocks run up to 5 % too fast or too slow.
     */
    readonly safety?: number | undefined;
    /** Names this process in records, for people. Not an identity: two may have the same. Default: a random id. */
    readonly owner?: string | undefined;
    /**
     * Epochs start above this. Only needed where records can vanish (by hand, by a restored backup): return
     * the highest token any protected resource has seen.
     */
    readonly epochFloor?: (() => bigint) | undefined;
    /** Called for everything worth counting. What it throws is ignored. */
    readonly onEvent?: LeaseListener | undefined;
    readonly clock?: Clock | undefined;
    /** Uniform in [0, 1). Default `Math.random`. */
    readonly random?: (() => number) | undefined;
    /** Accepts a store that does not declare what a lease stands on. Two may then hold one lease. */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}
/** How a lease is kept. */
interface RenewalOptions {
    /** Whether the lease renews itself. Default true. */
    readonly autoRenew?: boolean | undefined;
    /** Asked before each renewal by itself. Unless it is true the lease is left to run out: a sick process lets go. */
    readonly renewWhile?: (() => boolean) | undefined;
}
/** Options of one acquisition. */
interface AcquireOptions extends RenewalOptions {
    /**
     * How long to wait while others hold it, in milliseconds; 0 for one try. Default: without end. Store calls
     * under way at the end are finished first.
     */
    readonly waitMs?: number | undefined;
    /** Ends the wait. It does not end the lease. */
    readonly signal?: AbortSignal | undefined;
}

/** Options of `elect`. */
interface ElectOptions extends RenewalOptions {
    /**
     * The work of a leader. Called once for each epoch this process wins. It leads as long as the promise is
     * pending: returning or throwing resigns. It must end soon after `lease.signal` is aborted; the lease is
     * given back only after that. To end the election from in here, call `stop()` without awaiting it and
     * return: it waits for this very promise.
     */
    readonly lead: (lease: Lease) => unknown;
    /** Stops the election. */
    readonly signal?: AbortSignal | undefined;
    /** How long the work may go on after its lease ended, in milliseconds; then it counts as overrun. Default: `ttlMs`. */
    readonly graceMs?: number | undefined;
}
/** How an election is doing, for a health check. */
interface ElectionHealth {
    /**
     * False only while the work of a lost or stopped leadership goes on after its grace: two may be at work,
     * and a restart of this process helps. A standby is healthy, also while the store is away.
     */
    readonly healthy: boolean;
    readonly role: 'leader' | 'standby' | 'stopped';
    /** What keeps it from campaigning, if the last try failed. */
    readonly error: unknown;
}
/** A campaign that does not end: lead, lose or resign, and run again. */
interface Election extends AsyncDisposable {
    /**
     * Resolves after the first try: then `leader()` says who leads, or `health()` what went wrong. Never
     * rejects.
     */
    readonly ready: Promise<void>;
    /**
     * Who leads, as last seen. Null if nobody is known to. After an outage it may name this one, which leads no more: ask
     * `health().role` for that.
     */
    leader(): Leader | null;
    /** The leader now, then each change, once and in order. Ends with the election. */
    observe(): AsyncIterable<Leader | null>;
    /** How it is doing, for a health check. */
    health(): ElectionHealth;
    /**
     * Leaves: ends the lease for the work, waits for the work up to its grace, gives the lease back. If the
     * work overran, the lease is not given back but left to run out. Never rejects.
     *
     * Do not await it inside `lead`: the two then wait for each other until the grace is over, and the lease is
     * left to run out.
     */
    stop(): Promise<void>;
    /** The same as {@link stop}. */
    [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Keeps a resource to its newest leaseholder: remembers the highest token it has seen and refuses lower ones.
 *
 * For a server that does the work of leaseholders, one for each resource. Check and effect must be one step:
 * nothing may be awaited in between. It lives in memory; keep `highest` with the resource if that outlives
 * the process. For data in a store use `fencedPut`, for SQL put the comparison into the statement.
 *
 * @example
 * ```ts
 * const fence = new Fence();
 * server.on('request', (request, response) => {
 *   fence.accept(String(request.headers['fencing-token']));  // throws StaleTokenError: answer 412
 *   apply(request);
 * });
 * ```
 */
declare class Fence {
    #private;
    /**
     * @param highest - the highest token seen so far. Default 0: none.
     * @throws InvalidArgumentError if it is no token: a fence that starts with nonsense would let all pass.
     */
    constructor(highest?: bigint);
    get highest(): bigint;
    /**
     * Lets a token pass, and from then on refuses lower ones.
     *
     * @param token - as a bigint, or as decimal text, such as a header.
     * @throws StaleTokenError if a higher token was here before.
     * @throws InvalidArgumentError if it is no token.
     */
    accept(token: bigint | string): void;
}

/** What a fenced key holds. */
interface FencedValue {
    /** Null if the key was sealed and nothing has been put yet. */
    readonly value: Uint8Array | null;
    /** The token it was put or sealed with. */
    readonly token: bigint;
}
/** Options of fenced writes. */
interface FencedOptions extends Pick<UpdateOptions, 'signal' | 'deadlineMs'>, Pick<UpdaterOptions, 'clock' | 'random'> {
    /** Accepts a store that does not declare atomic conditions. A stale write may then get through. */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}
/**
 * Writes a key for the holder of a lease, unless a later holder has been there. Check and write are one
 * step in the store. One round trip on a key this process wrote last, else two.
 *
 * Read it with {@link fencedGet}: the token is stored with the value.
 *
 * @example
 * ```ts
 * const balance = await fencedSeal(store, 'balance', lease.token);  // once, before the first decision
 * await fencedPut(store, 'balance', next(balance), lease.token);
 * ```
 *
 * @throws InvalidArgumentError if the value is neither well-formed text nor a `Uint8Array`.
 * @throws StaleTokenError if the key has seen a higher token.
 * @throws CorruptRecordError if something else wrote the key; it is left as it is.
 * @throws OutcomeUnknownError if a reply was lost for good. Trying again is safe.
 * @throws UnsupportedError if the store does not guarantee what this needs.
 */
declare function fencedPut(store: KvStore, key: Key, value: Value, token: bigint, options?: FencedOptions): Promise<void>;
/**
 * Raises the token of a key without changing its value, and returns the value. A new leader does this to
 * every key it is going to decide upon, before it decides: a write its predecessor sent may still be on its
 * way, and would otherwise land behind its back.
 *
 * @throws StaleTokenError, CorruptRecordError, OutcomeUnknownError as {@link fencedPut}.
 */
declare function fencedSeal(store: KvStore, key: Key, token: bigint, options?: FencedOptions): Promise<Uint8Array | null>;
/** Reads a key that fenced writes keep. Null if it is absent. One round trip. */
declare function fencedGet(store: KvStore, key: Key, options?: GetOptions): Promise<FencedValue | null>;

/**
 * Leader election with two callbacks, under the names of the documentation of NoriKV.
 *
 * @example
 * ```ts
 * const election = new LeaderElection(client, 'my-service', 'node-1', 10_000);
 * await election.start(
 *   () => startBackgroundJobs(),
 *   () => stopBackgroundJobs(),
 * );
 * if (election.getIsLeader()) console.log('I am the leader');
 * process.on('SIGTERM', () => election.stop());
 * ```
 */
declare class LeaderElection {
    #private;
    /**
     * @param nodeId - for people: two nodes of one name are still two.
     * @param leaseTtlMs - how long a leader that died keeps others out, in milliseconds. Default 10,000.
     * @throws UnsupportedError if the store does not guarantee what a lease needs.
     * @throws InvalidArgumentError for a bad argument, which it names.
     */
    constructor(client: KvStore, electionName: string, nodeId: string, leaseTtlMs?: number, options?: Omit<LeasesOptions, 'owner' | 'ttlMs'>);
    /**
     * Takes part until `stop`. Resolves after the first try: `getIsLeader()` then has an answer, and the
     * election goes on in the background. Calling it again meanwhile waits for the same, with the callbacks of the
     * first call. After a `stop` that gave up on a callback it waits for that one first: two leaderships of one
     * object are never at work at once.
     *
     * @param onBecameLeader - called once for each time this node is elected. Throwing resigns.
     * @param onLostLeadership - called once after each of those, when it is lost, or on `stop` before it is
     * given back. Awaited: another leadership of this node begins only after that.
     * @throws what makes campaigning impossible, such as `CorruptRecordError` where the key holds something
     * else. The election is then stopped. An outage is waited out instead.
     */
    start(onBecameLeader?: (lease: Lease) => unknown, onLostLeadership?: () => unknown): Promise<void>;
    /**
     * Leaves: calls `onLostLeadership` if this node leads, waits for the callbacks, gives the lease back.
     * Inside a callback call it without awaiting it: it waits for that callback, at most `leaseTtlMs`.
     */
    stop(): Promise<void>;
    /** Whether this node leads now. Reads the clock: it turns false on time, whatever the event loop does. */
    getIsLeader(): boolean;
}

/** At most `limit` holders at a time: that many leases, any of which will do. */
interface Semaphore {
    readonly name: string;
    readonly limit: number;
    /**
     * A free slot, or null if all are held. Two round trips, and one for each held slot that was in the way; at
     * first use one more, which agrees on the limit.
     * The token of a slot is compared with those of the same slot only: it cannot fence what all slots share.
     *
     * @throws SemaphoreLimitError if the semaphore was made with another limit.
     */
    tryAcquire(options?: RenewalOptions): Promise<Lease | null>;
    /**
     * As {@link tryAcquire}, and waits for a slot, and for faults of the store to pass. Throws
     * `AcquireTimeoutError` or `CancelledError`, as `acquire` of leases does.
     */
    acquire(options?: AcquireOptions): Promise<Lease>;
    /** Acquires a slot, runs the body, waits for it, and gives the slot back. */
    withSlot<Result>(options: AcquireOptions, body: (lease: Lease) => Promise<Result> | Result): Promise<Result>;
}

/**
 * The leases of one store. Needs no closing: only what is held or waited for has timers.
 *
 * A name has as many bytes as fit into a key. All methods throw `InvalidArgumentError` for bad input and
 * `CorruptRecordError` where the key holds something that is no lease, which is left as it is.
 */
interface Leases {
    /**
     * Acquires the lease if it is free, or if its holder has not renewed it for the whole of its time while
     * this process watched: repeated calls get there as well as waiting does, for up to 16,384 names at a time.
     * Null if others hold it. A process that is started for one try has seen nothing yet: it gets the lease of a
     * holder that died only by waiting, with {@link acquire}, for longer than `ttlMs`.
     *
     * @throws the store's error if that failed. What a lost reply may have left behind is given back first.
     * @throws OutcomeUnknownError if that could not be done: a lease that nobody holds may stand until it runs out.
     */
    tryAcquire(name: string, options?: RenewalOptions): Promise<Lease | null>;
    /**
     * Acquires the lease, and waits while others hold it. Faults of the store that may pass are waited out.
     *
     * @throws AcquireTimeoutError after `waitMs`.
     * @throws CancelledError when the signal ended the wait.
     * Of both the `outcome` is `unknown` if what a lost reply may have left behind could not be given back; any other
     * error is then the `cause` of an `OutcomeUnknownError`.
     */
    acquire(name: string, options?: AcquireOptions): Promise<Lease>;
    /**
     * Acquires the lease, runs the body, waits for it to end, and gives the lease back.
     *
     * @throws LeaseLostError if the lease was lost meanwhile; `cause` is the body's own error, if it threw.
     * @throws whatever the body throws, and as {@link acquire}.
     */
    withLease<Result>(name: string, options: AcquireOptions, body: (lease: Lease) => Promise<Result> | Result): Promise<Result>;
    /**
     * Takes part in the election of a leader until stopped.
     *
     * @example
     * ```ts
     * await using election = leases.elect('scheduler', {
     *   lead: async (lease) => {
     *     while (lease.isHeld()) await runNextJob(lease.token, lease.signal);
     *   },
     * });
     * ```
     */
    elect(name: string, options: ElectOptions): Election;
    /**
     * A lease that up to `limit` (1 to 1,000) may hold at a time.
     *
     * @example
     * ```ts
     * await leases.semaphore('exports', 3).withSlot({ waitMs: 60_000 }, ({ signal }) => exportAll(signal));
     * ```
     */
    semaphore(name: string, limit: number): Semaphore;
    /** Who holds the lease, without trying to get it. Null if it is free. One round trip. */
    holder(name: string): Promise<Leader | null>;
}
/**
 * Opens the leases of a store.
 *
 * @throws UnsupportedError if the store does not guarantee what a lease needs.
 * @throws InvalidArgumentError for bad options, also for times that do not fit each other.
 *
 * @example
 * ```ts
 * const leases = createLeases(store, { owner: 'worker-1' });
 * await leases.withLease('nightly-report', { waitMs: 20_000 }, async (lease) => {
 *   const report = await compile({ signal: lease.signal });
 *   await fencedPut(store, 'report', report, lease.token);
 * });
 * ```
 */
declare function createLeases(store: KvStore, options?: LeasesOptions): Leases;

export { type AcquireOptions, AcquireTimeoutError, type ElectOptions, type Election, type ElectionHealth, Fence, type FencedOptions, type FencedValue, type Leader, LeaderElection, type Lease, type LeaseEvent, type LeaseListener, LeaseLostError, type Leases, type LeasesOptions, type LossReason, type RenewalOptions, type Semaphore, SemaphoreLimitError, StaleTokenError, createLeases, fencedGet, fencedPut, fencedSeal };
