import type { LossReason } from './errors.js';
import type { Leader } from './leader.js';

/** Something that happened to a lease, for logs and metrics. */
export type LeaseEvent = { readonly name: string } & (
  | {
      /** `takenFrom`: the owner whose lease had run out. */
      readonly kind: 'acquired';
      readonly token: bigint;
      readonly waitedMs: number;
      readonly takenFrom: string | undefined;
    }
  /** `remainingMs`: what was left before: the margin. */
  | { readonly kind: 'renewed'; readonly token: bigint; readonly remainingMs: number }
  /** Also where `renewWhile` threw, or answered later: the lease is then left to run out. */
  | {
      readonly kind: 'renew-failed';
      readonly token: bigint;
      readonly remainingMs: number;
      readonly error: unknown;
    }
  /** A renewal began so much later than planned: the event loop or the process stood still. */
  | { readonly kind: 'stalled'; readonly token: bigint; readonly lateMs: number }
  | { readonly kind: 'lost'; readonly token: bigint; readonly reason: LossReason; readonly error: unknown }
  | { readonly kind: 'released'; readonly token: bigint }
  /** It was not given back; it runs out by itself. */
  | { readonly kind: 'release-failed'; readonly token: bigint; readonly error: unknown }
  /** A try to acquire failed; those who wait try again. */
  | { readonly kind: 'attempt-failed'; readonly error: unknown }
  | { readonly kind: 'leader-changed'; readonly leader: Leader | null }
  /** The work of a leader threw; it resigned. */
  | { readonly kind: 'lead-failed'; readonly token: bigint; readonly error: unknown }
  /** The work of a leader goes on after its grace, so the lease is not given back but left to run out. */
  | { readonly kind: 'overrun'; readonly token: bigint }
);

/** Receives events. */
export type LeaseListener = (event: LeaseEvent) => void;
