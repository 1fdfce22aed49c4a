import type { DistanceFunction, VectorMatch } from '@norikv/store';

/** What a search must find, worked out with each vector in 64 bits. */
export function nearestByHand(
  vectors: ReadonlyMap<string, readonly number[]>,
  distance: DistanceFunction,
  query: readonly number[],
  k: number,
): VectorMatch[] {
  const rounded = query.map(Math.fround);
  return [...vectors]
    .map(([id, vector]) => ({ id, distance: distanceOf(distance, vector.map(Math.fround), rounded) }))
    .sort((left, right) => left.distance - right.distance || (left.id < right.id ? -1 : 1))
    .slice(0, k);
}

function distanceOf(distance: DistanceFunction, one: readonly number[], other: readonly number[]): number {
  if (distance === 'euclidean') {
    return Math.sqrt(one.reduce((sum, number, place) => sum + (number - (other[place] ?? 0)) ** 2, 0));
  }
  const dot = product(one, other);
  if (distance === 'inner_product') return 0 - dot;
  return 1 - Math.max(-1, Math.min(1, dot / Math.sqrt(product(one, one) * product(other, other))));
}

function product(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, number, place) => sum + number * (other[place] ?? 0), 0);
}

/** A random vector with numbers between -1 and 1, around a center if there is one. */
export function randomVector(
  random: () => number,
  dimensions: number,
  center: readonly number[] = [],
): number[] {
  return Array.from({ length: dimensions }, (_, place) =>
    Math.fround((random() * 2 - 1) * (center.length > 0 ? 0.01 : 1) + (center[place] ?? 0)),
  );
}
