import type { Index } from 'usearch';
import type { KeysInFile } from './graph-file.js';
import { scaledQuery } from './graph-scale.js';
import type { Pacer } from './pacer.js';
import type { VectorRows } from './vector-rows.js';

// A search of the library cannot be interrupted: this many numbers compared take a few milliseconds.
const mostNumbers = 0x8_0000;
const widening = 4;
const keysPerLook = 256;

/**
 * A graph of vectors as they were when it was built, which never changes. It finds rows that are settled: those
 * whose vector is still the one it holds. All others are left to a scan.
 */
export class Graph {
  readonly file: string;
  readonly position: number;
  readonly keys: KeysInFile;
  readonly #index: Index;

  constructor(file: string, position: number, keys: KeysInFile, index: Index) {
    this.file = file;
    this.position = position;
    this.keys = keys;
    this.#index = index;
  }

  get size(): number {
    return this.#index.size();
  }

  /** Settles the rows whose vectors are those of the graph, and only them. */
  async settle(rows: VectorRows, pacer: Pacer): Promise<void> {
    const { ids, versions } = this.keys;
    rows.unsettleAll(ids.length);
    const keyOf = new Int32Array(rows.size).fill(-1);
    for (const [key, id] of ids.entries()) {
      if (key % keysPerLook === 0 && pacer.isDue()) await pacer.rest();
      const row = rows.rowOf(id);
      if (row === undefined) continue;
      // One copy of each id in memory is enough.
      ids[key] = rows.idOf(row);
      const isSame = rows.termOf(row) === versions[2 * key] && rows.indexOf(row) === versions[2 * key + 1];
      if (isSame) keyOf[row] = key;
    }
    // In rising order: settling moves nothing that is behind the row.
    for (const [row, key] of keyOf.entries()) {
      if (row % keysPerLook === 0 && pacer.isDue()) await pacer.rest();
      if (key >= 0) rows.settle(row, key);
    }
  }

  /** Keys whose vector is not there any more. */
  async outdatedKeys(rows: VectorRows, pacer: Pacer): Promise<number[]> {
    const outdated: number[] = [];
    for (const [key, id] of this.keys.ids.entries()) {
      if (key % keysPerLook === 0 && pacer.isDue()) await pacer.rest();
      if (id !== '' && rows.settledRow(key) === undefined) outdated.push(key);
    }
    return outdated;
  }

  /** At least `k` settled rows near the query, or all there are; undefined if it takes a scan to find so many. */
  near(rows: VectorRows, query: Float32Array, k: number): number[] | undefined {
    const enough = Math.min(k, rows.settled);
    const scaled = scaledQuery(rows.shape.distance, query);
    let wanted = Math.ceil((k * this.size) / rows.settled);
    while (wanted * rows.shape.dimensions <= mostNumbers) {
      const found: number[] = [];
      for (const key of this.#index.search(scaled, wanted, 1).keys) {
        const row = rows.settledRow(Number(key));
        if (row !== undefined) found.push(row);
      }
      if (found.length >= enough) return found;
      wanted *= widening;
    }
    return undefined;
  }
}
