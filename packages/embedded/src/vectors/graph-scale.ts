import type { DistanceFunction } from '@norikv/store';
import { dotOf } from './distance.js';

// The length of the longest vector, as a power of two.
const longest = 10;

/**
 * What to multiply vectors by, or a query, if this is the largest sum of squares among them. The library counts
 * one less a product, of which nothing is left if all products are small. It changes no order.
 */
export function scaleOf(distance: DistanceFunction, largestSquare: number): number {
  if (distance !== 'inner_product' || largestSquare === 0) return 1;
  return 2 ** Math.round(longest - Math.log2(largestSquare) / 2);
}

/** The vector itself, or a multiple. */
export function scaledBy(vector: Float32Array, scale: number): Float32Array {
  return scale === 1 ? vector : vector.map((number) => number * scale);
}

/** A query for a graph whose vectors are scaled. */
export function scaledQuery(distance: DistanceFunction, query: Float32Array): Float32Array {
  if (distance !== 'inner_product') return query;
  return scaledBy(query, scaleOf(distance, dotOf(query, 0, query, 0, query.length)));
}
