import { mostBlockRows } from './matrix.js';
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
const mostQueryBytes = 4 * 4_096;
const pageBytes = 65_536;
const mostPages = 65_536;

/** The memory of an instance of the scan, and its functions. */
export class ScanMemory {
  readonly queryAt = 0;
  readonly answerAt: number = mostQueryBytes;
  readonly rowsAt: number = mostQueryBytes + 4 * mostBlockRows;
  readonly scans: Readonly<Record<'dots' | 'squares' | 'coarse', Scan>>;
  readonly #memory: WasmMemory;
  readonly #rowBytes: number;

  /** @throws Error where there is no WebAssembly with SIMD, or no address space. */
  constructor(rowBytes: number) {
    this.#rowBytes = rowBytes;
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: mostPages });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(scanModule, 'base64')), {
      host: { memory: this.#memory },
    });
    this.scans = exports as ScanMemory['scans'];
  }

  /** Another one after `reserve`. */
  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /**
   * Makes room for so many rows.
   *
   * @throws RangeError if there is no more memory.
   */
  reserve(rows: number): void {
    const needed = Math.ceil((this.rowsAt + rows * this.#rowBytes) / pageBytes);
    const present = this.buffer.byteLength / pageBytes;
    if (needed <= present) return;
    // Growing moves nothing, so a half more is enough ahead.
    const ahead = Math.min(mostPages, Math.max(needed, Math.ceil(present * 1.5)));
    this.#memory.grow(Math.max(ahead, needed) - present);
  }

  /** Where a row is, in bytes. */
  at(row: number): number {
    return this.rowsAt + row * this.#rowBytes;
  }

  /** Runs a scan of the query over rows from `from`. */
  run(scan: 'dots' | 'squares' | 'coarse', from: number, rows: number): void {
    this.scans[scan](this.queryAt, this.at(from), this.#rowBytes, rows, this.answerAt);
  }
}
