import { blockRows } from './matrix.js';
import { floatAt, numberAt } from './number-arrays.js';
import type { Pacer } from './pacer.js';
import { look, type Search } from './search.js';
import { Smallest } from './smallest.js';
import type { VectorRows } from './vector-rows.js';

// Below this nothing is left of a square or product: added to every bound on rounding.
const vanishing = 2e-41;
// Beyond these a product or square of 32-bit numbers may overflow or vanish.
const highestSafe = 1e30;
const lowestSafe = 1e-25;
const rowsPerLook = 65_536;

/** What a scan is to find. */
export interface ScanTask {
  readonly search: Search;
  /** How many, of those rows that may be found at all. */
  readonly k: number;
  /** The first row to look at. */
  readonly first: number;
  /** The sum of the squares of the query's numbers. */
  readonly querySquare: number;
}

/** Whether 32 bits can hold what the scan computes. */
export function isSafe(rows: VectorRows, querySquare: number): boolean {
  const query = Math.sqrt(querySquare);
  const longest = Math.sqrt(rows.highestSquare);
  if ((query + longest) ** 2 > highestSafe) return false;
  return rows.shape.distance !== 'cosine' || query * Math.sqrt(rows.lowestSquare) > lowestSafe;
}

/** The rows that may be among the k nearest, measured in 32 bits. */
export async function scan(rows: VectorRows, task: ScanTask, pacer: Pacer): Promise<number[]> {
  const { search, first, querySquare } = task;
  const { allowed } = search;
  const scores = new Float32Array(rows.size - first);
  const best = new Smallest(task.k, () => false);
  const block = blockRows(rows.matrix.stride);
  let bound = best.bound;
  for (let from = first; from < rows.size; from += block) {
    await look(search, pacer);
    const end = Math.min(from + block, rows.size);
    measureInto(scores.subarray(from - first, end - first), rows, search.query, from);
    for (let row = from; row < end; row++) {
      const score = floatAt(scores, row - first);
      if (score < bound && (allowed === undefined || allowed.has(row))) {
        best.offer(score, row);
        bound = best.bound;
      }
    }
  }
  const limit = limitOf(rows, bound, querySquare);
  const candidates: number[] = [];
  for (let row = first; row < rows.size; row++) {
    if (row % rowsPerLook === 0) await look(search, pacer);
    if (floatAt(scores, row - first) <= limit && (allowed === undefined || allowed.has(row)))
      candidates.push(row);
  }
  return candidates;
}

/** Of some rows those that may be among the k nearest of them, measured in 32 bits. */
export async function narrow(
  rows: VectorRows,
  few: readonly number[],
  { search, k, querySquare }: ScanTask,
  pacer: Pacer,
): Promise<number[]> {
  const scores = new Float32Array(few.length);
  const best = new Smallest(k, () => false);
  for (const [place, row] of few.entries()) {
    if (place % 64 === 0) await look(search, pacer);
    measureInto(scores.subarray(place, place + 1), rows, search.query, row);
    best.offer(floatAt(scores, place), row);
  }
  const limit = limitOf(rows, best.bound, querySquare);
  return few.filter((_, place) => floatAt(scores, place) <= limit);
}

/** Measures rows from `from`, and makes of it numbers that order rows as their distances do. */
function measureInto(scores: Float32Array, rows: VectorRows, query: Float32Array, from: number): void {
  const { shape, matrix, squares } = rows;
  const measure = shape.distance === 'euclidean' ? 'squares' : 'dots';
  const measured = matrix.measure(measure, query, from, scores.length);
  if (shape.distance === 'euclidean') scores.set(measured.subarray(0, scores.length));
  else if (shape.distance === 'inner_product') {
    for (let row = 0; row < scores.length; row++) scores[row] = -floatAt(measured, row);
  } else {
    for (let row = 0; row < scores.length; row++) {
      scores[row] = -floatAt(measured, row) / Math.sqrt(numberAt(squares, from + row));
    }
  }
}

/**
 * The highest score a row can have that belongs to the nearest, if `bound` is the k-th lowest score.
 *
 * Each of n additions of 32-bit numbers errs by at most 2^-24 of the sum of the absolute products, which is at
 * most the product of the two lengths. Taken twice for the rounding around it, and once for each of two rows.
 */
function limitOf(rows: VectorRows, bound: number, querySquare: number): number {
  const error = (rows.matrix.stride / 16 + 16) * 2 ** -23;
  const { distance } = rows.shape;
  if (distance === 'euclidean') return bound * (1 + 3 * error) + vanishing;
  const length = Math.sqrt(querySquare) * (distance === 'cosine' ? 1 : Math.sqrt(rows.highestSquare));
  return bound + 2 * error * length + vanishing;
}
