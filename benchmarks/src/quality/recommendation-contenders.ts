import type { Baskets, Dependency } from './debian-baskets.js';
import type { Judged } from './ranking-quality.js';

/** Gives the items for one user, best first; it need not leave out what the user has. */
export type Guess = (user: Judged, place: number) => Promise<readonly number[]> | readonly number[];

/** How many users have each item. */
export function popularity(users: readonly Judged[], { dependencies }: Baskets): Guess {
  const counts = new Float64Array(dependencies.length);
  for (const { known } of users) for (const item of known) counts[item] = (counts[item] ?? 0) + 1;
  const ranked = bestFirst(counts);
  return () => ranked;
}

/** The sum of the cosines between the columns of an item and those of what the user has. */
export function itemItem(users: readonly Judged[], { dependencies }: Baskets): Guess {
  const counts = new Float64Array(dependencies.length);
  const together = dependencies.map(() => new Map<number, number>());
  for (const { known } of users) {
    for (const item of known) {
      counts[item] = (counts[item] ?? 0) + 1;
      for (const other of known) together[item]?.set(other, (together[item]?.get(other) ?? 0) + 1);
    }
  }
  return ({ known }) => {
    const scores = new Float64Array(dependencies.length);
    for (const item of known) {
      for (const [other, both] of together[item] ?? []) {
        const cosine = both / Math.sqrt((counts[item] ?? 1) * (counts[other] ?? 1));
        scores[other] = (scores[other] ?? 0) + cosine;
      }
    }
    return bestFirst(scores);
  };
}

/** A preference that is the mean of itself and the product, at each event, and the nearest products to it. */
export function documentedRule(vectors: readonly Float32Array[]): Guess {
  return ({ known }) => {
    let preference: Float32Array | undefined;
    for (const item of known) {
      const vector = vectors[item] ?? new Float32Array(0);
      preference = preference?.map((value, place) => (value + (vector[place] ?? 0)) / 2) ?? vector;
    }
    const query = preference ?? new Float32Array(0);
    return bestFirst(vectors.map((vector) => inner(query, vector) / Math.sqrt(inner(vector, vector) || 1)));
  };
}

/** Numbers in the vector of a text. */
export const textDimensions = 128;

/** Counts the three-letter pieces of a text in 128 boxes: texts with words in common get similar vectors. */
export function textVector(text: string): Float32Array {
  const vector = new Float32Array(textDimensions);
  const padded = ` ${text.toLowerCase()} `;
  for (let start = 0; start + 3 <= padded.length; start += 1) {
    let box = 7;
    for (const letter of padded.slice(start, start + 3))
      box = (box * 31 + (letter.codePointAt(0) ?? 0)) % 99_991;
    box %= textDimensions;
    vector[box] = (vector[box] ?? 0) + 1;
  }
  return vector;
}

/** The text a dependency is known by. */
export function textOf({ name, description, section }: Dependency): string {
  return `${name} ${description} ${section}`;
}

function inner(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, place) => sum + value * (right[place] ?? 0), 0);
}

function bestFirst(scores: ArrayLike<number>): number[] {
  return Array.from(scores, (score, item) => [item, score] as const)
    .sort(([left, a], [right, b]) => b - a || left - right)
    .map(([item]) => item);
}
