import {
  type CallOptions,
  CancelledError,
  type CancelTimer,
  DeadlineExceededError,
  type Key,
  type Outcome,
  systemClock,
} from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { onAbort } from '@norikv/store/on-abort';

/** The one deadline and the one signal of a call, through everything it waits for. In real time. */
export class CallLimit {
  readonly key: Key | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  readonly #endsAtMs: number;

  /**
   * @throws InvalidArgumentError naming the option that is wrong.
   * @throws CancelledError if the signal is aborted already.
   */
  constructor(options: CallOptions, defaultTimeoutMs: number, key?: Key) {
    checkCallOptions(options);
    const { signal, timeoutMs } = options;
    this.key = key;
    this.#signal = signal;
    this.#timeoutMs = timeoutMs ?? defaultTimeoutMs;
    this.#endsAtMs = systemClock.monotonic() + this.#timeoutMs;
    if (signal?.aborted) throw this.cancelled('not-applied');
  }

  get remainingMs(): number {
    return this.#endsAtMs - systemClock.monotonic();
  }

  get isCancelled(): boolean {
    return this.#signal?.aborted ?? false;
  }

  /**
   * Throws if the call has to end by now.
   *
   * @param cause - what went wrong before, if anything did.
   */
  check(cause?: Error): void {
    if (this.isCancelled) throw this.cancelled('not-applied');
    if (this.remainingMs <= 0) throw this.timedOut('not-applied', cause);
  }

  cancelled(outcome: Outcome): CancelledError {
    const facts = { key: this.key, outcome, cause: this.#signal?.reason };
    return new CancelledError(`The call was cancelled; ${meaningOf(outcome)}`, facts);
  }

  timedOut(outcome: Outcome, cause?: Error): DeadlineExceededError {
    const why = cause ? ` (${cause.message})` : '';
    const message = `No answer within ${this.#timeoutMs} ms${why}; ${meaningOf(outcome)}`;
    return new DeadlineExceededError(message, { key: this.key, outcome, ...(cause && { cause }) });
  }

  /** Calls back if the signal fires. Returns what takes the listener away again. */
  onCancel(callback: () => void): () => void {
    return this.#signal ? onAbort(this.#signal, callback) : () => {};
  }

  /**
   * Waits for something, but not beyond the limit.
   *
   * @param cause - what went wrong before, if anything did; asked for when the time is up.
   * @throws CancelledError or DeadlineExceededError, outcome not-applied.
   */
  async wait<Result>(work: Promise<Result>, cause?: () => Error | undefined): Promise<Result> {
    const releases: Array<() => void> = [];
    const end = new Promise<never>((_, reject) => {
      this.check(cause?.());
      const timeUp = (): void => reject(this.timedOut('not-applied', cause?.()));
      const leftMs = Math.min(Math.ceil(this.remainingMs), longestTimerMs);
      releases.push(
        systemClock.startTimer(timeUp, leftMs),
        this.onCancel(() => reject(this.cancelled('not-applied'))),
      );
    });
    try {
      return await Promise.race([work, end]);
    } finally {
      for (const release of releases) release();
    }
  }

  /**
   * Waits for work that others wait for, too. It has a limit of its own, and is begun again where that one is over first.
   *
   * @param cause - what went wrong before, if anything did.
   * @throws what {@link wait} throws.
   */
  async waitShared<Result>(begin: () => Promise<Result>, cause?: Error): Promise<Result> {
    for (let last = cause; ; ) {
      try {
        return await this.wait(begin(), () => last);
      } catch (error) {
        if (!(error instanceof DeadlineExceededError) || this.remainingMs <= 0) throw error;
        last = error;
      }
    }
  }

  /** Waits for a while, but not beyond the limit. */
  async pause(ms: number, cause: Error): Promise<void> {
    const timers: CancelTimer[] = [];
    const slept = new Promise<void>((resolve) => {
      timers.push(systemClock.startTimer(resolve, ms));
    });
    try {
      await this.wait(slept, () => cause);
    } finally {
      for (const cancel of timers) cancel();
    }
  }
}

const longestTimerMs = 2 ** 31 - 1;

function meaningOf(outcome: Outcome): string {
  return outcome === 'unknown' ? 'it may be applied' : 'nothing was applied';
}
