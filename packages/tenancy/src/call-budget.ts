import {
  type CallOptions,
  CancelledError,
  type Clock,
  checkDurationMs,
  DeadlineExceededError,
  type Key,
} from '@norikv/store';
import { checkSignal } from '@norikv/store/call-options';
import { onAbort } from '@norikv/store/on-abort';
import { unservedError } from './scoped-errors.js';

/** The one deadline and the one signal of a call, through the several calls that it takes. */
export class CallBudget {
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number | undefined;
  readonly #clock: Clock;
  readonly #key: Key | undefined;
  readonly #startedAt: number;

  /** @throws InvalidArgumentError naming the option that is wrong. */
  constructor({ signal, timeoutMs }: CallOptions, clock: Clock, key: Key | undefined) {
    checkSignal(signal);
    checkDurationMs('timeoutMs', timeoutMs);
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
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
   * Waits for what must be known before anything of the tenant's is read or written.
   *
   * @throws what the tenant's status and limits say, or an error that says that nothing was applied.
   */
  async before<Result>(work: Promise<Result>): Promise<Result> {
    const releases: Array<() => void> = [];
    const ended = new Promise<never>((_, reject) => {
      const { signal, timeoutMs } = this.rest;
      if (signal?.aborted) reject(this.#cancelled(signal));
      else if (signal) releases.push(onAbort(signal, () => reject(this.#cancelled(signal))));
      if (timeoutMs) releases.push(this.#clock.startTimer(() => reject(this.#late()), timeoutMs));
    });
    try {
      return await Promise.race([ended, work]);
    } catch (error) {
      throw unservedError(error, this.#key);
    } finally {
      for (const release of releases) release();
    }
  }

  #late(): DeadlineExceededError {
    const message = `no answer within ${this.#timeoutMs} ms; nothing was applied`;
    return new DeadlineExceededError(message, { key: this.#key, outcome: 'not-applied' });
  }

  #cancelled({ reason }: AbortSignal): CancelledError {
    const facts = { key: this.#key, cause: reason };
    return new CancelledError('the call was cancelled; nothing was applied', facts);
  }
}
