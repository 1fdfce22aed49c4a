import type { CallOptions, CancelTimer, Clock, Key, NoriKVError, Outcome } from '@norikv/store';
import { onAbort } from '@norikv/store/on-abort';
import { cancelled, timedOut } from './call-limits.js';

// The longest delay a timer keeps; a longer one would fire at once.
const longestDelayMs = 2_147_483_647;

/** Called once when a call has reached a limit, with a way to make the error for it. */
export type OnLimit = (errorOf: (outcome: Outcome) => NoriKVError) => void;

/**
 * Watches the signals and time limits of calls under way. A timer exists only for a call with `timeoutMs`,
 * and one listener for all calls that share a signal, while there are any.
 */
export class LimitWatch {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Returns how to stop watching.
   *
   * @throws CancelledError if the signal is aborted already, as it may be when a call has waited before.
   */
  watch({ signal, timeoutMs }: CallOptions, key: Key | undefined, onLimit: OnLimit): () => void {
    if (signal?.aborted) throw cancelled(signal, key, 'not-applied');
    let cancelTimer: CancelTimer | undefined;
    if (timeoutMs !== undefined) {
      const onTimeout = (): void => onLimit((outcome) => timedOut(timeoutMs, key, outcome));
      cancelTimer = this.#clock.startTimer(onTimeout, Math.min(timeoutMs, longestDelayMs));
    }
    if (signal === undefined) return () => cancelTimer?.();
    const stop = onAbort(signal, () => onLimit((outcome) => cancelled(signal, key, outcome)));
    return () => {
      cancelTimer?.();
      stop();
    };
  }
}
