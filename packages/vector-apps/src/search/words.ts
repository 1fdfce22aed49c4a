import { type PlacedWord, placedWordsIn, wordsBetween } from './placed-words.js';

const stopWords = new Set(
  (
    'a about an and are as at be been but by can did do does done for from had has have how i if in into is it ' +
    'its me my no not of on or our should so than that the their them then there these they this those to up ' +
    'was we were what when where which who whom why will with would you your'
  ).split(' '),
);

/** The words of a text: letters and digits in any script. '' is none. */
export function wordsOf(text: string): string[] {
  return wordsBetween(text, /[^\p{L}\p{M}\p{N}]+/u);
}

/** The words of a text, with their places. */
export function placedWordsOf(text: string): PlacedWord[] {
  return placedWordsIn(text, /[\p{L}\p{M}\p{N}]+/gu);
}

/** The words of a query that say what it is about: without those that are everywhere, unless it has no others. */
export function tellingWordsOf(query: string): string[] {
  const words = wordsOf(query).filter((word) => word !== '');
  const telling = words.filter((word) => !stopWords.has(word.toLowerCase()));
  return telling.length > 0 ? telling : words;
}

/** Makes a word comparable, or drops it with ''. */
export type Normalize = (word: string) => string;

/** What a query asks about. */
export interface Asked {
  readonly terms: ReadonlySet<string>;
  /** Of words of texts, too. */
  readonly normalize: Normalize;
}

/** What a query asks about, with words as an index knows them. */
export function askedBy(query: string, normalize: Normalize = comparable): Asked {
  const words = tellingWordsOf(query).map((word) => normalize(word));
  return { terms: new Set(words.filter((word) => word !== '')), normalize };
}

/** A word in lower case, without its ending: words that differ in number or tense are equal. */
export function comparable(word: string): string {
  return stemOf(word.toLowerCase());
}

/**
 * A word without a common English ending: plural, `-ing`, `-ed`, `-ly`. Too little is better than too much:
 * what is cut here is equal in searches.
 */
export function stemOf(word: string): string {
  const singular = withoutPlural(word);
  for (const ending of ['ing', 'ed', 'ly']) {
    const root = singular.slice(0, -ending.length);
    if (!singular.endsWith(ending) || root.length < 3 || !/[aeiouy]/.test(root)) continue;
    if (ending !== 'ly' && /([bdfgmnprt])\1$/.test(root)) return root.slice(0, -1);
    return root.endsWith('i') ? `${root.slice(0, -1)}y` : withoutE(root);
  }
  return withoutE(singular);
}

function withoutPlural(word: string): string {
  if (word.length < 4 || !word.endsWith('s') || /(ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies')) return word.length > 4 ? `${word.slice(0, -3)}y` : word;
  if (/(sses|xes|ches|shes|zes)$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

/** So that "make" and "making" meet. */
function withoutE(word: string): string {
  return word.length > 3 && word.endsWith('e') ? word.slice(0, -1) : word;
}
