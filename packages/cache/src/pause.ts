import type { CancelTimer, Clock } from '@norikv/store';
import { startDeadline } from '@norikv/store/wait-within';

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

/** What the work gives, or `late` if it takes longer than `limitMs`. The work goes on. */
export async function within<Result, Late>(
  clock: Clock,
  limitMs: number,
  work: Promise<Result>,
  late: Late,
): Promise<Result | Late> {
  let cancel: CancelTimer | undefined;
  const timer = new Promise<Late>((resolve) => {
    cancel = startDeadline(clock, limitMs, () => resolve(late));
  });
  try {
    return await Promise.race([work, timer]);
  } finally {
    cancel?.();
  }
}
