import { cosine } from '../core/vector-math.js';

/**
 * The places of `count` vectors, best first, each chosen by its similarity to the query less its similarity to
 * those chosen before (Carbonell and Goldstein, 1998). `lambda` 1 looks at the query alone, 0 at variety alone.
 */
export function marginalRelevance(
  query: Float32Array,
  vectors: readonly Float32Array[],
  count: number,
  lambda: number,
): number[] {
  const left = new Set(
    vectors.map((vector, place) => ({ vector, place, gain: cosine(query, vector), nearest: 0 })),
  );
  const chosen: number[] = [];
  while (chosen.length < count && left.size > 0) {
    const worth = ({ gain, nearest }: { readonly gain: number; readonly nearest: number }): number =>
      lambda * gain - (1 - lambda) * nearest;
    const best = [...left].reduce((one, other) => (worth(other) > worth(one) ? other : one));
    left.delete(best);
    chosen.push(best.place);
    for (const candidate of left) {
      candidate.nearest = Math.max(candidate.nearest, cosine(candidate.vector, best.vector));
    }
  }
  return chosen;
}
