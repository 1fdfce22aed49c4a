import { type Clock, isKeyNotFound } from '@norikv/store';
import { afterWrite } from '../core/after-write.js';
import type { CallBudget } from '../core/call-budget.js';
import { keyPart } from '../core/key-part.js';
import type { VerifyReport } from '../core/repair.js';
import { isVectorMissing, missingVector, StoredVectors } from '../core/stored-vectors.js';
import type { VectorKvStore } from '../core/vector-kv-store.js';
import { VectorRecords } from '../core/vector-records.js';
import { ItemSpace, type ProductRecord } from './item-space.js';
import { decodeProduct, type Product } from './product.js';
import { TrainedSpaces } from './trained-spaces.js';
import type { Training } from './trainings.js';

/** Options of {@link Catalogue}. */
export interface CatalogueOptions {
  readonly prefix: string;
  readonly namespace: string;
  readonly dimensions: number;
  readonly fingerprint: string;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly unsafeAllowNonAtomicCas: boolean | undefined;
}

/** A product with its vector in the space that counts now. */
export interface Item {
  readonly record: ProductRecord;
  readonly space: ItemSpace;
  readonly vector: Float32Array;
}

/** What a check of a catalogue found. */
export interface CatalogueReport extends VerifyReport {
  /** Products that had no vector in the space of the training that counts. */
  readonly completed: number;
}

const findTries = 3;

/**
 * The products. One record each is the truth. Their vectors are derived from it: in one namespace those of the
 * texts, and after a training in another one those that count then.
 */
export class Catalogue {
  readonly records: VectorRecords<Product>;
  readonly trained: TrainedSpaces;
  readonly #options: CatalogueOptions;
  readonly #texts: StoredVectors;
  readonly #model: string;

  constructor(store: VectorKvStore, options: CatalogueOptions) {
    const { namespace, dimensions, fingerprint } = options;
    // Not the fingerprint: within a namespace it never changes, but it may be given later.
    this.#model = JSON.stringify([namespace, dimensions]);
    const prefix = `${options.prefix}catalogue/${keyPart(namespace)}/`;
    this.#options = options;
    this.records = new VectorRecords(
      store,
      { ...options, prefix, decode: decodeProduct },
      'RecommendationEngine',
    );
    this.trained = new TrainedSpaces(store, prefix, this.records, options);
    const space = { namespace, dimensions, fingerprint, distance: 'cosine' as const };
    this.#texts = new StoredVectors(store, space, options);
  }

  /** The vectors that count now: those of the last training, or of the texts. One round trip. */
  async space(budget: CallBudget): Promise<ItemSpace> {
    const { active } = await this.trained.read(budget);
    return new ItemSpace({
      name: { model: this.#model, training: active?.number ?? 0 },
      records: this.records,
      vectors: active ? this.trained.vectors(active) : this.#texts,
      concurrency: this.#options.concurrency,
      make: async (record, limits) =>
        active ? this.trained.insert(active, record, limits) : missingVector(record.id, 0),
    });
  }

  /** A product with its vector in the space that counts now, or null. Two round trips. */
  async find(productId: string, budget: CallBudget): Promise<Item | null> {
    for (let attempt = 1; ; attempt += 1) {
      const [record, space] = await Promise.all([
        this.records.get(productId, budget.next()),
        this.space(budget),
      ]);
      if (!record) return null;
      try {
        return { record, space, vector: await space.vectorOf(record, budget) };
      } catch (error) {
        // Written anew between the two reads; or lost, and then a second look says so again.
        if (!isVectorMissing(error) || attempt === findTries) throw error;
      }
    }
  }

  /** Writes a product, in both namespaces. */
  async put(id: string, product: Product, vector: Float32Array, budget: CallBudget): Promise<void> {
    const before = await this.records.generationOf(id, budget.next());
    const record = await this.records.put(id, product, [vector], budget.next());
    await afterWrite(
      `The product ${JSON.stringify(id)} is written`,
      'index it again, or run repair()',
      async () => {
        // Read after the product is written: a training that is published later finds the product by itself.
        const { active } = await this.trained.read(budget);
        if (!active) return;
        await this.trained.insertIfCurrent(active, record, budget);
        if (before) await this.trained.vectors(active).remove(id, [before], budget);
      },
    );
  }

  /** Removes a product. True if it existed. */
  async delete(id: string, budget: CallBudget): Promise<boolean> {
    const before = await this.records.generationOf(id, budget.next());
    const existed = await this.records.delete(id, budget.next());
    if (!before) return existed;
    try {
      const { active } = await this.trained.read(budget);
      if (active) await this.trained.vectors(active).remove(id, [before], budget);
    } catch {
      // The product is gone. A vector without a product is never shown, and the next training leaves it behind.
    }
    return existed;
  }

  /** Ends what crashes left. `restore` makes the vector of a text anew. */
  async repair(
    restore: (record: ProductRecord) => Promise<readonly Float32Array[]>,
    budget: CallBudget,
  ): Promise<CatalogueReport> {
    const report = await this.records.repair({ ...budget.next(), restore });
    return this.#completed(report, budget, (active, ids) => this.trained.complete(active, ids, budget));
  }

  /** What a repair would find. */
  async verify(budget: CallBudget): Promise<CatalogueReport> {
    const report = await this.records.verify(budget.next());
    return this.#completed(report, budget, async (active, ids) => {
      const incomplete = await this.trained.incomplete(active, ids, budget);
      return incomplete.length;
    });
  }

  /** Looks at the training that counts; at the next one, if that was removed meanwhile. */
  async #completed(
    report: VerifyReport,
    budget: CallBudget,
    look: (active: Training, ids: readonly string[]) => Promise<number>,
  ): Promise<CatalogueReport> {
    for (let before = 0; ; ) {
      const { active } = await this.trained.read(budget);
      try {
        const completed = active ? await look(active, await this.ids(budget)) : 0;
        return { ...report, completed, isClean: report.isClean && completed === 0 };
      } catch (error) {
        if (!isKeyNotFound(error) || active?.number === before) throw error;
        before = active?.number ?? 0;
      }
    }
  }

  /** All product ids; one that is being written or removed may be among them. */
  async ids(budget: CallBudget): Promise<string[]> {
    const ids: string[] = [];
    for await (const id of this.records.ids(budget.next())) ids.push(id);
    return ids;
  }
}
