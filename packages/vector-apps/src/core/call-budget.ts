import { type CallOptions, CancelledError, type Clock, DeadlineExceededError } from '@norikv/store';

/** The limits of one call of the caller, handed on to the several store calls it consists of. */
export class CallBudget {
  readonly #clock: Clock;
  readonly #deadlineAt: number | undefined;
  readonly signal: AbortSignal | undefined;

  constructor({ signal, timeoutMs }: CallOptions, clock: Clock) {
    this.#clock = clock;
    this.signal = signal;
    this.#deadlineAt = timeoutMs === undefined ? undefined : clock.monotonic() + timeoutMs;
  }

  /** Limits for the next store call. Throws if time ran out, or the caller cancelled, before it. */
  next(): CallOptions {
    if (this.signal?.aborted) {
      throw new CancelledError('The call was cancelled', { cause: this.signal.reason });
    }
    const timeoutMs = this.#leftMs();
    if (timeoutMs !== undefined && timeoutMs <= 0) {
      throw new DeadlineExceededError('Time ran out before the next step of the call', {
        outcome: 'not-applied',
      });
    }
    return { signal: this.signal, timeoutMs };
  }

  #leftMs(): number | undefined {
    return this.#deadlineAt === undefined ? undefined : Math.ceil(this.#deadlineAt - this.#clock.monotonic());
  }
}
