import type { CallOptions, Clock } from '@norikv/store';
import type { ChunkingOptions } from './chunking.js';
import type { Fusion, SearchExplanation } from './fusion.js';
import type { TextRange } from './highlights.js';
import type { LexicalIndex } from './lexical-index.js';

/** Options of `SemanticSearchEngine`. */
export interface SemanticSearchOptions {
  /**
   * Of the vectors, and of no other class; the keys begin with `search:<namespace>:`. One for each tenant and model.
   * Default `documents`.
   */
  readonly namespace?: string | undefined;
  /** How content is cut before it is embedded. False: not at all. Default: 3 sentences, overlap 1, 100 words. */
  readonly chunking?: ChunkingOptions | false | undefined;
  /** Adds a ranking by words, such as `createBm25Index()` of `@norikv/vector-apps/bm25`. Default: none. */
  readonly lexical?: LexicalIndex | undefined;
  /** How both rankings become one. Default `{ method: 'weighted', lexicalWeight: 0.5 }`. */
  readonly fusion?: Fusion | undefined;
  /** How far down both rankings are taken into account. Default 100. */
  readonly candidates?: number | undefined;
  /** Texts in one call of the model. Default 32. */
  readonly batchSize?: number | undefined;
  /** How many vectors of texts to remember, such as those of frequent queries. Default 1,000. */
  readonly cacheSize?: number | undefined;
  /** Store calls of one operation at a time. Default 16. */
  readonly concurrency?: number | undefined;
  /** Accepts a store that does not declare the guarantees. Writes may then be lost. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Options of indexing one document. */
export interface IndexOptions<Metadata extends object = Record<string, unknown>> extends CallOptions {
  /** Kept as JSON, given back with results and to filters. */
  readonly metadata?: Metadata | undefined;
  /** Embeds and writes it even if nothing changed. Default false. */
  readonly force?: boolean | undefined;
}

/** What became of a document: `unchanged` was neither embedded nor written. */
export type IndexOutcome = 'indexed' | 'unchanged';

/** Options of indexing many documents. */
export interface BulkIndexOptions {
  /** Documents at a time, up to 10,000. Default 16. */
  readonly concurrency?: number | undefined;
  /** Called after each document. What it throws is ignored. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Embeds and writes documents even if nothing changed. Default false. */
  readonly force?: boolean | undefined;
  /** Takes no further document, and cancels those under way. The report tells what was done. */
  readonly signal?: AbortSignal | undefined;
}

/** How far indexing is. */
export interface IndexProgress {
  readonly done: number;
  /** The one just done. */
  readonly last: IndexResult;
}

/** What became of one of many documents. */
export interface IndexResult {
  readonly id: string;
  readonly status: IndexOutcome | 'failed';
  /** Why it failed. */
  readonly error?: unknown;
}

/** What became of many documents. */
export interface IndexReport {
  /** One for each document, in the order they ended. */
  readonly results: readonly IndexResult[];
  readonly indexed: number;
  readonly unchanged: number;
  readonly failed: number;
  /** False if the signal ended it before all documents were taken. */
  readonly isComplete: boolean;
}

/** What a filter is asked about. */
export interface FilteredDocument<Metadata extends object = Record<string, unknown>> {
  readonly id: string;
  readonly title: string;
  readonly metadata: Metadata;
}

/** Options of one search. */
export interface SearchOptions<Metadata extends object = Record<string, unknown>> extends CallOptions {
  /** Only documents for which it is true. The search goes on until there are enough. */
  readonly filter?: ((document: FilteredDocument<Metadata>) => boolean) | undefined;
  /** Leaves out results below this score. Default: none, since scores of different models do not compare. */
  readonly minScore?: number | undefined;
  /** Says where each score comes from. Default false. */
  readonly explain?: boolean | undefined;
  /** Another way to join the rankings, for this search. */
  readonly fusion?: Fusion | undefined;
  /** How many vectors a filter may make the search look at. Default 10,000. */
  readonly maxScan?: number | undefined;
}

/** Options of `SemanticSearchEngine.repair`. */
export interface SearchRepairOptions extends CallOptions {
  /** Looks only at documents whose write or delete has not ended, not at every one. Default false. */
  readonly openOnly?: boolean | undefined;
}

/** Options of one page. */
export interface PageOptions<Metadata extends object = Record<string, unknown>>
  extends SearchOptions<Metadata> {
  /** Results on a page. Default 10. */
  readonly limit?: number | undefined;
  /** Results before this page: `nextOffset` of the page before. Default 0. */
  readonly offset?: number | undefined;
}

/** The part of a document that answers best. */
export interface Passage {
  readonly text: string;
  /** Where it is in `content`, from `start` up to `end`. */
  readonly start: number;
  readonly end: number;
  /** Where in `text` the words of the query are. */
  readonly highlights: readonly TextRange[];
}

/** A document that was found. */
export interface SearchResult<Metadata extends object = Record<string, unknown>> {
  readonly id: string;
  readonly title: string;
  readonly content: string;
  /**
   * 0 to 1, higher is better. Without a lexical leg it is the cosine similarity of the best passage (0 if that is
   * negative), which compares between queries of one model; else it is relative to the best of this query.
   */
  readonly score: number;
  readonly metadata: Metadata;
  readonly passage: Passage;
  /** If asked for. */
  readonly explanation?: SearchExplanation | undefined;
}

/** One page of results. */
export interface SearchPage<Metadata extends object = Record<string, unknown>> {
  readonly results: SearchResult<Metadata>[];
  /** Where the next page begins; null if this is the last. */
  readonly nextOffset: number | null;
  /** There may be more: the filter turned down so many that `maxScan` was reached. */
  readonly isTruncated: boolean;
}
