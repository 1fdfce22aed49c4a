import { CancelledError, type Outcome } from '@norikv/store';
import { onAbort } from '@norikv/store/on-abort';

/**
 * Waits for a promise that others wait for too, or until the signal ends.
 *
 * @throws CancelledError when the signal ended; its outcome is unknown unless it had ended before.
 */
export function untilAborted<Result>(
  start: () => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (!signal) return start();
  return new Promise((resolve, reject) => {
    const cancel = (outcome: Outcome): void => {
      reject(new CancelledError('The check was cancelled', { outcome, cause: signal.reason }));
    };
    if (signal.aborted) return cancel('not-applied');
    const stop = onAbort(signal, () => cancel('unknown'));
    start().finally(stop).then(resolve, reject);
  });
}
