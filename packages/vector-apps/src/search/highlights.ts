import { type Asked, placedWordsOf } from './words.js';

/** A part of a text, from its first character up to `end`. */
export type TextRange = readonly [start: number, end: number];

/** Where a text says what was asked for. */
export function highlightsOf(text: string, { terms, normalize }: Asked): TextRange[] {
  return placedWordsOf(text)
    .filter(({ word }) => terms.has(normalize(word)))
    .map(({ start, end }) => [start, end]);
}

/**
 * Puts marks around parts of a text, such as those in `result.passage.highlights`. The text is not escaped.
 *
 * @param ranges - in order, without overlaps.
 * @param before - what is put before a part. Default `**`.
 * @param after - what is put after it. Default: as `before`.
 */
export function highlight(
  text: string,
  ranges: readonly TextRange[],
  before: string = '**',
  after: string = before,
): string {
  let end = 0;
  let marked = '';
  for (const [start, next] of ranges) {
    marked += text.slice(end, start) + before + text.slice(start, next) + after;
    end = next;
  }
  return marked + text.slice(end);
}
