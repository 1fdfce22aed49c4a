import type { CancelTimer, Clock } from '@norikv/store';

/** Waits. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.startTimer(resolve, delayMs);
  });
}

/** What the work gives, or an error if it takes longer than `limitMs`. The work goes on; see {@link within}. */
export async function inTime<Result>(
  clock: Clock,
  limitMs: number,
  work: Promise<Result>,
  lateError: () => Error,
): Promise<Result> {
  const late = Symbol('late');
  const result = await within(clock, limitMs, work, late);
  if (typeof result === 'symbol') throw lateError();
  return result;
}

/**
 * What the work gives, or `late` if it takes longer than `limitMs`. The work goes on.
 *
 * Of a process that was stopped all timers end before anything is read that has arrived meanwhile: that still counts.
 */
export async function within<Result, Late>(
  clock: Clock,
  limitMs: number,
  work: Promise<Result>,
  late: Late,
): Promise<Result | Late> {
  let cancel: CancelTimer | undefined;
  const timer = new Promise<Late>((resolve) => {
    cancel = clock.startTimer(() => setImmediate(resolve, late), limitMs);
  });
  try {
    return await Promise.race([work, timer]);
  } finally {
    cancel?.();
  }
}
