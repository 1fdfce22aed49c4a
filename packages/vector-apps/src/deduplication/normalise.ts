/**
 * What NFKC would make digits of, such as `²`, `½` and `①`, or a sign beside digits: then `10²` would be `102`, and
 * `1½` would be eleven halves.
 */
const figures = String.raw`\p{No}\u2070-\u209c\u32c0-\u32cb\u3358-\u3370\u33e0-\u33fe`;
const withoutFigures = new RegExp(`[^${figures}]+`, 'gu');

/**
 * A text without what a copy loses first: Unicode forms (NFKC, but not those of figures), case, and the kind and
 * amount of white space. Twice NFKC: small letters may be one sign where their capitals are two.
 */
export function normalise(text: string): string {
  return text
    .replaceAll(withoutFigures, (part) => part.normalize('NFKC').toLowerCase().normalize('NFKC'))
    .replaceAll(/\s+/gu, ' ')
    .trim();
}

/** The words of a normalised text, in order: letters and digits, with apostrophes and points inside. */
export function wordsOf(normalised: string): string[] {
  return normalised.match(/[\p{L}\p{M}\p{N}]+(?:['’.,][\p{L}\p{M}\p{N}]+)*/gu) ?? [];
}

/** A word with the signs that change what a number says: minus, currency, percent, degree. */
const signedWord =
  /(?:(?<=^|[^\p{L}\p{M}\p{N}])[-−–‐])?(?:\p{Sc}\s?[-−–‐]?)?[\p{L}\p{M}\p{N}]+(?:['’.,][\p{L}\p{M}\p{N}]+)*(?:\s?(?:[%‰‱°]|\p{Sc}(?!\s?[-−–‐]?\p{N})))?/gu;

const numeral = /\p{N}/u;

/** The numbers in a normalised text, in order, signs included. */
export function numbersOf(normalised: string): string[] {
  const numbers = (normalised.match(signedWord) ?? []).filter((word) => numeral.test(word));
  return numbers.map((number) => number.replaceAll(/\s/gu, '').replaceAll(/[−–‐]/gu, '-'));
}
