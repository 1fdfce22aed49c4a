import type { CallOptions } from '@norikv/store';
import { checkString, checkWhole } from '@norikv/store/checks';
import { checkedVector, checkedVectors } from '../core/checked-vectors.js';
import { checkNumber, checkShared } from '../core/checks.js';
import { keyPart } from '../core/key-part.js';
import { mapBounded } from '../core/map-bounded.js';
import type { NearestMatch } from '../core/nearest.js';
import { diversified } from '../core/ranking.js';
import type { RepairReport, VerifyReport } from '../core/repair.js';
import { isVectorMissing } from '../core/stored-vectors.js';
import { cosine } from '../core/vector-math.js';
import { VectorRecords } from '../core/vector-records.js';
import { mostDimensions } from '../core/vector-space.js';
import type {
  LangChainDocument,
  LangChainEmbeddings,
  LangChainFilter,
  MarginalRelevanceOptions,
} from './langchain-types.js';
import type { NoriKVVectorStoreOptions } from './options.js';
import { checkSameLength, decodePage, documentOf, ownDocument, type Page, predicateOf } from './page.js';
import { writeEach } from './write-each.js';

const tries = 3;

/**
 * The methods of LangChain's `VectorStore` but `asRetriever`, over records whose vectors are derived, and `repair` for
 * what crashes leave. It is no subclass: give it to a `VectorStoreRetriever` with a cast. Scores are cosine similarity:
 * higher is better.
 * A vector that is not as many finite numbers as `dimensions` says, of the model or given, is an `EmbeddingError`.
 *
 * @example
 * ```ts
 * const store = new NoriKVVectorStore(embeddings, { client, dimensions: 1536 });
 * await store.addDocuments(documents);
 * const found = await store.similaritySearchWithScore('What did he say?', 4, { year: 1863 });
 * ```
 */
export class NoriKVVectorStore {
  /** What a filter may be; a type, never a value. */
  declare readonly FilterType: LangChainFilter;
  readonly embeddings: LangChainEmbeddings;
  readonly #records: VectorRecords<Page>;
  readonly #dimensions: number;
  readonly #concurrency: number;
  #ready: Promise<void> | undefined;

  /** @throws InvalidArgumentError or UnsupportedError if an option is wrong or the store lacks a guarantee. */
  constructor(embeddings: LangChainEmbeddings, options: NoriKVVectorStoreOptions) {
    const { client, dimensions, namespace = 'langchain', fingerprint = '' } = options;
    const { concurrency = 16, clock } = options;
    checkShared({ namespace, clock }, []);
    checkWhole('dimensions', dimensions, 1, mostDimensions);
    checkString('fingerprint', fingerprint);
    this.embeddings = embeddings;
    this.#concurrency = concurrency;
    this.#dimensions = dimensions;
    const records = {
      prefix: `langchain:${keyPart(namespace)}:`,
      namespace,
      dimensions,
      fingerprint,
      decode: decodePage,
      concurrency,
      clock,
    };
    this.#records = new VectorRecords(client, records, 'NoriKVVectorStore');
  }

  /** Makes a store and adds texts, with one metadata object for all or one for each. */
  static async fromTexts(
    texts: readonly string[],
    metadatas: readonly Record<string, unknown>[] | Record<string, unknown>,
    embeddings: LangChainEmbeddings,
    options: NoriKVVectorStoreOptions,
  ): Promise<NoriKVVectorStore> {
    const documents = texts.map((pageContent, place) => ({
      pageContent,
      metadata: (Array.isArray(metadatas) ? metadatas[place] : metadatas) ?? {},
    }));
    return NoriKVVectorStore.fromDocuments(documents, embeddings, options);
  }

  /** Makes a store and adds documents. */
  static async fromDocuments(
    documents: readonly LangChainDocument[],
    embeddings: LangChainEmbeddings,
    options: NoriKVVectorStoreOptions,
  ): Promise<NoriKVVectorStore> {
    const store = new NoriKVVectorStore(embeddings, options);
    await store.addDocuments(documents);
    return store;
  }

  /** Names the kind of store, as LangChain asks. */
  _vectorstoreType(): string {
    return 'norikv';
  }

  /**
   * Embeds and adds documents; one whose id is there already is replaced. Returns the ids. Repeating it is safe where
   * they are given: a document without an id gets another one each time.
   *
   * @throws OutcomeUnknownError when it was cut off and some may be added.
   */
  async addDocuments(
    documents: readonly LangChainDocument[],
    options: { readonly ids?: readonly string[] | undefined } = {},
  ): Promise<string[]> {
    const own = documents.map(ownDocument);
    const ids = options.ids?.slice();
    const texts = own.map(({ pageContent }) => pageContent);
    return this.#add(await this.embeddings.embedDocuments(texts), own, ids);
  }

  /** Adds documents that are embedded already. Returns the ids. */
  async addVectors(
    vectors: readonly (readonly number[])[],
    documents: readonly LangChainDocument[],
    options: { readonly ids?: readonly string[] | undefined } = {},
  ): Promise<string[]> {
    checkSameLength('vectors', vectors.length, documents.length);
    return this.#add(vectors, documents.map(ownDocument), options.ids?.slice());
  }

  /** Deletes documents with their vectors. An id that is not there is no error. */
  async delete({ ids }: { readonly ids: readonly string[] }): Promise<void> {
    await this.#prepare();
    await writeEach(ids, this.#concurrency, 'delete them again', (id) => this.#records.delete(id));
  }

  /** Documents by id, in the order asked for; those that are not there are left out. */
  async getByIds(ids: readonly string[]): Promise<LangChainDocument[]> {
    const records = await mapBounded(ids, this.#concurrency, (id) => this.#records.get(id));
    return records.flatMap((record) => (record ? [documentOf(record.id, record.data)] : []));
  }

  /** The documents nearest to a text. */
  async similaritySearch(query: string, k = 4, filter?: LangChainFilter): Promise<LangChainDocument[]> {
    return (await this.similaritySearchWithScore(query, k, filter)).map(([document]) => document);
  }

  /** The documents nearest to a text, with cosine similarity. */
  async similaritySearchWithScore(
    query: string,
    k = 4,
    filter?: LangChainFilter,
  ): Promise<[LangChainDocument, number][]> {
    return this.similaritySearchVectorWithScore(await this.embeddings.embedQuery(query), k, filter);
  }

  /** The documents nearest to a vector, with cosine similarity. */
  async similaritySearchVectorWithScore(
    query: readonly number[],
    k: number,
    filter?: LangChainFilter,
  ): Promise<[LangChainDocument, number][]> {
    const matches = await this.#nearest(checkedVector(query, this.#dimensions), k, filter);
    return matches.map(({ record, distance }) => [documentOf(record.id, record.data), 1 - distance]);
  }

  /** Documents near a text that are unlike each other. @throws InvalidArgumentError if an option is out of range. */
  async maxMarginalRelevanceSearch(
    query: string,
    { k, fetchK = 20, lambda = 0.5, filter }: MarginalRelevanceOptions,
  ): Promise<LangChainDocument[]> {
    checkWhole('k', k, 1);
    checkWhole('fetchK', fetchK, 1);
    checkNumber('lambda', lambda, 0, 1);
    const vector = checkedVector(await this.embeddings.embedQuery(query), this.#dimensions);
    const near = await this.#nearWithVectors(vector, Math.max(k, fetchK), filter);
    // Without names: of equals the first is the nearest.
    const ranked = near.map((one) => ({ ...one, id: '', score: cosine(vector, one.vector) }));
    return diversified(ranked, k, 1 - lambda).map(({ document }) => document);
  }

  /**
   * Ends what crashes left: removes vectors that belong to no document. Those of which vectors are lost are in
   * `requeued`: add them again. Safe at any time, from any process; writers it takes for dead begin again.
   *
   * @throws CorruptRecordError once all others are looked at, if there is a record that cannot be read.
   */
  async repair({ signal, timeoutMs }: CallOptions = {}): Promise<RepairReport> {
    return this.#records.repair({ signal, timeoutMs });
  }

  /** What `repair()` would find. Changes nothing; what is being written is counted too. */
  async verify(options: CallOptions = {}): Promise<VerifyReport> {
    return this.#records.verify(options);
  }

  async #add(
    answer: readonly (readonly number[])[],
    documents: readonly LangChainDocument[],
    ids: readonly string[] | undefined,
  ): Promise<string[]> {
    const vectors = checkedVectors(answer, documents.length, this.#dimensions);
    if (ids) checkSameLength('ids', ids.length, documents.length);
    await this.#prepare();
    const remedy = 'add them again, with their ids: one without is added twice';
    return writeEach(documents, this.#concurrency, remedy, async ({ id, pageContent, metadata }, place) => {
      const name = ids?.[place] ?? id ?? crypto.randomUUID();
      const vector = vectors[place];
      await this.#records.put(name, { pageContent, metadata }, vector ? [vector] : []);
      return name;
    });
  }

  async #nearWithVectors(
    query: Float32Array,
    count: number,
    filter: LangChainFilter | undefined,
  ): Promise<{ readonly document: LangChainDocument; readonly vector: Float32Array }[]> {
    for (let attempt = 1; ; attempt += 1) {
      const matches = await this.#nearest(query, count, filter);
      try {
        return await mapBounded(matches, this.#concurrency, async ({ record }) => {
          const [vector = new Float32Array(0)] = await this.#records.vectorsOf(record);
          return { document: documentOf(record.id, record.data), vector };
        });
      } catch (error) {
        // One was written anew or deleted since it was found.
        if (!isVectorMissing(error) || attempt === tries) throw error;
      }
    }
  }

  async #nearest(
    query: Float32Array,
    k: number,
    filter: LangChainFilter | undefined,
  ): Promise<NearestMatch<Page>[]> {
    await this.#prepare();
    const accepts = filter && predicateOf(filter);
    const { matches } = await this.#records.nearest(query, k, {
      filter: accepts && (({ id, data }) => accepts(documentOf(id, data))),
    });
    return matches;
  }

  /** Once; after a failure the next call tries again. */
  #prepare(): Promise<void> {
    this.#ready ??= this.#records.initialize().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }
}
