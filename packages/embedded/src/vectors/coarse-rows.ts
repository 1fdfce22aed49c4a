import { floatAt, swapIn, withRoom } from './number-arrays.js';
import { ScanMemory } from './scan-memory.js';

const largestByte = 127;
const largestShort = 32_767;
// No sum of products of a byte and a 16-bit number exceeds 32 bits if the latter sum to no more than this.
const largestSum = 16_900_000;
// For the rounding of what is computed about errors, in 64 bits.
const slack = 1 + 1e-9;

/** A query, rounded. */
export interface CoarseQuery {
  readonly numbers: Int16Array;
  /** What the numbers are to be multiplied by. */
  readonly scale: number;
  /** The length of what rounding took away. */
  readonly error: number;
}

/**
 * The vectors of a namespace rounded to bytes: a quarter of what a scan has to read. What rounding takes away
 * from each is known, so what a dot product can be off by is known as well.
 */
export class CoarseRows {
  readonly #stride: number;
  readonly #memory: ScanMemory;
  #bytes: Int8Array;
  /** For each row what its bytes are to be multiplied by. */
  scales: Float64Array = new Float64Array(0);
  /** The length of each vector. */
  lengths: Float64Array = new Float64Array(0);
  /** The length of what rounding took away from each. */
  errors: Float64Array = new Float64Array(0);
  /** A number for each row that a scan may use as it likes: made once, as it is large. */
  notes: Float64Array = new Float64Array(0);

  /** @throws Error where there is no WebAssembly with SIMD, or no address space. */
  constructor(dimensions: number) {
    this.#stride = Math.ceil(dimensions / 32) * 32;
    this.#memory = new ScanMemory(this.#stride);
    this.#bytes = new Int8Array(this.#memory.buffer);
  }

  get bytes(): number {
    return this.#bytes.byteLength + 4 * this.scales.byteLength;
  }

  /** @throws RangeError if there is no more memory. */
  reserve(rows: number): void {
    this.#memory.reserve(rows);
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = new Int8Array(this.#memory.buffer);
    this.scales = withRoom(this.scales, rows);
    this.lengths = withRoom(this.lengths, rows);
    this.notes = withRoom(this.notes, rows);
    this.errors = withRoom(this.errors, rows);
  }

  /** Sets a row; `unit` is the length that the vector is to count as, its own if there is none. */
  set(row: number, vector: Float32Array, length: number, unit: number = length): void {
    const at = this.#memory.at(row);
    let largest = 0;
    for (const number of vector) largest = Math.max(largest, Math.abs(number));
    const scale = largest / largestByte;
    let square = 0;
    for (let place = 0; place < vector.length; place++) {
      const number = floatAt(vector, place);
      const rounded = scale === 0 ? 0 : Math.round(number / scale);
      this.#bytes[at + place] = rounded;
      square += (number - rounded * scale) ** 2;
    }
    // A vector of zeros has no length to be divided by.
    const factor = length === 0 ? 1 : unit / length;
    this.scales[row] = scale * factor;
    this.lengths[row] = unit * slack;
    this.errors[row] = Math.sqrt(square) * factor * slack;
  }

  swap(one: number, other: number): void {
    const [oneAt, otherAt] = [this.#memory.at(one), this.#memory.at(other)];
    const moved = this.#bytes.slice(oneAt, oneAt + this.#stride);
    this.#bytes.copyWithin(oneAt, otherAt, otherAt + this.#stride);
    this.#bytes.set(moved, otherAt);
    swapIn(this.scales, one, other);
    swapIn(this.lengths, one, other);
    swapIn(this.errors, one, other);
  }

  rounded(query: Float32Array): CoarseQuery {
    let [largest, sum] = [0, 0];
    for (const number of query) {
      largest = Math.max(largest, Math.abs(number));
      sum += Math.abs(number);
    }
    // Each number may be rounded up by a half.
    const scale = Math.max(largest / largestShort, sum / (largestSum - query.length)) || 1;
    const numbers = new Int16Array(this.#stride);
    let square = 0;
    for (let place = 0; place < query.length; place++) {
      const number = floatAt(query, place);
      const rounded = Math.round(number / scale);
      numbers[place] = rounded;
      square += (number - rounded * scale) ** 2;
    }
    return { numbers, scale, error: Math.sqrt(square) * slack };
  }

  /** The dot products of bytes and rounded query, of rows from `from`. The answer is good until the next call. */
  measure({ numbers }: CoarseQuery, from: number, rows: number): Int32Array {
    const { buffer, queryAt, answerAt } = this.#memory;
    new Int16Array(buffer, queryAt).set(numbers);
    this.#memory.run('coarse', from, rows);
    return new Int32Array(buffer, answerAt, rows);
  }
}
