import type { GetOptions, KvStore } from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { checkObject, checkOptions } from '@norikv/store/checks';
import { type BoundedChanges, type CounterBounds, changesWithin, type Sum } from './bounds.js';
import { type CounterRecords, openRecords } from './counter-records.js';
import { answerOf, safeNumber, wholeNumber } from './counter-value.js';
import type { AddOptions, CounterOptions, WriteOptions } from './options.js';
import { initialize, removeCounter, reset } from './transitions.js';

/** Options of a {@link DistributedCounter}. */
export interface DistributedCounterOptions extends CounterOptions {
  /** Default: none. */
  readonly bounds?: CounterBounds | undefined;
}

/**
 * An exact counter in one record, for any number of processes.
 *
 * Every acknowledged write is counted once, and answered with the value it produced itself. A missing
 * counter is 0. The methods that give a number refuse, before writing, a result a number cannot hold; those
 * that give a bigint have no limit.
 *
 * The adds made on one object share writes, so keep it; those of several processes follow each other, one
 * write a round trip. Where that is too slow, use {@link ShardedCounter}.
 *
 * All methods that write throw the errors of the updater: `ContentionError`, `OutcomeUnknownError`,
 * `CancelledError`, `DeadlineExceededError`, `CorruptRecordError` (the stored bytes are no number; they are
 * left as they are) and `OperationIdReusedError`.
 *
 * @example
 * ```ts
 * const seats = new DistributedCounter(store, 'seats', { bounds: { min: 0, max: 50 } });
 * await seats.increment();                          // 1
 * await seats.add(2n, { opId: 'order-17' });        // 3n, and 3n again if repeated
 * ```
 */
export class DistributedCounter {
  readonly #key: string;
  readonly #changes: BoundedChanges;
  readonly #records: CounterRecords;

  /** @throws UnsupportedError if the store does not guarantee what a counter needs. */
  constructor(client: KvStore, counterName: string, options: DistributedCounterOptions = {}) {
    checkObject('options', options);
    const { bounds = {}, ...counterOptions } = options;
    this.#key = counterName;
    this.#changes = changesWithin(bounds);
    this.#records = openRecords(client, 'DistributedCounter', counterName, counterOptions);
  }

  /** Creates the counter with 0, if it is absent. Not needed: a missing counter is 0. */
  initialize(): Promise<void> {
    return this.#records.update(this.#key, initialize);
  }

  /** Adds 1. Returns the new value. */
  increment(options?: AddOptions): Promise<number> {
    return this.incrementBy(1, options);
  }

  /** Subtracts 1. Returns the new value. */
  decrement(options?: AddOptions): Promise<number> {
    return this.incrementBy(-1, options);
  }

  /**
   * Adds a whole number. Returns the new value.
   *
   * @throws CounterBoundError if it would leave the bounds and they reject that.
   * @throws CounterRangeError if the new value would be beyond 2^53 - 1. Nothing was applied.
   * @throws InvalidArgumentError for a fraction, NaN, an infinity or a number beyond 2^53 - 1.
   */
  async incrementBy(delta: number, options?: AddOptions): Promise<number> {
    const sum: Sum = (value, addend) => BigInt(safeNumber(this.#changes.sum(value, addend)));
    return safeNumber(await this.#records.add(this.#key, delta, options, sum));
  }

  /** The value as a number, 0 if the counter is missing. Throws `CounterRangeError` if it is beyond 2^53 - 1. */
  async get(options?: GetOptions): Promise<number> {
    return safeNumber(await this.value(options));
  }

  /**
   * Adds a whole number of any size. Returns the value this add produced.
   *
   * @throws CounterBoundError if it would leave the bounds and they reject that.
   * @throws OperationIdReusedError if the `opId` was used for another delta or for a reset.
   */
  add(delta: number | bigint, options?: AddOptions): Promise<bigint> {
    return this.#records.add(this.#key, delta, options, this.#changes.sum);
  }

  /** The value, 0 if the counter is missing. One round trip. */
  async value(options?: GetOptions): Promise<bigint> {
    return (await this.#records.read(this.#key, options)) ?? 0n;
  }

  /**
   * Sets the value, by default to 0. Returns the old one: an add is either in what a reset returned or in the value, never in
   * both.
   *
   * @throws CounterBoundError if `to` is outside the bounds, as 0 may be, and they reject that.
   * @throws OperationIdReusedError if the `opId` was used for another value or for an add.
   */
  async reset(to: number | bigint = 0n, options: AddOptions = {}): Promise<bigint> {
    checkCallOptions(options);
    const value = wholeNumber('to', to);
    const transition = reset((current) => this.#changes.set(current, value));
    const fingerprint = `reset:${value}`;
    return answerOf(await this.#records.update(this.#key, transition, { ...options, fingerprint }));
  }

  /**
   * Removes the counter. True if it existed. The operation ids it remembers are kept for `tombstoneTtlMs` (60,000), and
   * a counter that is made anew by then has them from then on: an add repeated under one does not count in it.
   *
   * @throws UnsupportedError for a plain counter, if the store has no conditional delete.
   */
  async delete(options: WriteOptions = {}): Promise<boolean> {
    checkOptions(options, ['signal', 'deadlineMs']);
    return this.#records.update(this.#key, removeCounter, options);
  }
}
