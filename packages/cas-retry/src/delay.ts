import { CancelledError, type Clock, systemClock } from '@norikv/store';
import { onAbort } from '@norikv/store/on-abort';

/**
 * Waits, or stops waiting at once when the signal ends.
 *
 * @throws CancelledError (outcome not-applied) when the signal ended.
 */
export function delay(delayMs: number, signal?: AbortSignal, clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancelled = (): void => {
      cancelTimer();
      stop?.();
      reject(new CancelledError('Waiting was cancelled', { cause: signal?.reason }));
    };
    const cancelTimer = clock.startTimer(() => {
      stop?.();
      resolve();
    }, delayMs);
    const stop = signal && !signal.aborted ? onAbort(signal, cancelled) : undefined;
    if (signal?.aborted) cancelled();
  });
}
