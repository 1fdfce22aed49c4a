import type { Clock } from '@norikv/store';
import type { LeaseListener } from './events.js';

/** Options of `createLeases`. All processes of one lease should use the same times; none of them has to. */
export interface LeasesOptions {
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
export interface RenewalOptions {
  /** Whether the lease renews itself. Default true. */
  readonly autoRenew?: boolean | undefined;
  /** Asked before each renewal by itself. Unless it is true the lease is left to run out: a sick process lets go. */
  readonly renewWhile?: (() => boolean) | undefined;
}

/** Options of one acquisition. */
export interface AcquireOptions extends RenewalOptions {
  /**
   * How long to wait while others hold it, in milliseconds; 0 for one try. Default: without end. Store calls
   * under way at the end are finished first.
   */
  readonly waitMs?: number | undefined;
  /** Ends the wait. It does not end the lease. */
  readonly signal?: AbortSignal | undefined;
}
