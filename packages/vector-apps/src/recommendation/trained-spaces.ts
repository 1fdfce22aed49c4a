import type { Transition } from '@norikv/cas-retry';
import type { CallBudget } from '../core/call-budget.js';
import { LimitedUpdater } from '../core/limited-updater.js';
import { mapBounded } from '../core/map-bounded.js';
import { isVectorMissing, StoredVectors } from '../core/stored-vectors.js';
import type { VectorKvStore } from '../core/vector-kv-store.js';
import { scaled } from '../core/vector-math.js';
import type { VectorRecords } from '../core/vector-records.js';
import type { CatalogueOptions } from './catalogue.js';
import type { ProductRecord } from './item-space.js';
import { LearnedVectors } from './learned-vectors.js';
import type { Product } from './product.js';
import { noTrainings, type Training, type Trainings, trainingsCodec } from './trainings.js';

/** What was learned about a product, or null. */
export type LearnedLookup = (productId: string) => Promise<Float32Array | null>;

/**
 * The vectors of trainings, each in a namespace of its own: of each product the vector of its text and the one
 * that was learned, side by side.
 */
export class TrainedSpaces {
  readonly learned: LearnedVectors;
  readonly #store: VectorKvStore;
  readonly #records: VectorRecords<Product>;
  readonly #options: CatalogueOptions;
  readonly #updater: LimitedUpdater;
  readonly #key: string;

  constructor(
    store: VectorKvStore,
    prefix: string,
    records: VectorRecords<Product>,
    options: CatalogueOptions,
  ) {
    const { concurrency, clock, random } = options;
    this.#store = store;
    this.#records = records;
    this.#options = options;
    this.#key = `${prefix}trainings`;
    this.#updater = new LimitedUpdater(store, { clock, random });
    this.learned = new LearnedVectors(this.#updater, prefix, concurrency);
  }

  /** Which training counts. One round trip. */
  async read(budget: CallBudget): Promise<Trainings> {
    return (await this.#updater.read(this.#key, trainingsCodec, budget)) ?? noTrainings;
  }

  update<Result>(transition: Transition<Trainings, Result>, budget: CallBudget): Promise<Result> {
    return this.#updater.update(this.#key, trainingsCodec, transition, budget);
  }

  /** Where the vectors of a training are. */
  vectors(training: Training): StoredVectors {
    const { dimensions, fingerprint } = this.#options;
    const space = {
      namespace: this.#namespaceOf(training),
      dimensions: dimensions + training.factors,
      // Not the cosine: a short vector is one of which little is known, and is to stay behind.
      distance: 'inner_product' as const,
      fingerprint,
    };
    return new StoredVectors(this.#store, space, this.#options);
  }

  /**
   * Gives a product its vector in the space of a training.
   *
   * @throws VectorMissingError when the vector of its text is not there: it was written anew since, or is lost.
   */
  async insert(
    training: Training,
    record: ProductRecord,
    budget: CallBudget,
    lookup: LearnedLookup = (id) => this.learned.get(training, id, budget),
  ): Promise<Float32Array> {
    const { contentShare, factors } = training;
    const [[content = []], learned] = await Promise.all([
      this.#records.vectorsOf(record, budget.next()),
      lookup(record.id),
    ]);
    const vector = Float32Array.from([
      ...scaled(content, Math.sqrt(contentShare)),
      ...(learned ?? new Float32Array(factors)).map((value) => value * Math.sqrt(1 - contentShare)),
    ]);
    await this.vectors(training).insert(record.id, record.generation, [vector], budget);
    return vector;
  }

  /** The products that have no vector in the space of a training. */
  async incomplete(training: Training, ids: readonly string[], budget: CallBudget): Promise<ProductRecord[]> {
    const vectors = this.vectors(training);
    const found = await mapBounded(ids, this.#options.concurrency, async (id) => {
      const [record = null] = await this.#records.getMany([id], budget.next());
      return record && !(await vectors.get(id, record, budget))[0] ? record : null;
    });
    return found.filter((record) => record !== null);
  }

  /**
   * As {@link insert}, but leaves alone a product that was written anew since it was read: whoever did that
   * inserts the vector.
   */
  async insertIfCurrent(...args: Parameters<TrainedSpaces['insert']>): Promise<void> {
    try {
      await this.insert(...args);
    } catch (error) {
      if (!isVectorMissing(error)) throw error;
    }
  }

  /** Gives every product its vector in the space of a training. How many had none. */
  async complete(
    training: Training,
    ids: readonly string[],
    budget: CallBudget,
    lookup?: LearnedLookup,
  ): Promise<number> {
    const records = await this.incomplete(training, ids, budget);
    await mapBounded(records, this.#options.concurrency, (record) =>
      this.insertIfCurrent(training, record, budget, lookup),
    );
    return records.length;
  }

  /** Removes all that a training put into the store. */
  async remove(training: Training, budget: CallBudget): Promise<void> {
    await this.vectors(training).dropNamespace(budget);
    await this.learned.remove(training, budget);
  }

  #namespaceOf({ number }: Training): string {
    return `${this.#options.namespace}~learned-${number}`;
  }
}
