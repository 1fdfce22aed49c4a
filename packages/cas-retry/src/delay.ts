import { CancelledError, type Clock, systemClock } from '@norikv/store';

/**
 * Waits, or stops waiting at once when the signal ends.
 *
 * @throws CancelledError (outcome not-applied) when the signal ended.
 */
export function delay(delayMs: number, signal?: AbortSignal, clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancelled = (): void => {
      cancelTimer();
      reject(new CancelledError('Waiting was cancelled', { cause: signal?.reason }));
    };
    const cancelTimer = clock.startTimer(() => {
      signal?.removeEventListener('abort', cancelled);
      resolve();
    }, delayMs);
    if (signal?.aborted) cancelled();
    else signal?.addEventListener('abort', cancelled, { once: true });
  });
}
