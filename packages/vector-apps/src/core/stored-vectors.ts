import { type CallOptions, type Clock, errorCode, type VectorMatch } from '@norikv/store';
import { VectorMissingError } from '../errors.js';
import type { CallBudget } from './call-budget.js';
import { mapBounded } from './map-bounded.js';
import type { Generation } from './record-state.js';
import { repeatable } from './repeatable.js';
import { type VectorName, vectorId } from './vector-id.js';
import type { VectorKvStore } from './vector-kv-store.js';
import type { VectorSpace } from './vector-space.js';

/** How {@link StoredVectors} work. */
export interface StoredVectorsOptions {
  /** Store calls at a time. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What stores count neighbours up to. */
const mostMatches = 2 ** 32 - 1;

/** The vectors of one namespace. All its calls may be repeated, and are while the store cannot be reached. */
export class StoredVectors {
  readonly #store: VectorKvStore;
  readonly #space: VectorSpace;
  readonly #options: StoredVectorsOptions;

  constructor(store: VectorKvStore, space: VectorSpace, options: StoredVectorsOptions) {
    this.#store = store;
    this.#space = space;
    this.#options = options;
  }

  async createNamespace(budget: CallBudget): Promise<void> {
    const { namespace, dimensions, distance } = this.#space;
    await this.#repeatable(
      (options) => this.#store.vectorCreateIndex(namespace, dimensions, distance, 'hnsw', options),
      budget,
    );
  }

  async dropNamespace(budget: CallBudget): Promise<void> {
    await this.#repeatable((options) => this.#store.vectorDropIndex(this.#space.namespace, options), budget);
  }

  async insert(
    id: string,
    generation: number,
    vectors: readonly Float32Array[],
    budget: CallBudget,
  ): Promise<void> {
    const { namespace } = this.#space;
    await mapBounded(vectors, this.#options.concurrency, (vector, part) => {
      const name = vectorId({ id, generation, part });
      return this.#repeatable(
        (options) => this.#store.vectorInsert(namespace, name, vector, options),
        budget,
      );
    });
  }

  async get(id: string, generation: Generation, budget: CallBudget): Promise<(Float32Array | null)[]> {
    return mapBounded(namesOf(id, generation), this.#options.concurrency, async (name) => {
      const vector = await this.#getOne(name, budget);
      return vector && Float32Array.from(vector);
    });
  }

  /** Whether one vector of a generation, picked at random, is there: true for a generation without vectors. */
  async hasAny(id: string, { generation, vectorCount }: Generation, budget: CallBudget): Promise<boolean> {
    if (vectorCount === 0) return true;
    const part = Math.floor(this.#options.random() * vectorCount);
    return (await this.#getOne({ id, generation, part }, budget)) !== null;
  }

  /** Removes the vectors of generations. How many there were. */
  async remove(id: string, generations: readonly Generation[], budget: CallBudget): Promise<number> {
    const names = generations.flatMap((generation) => namesOf(id, generation));
    const removed = await mapBounded(names, this.#options.concurrency, (name) =>
      this.removeOne(name, budget),
    );
    return removed.filter(Boolean).length;
  }

  removeOne(name: VectorName, budget: CallBudget): Promise<boolean> {
    return this.#repeatable(
      (options) => this.#store.vectorDelete(this.#space.namespace, vectorId(name), options),
      budget,
    );
  }

  async search(query: Float32Array, count: number, budget: CallBudget): Promise<readonly VectorMatch[]> {
    const k = Math.min(count, mostMatches);
    const { matches } = await this.#repeatable(
      (options) => this.#store.vectorSearch(this.#space.namespace, query, k, options),
      budget,
    );
    return matches;
  }

  #getOne(name: VectorName, budget: CallBudget): Promise<readonly number[] | null> {
    return this.#repeatable(
      (options) => this.#store.vectorGet(this.#space.namespace, vectorId(name), options),
      budget,
    );
  }

  #repeatable<Result>(call: (options: CallOptions) => Promise<Result>, budget: CallBudget): Promise<Result> {
    return repeatable(call, budget, this.#options.clock, this.#options.random);
  }
}

function namesOf(id: string, { generation, vectorCount }: Generation): VectorName[] {
  return Array.from({ length: vectorCount }, (_, part) => ({ id, generation, part }));
}

/** @throws VectorMissingError. */
export function missingVector(id: string, part: number): never {
  throw new VectorMissingError(
    `Vector ${part} of ${JSON.stringify(id)} is not there; read the record again, or run repair()`,
  );
}

/** Whether an error says that a vector of a record is not there. */
export function isVectorMissing(error: unknown): boolean {
  return errorCode(error) === VectorMissingError.code;
}
