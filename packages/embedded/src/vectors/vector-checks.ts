import {
  type DistanceFunction,
  InvalidArgumentError,
  type VectorIndexType,
  type VectorSearchOptions,
} from '@norikv/store';
import { checkOneOf, checkText, checkWhole, refuse } from '@norikv/store/checks';
import type { VectorFilter, VectorItem } from '../vector-options.js';

const maxNamespaceBytes = 256;
const maxIdBytes = 512;
const maxDimensions = 4_096;
const distances: readonly unknown[] = ['euclidean', 'cosine', 'inner_product'] satisfies DistanceFunction[];
const indexTypes: readonly unknown[] = ['brute_force', 'hnsw'] satisfies VectorIndexType[];

/** Checks the name of a namespace. */
export function checkNamespace(namespace: string): void {
  checkText('namespace', namespace, maxNamespaceBytes);
}

/** Checks the id of a vector. */
export function checkId(id: string): void {
  checkText('id', id, maxIdBytes);
}

/** Checks how a namespace is to be made. */
export function checkShape(dimensions: number, distance: DistanceFunction, indexType: VectorIndexType): void {
  checkWhole('dimensions', dimensions, 1, maxDimensions);
  checkOneOf('distance', distance, distances);
  checkOneOf('indexType', indexType, indexTypes);
}

/** Checks how many neighbours are asked for. */
export function checkCount(k: number): void {
  checkWhole('k', k, 1, 2 ** 32 - 1);
}

/** A copy of a vector, rounded to 32-bit floats. */
export function checkedVector(name: string, vector: readonly number[] | Float32Array): Float32Array {
  if (!Array.isArray(vector) && !(vector instanceof Float32Array)) {
    refuse(name, vector, 'an array of numbers or a Float32Array');
  }
  checkWhole(`${name}.length`, vector.length, 1, maxDimensions);
  // A loop: this is done for every insert.
  const numbers = new Float32Array(vector.length);
  for (let place = 0; place < numbers.length; place++) {
    const number: unknown = vector[place];
    if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) {
      refuse(`${name}[${place}]`, number, 'numbers that are finite as 32-bit floats');
    }
    numbers[place] = number;
  }
  return numbers;
}

/** Checks that a vector fits the namespace it is for. */
export function checkFits(
  name: string,
  vector: Float32Array,
  namespace: string,
  shape: { readonly dimensions: number; readonly distance: DistanceFunction },
): void {
  if (vector.length !== shape.dimensions) {
    throw new InvalidArgumentError(
      `${name} has ${vector.length} numbers; the namespace ${JSON.stringify(namespace)} has ${shape.dimensions} dimensions`,
    );
  }
  if (shape.distance === 'cosine' && vector.every((number) => number === 0)) {
    throw new InvalidArgumentError(
      `${name} is all zeros, which has no direction; leave it out, or compare by another distance than cosine`,
    );
  }
}

/** Checks the options of a search, those of every read apart. */
export function checkSearchOptions({ includeVectors }: VectorSearchOptions): void {
  if (includeVectors === undefined || typeof includeVectors === 'boolean') return;
  refuse('includeVectors', includeVectors, 'true or false');
}

/** A filter that its caller cannot change any more; ids are in a set. */
export function ownFilter(filter: VectorFilter): ReadonlySet<string> | ((id: string) => boolean) {
  if (typeof filter === 'function') return filter;
  if (Array.isArray(filter) || filter instanceof Set) return new Set<string>(filter);
  return refuse('filter', filter, 'a set or array of ids, or a function');
}

/** Items whose caller can take none out any more, nor put one in. What is no array gives them one after the other. */
export function ownItems(items: Iterable<VectorItem>): Iterable<VectorItem> {
  if (Array.isArray(items)) return items.slice();
  if (typeof items?.[Symbol.iterator] === 'function') return items;
  return refuse('items', items, 'an array of {id, vector}, or whatever gives them one after the other');
}
