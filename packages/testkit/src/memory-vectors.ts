import {
  type DistanceFunction,
  InvalidArgumentError,
  KeyNotFoundError,
  type VectorIndexType,
  type VectorMatch,
  type VectorSearchOptions,
  type VectorSearchResult,
  type VectorStore,
  type VectorWriteOptions,
  type Version,
} from '@norikv/store';
import {
  checkReadOptions,
  checkWriteOptions,
  searchNames,
  vectorWriteNames,
} from '@norikv/store/call-options';
import { checkObject, checkOneOf, checkText, checkWhole, refuse } from '@norikv/store/checks';
import { isWrite, type Operation } from './in-flight.js';
import {
  checkIdempotencySupported,
  type MemoryStore,
  type MemoryStoreOptions,
  memoryStoreWithCalls,
} from './memory-store.js';
import { RememberedAnswers } from './remembered-answers.js';

interface Space {
  readonly dimensions: number;
  readonly distance: DistanceFunction;
  readonly vectors: Map<string, Float32Array>;
}

/** A {@link MemoryStore} that serves vectors too. */
export interface MemoryVectorStore extends MemoryStore, VectorStore {}

/**
 * The reference store with the six vector calls: every distance computed in 64 bits, one by one.
 *
 * Calls for vectors take `latencyMs` and `idempotencyRetentionMs` too.
 *
 * @example
 * ```ts
 * const store = createMemoryVectorStore();
 * await store.vectorCreateIndex('places', 2, 'euclidean');
 * await store.vectorInsert('places', 'home', [3, 4]);
 * const { matches } = await store.vectorSearch('places', [0, 0], 1); // home, at a distance of 5
 * ```
 */
export function createMemoryVectorStore(options: MemoryStoreOptions = {}): MemoryVectorStore {
  const parts = memoryStoreWithCalls({
    ...checkObject('options', options),
    capabilities: { vector: true, ...options.capabilities },
  });
  return Object.assign(parts.store, memoryVectors(parts));
}

function memoryVectors({ store, call, retention }: ReturnType<typeof memoryStoreWithCalls>): VectorStore {
  const spaces = new Map<string, Space>();
  const answers = new RememberedAnswers(retention);
  let lastIndex = 0n;

  async function inTurn<T>(
    operation: Operation,
    namespace: string,
    callOptions: VectorWriteOptions & VectorSearchOptions,
    step: () => T,
  ): Promise<T> {
    checkText('namespace', namespace, 256);
    if (isWrite(operation)) checkWriteOptions(callOptions, vectorWriteNames);
    else checkSearchOptions(callOptions);
    checkIdempotencySupported(callOptions, store.capabilities);
    return call(operation, namespace, callOptions, step);
  }

  function once<T>(scope: readonly string[], { idempotencyKey }: VectorWriteOptions, apply: () => T): T {
    return answers.once(scope, idempotencyKey, apply);
  }

  function spaceOf(namespace: string): Space {
    const space = spaces.get(namespace);
    if (space) return space;
    throw new KeyNotFoundError(`The namespace ${JSON.stringify(namespace)} does not exist; create it first`, {
      key: namespace,
    });
  }

  return {
    async vectorCreateIndex(namespace, dimensions, distance, indexType = 'brute_force', callOptions = {}) {
      checkWhole('dimensions', dimensions, 1, 4_096);
      checkOneOf('distance', distance, ['euclidean', 'cosine', 'inner_product'] satisfies DistanceFunction[]);
      checkOneOf('indexType', indexType, ['brute_force', 'hnsw'] satisfies VectorIndexType[]);
      return inTurn('put', namespace, callOptions, () =>
        once(['create', namespace], callOptions, () => {
          if (spaces.has(namespace)) return false;
          spaces.set(namespace, { dimensions, distance, vectors: new Map() });
          return true;
        }),
      );
    },
    async vectorDropIndex(namespace, callOptions = {}) {
      return inTurn('delete', namespace, callOptions, () =>
        once(['drop', namespace], callOptions, () => spaces.delete(namespace)),
      );
    },
    async vectorInsert(namespace, id, vector, callOptions = {}): Promise<Version> {
      checkText('id', id, 512);
      const numbers = numbersOf('vector', vector);
      return inTurn('put', namespace, callOptions, () =>
        once(['insert', namespace, id], callOptions, () => {
          const space = spaceOf(namespace);
          checkFits('vector', numbers, space);
          space.vectors.set(id, numbers);
          return Object.freeze({ term: 1n, index: ++lastIndex });
        }),
      );
    },
    async vectorDelete(namespace, id, callOptions = {}) {
      checkText('id', id, 512);
      return inTurn('delete', namespace, callOptions, () =>
        once(['delete', namespace, id], callOptions, () => spaceOf(namespace).vectors.delete(id)),
      );
    },
    async vectorSearch(namespace, query, k, callOptions = {}): Promise<VectorSearchResult> {
      checkWhole('k', k, 1, 2 ** 32 - 1);
      const numbers = numbersOf('query', query);
      return inTurn('get', namespace, callOptions, () => {
        const space = spaceOf(namespace);
        checkFits('query', numbers, space);
        return { matches: nearest(space, numbers, k, callOptions), searchTimeUs: 0 };
      });
    },
    async vectorGet(namespace, id, callOptions = {}) {
      checkText('id', id, 512);
      return inTurn('get', namespace, callOptions, () => {
        const vector = spaceOf(namespace).vectors.get(id);
        return vector ? Array.from(vector) : null;
      });
    },
  };
}

function nearest(
  { vectors, distance }: Space,
  query: Float32Array,
  k: number,
  { includeVectors }: VectorSearchOptions,
): VectorMatch[] {
  const matches = [...vectors].map(([id, vector]): VectorMatch => {
    const match = { id, distance: distanceOf(distance, query, vector) };
    return includeVectors ? { ...match, vector: Array.from(vector) } : match;
  });
  const order = (left: VectorMatch, right: VectorMatch): number =>
    left.distance - right.distance || (left.id < right.id ? -1 : 1);
  return matches.sort(order).slice(0, k);
}

function distanceOf(distance: DistanceFunction, one: Float32Array, other: Float32Array): number {
  if (distance === 'euclidean') {
    return Math.sqrt(one.reduce((sum, number, place) => sum + (number - (other[place] ?? 0)) ** 2, 0));
  }
  const dot = sumOfProducts(one, other);
  if (distance === 'inner_product') return 0 - dot;
  const lengths = Math.sqrt(sumOfProducts(one, one) * sumOfProducts(other, other));
  return 1 - Math.max(-1, Math.min(1, dot / lengths));
}

function sumOfProducts(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, number, place) => sum + number * (other[place] ?? 0), 0);
}

function numbersOf(name: string, vector: readonly number[] | Float32Array): Float32Array {
  if (!Array.isArray(vector) && !(vector instanceof Float32Array)) {
    refuse(name, vector, 'an array of numbers or a Float32Array');
  }
  checkWhole(`${name}.length`, vector.length, 1, 4_096);
  const numbers = Float32Array.from(vector);
  const bad = numbers.findIndex(
    (number, place) => typeof vector[place] !== 'number' || !Number.isFinite(number),
  );
  if (bad < 0) return numbers;
  refuse(`${name}[${bad}]`, vector[bad], 'numbers that are finite as 32-bit floats');
}

function checkFits(name: string, vector: Float32Array, { dimensions, distance }: Space): void {
  if (vector.length !== dimensions) {
    throw new InvalidArgumentError(
      `${name} has ${vector.length} numbers; the namespace has ${dimensions} dimensions`,
    );
  }
  if (distance !== 'cosine' || vector.some((number) => number !== 0)) return;
  throw new InvalidArgumentError(`${name} is all zeros, which has no direction to compare by cosine`);
}

function checkSearchOptions(options: VectorSearchOptions): void {
  checkReadOptions(options, searchNames);
  const { includeVectors } = options;
  if (includeVectors === undefined || typeof includeVectors === 'boolean') return;
  refuse('includeVectors', includeVectors, 'true or false');
}
