import {
  type Clock,
  DeadlineExceededError,
  errorCode,
  isAlreadyExists,
  isNoriKVError,
  isVersionMismatch,
  type KvStore,
  UnavailableError,
} from '@norikv/store';
import { inTime, pause } from './pause.js';

const retryPauseMs = 25;

/** How long a call may take, and when a failing store is left alone. */
export interface GateSettings {
  readonly storeTimeoutMs: number;
  readonly breakerFailures: number;
  readonly breakerMs: number;
  readonly clock: Clock;
  readonly onFailure?: ((error: unknown) => void) | undefined;
  readonly onBreaker?: ((state: 'open' | 'closed') => void) | undefined;
}

/**
 * The way to the store: every call has a time limit, and after several failures in a row the store is left
 * alone for a while, so that callers do not queue for something that is down.
 */
export class StoreGate {
  readonly store: KvStore;
  readonly #settings: GateSettings;
  #failures = 0;
  #closedUntil = Number.NEGATIVE_INFINITY;

  constructor(store: KvStore, settings: GateSettings) {
    this.store = store;
    this.#settings = settings;
  }

  /** Makes a call, or refuses it at once while the breaker is open. */
  async call<Result>(send: (store: KvStore) => Promise<Result>): Promise<Result> {
    const { clock, breakerFailures, breakerMs } = this.#settings;
    if (this.#failures >= breakerFailures) {
      if (clock.monotonic() < this.#closedUntil) {
        throw new UnavailableError('the store failed several times in a row and is left alone for a while', {
          outcome: 'not-applied',
        });
      }
      // One call goes ahead to look; the others wait for the next chance.
      this.#closedUntil = clock.monotonic() + breakerMs;
    }
    return this.#counted(send);
  }

  /** Makes a call that may be repeated, in any case and up to three times: for invalidations. */
  async insist<Result>(send: (store: KvStore) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#counted(send);
      } catch (error) {
        if (attempt === 3 || !isNoriKVError(error) || !error.retryable) throw error;
        await pause(this.#settings.clock, attempt * retryPauseMs);
      }
    }
  }

  async #counted<Result>(send: (store: KvStore) => Promise<Result>): Promise<Result> {
    try {
      const result = await this.#timed(send);
      this.#succeeded();
      return result;
    } catch (error) {
      if (isAnswer(error)) this.#succeeded();
      else this.#failed(error);
      throw error;
    }
  }

  #timed<Result>(send: (store: KvStore) => Promise<Result>): Promise<Result> {
    const { clock, storeTimeoutMs } = this.#settings;
    const text = `the store did not answer within ${storeTimeoutMs} ms (storeTimeoutMs)`;
    return inTime(clock, storeTimeoutMs, send(this.store), () => new DeadlineExceededError(text));
  }

  #succeeded(): void {
    const wasOpen = this.#failures >= this.#settings.breakerFailures;
    this.#failures = 0;
    if (wasOpen) this.#settings.onBreaker?.('closed');
  }

  #failed(error: unknown): void {
    const { breakerFailures, breakerMs, clock, onBreaker, onFailure } = this.#settings;
    this.#failures += 1;
    onFailure?.(error);
    if (this.#failures < breakerFailures) return;
    this.#closedUntil = clock.monotonic() + breakerMs;
    if (this.#failures === breakerFailures) onBreaker?.('open');
  }
}

/** Whether the store answered: that a condition did not hold, or that the call made no sense. */
function isAnswer(error: unknown): boolean {
  return isVersionMismatch(error) || isAlreadyExists(error) || errorCode(error) === 'INVALID_ARGUMENT';
}
