import type { CallBudget } from '../core/call-budget.js';
import { GhostList } from '../core/ghost-list.js';
import { mapBounded } from '../core/map-bounded.js';
import { type NearestMatch, nearestRecords } from '../core/nearest.js';
import { isVectorMissing, type StoredVectors } from '../core/stored-vectors.js';
import { parseVectorId } from '../core/vector-id.js';
import type { VectorRecord } from '../core/vector-record.js';
import type { VectorRecords } from '../core/vector-records.js';
import type { Product } from './product.js';
import type { SpaceName } from './taste.js';

/** A product as the catalogue has it. */
export type ProductRecord = VectorRecord<Product>;

/** What to look for. */
export interface NearestProducts {
  /** Products not wanted, told by their id alone: they are never read. */
  readonly isExcluded: (productId: string) => boolean;
  /** About how many those are. */
  readonly excludedCount: number;
  /** Default: all. */
  readonly filter?: ((record: ProductRecord) => boolean) | undefined;
}

/** What an {@link ItemSpace} works with. */
export interface ItemSpaceAccess {
  readonly name: SpaceName;
  readonly records: VectorRecords<Product>;
  readonly vectors: StoredVectors;
  readonly concurrency: number;
  /** Brings back the vector of a product that has none in this space. */
  make(record: ProductRecord, budget: CallBudget): Promise<Float32Array>;
}

/** One set of vectors for the products: those of their texts, or those of a training. */
export class ItemSpace {
  readonly name: SpaceName;
  readonly #access: ItemSpaceAccess;

  constructor(access: ItemSpaceAccess) {
    this.name = access.name;
    this.#access = access;
  }

  /** Of a distance in this space: higher is nearer. */
  similarityOf(distance: number): number {
    return this.name.training === 0 ? 1 - distance : -distance;
  }

  /** The vector of a product. One round trip. */
  async vectorOf(record: ProductRecord, budget: CallBudget): Promise<Float32Array> {
    const [vector] = await this.#access.vectors.get(record.id, record, budget);
    return vector ?? this.#access.make(record, budget);
  }

  /** The vectors of products that are there, by id. Two batches of parallel reads. */
  async vectorsById(productIds: readonly string[], budget: CallBudget): Promise<Map<string, Float32Array>> {
    const read = await this.#access.records.getMany([...new Set(productIds)], budget.next());
    const found = await this.withVectors(
      read.flatMap((record) => (record ? [{ record }] : [])),
      budget,
    );
    return new Map(found.map(({ record, vector }) => [record.id, vector]));
  }

  /** Those whose product is still there, each with its vector. One batch of parallel reads. */
  async withVectors<Chosen extends { readonly record: ProductRecord }>(
    chosen: readonly Chosen[],
    budget: CallBudget,
  ): Promise<(Chosen & { readonly vector: Float32Array })[]> {
    const placed = await mapBounded(chosen, this.#access.concurrency, async (one) => {
      const vector = await this.#currentVectorOf(one.record, budget);
      return vector && { ...one, vector };
    });
    return placed.filter((one) => one !== null);
  }

  /** As {@link vectorOf}; of a product that was written anew since it was read, as it is now. Null if it is gone. */
  async #currentVectorOf(record: ProductRecord, budget: CallBudget): Promise<Float32Array | null> {
    let current = record;
    for (;;) {
      try {
        return await this.vectorOf(current, budget);
      } catch (error) {
        if (!isVectorMissing(error)) throw error;
        const now = await this.#access.records.get(record.id, budget.next());
        if (!now) return null;
        // It is lost.
        if (now.generation === current.generation) throw error;
        current = now;
      }
    }
  }

  /**
   * The nearest products, read from the truth: one that is deleted, or was written anew since, is not among
   * them. One vector call and one batch of parallel reads.
   */
  async nearest(
    query: Float32Array,
    k: number,
    { isExcluded, excludedCount, filter }: NearestProducts,
    budget: CallBudget,
  ): Promise<NearestMatch<Product>[]> {
    const isWanted = ({ id }: { readonly id: string }): boolean => !isExcluded(parseVectorId(id)?.id ?? id);
    const { records, vectors } = this.#access;
    const { matches } = await nearestRecords(
      k,
      { filter },
      {
        search: async (count) => {
          // What is excluded is looked up in addition, and again if there was more of it than expected.
          for (let asked = count + excludedCount; ; asked *= 2) {
            const found = await vectors.search(query, asked, budget);
            const wanted = found.filter(isWanted);
            if (wanted.length >= count || found.length < asked) return wanted.slice(0, count);
          }
        },
        read: (ids) => records.getMany(ids, budget.next()),
        // Those of a training go with its namespace.
        ghosts: this.name.training === 0 ? records.ghosts : new GhostList(),
      },
    );
    return matches;
  }
}
