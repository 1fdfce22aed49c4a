import { InvalidArgumentError } from '@norikv/store';
import { checkNames, checkWhole, refuse } from '@norikv/store/checks';
import { placedWordsIn } from './placed-words.js';

/** How a text is cut. */
export interface ChunkingOptions {
  /** Sentences in a chunk. Default 3. */
  readonly sentences?: number | undefined;
  /** Sentences a chunk shares with the one before. Default 1. */
  readonly overlap?: number | undefined;
  /** Words in a chunk, at most; a longer sentence is cut. Default 100. Models ignore what is beyond their limit. */
  readonly maxWords?: number | undefined;
}

/** Checked, with defaults. */
export interface CheckedChunking {
  readonly sentences: number;
  readonly overlap: number;
  readonly maxWords: number;
}

/** A part of a text, from `start` up to `end`. */
export type Chunk = readonly [start: number, end: number];

/** Every segment keeps a copy of all that was segmented with it, so a text is segmented in windows. */
const windowLength = 4_096;

interface Sentence {
  readonly start: number;
  readonly end: number;
  readonly words: number;
}

/** Checks options. @throws InvalidArgumentError if one is wrong. */
export function checkedChunking(options: ChunkingOptions): CheckedChunking {
  if (typeof options !== 'object' || options === null) refuse('chunking', options, 'an object, or false');
  checkNames('an option of chunking', options, ['sentences', 'overlap', 'maxWords']);
  const { sentences = 3, overlap = 1, maxWords = 100 } = options;
  checkWhole('chunking.sentences', sentences, 1);
  checkWhole('chunking.maxWords', maxWords, 1);
  checkWhole('chunking.overlap', overlap, 0);
  if (overlap < sentences) return { sentences, overlap, maxWords };
  throw new InvalidArgumentError(`chunking.overlap is ${overlap}; use less than the ${sentences} sentences`);
}

/** Cuts a text into overlapping chunks of whole sentences. None for a text without words. */
export function chunksOf(text: string, options: ChunkingOptions = {}): Chunk[] {
  const { sentences: most, overlap, maxWords } = checkedChunking(options);
  const sentences = sentencesOf(text, maxWords);
  const chunks: Chunk[] = [];
  for (let first = 0; first < sentences.length; ) {
    const taken = fitting(sentences.slice(first, first + most), maxWords);
    chunks.push(spanOf(taken));
    const isLast = first + taken.length === sentences.length;
    first = isLast ? sentences.length : first + Math.max(1, taken.length - overlap);
  }
  return chunks;
}

/** The first sentences that have not too many words together; one alone never has. */
function fitting(sentences: readonly Sentence[], maxWords: number): Sentence[] {
  const taken: Sentence[] = [];
  let words = 0;
  for (const sentence of sentences) {
    words += sentence.words;
    if (words > maxWords) break;
    taken.push(sentence);
  }
  return taken;
}

function sentencesOf(text: string, maxWords: number): Sentence[] {
  // Not by the language of the machine: a text is cut alike everywhere, or each would embed it anew.
  const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  const sentences: Sentence[] = [];
  let start = 0;
  let size = windowLength;
  while (start < text.length) {
    const segments = Array.from(segmenter.segment(text.slice(start, start + size)));
    const isWhole = start + size >= text.length;
    // The last one may go on beyond the window.
    const finished = isWhole ? segments : segments.slice(0, -1);
    for (const { segment, index } of finished) {
      for (const piece of piecesOf(segment, start + index, maxWords)) sentences.push(piece);
    }
    start = isWhole ? text.length : start + (segments.at(-1)?.index ?? 0);
    size = finished.length > 0 ? windowLength : size * 2;
  }
  return sentences;
}

function piecesOf(sentence: string, offset: number, maxWords: number): Sentence[] {
  const words = placedWordsIn(sentence, /\S+/g);
  const pieces: Sentence[] = [];
  for (let first = 0; first < words.length; first += maxWords) {
    const piece = words.slice(first, first + maxWords);
    const [start, end] = spanOf(piece);
    pieces.push({ start: offset + start, end: offset + end, words: piece.length });
  }
  return pieces;
}

function spanOf(parts: readonly { readonly start: number; readonly end: number }[]): Chunk {
  return [parts[0]?.start ?? 0, parts.at(-1)?.end ?? 0];
}
