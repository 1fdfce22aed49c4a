import { type CallOptions, type Clock, type KvStore, systemClock } from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { checkOptions, checkWhole } from '@norikv/store/checks';
import { refuseOptions } from './bounds.js';
import { openRecords } from './counter-records.js';
import { safeNumber } from './counter-value.js';
import type { AddOptions, CounterOptions } from './options.js';
import { createReader, type Reader } from './readings.js';
import { shardLimit } from './shard-count.js';
import { createShards, type Shards } from './shards.js';

/** A total, and how old it is. */
export interface Total {
  readonly value: bigint;
  /** Milliseconds since reading it began. Everything acknowledged before then is in it. */
  readonly ageMs: number;
}

/** Options of reading a total. */
export interface TotalOptions extends CallOptions {
  /**
   * A total will do that this counter began to read less than so many milliseconds before the call. Default 0: read it
   * now. Of many callers at once that find it too old one reads it for all.
   */
  readonly maxAgeMs?: number | undefined;
}

/**
 * An exact counter for many writing processes: the total is spread over several records, the shards.
 *
 * Each process keeps to one shard. When processes meet on a shard they move apart, and the number of shards
 * doubles, up to `numShards`; it starts at one and never shrinks. With twice as many shards as processes
 * they soon do not meet at all, and each writes as if it were alone. Make one object per process and keep it.
 *
 * A total contains every add that was acknowledged before reading began. It is no snapshot: of adds made
 * while it is read it contains some, and where some of those are negative it may be a value that never was.
 *
 * @example
 * ```ts
 * const views = new ShardedCounter(store, 'page:views', 20);
 * await views.increment();
 * await views.get();                        // 1
 * await views.get({ maxAgeMs: 5_000 });     // at most 5 s old, often without a store call
 * ```
 */
export class ShardedCounter {
  readonly #shards: Shards;
  readonly #clock: Clock;
  readonly #read: Reader;

  /**
   * @param numShards - the most shards there may be, 1 to 1,024. Default 10. For a counter that other code wrote with a
   * fixed number of shards: at least that number.
   * @throws InvalidArgumentError for a name with which the key of a shard would be too long, however many there are.
   * @throws UnsupportedError if the store does not guarantee what a counter needs.
   */
  constructor(client: KvStore, name: string, numShards = 10, options: CounterOptions = {}) {
    checkWhole('numShards', numShards, 1, shardLimit);
    refuseOptions(options, 'bounds');
    // Not that of `numShards`: other processes may have more, or this one in its next release.
    const records = openRecords(client, 'ShardedCounter', name, options, `:shard:${shardLimit - 1}`);
    this.#shards = createShards(records, name, numShards, options.random ?? Math.random);
    this.#clock = options.clock ?? systemClock;
    this.#read = createReader(this.#shards.sum, this.#clock);
  }

  /** Adds 1. */
  increment(options?: AddOptions): Promise<void> {
    return this.add(1, options);
  }

  /**
   * Adds a whole number of any size.
   *
   * With an `opId` it always goes to the first shard, whatever the number of shards, because only there can
   * every process know of it. So it is exact, and as fast as a single record is.
   *
   * @throws as the writing methods of `DistributedCounter` do.
   */
  add(delta: number | bigint, options: AddOptions = {}): Promise<void> {
    return this.#shards.add(delta, options);
  }

  /** The total as a number. Throws `CounterRangeError` if it is beyond 2^53 - 1. */
  async get(options?: TotalOptions): Promise<number> {
    return safeNumber(await this.value(options));
  }

  /** The total. */
  async value(options?: TotalOptions): Promise<bigint> {
    return (await this.total(options)).value;
  }

  /**
   * The total with its age. Two round trips: the number of shards, then all of them at once (`numShards`
   * while they never grew). `timeoutMs` is for both together; without it each has the counter's `deadlineMs`.
   */
  async total(options: TotalOptions = {}): Promise<Total> {
    checkCallOptions(checkOptions(options, ['maxAgeMs', 'signal', 'timeoutMs']));
    const { maxAgeMs = 0, ...limits } = options;
    checkWhole('maxAgeMs', maxAgeMs, 0);
    const { value, startedAt } = await this.#read(maxAgeMs, limits);
    return { value, ageMs: this.#clock.monotonic() - startedAt };
  }
}
