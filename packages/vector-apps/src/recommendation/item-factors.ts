import { dot, lengthOf, valueAt } from '../core/vector-math.js';
import type { InteractionMatrix } from './interaction-matrix.js';

/** Options of {@link itemFactors}. */
export interface FactorOptions {
  /** Numbers in a vector. */
  readonly factors: number;
  /** Rounds of the iteration; it converges quickly. */
  readonly rounds: number;
  /** Awaited between pieces of work of some milliseconds. Throws to end the training. */
  readonly pause: () => Promise<void>;
}

/** How much of a product's popularity is taken out: 0 none, 0.5 all that the cosine of co-occurrence takes. */
const damping = 0.4;

/** Multiplications between two pauses: a few milliseconds. */
const workPerPause = 400_000;

/**
 * Vectors of products whose inner products say how often the same people like both.
 *
 * The leading part of the singular value decomposition of who-likes-what, each column divided by its length to
 * the power of 0.8, found by subspace iteration. The longest vector has length 1; popular products and those
 * that fit well have long ones. The same events always give the same vectors.
 */
export async function itemFactors(
  matrix: InteractionMatrix,
  options: FactorOptions,
): Promise<Float32Array[]> {
  const items = matrix.productIds.length;
  const factors = Math.min(options.factors, items, matrix.rows.length);
  const columns = columnWeights(matrix);
  let basis = Array.from({ length: factors }, (_, factor) => startVector(items, factor));
  await orthonormalise(basis, options.pause);
  let strengths = new Float64Array(factors);
  for (let round = 0; round < options.rounds; round += 1) {
    basis = await multiplied(matrix, columns, basis, options.pause);
    strengths = Float64Array.from(basis, lengthOf);
    await orthonormalise(basis, options.pause);
    await options.pause();
  }
  // A strength is a squared singular value, and a vector is to have the square root of a singular value.
  const vectors = Array.from({ length: items }, () => new Float32Array(options.factors));
  for (const [factor, direction] of basis.entries()) {
    const scale = valueAt(strengths, factor) ** 0.25;
    for (const [item, vector] of vectors.entries()) vector[factor] = valueAt(direction, item) * scale;
  }
  const longest = vectors.reduce((most, vector) => Math.max(most, lengthOf(vector)), 1e-12);
  return vectors.map((vector) => vector.map((value) => value / longest));
}

function columnWeights({ productIds, rows }: InteractionMatrix): Float64Array {
  const counts = new Float64Array(productIds.length);
  for (const row of rows) for (const item of row) counts[item] = valueAt(counts, item) + 1;
  return counts.map((met) => met ** -damping);
}

/** Multiplies each vector by the transposed matrix times the matrix. */
async function multiplied(
  { rows }: InteractionMatrix,
  columns: Float64Array,
  basis: readonly Float64Array[],
  pause: () => Promise<void>,
): Promise<Float64Array[]> {
  const products: Float64Array[] = [];
  let work = 0;
  for (const vector of basis) {
    const product = new Float64Array(vector.length);
    for (const row of rows) {
      let sum = 0;
      for (const item of row) sum += valueAt(vector, item) * valueAt(columns, item);
      for (const item of row) product[item] = valueAt(product, item) + sum * valueAt(columns, item);
      work += row.length;
      if (work > workPerPause / 4) {
        work = 0;
        await pause();
      }
    }
    products.push(product);
  }
  return products;
}

/** Gram-Schmidt. Where little is left of a vector, much of that is rounding, and a second pass removes it. */
async function orthonormalise(basis: readonly Float64Array[], pause: () => Promise<void>): Promise<void> {
  let work = 0;
  for (const [place, vector] of basis.entries()) {
    let length = lengthOf(vector);
    for (let pass = 0, before = Number.POSITIVE_INFINITY; pass < 2 && length < before / 2; pass += 1) {
      before = length;
      for (const earlier of basis.slice(0, place)) {
        subtract(vector, earlier, dot(vector, earlier));
        work += vector.length * 2;
        if (work > workPerPause) {
          work = 0;
          await pause();
        }
      }
      length = lengthOf(vector);
    }
    for (let item = 0; item < vector.length; item += 1) {
      vector[item] = length > 1e-12 ? valueAt(vector, item) / length : 0;
    }
  }
}

function subtract(vector: Float64Array, other: Float64Array, factor: number): void {
  for (let item = 0; item < vector.length; item += 1) {
    vector[item] = valueAt(vector, item) - factor * valueAt(other, item);
  }
}

/** Numbers without a pattern, the same on every machine. */
function startVector(length: number, factor: number): Float64Array {
  let state = Math.imul(factor + 1, 0x9e3779b1);
  return Float64Array.from({ length }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    return (state >>> 0) / 2 ** 32 - 0.5;
  });
}
