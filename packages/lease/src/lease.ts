import type { LossReason } from './errors.js';

/**
 * A lease this process holds, until it is lost or released. Then `isHeld()` is false, `signal` is aborted and
 * `lost` resolves, all at once and for good: a handle never comes back to life.
 *
 * A process that stands still may act on what it knew before. Whatever must never be done by two at once
 * needs the `token` checked where it is done: see `fencedPut` and `Fence`.
 */
export interface Lease extends AsyncDisposable {
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
