import { dotOf, squareOf } from './distance.js';
import { type Matrix, type Measure, mostBlockRows } from './matrix.js';

/** A matrix without WebAssembly: for small namespaces, and where there is none. */
export class PlainMatrix implements Matrix {
  readonly kind = 'typescript';
  readonly stride: number;
  readonly start = 0;
  numbers: Float32Array = new Float32Array(0);
  readonly #answer = new Float32Array(mostBlockRows);

  constructor(stride: number) {
    this.stride = stride;
  }

  get bytes(): number {
    return this.numbers.byteLength + this.#answer.byteLength;
  }

  reserve(rows: number): void {
    const needed = rows * this.stride;
    if (needed <= this.numbers.length) return;
    const larger = new Float32Array(Math.max(needed, 2 * this.numbers.length));
    larger.set(this.numbers);
    this.numbers = larger;
  }

  measure(measure: Measure, query: Float32Array, from: number, rows: number): Float32Array {
    const sum = measure === 'dots' ? dotOf : squareOf;
    for (let row = 0; row < rows; row++) {
      this.#answer[row] = sum(this.numbers, (from + row) * this.stride, query, 0, query.length);
    }
    return this.#answer;
  }
}
