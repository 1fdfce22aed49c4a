import type { Clock } from '@norikv/store';

/** One moment of this process, on both of its clocks. Never compared with a moment of another process. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

export function instantOf(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.now() };
}

/**
 * Time that passed, by whichever clock says more: the monotonic clock stands still while a machine is
 * suspended, and the wall clock may be set back. A holder may only ever give up too early.
 */
export function elapsedMs(clock: Clock, since: Instant): number {
  return Math.max(clock.monotonic() - since.monotonic, clock.now() - since.wall);
}
