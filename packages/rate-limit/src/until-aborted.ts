import { CancelledError } from '@norikv/store';
import { waitWithin } from '@norikv/store/wait-within';

/**
 * Waits for a promise that others wait for too, or until the signal ends.
 *
 * @throws CancelledError when the signal ended; its outcome is unknown unless it had ended before.
 */
export function untilAborted<Result>(
  start: () => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  return waitWithin(start, {
    signal,
    cancelled: (cause, hasBegun) =>
      new CancelledError('The check was cancelled', { cause, outcome: hasBegun ? 'unknown' : 'not-applied' }),
  });
}
