import type { CoarseRows } from './coarse-rows.js';
import { blockRows } from './matrix.js';
import { numberAt } from './number-arrays.js';
import type { Pacer } from './pacer.js';
import type { ScanTask } from './scan.js';
import { look } from './search.js';
import { Smallest } from './smallest.js';
import type { VectorRows } from './vector-rows.js';

// For the rounding of what is computed here, in 64 bits.
const slack = 1 + 1e-9;
const rounding = 1e-12;
const rowsPerLook = 65_536;

/**
 * The rows that may be among the k nearest, by their rounded vectors: those whose score may be as low as the
 * k-th lowest of what scores may be at most.
 */
export async function coarseScan(
  rows: VectorRows,
  coarse: CoarseRows,
  { search, k, first, querySquare }: ScanTask,
  pacer: Pacer,
): Promise<number[]> {
  const { allowed } = search;
  const query = coarse.rounded(search.query);
  const isEuclidean = rows.shape.distance === 'euclidean';
  const times = (isEuclidean ? -2 : -1) * query.scale;
  const reach = Math.sqrt(querySquare) * slack + query.error;
  const weight = (isEuclidean ? 2 : 1) * slack;
  const { squares } = rows;
  const { scales, lengths, errors, notes: lowest } = coarse;
  const best = new Smallest(k, () => false);
  const block = blockRows(search.query.length);
  let limit = best.bound;
  for (let from = first; from < rows.size; from += block) {
    await look(search, pacer);
    const count = Math.min(block, rows.size - from);
    const products = coarse.measure(query, from, count);
    for (let place = 0; place < count; place++) {
      const row = from + place;
      const square = isEuclidean ? numberAt(squares, row) : 0;
      const score = square + numberAt(scales, row) * times * (products[place] ?? 0);
      // A product is off by at most what rounding took from one of the two, times the length of the other.
      const off = numberAt(lengths, row) * query.error + numberAt(errors, row) * reach;
      const size = square + querySquare + numberAt(lengths, row) * reach;
      const error = off * weight + size * rounding;
      lowest[row] = score - error;
      if (score + error < limit && (allowed === undefined || allowed.has(row))) {
        best.offer(score + error, row);
        limit = best.bound;
      }
    }
  }
  const candidates: number[] = [];
  for (let row = first; row < rows.size; row++) {
    if (row % rowsPerLook === 0) await look(search, pacer);
    if (numberAt(lowest, row) <= limit && (allowed === undefined || allowed.has(row))) candidates.push(row);
  }
  return candidates;
}
