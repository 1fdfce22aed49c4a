/** Letters and digits in any script, and apostrophes within: `can't` is one word, `well-being` two. */
const wordPattern = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu;

/** The words of a text, in order, in lower case and with straight apostrophes. */
export function* wordsOf(text: string): Generator<string> {
  for (const [word] of text.normalize('NFC').matchAll(wordPattern)) {
    yield word.toLowerCase().replaceAll('’', "'");
  }
}

/** How often each word occurs in some texts: the plain count, in one process and in memory. */
export function countWords(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** The sum of some counts. */
export function totalOf(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
