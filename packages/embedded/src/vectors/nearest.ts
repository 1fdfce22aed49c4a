import { distanceBetween, type PlacedVector } from './distance.js';
import { blockRows } from './matrix.js';
import type { Pacer } from './pacer.js';
import { type Ranked, Smallest } from './smallest.js';
import type { VectorRows } from './vector-rows.js';

// Beyond these a product or square of 32-bit numbers may overflow or vanish.
const highestSafe = 1e30;
const lowestSafe = 1e-25;
// Below this nothing is left of a square or product: added to every bound on rounding.
const vanishing = 2e-41;
// With fewer rows than this share, those are measured one by one.
const fewRows = 1 / 8;
const rowsPerLook = 64;

/** What is looked for. */
export interface Search {
  readonly query: Float32Array;
  readonly k: number;
  /** The rows that may be found; undefined: all. */
  readonly allowed: AllowedRows | undefined;
  /** Whether nobody waits for the answer any more. */
  readonly isGivenUp: () => boolean;
}

/** Some rows of a namespace. */
export interface AllowedRows {
  readonly rows: readonly number[];
  readonly has: (row: number) => boolean;
}

/** The search was given up: there is no answer. */
export class GivenUp extends Error {}

/**
 * The `k` nearest rows, nearest first, equals by id: exactly those, by distances in 64 bits.
 *
 * The scan measures in 32 bits. Its error is bounded, so every row that could be among the nearest is known
 * from it, and only those are measured in 64 bits.
 */
export async function nearestRows(rows: VectorRows, search: Search, pacer: Pacer): Promise<Ranked[]> {
  const { query, allowed } = search;
  const count = allowed ? allowed.rows.length : rows.size;
  const k = Math.min(search.k, count);
  if (k === 0) return [];
  const exact: PlacedVector = { numbers: query, at: 0, square: squareSum(query) };
  const isScan = k < count && count > rows.size * fewRows && isSafe(rows, exact.square);
  const candidates = isScan ? await scan(rows, search, k, exact.square, pacer) : allowed?.rows;
  const best = new Smallest(k, (row, other) => rows.idOf(row) < rows.idOf(other));
  const { distance, dimensions } = rows.shape;
  for (let place = 0; place < (candidates?.length ?? rows.size); place++) {
    if (place % rowsPerLook === 0) await look(search, pacer);
    const row = candidates?.[place] ?? place;
    best.offer(distanceBetween(distance, rows.at(row), exact, dimensions), row);
  }
  const ranked: Ranked[] = [];
  while (best.size > 0) {
    if (best.size % rowsPerLook === 0) await look(search, pacer);
    ranked.push(best.take());
  }
  return ranked.reverse();
}

/** The rows that may be among the k nearest. */
async function scan(
  rows: VectorRows,
  search: Search,
  k: number,
  querySquare: number,
  pacer: Pacer,
): Promise<number[]> {
  const { matrix, shape } = rows;
  const { query, allowed } = search;
  const scores = new Float32Array(rows.size);
  const best = new Smallest(k, () => false);
  const block = blockRows(matrix.stride);
  let bound = best.bound;
  for (let from = 0; from < rows.size; from += block) {
    await look(search, pacer);
    const end = Math.min(from + block, rows.size);
    const measure = shape.distance === 'euclidean' ? 'squares' : 'dots';
    const measured = matrix.measure(measure, query, from, end - from);
    writeScores(scores.subarray(from, end), measured, rows, from);
    for (let row = from; row < end; row++) {
      const score = scores[row] ?? 0;
      if (score < bound && (allowed === undefined || allowed.has(row))) {
        best.offer(score, row);
        bound = best.bound;
      }
    }
  }
  const limit = limitOf(rows, bound, querySquare);
  const candidates: number[] = [];
  for (let row = 0; row < rows.size; row++) {
    if (row % mostRowsPerLook === 0) await look(search, pacer);
    if ((scores[row] ?? 0) <= limit && (allowed === undefined || allowed.has(row))) candidates.push(row);
  }
  return candidates;
}

const mostRowsPerLook = 65_536;

/** Makes of what was measured numbers that order rows as their distances do. */
function writeScores(scores: Float32Array, measured: Float32Array, rows: VectorRows, from: number): void {
  const { distance } = rows.shape;
  if (distance === 'euclidean') scores.set(measured.subarray(0, scores.length));
  else if (distance === 'inner_product') {
    for (let row = 0; row < scores.length; row++) scores[row] = -(measured[row] ?? 0);
  } else {
    const { squares } = rows;
    for (let row = 0; row < scores.length; row++) {
      scores[row] = -(measured[row] ?? 0) / Math.sqrt(squares[from + row] ?? 0);
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

/** Whether 32 bits can hold what the scan computes. */
function isSafe(rows: VectorRows, querySquare: number): boolean {
  const query = Math.sqrt(querySquare);
  const longest = Math.sqrt(rows.highestSquare);
  if ((query + longest) ** 2 > highestSafe) return false;
  return rows.shape.distance !== 'cosine' || query * Math.sqrt(rows.lowestSquare) > lowestSafe;
}

async function look({ isGivenUp }: Search, pacer: Pacer): Promise<void> {
  if (!pacer.isDue()) return;
  await pacer.rest();
  if (isGivenUp()) throw new GivenUp();
}

function squareSum(query: Float32Array): number {
  return query.reduce((sum, number) => sum + number * number, 0);
}
