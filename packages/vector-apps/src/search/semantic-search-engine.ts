import type { CallOptions } from '@norikv/store';
import { checkOptions, checkWhole } from '@norikv/store/checks';
import { checkCall, checkFlags, checkFunctions, checkIterable, checkShared } from '../core/checks.js';
import { createEmbedder, type Embedder } from '../core/embedder.js';
import type { EmbeddingModel } from '../core/embedding-model.js';
import { keyPart } from '../core/key-part.js';
import type { RepairReport, VerifyReport } from '../core/repair.js';
import type { VectorKvStore } from '../core/vector-kv-store.js';
import { VectorRecords } from '../core/vector-records.js';
import { checkedChunking } from './chunking.js';
import { decodeDocument, type SearchDocument, type StoredDocument, textsOf } from './document.js';
import { lexicalWeightOf } from './fusion.js';
import { indexMany } from './index-many.js';
import { Indexer } from './indexer.js';
import { checkLexical } from './lexical-index.js';
import { LexicalLeg } from './lexical-leg.js';
import type {
  BulkIndexOptions,
  IndexOptions,
  IndexOutcome,
  IndexReport,
  PageOptions,
  SearchOptions,
  SearchPage,
  SearchRepairOptions,
  SearchResult,
  SemanticSearchOptions,
} from './options.js';
import { refreshed } from './refresh.js';
import { checkQuery, Searcher } from './searcher.js';
import { type LabelledQuery, type TuneOptions, type Tuning, tuneFusion } from './tune.js';

/** Stores count neighbours in 32 bits. */
const mostResults = 2 ** 30;

const optionNames: readonly (keyof SemanticSearchOptions)[] = [
  'chunking',
  'lexical',
  'fusion',
  'candidates',
  'batchSize',
  'cacheSize',
  'concurrency',
];

/**
 * Searches documents by meaning and, if wanted, by words.
 *
 * The record of a document is the truth, its vectors are derived from it. A search gives a document as it is,
 * or not at all: never an old version, a deleted one, or half of a new one, whatever crashed or is under way.
 *
 * @example
 * ```ts
 * const engine = new SemanticSearchEngine(store, model);
 * await engine.initialize();
 * await engine.indexDocument('doc1', 'Machine Learning', 'Machine learning is a subset of AI...');
 * const results = await engine.search('AI neural networks', 5);
 * ```
 */
export class SemanticSearchEngine<Metadata extends object = Record<string, unknown>> {
  readonly #records: VectorRecords<StoredDocument<Metadata>>;
  readonly #embedder: Embedder;
  readonly #leg: LexicalLeg | undefined;
  readonly #indexer: Indexer<Metadata>;
  readonly #searcher: Searcher<Metadata>;

  /**
   * @throws InvalidArgumentError if the model or an option is wrong.
   * @throws UnsupportedError if the store lacks a guarantee.
   */
  constructor(client: VectorKvStore, embeddingModel: EmbeddingModel, options: SemanticSearchOptions = {}) {
    checkShared(options, optionNames);
    const { namespace = 'documents', chunking = {}, lexical, cacheSize = 1_000, candidates = 100 } = options;
    const { fusion = { method: 'weighted' }, batchSize, clock } = options;
    if (chunking !== false) checkedChunking(chunking);
    checkWhole('candidates', candidates, 1);
    lexicalWeightOf(fusion);
    if (lexical !== undefined) checkLexical(lexical);
    this.#embedder = createEmbedder(embeddingModel, { batchSize, cacheSize, clock });
    const records = {
      ...options,
      prefix: `search:${keyPart(namespace)}:`,
      namespace,
      dimensions: this.#embedder.dimensions,
      fingerprint: this.#embedder.fingerprint,
      decode: decodeDocument<Metadata>,
    };
    this.#records = new VectorRecords(client, records, 'SemanticSearchEngine');
    this.#leg = lexical && new LexicalLeg(lexical);
    const parts = { records: this.#records, embedder: this.#embedder, leg: this.#leg };
    // Copies: what is changed later was not checked.
    this.#indexer = new Indexer({ ...parts, chunking: chunking && { ...chunking } });
    this.#searcher = new Searcher({ ...parts, fusion: { ...fusion }, candidates });
  }

  /**
   * Creates what is not there yet, and fills the lexical index from the records. Call it first.
   *
   * @throws ModelMismatchError if the documents there are of another model, InvalidArgumentError if of another class.
   */
  async initialize(options: CallOptions = {}): Promise<void> {
    const budget = this.#records.budget(options);
    await this.#records.initialize(budget.next());
    await this.refresh(budget.next());
  }

  /**
   * Indexes a document, new or in place of the one with its id. One whose text is the same is not embedded
   * again; if its metadata is the same too, it is not written either. When it fails, what was there stays, except where
   * `lexical` throws: that learns of a document once it is written.
   *
   * @throws InvalidArgumentError if there is no text, or the id cannot be stored.
   * @throws EmbeddingError when the model's answer is wrong; what the model throws is passed on.
   * @throws OutcomeUnknownError when it cannot be known whether it was written. Indexing again is safe.
   */
  async indexDocument(
    id: string,
    title: string,
    content: string,
    options: IndexOptions<Metadata> = {},
  ): Promise<IndexOutcome> {
    checkCall(options, ['metadata', 'force']);
    const { metadata, force = false, ...limits } = options;
    checkFlags({ force });
    return this.#indexer.index({ id, title, content, metadata }, force, limits);
  }

  /** Indexes many documents, embedded in batches. It reports on each; one that fails stops nobody. */
  async indexDocuments(
    documents: Iterable<SearchDocument<Metadata>> | AsyncIterable<SearchDocument<Metadata>>,
    options: BulkIndexOptions = {},
  ): Promise<IndexReport> {
    checkIterable('documents', documents);
    checkOptions(options, ['concurrency', 'onProgress', 'force', 'signal']);
    const { force = false, onProgress, signal } = options;
    const budget = this.#records.budget({ signal });
    checkFlags({ force });
    checkFunctions({ onProgress });
    return indexMany(documents, options, budget, (document) =>
      this.#indexer.index(document, force, { signal }),
    );
  }

  /**
   * The best documents for a query, best first. None for a query without text.
   *
   * One vector call and one batch of parallel reads, unless a filter turns many documents down.
   */
  async search(
    query: string,
    topK: number,
    options: SearchOptions<Metadata> = {},
  ): Promise<SearchResult<Metadata>[]> {
    checkQuery(query, options);
    checkWhole('topK', topK, 1, mostResults);
    if (query.trim() === '') return [];
    return (await this.#searcher.search(query, topK, options)).results;
  }

  /**
   * One page of results. Pages of one query and filter fit together while nothing is written, up to `maxScan`; where
   * the store searches a graph, or, with words, the index has not learned yet what others wrote (`refresh()`) or a
   * crash left vectors (`repair()`), a document may be missed or shown twice.
   */
  async searchPage(query: string, options: PageOptions<Metadata> = {}): Promise<SearchPage<Metadata>> {
    checkQuery(query, options, 'limit', 'offset');
    const { limit = 10, offset = 0 } = options;
    checkWhole('limit', limit, 1, mostResults);
    checkWhole('offset', offset, 0, mostResults);
    if (query.trim() === '') return { results: [], nextOffset: null, isTruncated: false };
    const end = offset + limit;
    const { results, isTruncated } = await this.#searcher.search(query, end + 1, options);
    const nextOffset = results.length > end ? end : null;
    return { results: results.slice(offset, end), nextOffset, isTruncated };
  }

  /** A document as it was indexed, or null. */
  async getDocument(id: string, options: CallOptions = {}): Promise<SearchDocument<Metadata> | null> {
    const record = await this.#records.get(id, options);
    return (
      record && { id, title: record.data.title, content: record.data.content, metadata: record.data.metadata }
    );
  }

  /** The ids of all documents, in no order. One that is being written or deleted may be among them. */
  ids(options: CallOptions = {}): AsyncIterable<string> {
    return this.#records.ids(options);
  }

  /** Deletes a document, with all that was derived from it. True if there was one. */
  deleteDocument(id: string, options: CallOptions = {}): Promise<boolean> {
    return this.#indexer.delete(id, options);
  }

  /**
   * Tries ways to join the rankings on queries with known answers. Changes nothing: pass the best as `fusion` yourself.
   *
   * @throws InvalidArgumentError without queries or fusions, CancelledError when the signal fires.
   */
  async tune(labelled: readonly LabelledQuery[], options: TuneOptions = {}): Promise<Tuning> {
    checkOptions(options, ['fusions', 'measure', 'signal']);
    const { signal } = options;
    return tuneFusion(labelled, options, (query) => this.#searcher.rankings(query, { signal }));
  }

  /**
   * Reads all records into the lexical index, as `initialize()` does. Searches teach it whatever they read; to
   * find by words what another process has added, this is needed. Without a lexical index it does nothing.
   */
  async refresh(options: CallOptions = {}): Promise<void> {
    const budget = this.#records.budget(options);
    if (this.#leg) await refreshed(this.#leg, this.#records, budget);
  }

  /**
   * Ends what crashes left: removes what belongs to no document, embeds again what has lost its vectors. Safe
   * at any time, from any process; writers it takes for dead begin again.
   *
   * @throws CorruptRecordError once all others are looked at, if there is a record that cannot be read.
   */
  async repair(options: SearchRepairOptions = {}): Promise<RepairReport> {
    const budget = this.#records.budget(options);
    const report = await this.#records.repair({
      ...options,
      restore: ({ data }) => this.#embedder.embed(textsOf(data), budget.next()),
    });
    await this.refresh(budget.next());
    return report;
  }

  /** What `repair()` would find. Changes nothing; what is being written is counted too. */
  verify(options: CallOptions = {}): Promise<VerifyReport> {
    return this.#records.verify(options);
  }
}
