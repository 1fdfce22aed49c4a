import type { CallOptions, Clock, VectorMatch } from '@norikv/store';
import { VectorMissingError } from '../errors.js';
import type { CallBudget } from './call-budget.js';
import { mapBounded } from './map-bounded.js';
import type { Generation } from './record-state.js';
import { repeatable } from './repeatable.js';
import { type VectorName, vectorId } from './vector-id.js';
import type { VectorKvStore } from './vector-kv-store.js';
import type { VectorSpace } from './vector-space.js';

/** The vectors of one namespace. All its calls may be repeated, and are while the store cannot be reached. */
export class StoredVectors {
  readonly #store: VectorKvStore;
  readonly #space: VectorSpace;
  readonly #concurrency: number;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(
    store: VectorKvStore,
    space: VectorSpace,
    concurrency: number,
    clock: Clock,
    random: () => number,
  ) {
    this.#store = store;
    this.#space = space;
    this.#concurrency = concurrency;
    this.#clock = clock;
    this.#random = random;
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
    await mapBounded(vectors, this.#concurrency, (vector, part) =>
      this.#repeatable(
        (options) =>
          this.#store.vectorInsert(
            this.#space.namespace,
            vectorId({ id, generation, part }),
            vector,
            options,
          ),
        budget,
      ),
    );
  }

  async get(id: string, generation: Generation, budget: CallBudget): Promise<(Float32Array | null)[]> {
    return mapBounded(namesOf(id, generation), this.#concurrency, async (name) => {
      const vector = await this.#repeatable(
        (options) => this.#store.vectorGet(this.#space.namespace, vectorId(name), options),
        budget,
      );
      return vector && Float32Array.from(vector);
    });
  }

  async hasAny(id: string, { generation, vectorCount }: Generation, budget: CallBudget): Promise<boolean> {
    if (vectorCount === 0) return true;
    const part = Math.floor(this.#random() * vectorCount);
    const vector = await this.#repeatable(
      (options) => this.#store.vectorGet(this.#space.namespace, vectorId({ id, generation, part }), options),
      budget,
    );
    return vector !== null;
  }

  /** Removes the vectors of generations. How many there were. */
  async remove(id: string, generations: readonly Generation[], budget: CallBudget): Promise<number> {
    const names = generations.flatMap((generation) => namesOf(id, generation));
    const removed = await mapBounded(names, this.#concurrency, (name) => this.removeOne(name, budget));
    return removed.filter(Boolean).length;
  }

  removeOne(name: VectorName, budget: CallBudget): Promise<boolean> {
    return this.#repeatable(
      (options) => this.#store.vectorDelete(this.#space.namespace, vectorId(name), options),
      budget,
    );
  }

  async search(query: Float32Array, count: number, budget: CallBudget): Promise<readonly VectorMatch[]> {
    const { matches } = await this.#repeatable(
      (options) => this.#store.vectorSearch(this.#space.namespace, query, count, options),
      budget,
    );
    return matches;
  }

  #repeatable<Result>(call: (options: CallOptions) => Promise<Result>, budget: CallBudget): Promise<Result> {
    return repeatable(call, budget, this.#clock, this.#random);
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
