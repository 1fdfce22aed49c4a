import { cosine } from './vector-math.js';

/** Something to be ranked. */
export interface Ranked {
  readonly score: number;
  /** Breaks ties. */
  readonly id: string;
}

/** Something to be ranked that is like others or unlike them. */
export interface Placed extends Ranked {
  readonly vector: ArrayLike<number>;
}

/** Best first, ties by id. */
export function byScore(left: Ranked, right: Ranked): number {
  return right.score - left.score || compareText(left.id, right.id);
}

/** The same order in every language. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/**
 * Picks `k` that are good and unlike each other (maximal marginal relevance, Carbonell and Goldstein, 1998): always the one with the highest
 * `(1 - diversity) * score - diversity * cosine to the most similar one picked before`.
 */
export function diversified<Item extends Placed>(
  items: readonly Item[],
  k: number,
  diversity: number,
): Item[] {
  const left = items.map((item): { item: Item; nearest?: number } => ({ item }));
  const picked: Item[] = [];
  while (picked.length < k && left.length > 0) {
    const value = ({ item, nearest = 0 }: (typeof left)[number]): number =>
      (1 - diversity) * item.score - diversity * nearest;
    const best = left.reduce((one, other) =>
      byScore({ score: value(one), id: one.item.id }, { score: value(other), id: other.item.id }) > 0
        ? other
        : one,
    );
    left.splice(left.indexOf(best), 1);
    picked.push(best.item);
    for (const one of left) {
      const similarity = cosine(one.item.vector, best.item.vector);
      one.nearest = Math.max(one.nearest ?? similarity, similarity);
    }
  }
  return picked;
}
