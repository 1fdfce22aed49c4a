import { type CallOptions, CancelledError, type Clock, DeadlineExceededError, type Key } from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { waitWithin } from '@norikv/store/wait-within';
import { unservedError } from './scoped-errors.js';

/** The one deadline and the one signal of a call, through the several calls that it takes. */
export class CallBudget {
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number | undefined;
  readonly #clock: Clock;
  readonly #key: Key | undefined;
  readonly #startedAt: number;

  /** @throws InvalidArgumentError naming the option that is wrong. */
  constructor(options: CallOptions, clock: Clock, key: Key | undefined) {
    checkCallOptions(options);
    this.#signal = options.signal;
    this.#timeoutMs = options.timeoutMs;
    this.#clock = clock;
    this.#key = key;
    this.#startedAt = clock.monotonic();
  }

  /** What is left for the next call of the store. */
  get rest(): CallOptions {
    if (this.#timeoutMs === undefined) return { signal: this.#signal };
    const leftMs = Math.ceil(this.#timeoutMs - (this.#clock.monotonic() - this.#startedAt));
    if (leftMs <= 0) throw this.#late();
    return { signal: this.#signal, timeoutMs: leftMs };
  }

  /**
   * Finds out what must be known before anything of the tenant's is read or written.
   *
   * @throws what the tenant's status and limits say, or an error that says that nothing was applied.
   */
  async before<Result>(begin: () => Promise<Result>): Promise<Result> {
    const cancelled = (cause: unknown): CancelledError =>
      new CancelledError('the call was cancelled; nothing was applied', { key: this.#key, cause });
    const limits = { ...this.rest, cancelled, clock: this.#clock, late: () => this.#late() };
    try {
      return await waitWithin(begin, limits);
    } catch (error) {
      throw unservedError(error, this.#key);
    }
  }

  #late(): DeadlineExceededError {
    const message = `no answer within ${this.#timeoutMs} ms; nothing was applied`;
    return new DeadlineExceededError(message, { key: this.#key, outcome: 'not-applied' });
  }
}
