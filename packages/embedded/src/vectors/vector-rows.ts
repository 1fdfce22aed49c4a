import type { DistanceFunction } from '@norikv/store';
import type { RecordHeader } from '../record.js';
import { CoarseRows } from './coarse-rows.js';
import { dotOf, type PlacedVector } from './distance.js';
import { type Matrix, strideOf } from './matrix.js';
import { numberAt, swapIn, withRoom } from './number-arrays.js';
import { PlainMatrix } from './plain-matrix.js';
import { SettledRows } from './settled-rows.js';
import type { StoredVector } from './vector-table.js';
import { WasmMatrix } from './wasm-matrix.js';

// Each WebAssembly memory reserves address space, so small namespaces go without.
const smallNumbers = 65_536;
// What an id takes beside its text: the string, its places in an array and in a map.
const idOverheadBytes = 80;

/** How vectors are compared. */
export interface Shape {
  readonly dimensions: number;
  readonly distance: DistanceFunction;
}

/** The vectors of a namespace in memory, without gaps: first those that are settled, otherwise in no order. */
export class VectorRows {
  readonly shape: Shape;
  readonly #ids: string[] = [];
  readonly #rowOf = new Map<string, number>();
  #matrix: Matrix;
  #coarse: CoarseRows | undefined;
  #squares: Float64Array = new Float64Array(16);
  // Two for each row: term and index.
  #versions: Float64Array = new Float64Array(32);
  readonly #settled = new SettledRows();
  #idBytes = 0;
  #isLarge = false;
  /** Bounds on the sums of squares of all vectors so far; they never shrink. */
  lowestSquare: number = Number.POSITIVE_INFINITY;
  highestSquare = 0;

  constructor(shape: Shape) {
    this.shape = shape;
    this.#matrix = new PlainMatrix(strideOf(shape.dimensions));
  }

  get size(): number {
    return this.#ids.length;
  }

  get matrix(): Matrix {
    return this.#matrix;
  }

  /** The same vectors rounded; undefined where the plain scan serves. */
  get coarse(): CoarseRows | undefined {
    return this.#coarse;
  }

  get bytes(): number {
    const numbers = this.#matrix.bytes + (this.#coarse?.bytes ?? 0);
    return numbers + this.#squares.byteLength + this.#versions.byteLength + this.#idBytes;
  }

  /** How many of the first rows a graph holds as they are. */
  get settled(): number {
    return this.#settled.count;
  }

  idOf(row: number): string {
    return this.#ids[row] ?? '';
  }

  rowOf(id: string): number | undefined {
    return this.#rowOf.get(id);
  }

  /** The row of a key of the graph, if it is settled. */
  settledRow(key: number): number | undefined {
    return this.#settled.rowOf(key);
  }

  /** All ids as they are now. */
  ids(): string[] {
    return this.#ids.slice();
  }

  /** For each row the sum of the squares of its numbers. */
  get squares(): Float64Array {
    return this.#squares;
  }

  squareOf(row: number): number {
    return numberAt(this.#squares, row);
  }

  termOf(row: number): number {
    return numberAt(this.#versions, 2 * row);
  }

  indexOf(row: number): number {
    return numberAt(this.#versions, 2 * row + 1);
  }

  at(row: number): PlacedVector {
    const { numbers, start, stride } = this.#matrix;
    return { numbers, at: start + row * stride, square: this.squareOf(row) };
  }

  vectorOf(row: number): number[] {
    return Array.from(this.numbersOf(row));
  }

  /** The numbers of a row; good until the next change. */
  numbersOf(row: number): Float32Array {
    const { numbers, at } = this.at(row);
    return numbers.subarray(at, at + this.shape.dimensions);
  }

  /** Makes room for so many vectors, so that it does not have to grow bit by bit. */
  reserve(rows: number): void {
    if (!this.#isLarge && rows * this.#matrix.stride > smallNumbers) this.#enlarge(rows);
    this.#matrix.reserve(rows);
    this.#coarse?.reserve(rows);
    this.#squares = withRoom(this.#squares, rows);
    this.#versions = withRoom(this.#versions, 2 * rows);
  }

  /** Sets a vector. Its row is not settled. */
  set({ id, vector, header }: StoredVector): void {
    const row = this.#unsettle(this.#rowOf.get(id) ?? this.#add(id));
    const square = dotOf(vector, 0, vector, 0, vector.length);
    this.#matrix.numbers.set(vector, this.at(row).at);
    this.#squares[row] = square;
    this.#setVersion(row, header);
    if (this.#coarse) this.#setCoarse(this.#coarse, row);
    this.lowestSquare = Math.min(this.lowestSquare, square);
    this.highestSquare = Math.max(this.highestSquare, square);
  }

  /** Removes a vector, if it is there. */
  remove(id: string): void {
    const row = this.#rowOf.get(id);
    if (row === undefined) return;
    this.#swap(this.#unsettle(row), this.size - 1);
    this.#ids.pop();
    this.#rowOf.delete(id);
    this.#idBytes -= bytesOf(id);
  }

  /** Makes a row that is not settled the last of those that are, under its key in the graph. */
  settle(row: number, key: number): void {
    this.#swap(row, this.settled);
    this.#settled.add(key);
  }

  /** No row is settled any more; a graph with so many keys is going to settle them. */
  unsettleAll(keys: number): void {
    this.#settled.reset(keys, this.size);
  }

  /** Makes a row the first of those that are not settled, unless it is one of them. Returns where it is. */
  #unsettle(row: number): number {
    if (row >= this.settled) return row;
    const last = this.settled - 1;
    this.#settled.swap(row, last);
    this.#settled.removeLast();
    this.#swap(row, last);
    return last;
  }

  #swap(one: number, other: number): void {
    if (one === other) return;
    const { numbers, stride } = this.#matrix;
    const [oneAt, otherAt] = [this.at(one).at, this.at(other).at];
    const moved = numbers.slice(oneAt, oneAt + stride);
    numbers.copyWithin(oneAt, otherAt, otherAt + stride);
    numbers.set(moved, otherAt);
    this.#coarse?.swap(one, other);
    swapIn(this.#squares, one, other);
    swapIn(this.#versions, 2 * one, 2 * other);
    swapIn(this.#versions, 2 * one + 1, 2 * other + 1);
    const [oneId, otherId] = [this.idOf(one), this.idOf(other)];
    this.#ids[one] = otherId;
    this.#ids[other] = oneId;
    this.#rowOf.set(otherId, one).set(oneId, other);
  }

  /** By cosine all vectors are of one length. */
  #setCoarse(coarse: CoarseRows, row: number): void {
    const unit = this.shape.distance === 'cosine' ? 1 : undefined;
    coarse.set(row, this.numbersOf(row), Math.sqrt(this.squareOf(row)), unit);
  }

  #setVersion(row: number, { term, index }: RecordHeader): void {
    this.#versions[2 * row] = term;
    this.#versions[2 * row + 1] = index;
  }

  #add(id: string): number {
    const row = this.size;
    this.reserve(row + 1);
    this.#ids.push(id);
    this.#rowOf.set(id, row);
    this.#idBytes += bytesOf(id);
    return row;
  }

  #enlarge(rows: number): void {
    this.#isLarge = true;
    const { dimensions } = this.shape;
    const large = orNothing(() => {
      const made = { matrix: new WasmMatrix(this.#matrix.stride), coarse: new CoarseRows(dimensions) };
      made.matrix.reserve(rows);
      made.coarse.reserve(rows);
      return made;
    });
    if (large === undefined) return;
    const { matrix, coarse } = large;
    matrix.numbers.set(this.#matrix.numbers.subarray(0, this.size * matrix.stride), matrix.start);
    this.#matrix = matrix;
    for (let row = 0; row < this.size; row++) this.#setCoarse(coarse, row);
    this.#coarse = coarse;
  }
}

function bytesOf(id: string): number {
  return idOverheadBytes + id.length;
}

/** Where there is no WebAssembly, or no address space left for it, the plain scan serves. */
function orNothing<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
