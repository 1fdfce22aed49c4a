import { seededRandom } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CoarseRows } from '../src/vectors/coarse-rows.js';

const number = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 1e-45, -1e-38, 1e-20, 3e14, -3e14, 127, 32_767, 0.5, 1.5),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e15), max: Math.fround(1e15) }),
  fc.integer({ min: -300, max: 300 }),
);

function dot(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, each, place) => sum + each * (right[place] ?? 0), 0);
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}

/** What rounded vectors say about a dot product, and by how much they may be off. */
function estimate(rows: CoarseRows, row: number, query: Float32Array): { value: number; error: number } {
  const rounded = rows.rounded(query);
  const [product = 0] = rows.measure(rounded, row, 1);
  const reach = lengthOf(query) * (1 + 1e-9) + rounded.error;
  const error = (rows.lengths[row] ?? 0) * rounded.error + (rows.errors[row] ?? 0) * reach;
  return { value: (rows.scales[row] ?? 0) * rounded.scale * product, error };
}

test('a dot product of rounded vectors is off by no more than it says', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 31, 32, 33, 100),
      fc.infiniteStream(number),
      fc.boolean(),
      (dimensions, numbers, isUnit) => {
        const next = (): Float32Array =>
          Float32Array.from({ length: dimensions }, () => numbers.next().value ?? 0);
        const rows = new CoarseRows(dimensions);
        rows.reserve(3);
        const vector = next();
        const length = lengthOf(vector);
        rows.set(2, vector, length, isUnit ? 1 : undefined);
        const query = next();
        const { value, error } = estimate(rows, 2, query);
        const truth = dot(vector, query) / (isUnit && length > 0 ? length : 1);
        const rounding = 1e-12 * (rows.lengths[2] ?? 0) * lengthOf(query);
        expect(Math.abs(value - truth)).toBeLessThanOrEqual(error * (1 + 1e-9) + rounding);
        // It says something: a hundredth of what the product can be, or so, if no number towers above the others.
        expect(error).toBeLessThanOrEqual(
          0.01 * Math.sqrt(dimensions) * (rows.lengths[2] ?? 0) * lengthOf(query) + 1e-300,
        );
      },
    ),
    { numRuns: 500 },
  );
});

describe.each([4_096, 4_095, 512])('of %i dimensions', (dimensions) => {
  test.each([
    ['equal', () => 1],
    ['alternating', (place: number) => (place % 2 === 0 ? 1 : -1)],
    ['half as long', (place: number) => (place < dimensions / 2 ? 1 : 0)],
  ])('the largest sums there can be do not overflow: %s', (_name, numberAt) => {
    const rows = new CoarseRows(dimensions);
    rows.reserve(2);
    const vector = Float32Array.from({ length: dimensions }, (_, place) => numberAt(place));
    rows.set(1, vector, lengthOf(vector));
    for (const query of [vector, vector.map((each) => -each)]) {
      const { value, error } = estimate(rows, 1, query);
      expect(Math.abs(value - dot(vector, query))).toBeLessThanOrEqual(error + 1e-6);
    }
  });
});

test('rows keep what they hold when there is more room, and when they change places', () => {
  const random = seededRandom(8);
  const rows = new CoarseRows(40);
  const vectors = Array.from({ length: 5_000 }, () =>
    Float32Array.from({ length: 40 }, () => random() - 0.5),
  );
  for (const [row, vector] of vectors.entries()) {
    rows.reserve(row + 1);
    rows.set(row, vector, lengthOf(vector));
  }
  rows.swap(3, 4_999);
  const query = vectors[7] ?? new Float32Array(40);
  for (const [row, place] of [
    [3, 4_999],
    [4_999, 3],
    [2_500, 2_500],
  ] as const) {
    const { value, error } = estimate(rows, row, query);
    expect(Math.abs(value - dot(vectors[place] ?? query, query))).toBeLessThanOrEqual(error);
  }
});
