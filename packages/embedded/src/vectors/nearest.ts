import { coarseScan } from './coarse-scan.js';
import { distanceBetween, dotOf, type PlacedVector } from './distance.js';
import type { Pacer } from './pacer.js';
import { isSafe, narrow, type ScanTask, scan } from './scan.js';
import { look, type Search } from './search.js';
import { type Ranked, Smallest } from './smallest.js';
import type { VectorRows } from './vector-rows.js';

// With fewer rows than this share, those are measured one by one.
const fewRows = 1 / 8;
// Up to so many times k are measured in 64 bits at once.
const fewTimes = 4;
const rowsPerLook = 64;

/**
 * The `k` nearest rows, nearest first, equals by id: exactly those, by distances in 64 bits. With a graph those
 * that are settled are the ones it finds, which may miss some.
 *
 * Scans measure with less. Their error is bounded, so every row that could be among the nearest is known from
 * them, and only those are measured in 64 bits.
 */
export async function nearestRows(rows: VectorRows, search: Search, pacer: Pacer): Promise<Ranked[]> {
  const { query, allowed } = search;
  const count = allowed ? allowed.rows.length : rows.size;
  const k = Math.min(search.k, count);
  if (k === 0) return [];
  const exact: PlacedVector = { numbers: query, at: 0, square: dotOf(query, 0, query, 0, query.length) };
  const isWorthwhile = k < count && count > rows.size * fewRows && isSafe(rows, exact.square);
  const candidates = isWorthwhile
    ? await candidatesFor(rows, { search, k, querySquare: exact.square }, pacer)
    : allowed?.rows;
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

/** The rows that may be among the k nearest: with a graph those it finds, and of those it does not hold. */
async function candidatesFor(
  rows: VectorRows,
  task: Omit<ScanTask, 'first'>,
  pacer: Pacer,
): Promise<readonly number[]> {
  const { search, k } = task;
  const near = search.allowed ? undefined : search.graph?.near(rows, search.query, k);
  if (near && rows.settled === rows.size) return near;
  const scanned = await scanFrom(rows, { ...task, first: near ? rows.settled : 0 }, pacer);
  return near ? near.concat(scanned) : scanned;
}

/** First by rounded vectors, then in 32 bits what is left of it, if the first has left few. */
async function scanFrom(rows: VectorRows, task: ScanTask, pacer: Pacer): Promise<readonly number[]> {
  if (rows.coarse === undefined) return scan(rows, task, pacer);
  const few = await coarseScan(rows, rows.coarse, task, pacer);
  if (few.length <= task.k * fewTimes) return few;
  return few.length < rows.size * fewRows ? narrow(rows, few, task, pacer) : scan(rows, task, pacer);
}
