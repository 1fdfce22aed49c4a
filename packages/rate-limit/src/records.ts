import { createUpdater, OutcomeUnknownError, type Transition, type Updater } from '@norikv/cas-retry';
import { errorCode, find, isVersionMismatch, type KvStore, requireCapabilities } from '@norikv/store';
import { type NotedChange, noted } from './noted.js';
import type { Settings } from './options.js';
import { emptyRecord, type RateLimitRecord, recordCodec } from './record.js';
import { block, patienceMs, spareMs } from './transitions.js';

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

  /**
   * Makes a change that must not be made twice.
   *
   * @throws OutcomeUnknownError where it cannot be known whether it was made.
   */
  async updateOnce(
    key: string,
    change: NotedChange,
    timeoutMs: number = this.#settings.timeoutMs,
  ): Promise<void> {
    if (await this.#updateWithin(timeoutMs, key, noted(this.#settings, change))) return;
    throw new OutcomeUnknownError(
      'The permits may have come back or not: others were refunded or reset meanwhile. Do not repeat a refund.',
    );
  }

  /** Denies everything for so long. */
  async block(key: string, durationMs: number): Promise<void> {
    await this.#updateWithin(this.#patienceMs, key, block(durationMs));
  }

  /** Forgets what a record counts, also one that cannot be read. */
  async reset(key: string): Promise<void> {
    try {
      await this.updateOnce(key, () => emptyRecord, this.#patienceMs);
    } catch (error) {
      if (errorCode(error) !== 'CORRUPT_RECORD') throw error;
      await this.#replace(key);
    }
  }

  /** Under a condition: a copy of the request that comes late must not forget what was counted since. */
  async #replace(key: string): Promise<void> {
    const timeoutMs = this.#patienceMs;
    const entry = await find(this.#client, key, { timeoutMs });
    if (!entry) return;
    const options = { timeoutMs, ifMatchVersion: entry.version, ttlMs: spareMs };
    await this.#client.put(key, recordCodec.encode(emptyRecord), options).catch((error) => {
      // Nobody writes upon what cannot be read, except to reset it.
      if (!isVersionMismatch(error)) throw error;
    });
  }

  get #patienceMs(): number {
    return Math.max(patienceMs, this.#settings.timeoutMs);
  }

  /**
   * Where the outcome is unknown, the change is made again: another permit is spent, a refund and a reset find
   * their note, a block can be repeated. What stays unknown is never called failed.
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
