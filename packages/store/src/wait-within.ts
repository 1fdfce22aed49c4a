import type { CancelTimer, Clock } from './clock.js';
import { onAbort } from './on-abort.js';

/** A signal that ends a wait, and the error for that. */
export interface SignalLimit {
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
export interface TimeLimit {
  /** Of which only the timers are used. */
  readonly clock: Pick<Clock, 'startTimer'>;
  readonly timeoutMs?: number | undefined;
  /** Makes the error. */
  late(): Error;
}

/** What ends a wait. */
export type WaitLimits = SignalLimit | (SignalLimit & TimeLimit);

/**
 * Calls back when time is up and what has arrived by then was read. In a process that stood still all timers come
 * first, and answers that arrived meanwhile would count as late.
 */
export function startDeadline(
  clock: Pick<Clock, 'startTimer'>,
  delayMs: number,
  callback: () => void,
): CancelTimer {
  return clock.startTimer(() => setImmediate(callback), delayMs);
}

/**
 * Begins work and waits for it, no longer than a signal and a time limit allow. After that the work goes on, and its
 * result is ignored. If the signal has ended before, the work is not begun.
 *
 * No listener and no timer outlives the wait.
 *
 * @throws what the work throws, or the error that the limits make.
 */
export function waitWithin<Result>(begin: () => Promise<Result>, limits: WaitLimits): Promise<Result> {
  const isLimited = limits.signal !== undefined || ('clock' in limits && limits.timeoutMs !== undefined);
  // Most calls have no limits, and should not pay for another promise.
  return isLimited ? limited(begin, limits) : begin();
}

async function limited<Result>(begin: () => Promise<Result>, limits: WaitLimits): Promise<Result> {
  const { signal } = limits;
  if (signal?.aborted) throw limits.cancelled(signal.reason, false);
  const releases: Array<() => void> = [];
  try {
    return await new Promise<Result>((resolve, reject) => {
      if (signal) releases.push(onAbort(signal, () => reject(limits.cancelled(signal.reason, true))));
      if ('clock' in limits && limits.timeoutMs !== undefined) {
        releases.push(startDeadline(limits.clock, limits.timeoutMs, () => reject(limits.late())));
      }
      begin().then(resolve, reject);
    });
  } finally {
    for (const release of releases) release();
  }
}
