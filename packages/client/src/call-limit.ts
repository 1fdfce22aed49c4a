import { CancelledError, type Clock, DeadlineExceededError, type Key, type NoriKVError } from '@norikv/store';
import { onAbort } from '@norikv/store/on-abort';

/** The one time limit and the one signal of a call, through everything it waits for. */
export class CallLimit {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #key: Key | undefined;
  readonly #timeoutMs: number;
  readonly #endsAt: number;

  constructor(clock: Clock, timeoutMs: number, signal: AbortSignal | undefined, key: Key | undefined) {
    this.#clock = clock;
    this.#signal = signal;
    this.#key = key;
    this.#timeoutMs = timeoutMs;
    this.#endsAt = clock.monotonic() + timeoutMs;
  }

  /** The same call, with less time for a part of it. */
  within(ms: number): CallLimit {
    return new CallLimit(this.#clock, Math.min(ms, this.remainingMs), this.#signal, this.#key);
  }

  get isCancellable(): boolean {
    return this.#signal !== undefined;
  }

  get remainingMs(): number {
    return this.#endsAt - this.#clock.monotonic();
  }

  /** The error the call has to end with by now, if any; its outcome is that of a call that never left. */
  get reached(): NoriKVError | undefined {
    if (this.#signal?.aborted) return this.cancelled('not-applied');
    return this.remainingMs <= 0 ? this.timedOut('not-applied') : undefined;
  }

  cancelled(outcome: 'not-applied' | 'unknown'): CancelledError {
    return new CancelledError('The call was cancelled by its signal', {
      outcome,
      key: this.#key,
      cause: this.#signal?.reason,
    });
  }

  timedOut(outcome: 'not-applied' | 'unknown', cause?: unknown): DeadlineExceededError {
    const known = outcome === 'not-applied' ? '; nothing was applied' : '';
    const why = outcome === 'not-applied' && cause instanceof Error ? `: ${cause.message}` : '';
    return new DeadlineExceededError(`No answer within ${this.#timeoutMs} ms${known}${why}`, {
      outcome,
      key: this.#key,
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** Calls back if the signal fires. Returns what takes the listener away again. */
  onCancel(callback: () => void): () => void {
    const signal = this.#signal;
    return signal === undefined ? nothing : onAbort(signal, callback);
  }

  /**
   * Waits for something, but not beyond the limit.
   *
   * @throws CancelledError or DeadlineExceededError, outcome not-applied.
   */
  wait<Result>(work: PromiseLike<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const reached = this.reached;
      if (reached) {
        // It goes on, and nobody is there any more to hear how it fails.
        work.then(nothing, nothing);
        return reject(reached);
      }
      const stop = (error: NoriKVError): void => {
        release();
        reject(error);
      };
      const late = (): void => stop(this.timedOut('not-applied'));
      const cancelTimer = this.#clock.startTimer(late, Math.ceil(this.remainingMs));
      const removeListener = this.onCancel(() => stop(this.cancelled('not-applied')));
      const release = (): void => {
        cancelTimer();
        removeListener();
      };
      work.then(
        (result) => {
          release();
          resolve(result);
        },
        (error: unknown) => {
          release();
          reject(error);
        },
      );
    });
  }

  /** Waits for a while, but not beyond the limit; throws as {@link wait}. */
  async pause(ms: number): Promise<void> {
    let cancel = nothing;
    const slept = new Promise<void>((resolve) => {
      cancel = this.#clock.startTimer(resolve, ms);
    });
    try {
      await this.wait(slept);
    } finally {
      cancel();
    }
  }
}

/** Does nothing. */
export function nothing(): void {}
