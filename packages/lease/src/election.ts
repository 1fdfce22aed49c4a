import type { Leader } from './leader.js';
import type { Lease } from './lease.js';
import type { RenewalOptions } from './options.js';

/** Options of `elect`. */
export interface ElectOptions extends RenewalOptions {
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
export interface ElectionHealth {
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
export interface Election extends AsyncDisposable {
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
