import type { CallBudget } from '../core/call-budget.js';
import { mapBounded } from '../core/map-bounded.js';
import { dot } from '../core/vector-math.js';
import type { Catalogue } from './catalogue.js';
import { decay, type HalfLives } from './decay.js';
import type { ItemSpace, ProductRecord } from './item-space.js';
import type { Taste } from './taste.js';

const mostReasons = 3;

/** The vectors of products that are there, by id. Two batches of parallel reads. */
export async function vectorsById(
  catalogue: Catalogue,
  space: ItemSpace,
  productIds: readonly string[],
  concurrency: number,
  budget: CallBudget,
): Promise<Map<string, Float32Array>> {
  const read = await catalogue.records.getMany([...new Set(productIds)], budget.next());
  const records = read.flatMap((record) => (record ? [{ record }] : []));
  const found = await withVectors(space, records, concurrency, budget);
  return new Map(found.map(({ record, vector }) => [record.id, vector]));
}

/** Those whose product is still there, each with its vector. One batch of parallel reads. */
export async function withVectors<Chosen extends { readonly record: ProductRecord }>(
  space: ItemSpace,
  chosen: readonly Chosen[],
  concurrency: number,
  budget: CallBudget,
): Promise<(Chosen & { readonly vector: Float32Array })[]> {
  const placed = await mapBounded(chosen, concurrency, async (one) => {
    const vector = await space.currentVectorOf(one.record, budget);
    return vector && { ...one, vector };
  });
  return placed.filter((one) => one !== null);
}

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
    .filter(([, share]) => share > 0)
    .sort(([left, a], [right, b]) => b - a || (left < right ? -1 : 1))
    .slice(0, mostReasons)
    .map(([id]) => id);
}
