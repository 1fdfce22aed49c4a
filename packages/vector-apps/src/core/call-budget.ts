import { type CallOptions, CancelledError, type Clock, DeadlineExceededError } from '@norikv/store';
import { checkSignal } from '@norikv/store/call-options';
import { waitWithin } from '@norikv/store/wait-within';
import { checkNumber, checkObject } from './checks.js';

/** What a timer can wait, about 24 days. */
const longestMs = 2 ** 31 - 1;

/** The limits of one call of the caller, handed on to the several store calls it consists of. */
export class CallBudget {
  readonly #clock: Clock;
  readonly #deadlineAt: number | undefined;
  readonly signal: AbortSignal | undefined;

  /** @throws InvalidArgumentError if a limit is wrong. */
  constructor(options: CallOptions, clock: Clock) {
    checkLimits(options);
    const { signal, timeoutMs } = options;
    this.#clock = clock;
    this.signal = signal;
    this.#deadlineAt = timeoutMs === undefined ? undefined : clock.monotonic() + timeoutMs;
  }

  /** Limits for the next store call. Throws if time ran out, or the caller cancelled, before it. */
  next(): CallOptions {
    if (this.signal?.aborted) throw cancelled(this.signal.reason);
    const timeoutMs = this.#leftMs();
    if (timeoutMs !== undefined && timeoutMs <= 0) throw late();
    return { signal: this.signal, timeoutMs };
  }

  /** Begins work and waits for it. Throws as soon as time runs out, or the caller cancels. */
  async waitFor<Result>(begin: () => Promise<Result>): Promise<Result> {
    return waitWithin(begin, { ...this.next(), cancelled, clock: this.#clock, late });
  }

  #leftMs(): number | undefined {
    return this.#deadlineAt === undefined ? undefined : Math.ceil(this.#deadlineAt - this.#clock.monotonic());
  }
}

/** @throws InvalidArgumentError naming the option that is wrong. */
export function checkLimits(options: CallOptions): void {
  checkObject('options', options);
  const { signal, timeoutMs } = options;
  checkSignal(signal);
  if (timeoutMs !== undefined) checkNumber('timeoutMs', timeoutMs, 0, longestMs);
}

function cancelled(cause: unknown): CancelledError {
  return new CancelledError('The call was cancelled', { cause });
}

function late(): DeadlineExceededError {
  return new DeadlineExceededError('Time ran out before the next step of the call', {
    outcome: 'not-applied',
  });
}
