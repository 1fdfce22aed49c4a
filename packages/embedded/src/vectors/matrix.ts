/** What a scan computes for each row: its dot product with the query, or the square of their distance. */
export type Measure = 'dots' | 'squares';

/** Rows of 32-bit floats in one array, padded with zeros, and the scan over them. */
export interface Matrix {
  readonly kind: 'wasm' | 'typescript';
  /** Numbers from one row to the next. */
  readonly stride: number;
  /** What it takes in memory. */
  readonly bytes: number;
  /** All rows, from `start`; another array after `reserve`. */
  readonly numbers: Float32Array;
  readonly start: number;
  /** Makes room for so many rows. */
  reserve(rows: number): void;
  /**
   * Measures the query against rows from `from`, at most {@link blockRows} of them. To the precision of
   * 32-bit numbers. The answer is good until the next call.
   */
  measure(measure: Measure, query: Float32Array, from: number, rows: number): Float32Array;
}

/** The most rows measured at a time. */
export const mostBlockRows = 4_096;

/** How many rows to measure at a time: few enough to take well under a millisecond. */
export function blockRows(stride: number): number {
  return Math.max(1, Math.min(mostBlockRows, Math.floor(0x10_0000 / stride)));
}

/** A row's length, rounded up to what the scan takes at a time. */
export function strideOf(dimensions: number): number {
  return Math.ceil(dimensions / 4) * 4;
}
