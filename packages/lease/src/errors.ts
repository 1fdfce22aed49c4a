import { OutcomeUnknownError } from '@norikv/cas-retry';
import { CancelledError, type ErrorFacts, NoriKVError } from '@norikv/store';
import type { Leader } from './leader.js';

/**
 * Why a lease is no longer held.
 * - `expired`: it ran out, because nobody renewed it, or this process stood still.
 * - `outage`: it ran out while renewals failed.
 * - `stolen`: another holder's record is there.
 * - `deleted`: the record is gone, or overwritten by something that is no lease.
 * - `released`: it was given back.
 */
export type LossReason = 'expired' | 'outage' | 'stolen' | 'deleted' | 'released';

/** The lease is not held, or not for as long as is needed. Stop the work that needs it. */
export class LeaseLostError extends NoriKVError {
  static override readonly code: string = 'LEASE_LOST';
  /** `expiring`: it is still held, but for less time than was asked for, or will not be renewed any more. */
  readonly reason: LossReason | 'expiring';
  constructor(message: string, facts: ErrorFacts & { readonly reason: LossReason | 'expiring' }) {
    super(message, facts);
    this.reason = facts.reason;
  }
}

/**
 * Others held the lease, or the store could not be reached (then `cause` says so), for the whole wait.
 *
 * The `outcome` is `unknown` if an answer was lost and what it may have acquired was not found and given back. Nobody
 * holds that: others wait until it has run out, as for a holder that died. Trying again is safe either way.
 */
export class AcquireTimeoutError extends NoriKVError {
  static override readonly code: string = 'ACQUIRE_TIMEOUT';
  static override readonly retryable: boolean = true;
  /** Who held it when it was last seen. */
  declare readonly leader: Leader | undefined;
  constructor(message: string, facts: ErrorFacts & { readonly leader?: Leader | undefined } = {}) {
    super(message, facts);
    // Not to be printed: JSON has no bigint, such as its token, so that a log would fail for it.
    Object.defineProperty(this, 'leader', { value: facts.leader });
  }
}

/** A higher token was there first: its holder follows the one that sent this. Nothing was applied. */
export class StaleTokenError extends NoriKVError {
  static override readonly code: string = 'STALE_TOKEN';
  declare readonly token: bigint;
  /** The token that was there. */
  declare readonly highest: bigint;
  constructor(facts: ErrorFacts & { readonly token: bigint; readonly highest: bigint }) {
    super(
      `Token ${facts.token} is older than ${facts.highest}: its lease was lost. Nothing was applied; stop this work.`,
      facts,
    );
    const { token, highest } = facts;
    // As the leader above.
    Object.defineProperties(this, { token: { value: token }, highest: { value: highest } });
  }
}

/** What ended a wait, and that a claim of it may stand. */
export function mayStand(name: string, cause: unknown): NoriKVError {
  const message = `An answer was lost: "${name}" may have been acquired. If so, it runs out by itself.`;
  return cause instanceof CancelledError
    ? new CancelledError(message, { outcome: 'unknown', cause: cause.cause })
    : new OutcomeUnknownError(message, { cause });
}

/** Two users of one semaphore disagree about its limit. Nothing was acquired. */
export class SemaphoreLimitError extends NoriKVError {
  static override readonly code: string = 'SEMAPHORE_LIMIT';
}
