import type { CancelTimer, Clock } from '@norikv/store';

/**
 * Calls back when time is up and what has arrived by then was read. In a process that stood still all timers come
 * first, and answers that arrived meanwhile would count as late.
 */
export function startDeadline(clock: Clock, delayMs: number, callback: () => void): CancelTimer {
  return clock.startTimer(() => setImmediate(callback), delayMs);
}
