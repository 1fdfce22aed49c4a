import {
  type DistanceFunction,
  InvalidArgumentError,
  type VectorIndexType,
  type VectorSearchOptions,
} from '@norikv/store';
import type { VectorFilter } from '../vector-options.js';

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
  checkWhole('dimensions', dimensions, maxDimensions);
  checkOneOf('distance', distance, distances);
  checkOneOf('indexType', indexType, indexTypes);
}

/** Checks how many neighbours are asked for. */
export function checkCount(k: number): void {
  checkWhole('k', k, 2 ** 32 - 1);
}

/** A copy of a vector, rounded to 32-bit floats. */
export function checkedVector(name: string, vector: readonly number[] | Float32Array): Float32Array {
  if (!Array.isArray(vector) && !(vector instanceof Float32Array)) {
    throw new InvalidArgumentError(`${name} is ${typeof vector}; use an array of numbers or a Float32Array`);
  }
  checkWhole(`${name}.length`, vector.length, maxDimensions);
  // A loop: this is done for every insert.
  const numbers = new Float32Array(vector.length);
  for (let place = 0; place < numbers.length; place++) {
    const number: unknown = vector[place];
    if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) {
      throw new InvalidArgumentError(
        `${name}[${place}] is ${String(number)}; use numbers that are finite as 32-bit floats`,
      );
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
  throw new InvalidArgumentError(`includeVectors is ${String(includeVectors)}; use true or false`);
}

/** A filter as a function; ids are looked up in a set. */
export function checkedFilter(
  filter: VectorFilter | undefined,
): ReadonlySet<string> | ((id: string) => boolean) | undefined {
  if (filter === undefined || typeof filter === 'function') return filter;
  if (Array.isArray(filter) || filter instanceof Set) return new Set<string>(filter);
  throw new InvalidArgumentError(`filter is ${typeof filter}; use a set or array of ids, or a function`);
}

function checkText(name: string, text: string, maxBytes: number): void {
  if (typeof text !== 'string' || !text.isWellFormed()) {
    throw new InvalidArgumentError(
      `${name} is ${typeof text === 'string' ? 'not well-formed Unicode' : typeof text}; use text`,
    );
  }
  const bytes = Buffer.byteLength(text);
  if (bytes >= 1 && bytes <= maxBytes) return;
  throw new InvalidArgumentError(`${name} has ${bytes} bytes; use 1 to ${maxBytes}`);
}

function checkWhole(name: string, value: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return;
  throw new InvalidArgumentError(`${name} is ${String(value)}; use a whole number from 1 to ${max}`);
}

function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw new InvalidArgumentError(`${name} is ${JSON.stringify(value)}; use one of ${allowed.join(', ')}`);
}
