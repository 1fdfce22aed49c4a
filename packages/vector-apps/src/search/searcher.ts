import type { CallOptions } from '@norikv/store';
import { checkString, checkWhole } from '@norikv/store/checks';
import type { CallBudget } from '../core/call-budget.js';
import { checkCall, checkFlags, checkFunctions, checkNumber } from '../core/checks.js';
import type { Embedder } from '../core/embedder.js';
import { nearestOfEach } from '../core/nearest.js';
import { defaultMaxScan, type Look, widening } from '../core/select.js';
import { lengthOf } from '../core/vector-math.js';
import type { VectorRecord } from '../core/vector-record.js';
import type { VectorRecords } from '../core/vector-records.js';
import type { Chunk } from './chunking.js';
import type { StoredDocument } from './document.js';
import { type Fusion, fuseInCircles, lexicalWeightOf, type RankedDocument, type Rankings } from './fusion.js';
import { highlightsOf } from './highlights.js';
import type { LexicalLeg } from './lexical-leg.js';
import { LexicalRanking } from './lexical-ranking.js';
import type { Passage, SearchOptions, SearchResult } from './options.js';
import { type Asked, askedBy } from './words.js';

/** What searching needs. */
export interface SearcherAccess<Metadata extends object> {
  readonly records: VectorRecords<StoredDocument<Metadata>>;
  readonly embedder: Embedder;
  readonly leg: LexicalLeg | undefined;
  readonly fusion: Fusion;
  readonly candidates: number;
}

/** Both legs of one query, prepared. */
interface Legs {
  readonly vector: Float32Array | null;
  readonly lexical: LexicalRanking | null;
  readonly fusion: Fusion;
  readonly maxScan: number;
}

/** Ranks documents for queries. */
export class Searcher<Metadata extends object> {
  readonly #access: SearcherAccess<Metadata>;

  constructor(access: SearcherAccess<Metadata>) {
    this.#access = access;
  }

  /** The best `k` documents: one vector call and one batch of parallel reads, unless a filter wants more. */
  async search(
    query: string,
    k: number,
    options: SearchOptions<Metadata>,
  ): Promise<{ readonly results: SearchResult<Metadata>[]; readonly isTruncated: boolean }> {
    const { records } = this.#access;
    const { filter, minScore = 0, explain = false } = options;
    const budget = records.budget(options);
    const legs = await this.#prepare(query, options, budget);
    const { selected, isTruncated } = await records.select(k, (count) => this.#look(legs, count, budget), {
      ...budget.next(),
      maxScan: legs.maxScan,
      firstScan: legs.lexical ? this.#circles(k, legs.maxScan).at(-1) : undefined,
      filter: filter && (({ id, data: { title, metadata } }) => filter({ id, title, metadata })),
      onRead: (id, record) => legs.lexical?.note(id, record),
    });
    const asked = askedBy(query, this.#access.leg?.normalize);
    const results = selected
      .filter(({ candidate }) => candidate.score >= minScore)
      .map(({ record, candidate }) => resultOf(record, candidate, asked, explain));
    return { results, isTruncated };
  }

  /** What both legs find, without a look at the records: as far down as scores of a search are stretched. */
  async rankings(query: string, options: CallOptions): Promise<Rankings> {
    const { leg, embedder, records } = this.#access;
    const candidates = Math.min(this.#access.candidates, defaultMaxScan);
    const budget = records.budget(options);
    const [embedded = null] = await embedder.embed([query], budget.next());
    const vector = leg ? meaningful(embedded) : embedded;
    const found = vector && (await records.hits(vector, candidates, budget.next()));
    return {
      vector: found && nearestOfEach(found.hits),
      lexical: leg ? leg.search(query, candidates) : null,
    };
  }

  async #prepare(query: string, options: SearchOptions<Metadata>, budget: CallBudget): Promise<Legs> {
    const { embedder, leg } = this.#access;
    const { fusion = this.#access.fusion, maxScan = defaultMaxScan } = options;
    const weight = lexicalWeightOf(fusion);
    const lexical = leg && weight > 0 ? new LexicalRanking(leg, query) : null;
    const [vector = null] = lexical && weight === 1 ? [] : await embedder.embed([query], budget.next());
    return { vector: lexical ? meaningful(vector) : vector, lexical, fusion, maxScan };
  }

  async #look(
    { vector, lexical, fusion, maxScan }: Legs,
    count: number,
    budget: CallBudget,
  ): Promise<Look<RankedDocument>> {
    const found = vector
      ? await this.#access.records.hits(vector, count, budget.next())
      : { hits: [], isWhole: true };
    return {
      hits: found.hits,
      get isWhole() {
        return found.isWhole && (lexical?.first(count).length ?? 0) < count;
      },
      rank: (hits) => {
        const owned = new Set(hits);
        const within = (end: number): Rankings => ({
          vector: vector && nearestOfEach(found.hits.slice(0, end).filter((hit) => owned.has(hit))),
          lexical: lexical?.first(count).slice(0, end) ?? null,
        });
        return fuseInCircles(within, fusion, this.#circles(count, maxScan));
      },
    };
  }

  /**
   * Where circles end, up to the first that holds so many: pages of one query have circles in common. One ends at
   * `maxScan`, as some pages look no further, and the last of them a little.
   */
  #circles(count: number, maxScan: number): number[] {
    const ends = [Math.min(this.#access.candidates, maxScan)];
    for (let end = ends[0] ?? count; end < count; end = ends.at(-1) ?? count) {
      const next = end * widening;
      ends.push(end < maxScan ? Math.min(next, maxScan) : next);
    }
    return ends;
  }
}

/** To a model that knows none of its words a query means nothing, and the words may still be found. */
function meaningful(vector: Float32Array | null): Float32Array | null {
  return vector && lengthOf(vector) > 0 ? vector : null;
}

/** @throws InvalidArgumentError if the query is no text, or an option is wrong. */
export function checkQuery<Metadata extends object>(
  query: string,
  options: SearchOptions<Metadata>,
  ...more: readonly string[]
): void {
  checkString('query', query);
  checkCall(options, ['filter', 'minScore', 'explain', 'fusion', 'maxScan', ...more]);
  const { filter, minScore = 0, explain, fusion, maxScan = defaultMaxScan } = options;
  checkFunctions({ filter });
  checkFlags({ explain });
  checkNumber('minScore', minScore, 0, 1);
  checkWhole('maxScan', maxScan, 1);
  if (fusion !== undefined) lexicalWeightOf(fusion);
}

function resultOf<Metadata extends object>(
  { id, data }: VectorRecord<StoredDocument<Metadata>>,
  { score, part, vector, lexical }: RankedDocument,
  asked: Asked,
  explain: boolean,
): SearchResult<Metadata> {
  const { title, content, metadata } = data;
  const passageOf = ([start, end]: Chunk): Passage => {
    const text = content.slice(start, end);
    return { text, start, end, highlights: highlightsOf(text, asked) };
  };
  const best = part === null ? undefined : data.chunks[part];
  const passage = best ? passageOf(best) : richest(data.chunks.map(passageOf), asked);
  const result = { id, title, content, score, metadata, passage };
  return explain ? { ...result, explanation: { vector, lexical } } : result;
}

/** The passage that says most of what was asked for. */
function richest(passages: readonly Passage[], { normalize }: Asked): Passage {
  const different = passages.map(
    ({ text, highlights }) =>
      new Set(highlights.map(([start, end]) => normalize(text.slice(start, end)))).size,
  );
  const place = different.reduce((best, found, at) => (found > (different[best] ?? 0) ? at : best), 0);
  return passages[place] ?? { text: '', start: 0, end: 0, highlights: [] };
}
