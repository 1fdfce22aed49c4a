/** A word of a text, and where it is. */
export interface PlacedWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** Scripts that write no spaces between words: of Chinese, Japanese, Thai, Lao, Khmer and Burmese. */
const unspaced = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;

/** Segmenting takes the square of the length, from some thousand characters on. */
const windows = /.{1,1024}/gsu;

/** What is between matches, parted by a dictionary where the script writes no spaces. '' is none, as in `split`. */
export function wordsBetween(text: string, pattern: RegExp): string[] {
  const runs = text.split(pattern);
  // The whole text first: most have no such script.
  return unspaced.test(text) ? runs.flatMap(parting()) : runs;
}

/** What matches, parted like this too, with its places. */
export function placedWordsIn(text: string, pattern: RegExp): PlacedWord[] {
  const runs = Array.from(text.matchAll(pattern), ({ 0: word, index }) => placedAt(index, word));
  if (!unspaced.test(text)) return runs;
  const partsOf = parting();
  return runs.flatMap(({ word, start }) => {
    let next = start;
    return partsOf(word).map((part) => {
      const placed = placedAt(next, part);
      next = placed.end;
      return placed;
    });
  });
}

function placedAt(start: number, word: string): PlacedWord {
  return { word, start, end: start + word.length };
}

/** Parts a run of signs into words. Joined they are what was given: signs stay with the word before. */
function parting(): (run: string) => string[] {
  // Like sentences, not by the language of the machine.
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
  return (run) => {
    if (!unspaced.test(run)) return [run];
    const words: string[] = [];
    for (const [window] of run.matchAll(windows)) {
      for (const { segment } of segmenter.segment(window)) {
        const isWord = /[\p{L}\p{N}]/u.test(segment);
        words.push(isWord ? segment : `${words.pop() ?? ''}${segment}`);
      }
    }
    return words;
  };
}
