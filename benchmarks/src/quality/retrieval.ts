import { createMemoryVectorStore } from '@norikv/testkit';
import {
  type EmbeddingModel,
  type Fusion,
  type LabelledQuery,
  SemanticSearchEngine,
} from '@norikv/vector-apps';
import { createBm25Index } from '@norikv/vector-apps/bm25';
import { loadKnownItems } from './addresses.js';
import { type Interval, mean, pairedBootstrap } from './bootstrap.js';
import { markdownTable } from './section.js';
import { sentenceModel } from './sentence-model.js';
import { loadVerses } from './verses.js';

interface Corpus {
  readonly name: string;
  readonly documents: readonly { readonly id: string; readonly content: string }[];
  readonly queries: readonly LabelledQuery[];
}

interface Method {
  readonly name: string;
  readonly fusions: readonly Fusion[];
}

const verses = 1_500;
const queriesOfEach = 500;
const queriesAtATime = 32;
const weights = Array.from({ length: 9 }, (_, step) => (step + 1) / 10);

const words: Method = { name: 'words: BM25', fusions: [{ method: 'weighted', lexicalWeight: 1 }] };
const meaning: Method = { name: 'meaning: vectors', fusions: [{ method: 'weighted', lexicalWeight: 0 }] };
const ranks: Method = {
  name: 'hybrid: reciprocal rank, even, k = 60 (as usual)',
  fusions: [{ method: 'reciprocal-rank', k: 60 }],
};
const tunedRanks: Method = {
  name: 'hybrid: reciprocal rank, tuned',
  fusions: [2, 10, 60].flatMap((k) =>
    weights.map((lexicalWeight): Fusion => ({ method: 'reciprocal-rank', k, lexicalWeight })),
  ),
};
const untuned: Method = { name: 'hybrid: weighted sum, as it comes', fusions: [{ method: 'weighted' }] };
const tuned: Method = {
  name: 'hybrid: weighted sum, tuned',
  fusions: weights.map((lexicalWeight) => ({ method: 'weighted', lexicalWeight })),
};
const methods = [words, meaning, ranks, tunedRanks, untuned, tuned];

/** How well search finds the one text that says the same, or goes on. */
export async function run(): Promise<string> {
  const model = await sentenceModel();
  const pairs = await loadVerses();
  const parts = ['## Retrieval', introduction];
  if (pairs) {
    const chosen = spread(pairs, verses);
    const documents = chosen.map(({ id, old }) => ({ id, content: old }));
    const queries = spread(chosen, queriesOfEach).map(({ id, recent }) => ({
      query: recent,
      relevant: [id],
    }));
    const name = `Paraphrase: a verse in the English of 2015 finds it in that of 1769 (${documents.length} verses)`;
    parts.push(await measure({ name, documents, queries }, model));
  } else {
    parts.push(
      'Paraphrase retrieval was skipped: it needs the Debian packages `sword-text-kjv`, `sword-text-web` and `diatheke`.',
    );
  }
  const items = loadKnownItems();
  const documents = items.map(({ id, rest }) => ({ id, content: rest }));
  const queries = spread(items, queriesOfEach).map(({ id, opening }) => ({ query: opening, relevant: [id] }));
  const name = `Known item: the first sentence of a passage finds the rest (${documents.length} passages of State of the Union addresses)`;
  parts.push(await measure({ name, documents, queries }, model));
  return parts.join('\n\n');
}

const introduction =
  'MRR@10: one by the place of the right text among the first ten, 0 if it is not there; the mean over queries. ' +
  'Weights are chosen on the even queries and reported on the odd ones. The interval is that of a paired bootstrap ' +
  'of 2,000 resamples against the better of the two legs; lost and won count the queries on which a method does ' +
  'worse and better than that leg. Vectors: Universal Sentence Encoder lite, 512 dimensions, a small model.';

async function measure({ name, documents, queries }: Corpus, model: EmbeddingModel): Promise<string> {
  const engine = new SemanticSearchEngine(createMemoryVectorStore(), model, {
    chunking: false,
    lexical: createBm25Index(),
    cacheSize: 2 * queriesOfEach,
  });
  await engine.initialize();
  const { failed } = await engine.indexDocuments(documents.map((document) => ({ ...document, title: '' })));
  if (failed > 0) throw new Error(`${failed} documents were not indexed`);

  const fusions = methods.flatMap((method) => method.fusions);
  const scores: (readonly number[])[] = [];
  for (let start = 0; start < queries.length; start += queriesAtATime) {
    const some = queries.slice(start, start + queriesAtATime);
    const tunings = await Promise.all(some.map((query) => engine.tune([query], { fusions })));
    scores.push(...tunings.map(({ tried }) => tried.map(({ score }) => score)));
  }
  const half = (parity: number): (readonly number[])[] => scores.filter((_, place) => place % 2 === parity);
  const columns = methods.map((method) => {
    const first = fusions.indexOf(method.fusions[0] ?? { method: 'weighted' });
    const choice = best(half(0), first, method.fusions.length);
    return { method, fusion: fusions[choice], reported: half(1).map((row) => row[choice] ?? 0) };
  });
  const legs = columns.slice(0, 2).map(({ reported }) => reported);
  const better = legs.reduce((one, other) => (mean(other) > mean(one) ? other : one));
  const rows = columns.map(({ method, fusion, reported }) => [
    method.name + (method.fusions.length > 1 && fusion ? ` (${settingsOf(fusion)})` : ''),
    mean(reported).toFixed(3),
    reported === better ? '' : intervalText(pairedBootstrap(reported, better)),
    reported === better ? '' : `${count(reported, better, -1)} / ${count(reported, better, 1)}`,
  ]);
  const head = ['method', 'MRR@10', 'against the better leg', 'lost / won'];
  return `### ${name}\n\n${half(1).length} queries reported, ${half(0).length} to choose by.\n\n${markdownTable(head, rows)}`;
}

/** The column from `first` that is best on the rows. Of equals the one in the middle of the scale. */
function best(rows: readonly (readonly number[])[], first: number, length: number): number {
  const columns = Array.from({ length }, (_, offset) => first + offset);
  const scoreOf = (column: number): number => mean(rows.map((row) => row[column] ?? 0));
  const highest = Math.max(...columns.map(scoreOf));
  const equals = columns.filter((column) => scoreOf(column) === highest);
  return equals[Math.floor(equals.length / 2)] ?? first;
}

function settingsOf(fusion: Fusion): string {
  const weight = `words ${fusion.lexicalWeight}`;
  return fusion.method === 'reciprocal-rank' ? `k = ${fusion.k}, ${weight}` : weight;
}

function intervalText({ mean: difference, low, high }: Interval): string {
  return `${signed(difference)} (${signed(low)} to ${signed(high)})`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}

function count(ours: readonly number[], theirs: readonly number[], sign: number): number {
  return ours.filter((value, place) => Math.sign(value - (theirs[place] ?? 0)) === sign).length;
}

/** So many items, evenly spread. */
function spread<T>(items: readonly T[], wanted: number): T[] {
  const step = Math.max(1, items.length / wanted);
  return Array.from(
    { length: Math.min(wanted, items.length) },
    (_, place) => items[Math.floor(place * step)],
  ).filter((item) => item !== undefined);
}
