import { createUpdater, type Transition, type Updater } from '@norikv/cas-retry';
import { errorCode, type KvStore, requireCapabilities } from '@norikv/store';
import type { Settings } from './options.js';
import { type RateLimitRecord, recordCodec } from './record.js';

/** How long `block` and `reset` wait for the store, if a check does not wait longer. */
const patienceMs = 5_000;

/** Each of these is many calls already, where calls fail. */
const mostAttempts = 3;

/** The records of a limiter in its store. */
export class Records {
  readonly #client: KvStore;
  readonly #settings: Settings;
  readonly #updater: Updater;

  /** @throws UnsupportedError if the store does not guarantee what a limit needs. */
  constructor(client: KvStore, settings: Settings) {
    const { timeoutMs, clock, random, unsafeAllowNonAtomicCas } = settings;
    const needs = ['atomicCas', 'createIfAbsent', 'linearizableReads', 'ttl'] as const;
    requireCapabilities(client, 'RateLimiter', needs, unsafeAllowNonAtomicCas);
    this.#client = client;
    this.#settings = settings;
    // A store call must not outlive its check: the next ones would wait behind it.
    const times = { deadlineMs: timeoutMs, attemptTimeoutMs: timeoutMs };
    this.#updater = createUpdater(client, { ...times, clock, random });
  }

  /** Changes a record within the time of a check. */
  update<Result>(
    key: string,
    transition: Transition<RateLimitRecord, Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    return this.#updateWithin(this.#settings.timeoutMs, key, transition, signal);
  }

  /** Changes a record for `block` or `reset`, which have no failure policy and so wait longer. */
  async command(key: string, transition: Transition<RateLimitRecord, void>): Promise<void> {
    await this.#updateWithin(this.#patienceMs, key, transition);
  }

  /** Removes a record, also one that cannot be read. */
  async remove(key: string): Promise<void> {
    await this.#client.delete(key, { timeoutMs: this.#patienceMs });
  }

  get #patienceMs(): number {
    return Math.max(patienceMs, this.#settings.timeoutMs);
  }

  /**
   * Where the outcome is unknown, the change is made again: another permit is spent, a refund finds its note,
   * a block and a reset can be repeated. What stays unknown is never called failed.
   */
  async #updateWithin<Result>(
    timeoutMs: number,
    key: string,
    transition: Transition<RateLimitRecord, Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const { clock } = this.#settings;
    const deadlineAt = clock.monotonic() + timeoutMs;
    let doubt: unknown;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const deadlineMs = deadlineAt - clock.monotonic();
        return await this.#updater.update(key, recordCodec, transition, { signal, deadlineMs });
      } catch (error) {
        const isOver = signal?.aborted || attempt === mostAttempts || clock.monotonic() >= deadlineAt;
        if (isOver || errorCode(error) !== 'OUTCOME_UNKNOWN') throw doubt ?? error;
        doubt = error;
      }
    }
  }
}
