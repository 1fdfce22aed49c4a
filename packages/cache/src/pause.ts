import type { CancelTimer, Clock } from '@norikv/store';

/** Waits. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.startTimer(resolve, delayMs);
  });
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
    cancel = clock.startTimer(() => resolve(late), limitMs);
  });
  try {
    return await Promise.race([work, timer]);
  } finally {
    cancel?.();
  }
}
