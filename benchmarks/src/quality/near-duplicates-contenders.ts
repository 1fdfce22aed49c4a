import { createHash } from 'node:crypto';
import { createMemoryStore } from '@norikv/testkit';
import { DocumentDeduplicator } from '@norikv/vector-apps';
import type { Arrival, StoredText } from './near-duplicates-data.js';
import { sentenceModel } from './sentence-model.js';

/** The stored text that a method holds to be the most similar one, and how similar, 0 to 1. */
export interface Finding {
  readonly id: string;
  readonly similarity: number;
}

/** A way to find near duplicates. Finds nothing for a text that is like no stored one. */
export interface NearDuplicateMethod {
  readonly name: string;
  /** The thresholds to choose from; one alone is given. */
  readonly thresholds: readonly number[];
  findings(corpus: readonly StoredText[], arrivals: readonly Arrival[]): Promise<(Finding | null)[]>;
}

const everyHundredth = Array.from({ length: 86 }, (_, step) => (step + 15) / 100);

/**
 * The deduplicator as it is, bands and guard included: texts are stored, and edits come in. The lowest threshold
 * lets it tell everything it finds.
 */
const ours: NearDuplicateMethod = {
  name: 'this package: words (MinHash, bands, guard)',
  thresholds: everyHundredth,
  async findings(corpus, arrivals) {
    const store = createMemoryStore();
    const storing = new DocumentDeduplicator(store, null, 0.95, { near: { threshold: 1 } });
    for (const { id, text } of corpus) await storing.checkAndStore(id, text);
    const near = { threshold: everyHundredth[0] };
    const asking = new DocumentDeduplicator(store, null, 0.95, { near });
    const found: (Finding | null)[] = [];
    for (const { text } of arrivals) {
      const { evidence, isDuplicate } = await asking.checkAndStore('arrival', text);
      if (!isDuplicate) await asking.removeDocument('arrival');
      found.push(evidence.find(({ verdict }) => verdict === 'duplicate') ?? null);
    }
    return found;
  },
};

const rawHash: NearDuplicateMethod = {
  name: 'hash of the text',
  thresholds: [1],
  findings: async (corpus, arrivals) => sameKey(corpus, arrivals, hash),
};

const normalisedHash: NearDuplicateMethod = {
  name: 'hash of the normalised text',
  thresholds: [1],
  findings: async (corpus, arrivals) => sameKey(corpus, arrivals, (text) => hash(normalised(text))),
};

const simHash: NearDuplicateMethod = {
  name: 'SimHash of the words, 64 bits',
  thresholds: Array.from({ length: 32 }, (_, step) => (step + 33) / 64),
  findings: async (corpus, arrivals) => {
    const known = corpus.map(({ text }) => bitsOf(text));
    return arrivals.map(({ text }) => {
      const bits = bitsOf(text);
      return nearest(corpus, known, (one) => 1 - differences(one, bits) / 64);
    });
  },
};

const embedding: NearDuplicateMethod = {
  name: 'embedding of the normalised text (Universal Sentence Encoder lite)',
  thresholds: Array.from({ length: 100 }, (_, step) => 0.7 + step * 0.003),
  findings: async (corpus, arrivals) => {
    const known = await embedded(corpus);
    const asked = await embedded(arrivals);
    return arrivals.map((_, place) => {
      const vector = asked[place] ?? new Float32Array(0);
      return nearest(corpus, known, (one) => dot(one, vector));
    });
  },
};

/** Ours first. */
export const methods: readonly NearDuplicateMethod[] = [ours, rawHash, normalisedHash, simHash, embedding];

function sameKey(
  corpus: readonly StoredText[],
  arrivals: readonly Arrival[],
  keyOf: (text: string) => string,
): (Finding | null)[] {
  const ids = new Map(corpus.map(({ id, text }) => [keyOf(text), id]));
  return arrivals.map(({ text }) => {
    const id = ids.get(keyOf(text));
    return id === undefined ? null : { id, similarity: 1 };
  });
}

function nearest<Features>(
  corpus: readonly StoredText[],
  known: readonly Features[],
  similarityTo: (features: Features) => number,
): Finding | null {
  let best: Finding | null = null;
  for (const [place, features] of known.entries()) {
    const similarity = similarityTo(features);
    if (!best || similarity > best.similarity) best = { id: corpus[place]?.id ?? '', similarity };
  }
  return best;
}

function normalised(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** 64 bits, each the side on which most words are. */
function bitsOf(text: string): boolean[] {
  const sums = new Array<number>(64).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const bytes = createHash('sha256').update(word).digest();
    for (let bit = 0; bit < 64; bit += 1) {
      sums[bit] = (sums[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1 ? 1 : -1);
    }
  }
  return sums.map((sum) => sum > 0);
}

function differences(left: readonly boolean[], right: readonly boolean[]): number {
  return left.filter((bit, place) => bit !== right[place]).length;
}

async function embedded(texts: readonly { readonly text: string }[]): Promise<Float32Array[]> {
  const model = await sentenceModel();
  const vectors: Float32Array[] = [];
  for (let from = 0; from < texts.length; from += 32) {
    const batch = texts.slice(from, from + 32).map(({ text }) => normalised(text));
    const answer = (await model.embedBatch?.(batch)) ?? [];
    if (answer.length !== batch.length) throw new Error('the model lost a text');
    vectors.push(...answer.map((vector) => Float32Array.from(vector)));
  }
  return vectors;
}

/** The model's vectors have length 1. */
function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (const [place, value] of left.entries()) sum += value * (right[place] ?? 0);
  return sum;
}
