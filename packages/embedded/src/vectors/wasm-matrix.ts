import { type Matrix, type Measure, mostBlockRows } from './matrix.js';
import { scanModule } from './scan-module.js';

/** What of the platform's WebAssembly is used here; Node's types leave it out. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly host: { readonly memory: WasmMemory } },
  ) => { readonly exports: unknown };
};

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

type Scan = (query: number, row: number, rowBytes: number, rows: number, out: number) => void;

// The memory: a query of up to 4,096 numbers, the answers of one block, then the rows.
const queryAt = 0;
const answerAt = 4 * 4_096;
const rowsAt = answerAt + 4 * mostBlockRows;
const pageBytes = 65_536;
const mostPages = 65_536;

/** A matrix in the memory of a WebAssembly module that takes four numbers at a time. */
export class WasmMatrix implements Matrix {
  readonly kind = 'wasm';
  readonly stride: number;
  readonly start: number = rowsAt / 4;
  numbers: Float32Array;
  readonly #memory: WasmMemory;
  readonly #scans: Readonly<Record<Measure, Scan>>;

  /** @throws Error where there is no WebAssembly with SIMD, or no address space. */
  constructor(stride: number) {
    this.stride = stride;
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: mostPages });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(scanModule, 'base64')), {
      host: { memory: this.#memory },
    });
    const { dots, squares } = exports as Record<Measure, Scan>;
    this.#scans = { dots, squares };
    this.numbers = new Float32Array(this.#memory.buffer);
  }

  get bytes(): number {
    return this.numbers.byteLength;
  }

  /** @throws RangeError if there is no more memory. */
  reserve(rows: number): void {
    const needed = Math.ceil((rowsAt + rows * this.stride * 4) / pageBytes);
    const present = this.bytes / pageBytes;
    if (needed <= present) return;
    // Growing moves nothing, so a half more is enough ahead.
    const ahead = Math.min(mostPages, Math.max(needed, Math.ceil(present * 1.5)));
    this.#memory.grow(Math.max(ahead, needed) - present);
    this.numbers = new Float32Array(this.#memory.buffer);
  }

  measure(measure: Measure, query: Float32Array, from: number, rows: number): Float32Array {
    this.numbers.fill(0, queryAt, this.stride);
    this.numbers.set(query, queryAt);
    const rowBytes = this.stride * 4;
    this.#scans[measure](queryAt, rowsAt + from * rowBytes, rowBytes, rows, answerAt);
    return this.numbers.subarray(answerAt / 4, answerAt / 4 + rows);
  }
}
