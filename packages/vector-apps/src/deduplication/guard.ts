import { contentHash } from '../core/content-hash.js';

/** What of a text must not differ between duplicates, however similar they are. */
export interface GuardedFacts {
  /** The different numbers with their signs, sorted, long ones by their hash; null if there are too many to compare. */
  readonly numbers: readonly string[] | null;
  /** How many negating words. */
  readonly negations: number;
}

/** Why two similar texts may say different things. */
export type Objection = 'numbers' | 'negation';

const mostNumbers = 64;
/** A longer word with digits is a key or a picture as text. A record has no room for it, and is not to give it away. */
const longestNumber = 40;
/** The share of all differences from which on numbers and negations are what the difference is about. */
const materialShare = 0.25;
const negating = new Set('not no never none nobody nothing nor neither cannot without'.split(' '));

/** Keeps the different numbers of a text, and finds negations (English ones) among its words. */
export function guardedFactsOf(words: readonly string[], found: readonly string[]): GuardedFacts {
  const kept = found.map((number) => (number.length > longestNumber ? contentHash(number) : number));
  const numbers = [...new Set(kept)].sort();
  return {
    numbers: numbers.length > mostNumbers ? null : numbers,
    negations: words.filter((word) => negating.has(word) || /n['’]t$/.test(word)).length,
  };
}

/**
 * Whether two similar texts contradict each other: each has a number the other lacks, or one negates more
 * often.
 *
 * @param differing - by how many words the texts differ, if that is known: then only what makes up a quarter
 * of the differences counts, because cuts and misprints hit numbers and negations too.
 */
export function objectionTo(left: GuardedFacts, right: GuardedFacts, differing = 0): Objection | null {
  const isMaterial = (count: number): boolean => count > 0 && count >= materialShare * differing;
  const onlyLeft = missingFrom(right.numbers, left.numbers);
  const onlyRight = missingFrom(left.numbers, right.numbers);
  if (onlyLeft > 0 && onlyRight > 0 && isMaterial(onlyLeft + onlyRight)) return 'numbers';
  return isMaterial(Math.abs(left.negations - right.negations)) ? 'negation' : null;
}

function missingFrom(there: readonly string[] | null, wanted: readonly string[] | null): number {
  if (!there || !wanted) return 0;
  const known = new Set(there);
  return wanted.filter((number) => !known.has(number)).length;
}
