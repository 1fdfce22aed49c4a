import type { DistanceFunction } from '@norikv/store';
import { floatAt } from './number-arrays.js';

/** The sum of the products of `count` numbers, in 64 bits. */
export function dotOf(
  left: Float32Array,
  leftAt: number,
  right: Float32Array,
  rightAt: number,
  count: number,
): number {
  let sum = 0;
  for (let place = 0; place < count; place++) {
    sum += floatAt(left, leftAt + place) * floatAt(right, rightAt + place);
  }
  return sum;
}

/** The sum of the squared differences of `count` numbers, in 64 bits. */
export function squareOf(
  left: Float32Array,
  leftAt: number,
  right: Float32Array,
  rightAt: number,
  count: number,
): number {
  let sum = 0;
  for (let place = 0; place < count; place++) {
    const gap = floatAt(left, leftAt + place) - floatAt(right, rightAt + place);
    sum += gap * gap;
  }
  return sum;
}

/** A vector somewhere in an array, with the sum of its squares. */
export interface PlacedVector {
  readonly numbers: Float32Array;
  readonly at: number;
  readonly square: number;
}

/** The distance of two vectors, to the precision of 64-bit numbers. */
export function distanceBetween(
  distance: DistanceFunction,
  one: PlacedVector,
  other: PlacedVector,
  dimensions: number,
): number {
  const { numbers, at } = one;
  if (distance === 'euclidean') {
    return Math.sqrt(squareOf(numbers, at, other.numbers, other.at, dimensions));
  }
  const dot = dotOf(numbers, at, other.numbers, other.at, dimensions);
  // Not -0, which would print oddly.
  if (distance === 'inner_product') return 0 - dot;
  return 1 - Math.max(-1, Math.min(1, dot / Math.sqrt(one.square * other.square)));
}
