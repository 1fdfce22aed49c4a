import { type CallOptions, type Clock, type KvStore, systemClock } from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { refuse } from '@norikv/store/checks';
import { refuseOptions } from './bounds.js';
import { type Buckets, createBuckets, longestStart } from './buckets.js';
import { type CounterRecords, openRecords } from './counter-records.js';
import type { AddOptions, CounterOptions } from './options.js';

/** Options of a {@link BucketedCounter}. All programs that use one counter must use the same. */
export interface BucketedCounterOptions extends CounterOptions {
  /** Width of a bucket in milliseconds. Buckets begin at multiples of it since the epoch. Another width counts anew. */
  readonly bucketMs: number;
  /**
   * How long a bucket is written to and read, in milliseconds. After that it expires. Made longer, it holds for
   * buckets that are written to from then on: others expire as before, and sums lack them.
   */
  readonly retentionMs: number;
  /** How far the clocks of machines may differ, in milliseconds. Default 60,000. */
  readonly clockToleranceMs?: number | undefined;
}

/** Options of {@link BucketedCounter.add}. */
export interface BucketAddOptions extends AddOptions {
  /** When what is counted happened, in milliseconds since the epoch. Default: now. Needed with an `opId`. */
  readonly atMs?: number | undefined;
}

/** What was counted in one bucket. */
export interface BucketTotal {
  readonly startMs: number;
  readonly value: bigint;
}

/**
 * Counts by time: one record for each bucket, which expires with the retention.
 *
 * Late adds are counted in the bucket of their time, up to `retentionMs` late. Adds dated ahead are accepted
 * up to `clockToleranceMs`, because clocks differ. All others throw `BucketTimeError`. Retention is by wall
 * clock, and buckets are kept `clockToleranceMs` longer than they can be read.
 *
 * @example
 * ```ts
 * const logins = new BucketedCounter(store, 'logins', { bucketMs: 60_000, retentionMs: 86_400_000 });
 * await logins.add(1);
 * await logins.sum(Date.now() - 3_600_000, Date.now() + 1);     // of the last hour, in whole minutes
 * ```
 */
export class BucketedCounter {
  readonly #prefix: string;
  readonly #buckets: Buckets;
  readonly #clock: Clock;
  readonly #records: CounterRecords;

  /** @throws UnsupportedError if the store does not guarantee what a counter needs, or has no expiry. */
  constructor(client: KvStore, counterName: string, options: BucketedCounterOptions) {
    refuseOptions(options, 'bounds');
    const { bucketMs, retentionMs, clockToleranceMs = 60_000, ...counterOptions } = options;
    const suffix = `:${bucketMs}:`;
    this.#prefix = counterName + suffix;
    this.#buckets = createBuckets({ bucketMs, retentionMs, clockToleranceMs });
    this.#clock = options.clock ?? systemClock;
    this.#records = openRecords(
      client,
      'BucketedCounter',
      counterName,
      counterOptions,
      suffix + longestStart,
      'ttl',
    );
  }

  /**
   * Adds a whole number of any size to the bucket of `atMs`. Returns the value of that bucket.
   *
   * @throws BucketTimeError if `atMs` is too late or too far ahead. Nothing was sent.
   * @throws InvalidArgumentError for an `opId` without `atMs`: repeated later, it would meet another bucket.
   */
  async add(delta: number | bigint, given: BucketAddOptions = {}): Promise<bigint> {
    checkCallOptions(given);
    const now = this.#clock.now();
    const { atMs = now, ...options } = given;
    if (options.opId !== undefined && given.atMs === undefined) {
      refuse('atMs', undefined, 'one time for each opId');
    }
    const startMs = this.#buckets.of('atMs', atMs, now);
    const ttlMs = this.#buckets.timeToLiveMs(startMs, now);
    return this.#records.add(this.#prefix + startMs, delta, options, undefined, ttlMs);
  }

  /** The sum over all buckets that overlap `fromMs` (included) to `toMs` (excluded). Not a snapshot. */
  async sum(fromMs: number, toMs: number, options?: CallOptions): Promise<bigint> {
    const totals = await this.series(fromMs, toMs, options);
    return totals.reduce((sum, { value }) => sum + value, 0n);
  }

  /**
   * The buckets that overlap `fromMs` (included) to `toMs` (excluded), oldest first, empty ones included.
   * One store call for each bucket, all at once.
   *
   * @throws BucketTimeError if `fromMs` is before the retention.
   * @throws InvalidArgumentError for more than 10,000 buckets.
   */
  async series(fromMs: number, toMs: number, options?: CallOptions): Promise<BucketTotal[]> {
    const starts = this.#buckets.between(fromMs, toMs, this.#clock.now());
    return Promise.all(
      starts.map(async (startMs) => ({
        startMs,
        value: (await this.#records.read(this.#prefix + startMs, options)) ?? 0n,
      })),
    );
  }
}
