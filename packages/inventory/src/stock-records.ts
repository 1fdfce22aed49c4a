import { createUpdater, keep, type Transition, type UpdateOptions, type Updater } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { draw } from '@norikv/store/checks';
import { otherBuckets } from './buckets.js';
import { addBucket } from './item.js';
import { type StockName, stockKey } from './names.js';
import { type Refusal, refusalError } from './refusals.js';
import { settle } from './rules.js';
import type { Settings } from './settings.js';
import { onStock, type Step } from './step.js';
import { type Buckets, emptyStock, type Stock } from './stock.js';
import { stockCodec } from './stock-codec.js';

/** The records of stock in one store. */
export class StockRecords {
  readonly #updater: Updater;
  readonly #settings: Settings;
  /** Of split SKUs only, by key. A split is for good, so what is known stays true. */
  readonly #buckets = new Map<string, number>();
  /** The bucket this process prefers, as a share of all. */
  #preference: number;

  constructor(client: KvStore, settings: Settings) {
    this.#updater = createUpdater(client, settings.updaterOptions);
    this.#settings = settings;
    this.#preference = draw(settings.random);
  }

  update<Answer>(
    name: StockName,
    bucket: number,
    transition: Transition<Stock, Answer>,
    options?: UpdateOptions,
  ): Promise<Answer> {
    return this.#updater.update(this.#key(name, bucket), stockCodec, transition, options);
  }

  step<Answer>(
    name: StockName,
    bucket: number,
    step: Step<Answer>,
    options?: UpdateOptions,
  ): Promise<Answer | Refusal> {
    return this.update(name, bucket, onStock(this.#settings.rules, step), options);
  }

  /**
   * The buckets of an item as they are now, read one by one.
   *
   * @throws ItemNotFoundError if there is no item.
   */
  async read(name: StockName, options?: UpdateOptions): Promise<Buckets> {
    const { rules } = this.#settings;
    const look: Transition<Stock, Stock | undefined> = (stored, now) =>
      keep(stored && settle(stored, now, rules));
    const readBucket = (bucket: number): Promise<Stock | undefined> =>
      this.update(name, bucket, look, options);
    const first = await readBucket(0);
    if (!first) throw refusalError({ kind: 'no-item' }, { name });
    this.learn(name, first.buckets);
    const others = await Promise.all(otherBuckets(first.buckets).map(readBucket));
    return [first, ...others.map((stock) => stock ?? emptyStock())];
  }

  /** Makes the records of the other buckets of an item that is to be split. Nothing uses them before it says so. */
  async addBuckets(name: StockName, buckets: number, options?: UpdateOptions): Promise<void> {
    const add = (bucket: number): Promise<unknown> => this.update(name, bucket, addBucket, options);
    await Promise.all(otherBuckets(buckets).map(add));
  }

  /** The bucket where this process makes new reservations: always the same, until it meets another process there. */
  preferred(name: StockName): number {
    return Math.floor(this.#preference * this.bucketCount(name));
  }

  /** How many buckets the item has, as far as this process knows. */
  bucketCount(name: StockName): number {
    return this.#buckets.get(this.#key(name, 0)) ?? 1;
  }

  moveOn(): void {
    this.#preference = draw(this.#settings.random);
  }

  learn(name: StockName, buckets: number): void {
    if (buckets > 1) this.#buckets.set(this.#key(name, 0), buckets);
  }

  #key(name: StockName, bucket: number): string {
    return stockKey(this.#settings.prefix, name, bucket);
  }
}
