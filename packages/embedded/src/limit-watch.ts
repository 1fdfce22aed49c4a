import type { CallOptions, CancelTimer, Clock, Key, NoriKVError, Outcome } from '@norikv/store';
import { cancelled, timedOut } from './call-limits.js';

// The longest delay a timer keeps; a longer one would fire at once.
const longestDelayMs = 2_147_483_647;

/** Called once when a call has reached a limit, with a way to make the error for it. */
export type OnLimit = (errorOf: (outcome: Outcome) => NoriKVError) => void;

/** The calls that share a signal, and the one listener on it. */
interface CallGroup {
  readonly calls: Set<() => void>;
  stop(): void;
}

/**
 * Watches the signals and time limits of calls under way. A timer exists only for a call with `timeoutMs`,
 * and one listener for all calls that share a signal, while there are any.
 */
export class LimitWatch {
  readonly #clock: Clock;
  readonly #groups = new Map<AbortSignal, CallGroup>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns how to stop watching. */
  watch({ signal, timeoutMs }: CallOptions, key: Key | undefined, onLimit: OnLimit): () => void {
    let cancelTimer: CancelTimer | undefined;
    if (timeoutMs !== undefined) {
      const onTimeout = (): void => onLimit((outcome) => timedOut(timeoutMs, key, outcome));
      cancelTimer = this.#clock.startTimer(onTimeout, Math.min(timeoutMs, longestDelayMs));
    }
    if (signal === undefined) return () => cancelTimer?.();
    const onAbort = (): void => onLimit((outcome) => cancelled(signal, key, outcome));
    this.#listen(signal, onAbort);
    return () => {
      cancelTimer?.();
      this.#forget(signal, onAbort);
    };
  }

  #listen(signal: AbortSignal, onAbort: () => void): void {
    const group = this.#groups.get(signal) ?? this.#newGroup(signal);
    group.calls.add(onAbort);
  }

  #newGroup(signal: AbortSignal): CallGroup {
    const calls = new Set<() => void>();
    const listener = (): void => {
      for (const onAbort of [...calls]) onAbort();
    };
    signal.addEventListener('abort', listener);
    const group = { calls, stop: () => signal.removeEventListener('abort', listener) };
    this.#groups.set(signal, group);
    return group;
  }

  #forget(signal: AbortSignal, onAbort: () => void): void {
    const group = this.#groups.get(signal);
    if (!group?.calls.delete(onAbort) || group.calls.size > 0) return;
    this.#groups.delete(signal);
    group.stop();
  }
}
