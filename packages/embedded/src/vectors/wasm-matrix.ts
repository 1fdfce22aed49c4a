import type { Matrix, Measure } from './matrix.js';
import { ScanMemory } from './scan-memory.js';

/** A matrix in the memory of a WebAssembly module that takes four numbers at a time. */
export class WasmMatrix implements Matrix {
  readonly kind = 'wasm';
  readonly stride: number;
  readonly start: number;
  numbers: Float32Array;
  readonly #memory: ScanMemory;

  /** @throws Error where there is no WebAssembly with SIMD, or no address space. */
  constructor(stride: number) {
    this.stride = stride;
    this.#memory = new ScanMemory(stride * 4);
    this.start = this.#memory.rowsAt / 4;
    this.numbers = new Float32Array(this.#memory.buffer);
  }

  get bytes(): number {
    return this.numbers.byteLength;
  }

  /** @throws RangeError if there is no more memory. */
  reserve(rows: number): void {
    this.#memory.reserve(rows);
    if (this.numbers.buffer !== this.#memory.buffer) this.numbers = new Float32Array(this.#memory.buffer);
  }

  measure(measure: Measure, query: Float32Array, from: number, rows: number): Float32Array {
    const { queryAt, answerAt } = this.#memory;
    this.numbers.fill(0, queryAt / 4, queryAt / 4 + this.stride);
    this.numbers.set(query, queryAt / 4);
    this.#memory.run(measure, from, rows);
    return this.numbers.subarray(answerAt / 4, answerAt / 4 + rows);
  }
}
