import type { DistanceFunction } from '@norikv/store';
import { dotOf, type PlacedVector } from './distance.js';
import { type Matrix, strideOf } from './matrix.js';
import { PlainMatrix } from './plain-matrix.js';
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

/** The vectors of a namespace in memory, in no order, without gaps. */
export class VectorRows {
  readonly shape: Shape;
  readonly #ids: string[] = [];
  readonly #rowOf = new Map<string, number>();
  #matrix: Matrix;
  #squares = new Float64Array(16);
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

  get bytes(): number {
    return this.#matrix.bytes + this.#squares.byteLength + this.#idBytes;
  }

  idOf(row: number): string {
    return this.#ids[row] ?? '';
  }

  rowOf(id: string): number | undefined {
    return this.#rowOf.get(id);
  }

  /** For each row the sum of the squares of its numbers. */
  get squares(): Float64Array {
    return this.#squares;
  }

  squareOf(row: number): number {
    return this.#squares[row] ?? 0;
  }

  at(row: number): PlacedVector {
    const { numbers, start, stride } = this.#matrix;
    return { numbers, at: start + row * stride, square: this.squareOf(row) };
  }

  vectorOf(row: number): number[] {
    const { numbers, at } = this.at(row);
    return Array.from(numbers.subarray(at, at + this.shape.dimensions));
  }

  set(id: string, vector: Float32Array): void {
    const row = this.#rowOf.get(id) ?? this.#add(id);
    const square = dotOf(vector, 0, vector, 0, vector.length);
    this.#matrix.numbers.set(vector, this.at(row).at);
    this.#squares[row] = square;
    this.lowestSquare = Math.min(this.lowestSquare, square);
    this.highestSquare = Math.max(this.highestSquare, square);
  }

  /** Removes a vector, if it is there; the last one takes its row. */
  remove(id: string): void {
    const row = this.#rowOf.get(id);
    if (row === undefined) return;
    const last = this.size - 1;
    const moved = this.idOf(last);
    const { numbers, stride } = this.#matrix;
    const from = this.at(last).at;
    numbers.copyWithin(this.at(row).at, from, from + stride);
    this.#squares[row] = this.squareOf(last);
    this.#ids[row] = moved;
    this.#rowOf.set(moved, row);
    this.#ids.pop();
    this.#rowOf.delete(id);
    this.#idBytes -= bytesOf(id);
  }

  #add(id: string): number {
    const row = this.size;
    this.#reserve(row + 1);
    this.#ids.push(id);
    this.#rowOf.set(id, row);
    this.#idBytes += bytesOf(id);
    return row;
  }

  #reserve(rows: number): void {
    if (!this.#isLarge && rows * this.#matrix.stride > smallNumbers) this.#enlarge(rows);
    this.#matrix.reserve(rows);
    if (rows <= this.#squares.length) return;
    const squares = new Float64Array(2 * this.#squares.length);
    squares.set(this.#squares);
    this.#squares = squares;
  }

  #enlarge(rows: number): void {
    this.#isLarge = true;
    const large = orNothing(() => {
      const made = new WasmMatrix(this.#matrix.stride);
      made.reserve(rows);
      return made;
    });
    if (large === undefined) return;
    large.numbers.set(this.#matrix.numbers.subarray(0, this.size * large.stride), large.start);
    this.#matrix = large;
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
