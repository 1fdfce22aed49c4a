import { byScore } from '../core/ranking.js';
import { dot } from '../core/vector-math.js';
import { decay, type HalfLives } from './decay.js';
import type { Taste } from './taste.js';

const mostReasons = 3;

/** Up to three products of a taste that add most to the nearness of a vector, the strongest first. */
export function reasonsFor(
  vector: ArrayLike<number>,
  { recent, sums }: Taste,
  vectorOf: ReadonlyMap<string, ArrayLike<number>>,
  { longMs }: HalfLives,
): string[] {
  const shares = new Map<string, number>();
  for (const [id, atMs, weight] of recent) {
    const share = weight * decay(atMs, sums.epochMs, longMs) * dot(vectorOf.get(id) ?? [], vector);
    shares.set(id, (shares.get(id) ?? 0) + share);
  }
  return [...shares]
    .map(([id, score]) => ({ id, score }))
    .filter(({ score }) => score > 0)
    .sort(byScore)
    .slice(0, mostReasons)
    .map(({ id }) => id);
}
