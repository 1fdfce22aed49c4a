/**
 * A text without what a copy loses first: Unicode forms (NFKC), case, and the kind and amount of white space.
 */
export function normalise(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, ' ').trim();
}

/** The words of a normalised text, in order: letters and digits, with apostrophes and points inside. */
export function wordsOf(normalised: string): string[] {
  return normalised.match(/[\p{L}\p{M}\p{N}]+(?:['’.,][\p{L}\p{M}\p{N}]+)*/gu) ?? [];
}
