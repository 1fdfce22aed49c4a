// bm25.d.ts

import { L as LexicalIndex } from './lexical-index.js';
export { a as LexicalHit } from './lexical-index.js';

/** Options of {@link createBm25Index}. */
interface Bm25Options {
    /** How much more a word in the title counts. Default 2. */
    readonly titleBoost?: number | undefined;
    /** How soon more repetitions of a word stop counting. Default 1.2. */
    readonly k1?: number | undefined;
    /** How much long documents are held back, 0 to 1. Default 0.75. */
    readonly b?: number | undefined;
    /**
     * Makes a word comparable, or drops it with ''; passages and highlights follow it. Default: lower case, without
     * common English endings.
     */
    readonly normalize?: ((word: string) => string) | undefined;
}
/**
 * An index of words in memory, beside the texts, that ranks by BM25+, on MiniSearch. Of a query, English words that
 * are everywhere ("what", "the") are left out, unless it has no others.
 *
 * @throws InvalidArgumentError if an option is wrong.
 *
 * @example
 * ```ts
 * import { SemanticSearchEngine } from '@norikv/vector-apps';
 * import { createBm25Index } from '@norikv/vector-apps/bm25';
 *
 * const engine = new SemanticSearchEngine(store, model, { lexical: createBm25Index() });
 * ```
 */
declare function createBm25Index(options?: Bm25Options): LexicalIndex;

export { type Bm25Options, LexicalIndex, createBm25Index };

// index.d.ts

import { Clock, CallOptions, KvStore, NoriKVError } from '@norikv/store';
import { V as VerifyReport, a as VectorKvStore, R as RepairReport } from './repair.js';
import { L as LexicalIndex } from './lexical-index.js';
export { a as LexicalHit } from './lexical-index.js';

/** A vector as an embedding model or a store gives it. */
type Vector = readonly number[] | Float32Array;
/** What a model gets with each call beside the texts. */
interface EmbeddingCall {
    /** Fires when nobody waits for the answer any more: hand it to `fetch`, so that no work is wasted. */
    readonly signal: AbortSignal;
}
/** What turns text into vectors. `dimensions` and `embed` are all it takes. */
interface EmbeddingModel {
    /** How many numbers a vector has: 1 to 4,096. */
    readonly dimensions: number;
    /** The vector of a text, not to be changed afterwards. */
    embed(text: string, call?: EmbeddingCall): Promise<Vector> | Vector;
    /** The vectors of many texts, in their order; used instead of `embed` where present. */
    embedBatch?(texts: readonly string[], call?: EmbeddingCall): Promise<readonly Vector[]> | readonly Vector[];
    /**
     * Names the model and its version. It is kept in the store: another model on the same namespace is refused,
     * because its vectors mean something else. Default: none, only the dimensions are compared.
     */
    readonly fingerprint?: string | undefined;
}

/** Options of one {@link Embedder.embed}. */
interface EmbedOptions {
    /**
     * Stops waiting at once. A text that was not sent to the model yet never is; a model call that runs is aborted
     * once nobody waits for any of its texts.
     */
    readonly signal?: AbortSignal | undefined;
    /** How long to wait, in milliseconds. Default: as long as it takes. */
    readonly timeoutMs?: number | undefined;
}
/** An embedding model whose answers are checked, batched and, if wanted, cached. */
interface Embedder {
    /** How many numbers a vector has. */
    readonly dimensions: number;
    /** The model's fingerprint; empty if it has none. */
    readonly fingerprint: string;
    /**
     * The vectors of texts, in their order. Calls made at the same time share batches, and equal texts share a
     * vector: do not write to it.
     *
     * @throws InvalidArgumentError for a text that is empty or all space, and for a wrong option; the model is not
     * asked.
     * @throws EmbeddingError when the model answers with anything but one finite vector for each text.
     * @throws CancelledError when the signal fires, DeadlineExceededError when the time is up. What the model throws
     * is passed on.
     */
    embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array[]>;
}
/** Options of {@link createEmbedder}. */
interface EmbedderOptions {
    /** Texts in one call of the model. Default 32. */
    readonly batchSize?: number | undefined;
    /** Calls of the model at a time. Default 2. */
    readonly concurrency?: number | undefined;
    /** How many vectors to remember by the hash of their text; the least recently used is dropped first. Default 0. */
    readonly cacheSize?: number | undefined;
    /** For time limits. Default: the clock of the process. */
    readonly clock?: Clock | undefined;
}
/**
 * Puts checks, batches and a cache around an embedding model.
 *
 * @throws InvalidArgumentError if the model or an option is wrong.
 */
declare function createEmbedder(model: EmbeddingModel, options?: EmbedderOptions): Embedder;

/** Why two similar texts may say different things. */
type Objection = 'numbers' | 'negation';

/** Which comparison found a duplicate. */
type DeduplicationStage = 'exact' | 'near' | 'semantic';
/** How similar two texts are, and what follows. */
interface Comparison {
    readonly stage: DeduplicationStage;
    /** 1 for equal texts, the estimated Jaccard similarity of the words, or the cosine of the embeddings. */
    readonly similarity: number;
    /** `review`: similar, but not certain enough to decide without a person. */
    readonly verdict: 'duplicate' | 'review';
    /** What speaks against a duplicate although the similarity is high enough. */
    readonly objection: Objection | null;
}

/**
 * What happens to a duplicate.
 * - `reject`: nothing is kept of it.
 * - `link`: it is kept as an alias, and decided upon anew when the document it duplicates is removed.
 * - `merge`: like `link`, and later texts are compared with it too, so a chain of edits stays one group.
 * - `replace`: it stands, and what it duplicates becomes its alias.
 */
type DeduplicationPolicy = 'reject' | 'link' | 'merge' | 'replace';
/** The comparison of words, which finds near copies. */
interface NearCopyOptions {
    /** From which share of common words (Jaccard) on two texts are near copies. Above 0, up to 1. Default 0.4. */
    readonly threshold?: number | undefined;
    /** Texts with fewer different words are not compared in this way: one word is too much of them. Default 16. */
    readonly minWords?: number | undefined;
}
/** Options of `DocumentDeduplicator`. All processes that share a prefix should agree on them. */
interface DeduplicatorOptions {
    /** The vector namespace, of no other class or prefix. Default `doc_fingerprints`, after `prefix` if there is one. */
    readonly namespace?: string | undefined;
    /** What all keys begin with. Default `dedup:<namespace>:`. */
    readonly prefix?: string | undefined;
    /** What happens to a duplicate. Default `reject`. */
    readonly policy?: DeduplicationPolicy | undefined;
    /** The near-copy stage; false turns it off. */
    readonly near?: NearCopyOptions | false | undefined;
    /**
     * From which cosine similarity on a text that is admitted is marked for review. Default: the threshold less
     * 0.05.
     */
    readonly reviewThreshold?: number | undefined;
    /**
     * What happens when the embedding model fails: the call fails (`reject`, the default), or the text goes
     * through the other stages and is marked, to be looked at by `resume` (`admit`). Until then the text is in its
     * record: one that has no room there, with the one it replaces, fails with a `RecordTooLargeError`.
     */
    readonly embedderFailure?: 'reject' | 'admit' | undefined;
    /** How long a text may be, in UTF-16 units, up to 16,777,216. Default 1,048,576. */
    readonly maxContentLength?: number | undefined;
    /** How many aliases one document keeps, up to 10,000; further duplicates are rejected. Default 1,000. */
    readonly maxAliases?: number | undefined;
    /**
     * How many documents one band lists, up to 4,096. A full band takes no more in: near copies among those left
     * out are then found by other bands only. Default 256.
     */
    readonly bandLimit?: number | undefined;
    /**
     * How long an undecided call may stand in the way of others before it is taken for dead, in milliseconds. Default 10,000.
     */
    readonly leaseMs?: number | undefined;
    /** The first pause between two looks at an undecided call, in milliseconds. Default 20. */
    readonly pollMs?: number | undefined;
    /** Accepts a store that does not declare atomic conditions. Racing copies may then both be admitted. */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
    readonly clock?: Clock | undefined;
    /** Uniform in [0, 1). Default `Math.random`. */
    readonly random?: (() => number) | undefined;
}

/** A document that is similar to this one, and how. */
interface SimilarDocument extends Comparison {
    readonly id: string;
}

/**
 * What a call did with its document.
 * - `admitted`: it is new, or no duplicate any more, and stands.
 * - `updated`: it stood, and has new content now.
 * - `unchanged`: it stands, or is an alias, with this very content, since before.
 * - `rejected`: it is a duplicate. If it stood with other content, that stays.
 * - `linked`, `merged`: it is a duplicate, and kept as an alias.
 * - `replaced`: it duplicates `duplicateOf`, stands, and that one is its alias now.
 */
type DeduplicationAction = 'admitted' | 'updated' | 'unchanged' | 'rejected' | 'linked' | 'merged' | 'replaced';
/** The answer of `checkAndStore`. */
interface DeduplicationResult {
    readonly isDuplicate: boolean;
    /** The document that it duplicates, or null. */
    readonly duplicateOf: string | null;
    /** How similar they are, by the measure of `stage`; 0 if it is no duplicate. */
    readonly similarity: number;
    /** What found the duplicate. */
    readonly stage: DeduplicationStage | null;
    readonly action: DeduplicationAction;
    /** The most similar document that is no certain duplicate: a person should look. */
    readonly review: SimilarDocument | null;
    /** All similar documents that were found, the most similar first. */
    readonly evidence: readonly SimilarDocument[];
    /** True if the embedder was down: the meaning was not compared yet, see `resume`. */
    readonly isUnembedded: boolean;
    /**
     * What cut the call off after its decision, such as the end of its time; null if nothing did. The decision holds,
     * and `repair` does the rest.
     */
    readonly cutOffBy: unknown;
}
/** What is known of a document. */
interface StoredDocument {
    readonly id: string;
    /** Whether it was admitted. */
    readonly isAdmitted: boolean;
    /** Of which it is an alias, or null. */
    readonly duplicateOf: string | null;
    /** Its aliases, oldest first. */
    readonly aliases: readonly string[];
    readonly review: SimilarDocument | null;
    readonly isUnembedded: boolean;
}

/** Options of `repair` and `verify`. */
interface DeduplicationRunOptions extends CallOptions {
    /** Looks only at documents whose call is not known to have ended. Default false. */
    readonly openOnly?: boolean | undefined;
}
/** What is out of order. */
interface DeduplicationReport {
    /** Documents looked at. */
    readonly checked: number;
    /** Documents whose call was cut off, or is under way. */
    readonly unfinished: number;
    /** Documents that are aliases of nothing that stands. */
    readonly strays: number;
    /** Aliases in lists that are none. */
    readonly ghosts: number;
    /** Claims, bands and vectors of admitted documents that are not there. */
    readonly missing: number;
    /** Documents whose embedding is outstanding: `resume` sees to them. */
    readonly unembedded: number;
    /** Nothing was found. Outstanding embeddings do not count. */
    readonly isClean: boolean;
}

/** What `resume` did with a document whose embedding was outstanding. */
interface ResumedDocument {
    readonly id: string;
    /** The most similar document by meaning: this one stays and is marked for review. */
    readonly review: SimilarDocument | null;
}

/**
 * Admits each text once: equal texts, near copies, and texts that mean the same are found and, by default,
 * rejected.
 *
 * Three stages: the hash of the normalised text, the words (MinHash), and the embedding. Of equal texts and
 * near copies that arrive at the same time, from whichever processes, exactly one is admitted; of texts that
 * only mean the same too, if the store's vector search sees every insert acknowledged before it.
 *
 * @example
 * ```ts
 * const dedup = new DocumentDeduplicator(store, embeddingModel, 0.95);
 * await dedup.initialize();
 * await dedup.checkAndStore('doc1', 'The quick brown fox jumps over the lazy dog.'); // admitted
 * await dedup.checkAndStore('doc2', 'The  QUICK brown fox jumps over the lazy dog.'); // duplicateOf: 'doc1'
 * ```
 */
declare class DocumentDeduplicator {
    #private;
    /**
     * @param client - the store; with vector calls if there is a model.
     * @param embeddingModel - null or undefined: texts are not compared by meaning.
     * @param threshold - from which cosine similarity on two texts mean the same. Default 0.95; measure it for your model.
     * @throws InvalidArgumentError if an option is wrong.
     * @throws UnsupportedError if the store lacks a guarantee, or vector calls.
     */
    constructor(client: KvStore, embeddingModel?: EmbeddingModel | null, threshold?: number, options?: DeduplicatorOptions);
    /**
     * Prepares the store. The other methods call it if you do not; again does no harm.
     *
     * @throws ModelMismatchError when the documents there were stored with another model, or without one.
     * @throws InvalidArgumentError when the namespace holds vectors of another class or prefix.
     */
    initialize(options?: CallOptions): Promise<void>;
    /**
     * Stores a document unless it duplicates another one. Storing the same content under the same id again
     * changes nothing; new content replaces the old, and is compared like a new document's.
     *
     * Two calls for one id do not mix: the second waits for the first.
     *
     * @throws InvalidArgumentError if the id or the content is no text, or longer than `maxContentLength`.
     * @throws EmbeddingError when the model answers with anything but a finite vector; what the model throws is
     * passed on. With `embedderFailure: 'admit'` neither.
     * @throws OutcomeUnknownError when it cannot be known whether it was stored. Calling again completes it.
     * @throws ContentionError when it could not be decided upon; nothing was stored.
     */
    checkAndStore(docId: string, content: string, options?: CallOptions): Promise<DeduplicationResult>;
    /**
     * Removes a document: gives back what it claimed, and decides upon its aliases anew, the oldest first: it
     * is admitted, and so are others unless they duplicate it. True if there was one.
     *
     * @throws OutcomeUnknownError also when it is removed, and what follows was cut off: calling it again, or
     * `repair`, does the rest.
     */
    removeDocument(docId: string, options?: CallOptions): Promise<boolean>;
    /** What is known of a document, or null. One round trip. */
    get(docId: string, options?: CallOptions): Promise<StoredDocument | null>;
    /** All documents and aliases, in no order. */
    documents(options?: CallOptions): AsyncGenerator<StoredDocument>;
    /**
     * Embeds what was stored while the embedder was down, and compares its meaning. Documents that were admitted stay;
     * one that resembles another is marked for review and returned as such. Aliases are decided upon anew.
     *
     * @throws what the model throws, once it was asked for the others too, or failed for 8 in turn. What was done is
     * kept.
     */
    resume(options?: CallOptions): Promise<ResumedDocument[]>;
    /**
     * Ends what crashed calls left behind and brings back what the index has lost. Waits `leaseMs` where a call
     * may still be under way. Safe at any time, by any number of processes.
     */
    repair(options?: DeduplicationRunOptions): Promise<DeduplicationReport>;
    /** What `repair` would find. Changes nothing. */
    verify(options?: DeduplicationRunOptions): Promise<DeduplicationReport>;
}

/** An embedding model answered with something that is not one finite vector of its dimensions for each text. */
declare class EmbeddingError extends NoriKVError {
    static readonly code: string;
}
/** The vectors in the store were made by another model. Use that model, or another namespace. */
declare class ModelMismatchError extends NoriKVError {
    static readonly code: string;
}
/** A record has lost a vector. `repair()` finds such records and brings the vectors back. */
declare class VectorMissingError extends NoriKVError {
    static readonly code: string;
}
/** A later training of product vectors began before this one was ready. Nothing of this one is used. */
declare class TrainingSupersededError extends NoriKVError {
    static readonly code: string;
}

/** What is kept of a product. */
interface Product {
    readonly name: string;
    readonly description: string;
    readonly category: string;
}

/** What a check of a catalogue found. */
interface CatalogueReport extends VerifyReport {
    /** Products that had no vector in the space of the training that counts. */
    readonly completed: number;
}

/** Somebody met something: what `trainItemVectors` learns from. */
interface TrainingEvent {
    readonly userId: string;
    readonly productId: string;
    /** Default 1. Events of one user and product add up; what does not come to more than 0 is left out. */
    readonly weight?: number | undefined;
}

/** Options of `RecommendationEngine`. All processes that share a prefix should agree on them. */
interface RecommendationOptions {
    /**
     * The vector namespace of the products, and of no other class or prefix. Another embedding model needs another one.
     * Default `products`, after `prefix` if there is one.
     */
    readonly namespace?: string | undefined;
    /** What all keys begin with. Default `recommendation:`. */
    readonly prefix?: string | undefined;
    /**
     * What an event of each type weighs; negative for one that speaks against a product. Default
     * `{view: 1, click: 1, cart: 3, like: 4, purchase: 5, dislike: -4}`.
     */
    readonly eventTypes?: Readonly<Record<string, number>> | undefined;
    /** After how many milliseconds an event counts half in what users like in general. Default: 30 days. */
    readonly longHalfLifeMs?: number | undefined;
    /** After how many milliseconds an event counts half in what users like at present. Default: 1 day. */
    readonly shortHalfLifeMs?: number | undefined;
    /** How much of a taste is what the user likes at present, 0 to 1. Default 0.3. */
    readonly shortShare?: number | undefined;
    /** How many products a user's record remembers as seen, up to 2,000. Default 200. */
    readonly seenSize?: number | undefined;
    /** What the most popular product has added to its score. Default 0.05. */
    readonly popularityWeight?: number | undefined;
    /** How old the popularity that is used may be, in milliseconds. Default 60,000. */
    readonly popularityMaxAgeMs?: number | undefined;
    /** How far ahead of this machine's clock the time of an event may lie, in milliseconds. Default 300,000. */
    readonly clockToleranceMs?: number | undefined;
    /** Texts in one call of the model, of products that are indexed at the same time. Default 32. */
    readonly batchSize?: number | undefined;
    /** How many vectors of texts to remember, for products that are indexed again unchanged. Default 0. */
    readonly cacheSize?: number | undefined;
    /** Store calls at a time, for each batch. Default 16. */
    readonly concurrency?: number | undefined;
    /** Accepts a store that does not declare atomic conditions. Events may then be lost. */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
    readonly clock?: Clock | undefined;
    /** Uniform in [0, 1). Default `Math.random`. */
    readonly random?: (() => number) | undefined;
}
/** What a user did. */
interface InteractionOptions extends CallOptions {
    /** One of the engine's event types. Default `view`. */
    readonly type?: string | undefined;
    /**
     * Names the event, up to 128 characters: repeated, from any process, it counts once. A user's record
     * remembers the last 50.
     */
    readonly eventId?: string | undefined;
    /** When it was, in milliseconds since the epoch. Default now. A late event counts as if it had come in time. */
    readonly at?: number | undefined;
    /** Replaces the weight of the type. */
    readonly weight?: number | undefined;
}
/** A product that may be recommended. */
interface CandidateProduct extends Product {
    readonly productId: string;
}
/** Options of finding similar products. */
interface SimilarOptions extends CallOptions {
    /** Only products for which it is true, looked for among the 10,000 nearest. */
    readonly filter?: ((product: CandidateProduct) => boolean) | undefined;
    /** Added to the score of a product. Asked of the four nearest for each place. */
    readonly boost?: ((product: CandidateProduct) => number) | undefined;
    /** 0 ranks by score alone, 1 by being unlike the others alone. Costs a batch of reads above 0. Default 0. */
    readonly diversity?: number | undefined;
}
/** Options of recommending. */
interface RecommendOptions extends SimilarOptions {
    /** Leaves out what the user has met. Default true. */
    readonly excludeSeen?: boolean | undefined;
    /** Products met in this session: they stand for the taste of a user of whom nothing is known yet. */
    readonly sessionItems?: readonly string[] | undefined;
    /** Names the user's products that speak for each recommendation. Costs two batches of reads. Default false. */
    readonly explain?: boolean | undefined;
}
/** Options of `trainItemVectors`. */
interface TrainingOptions extends CallOptions {
    /**
     * Numbers in a learned vector, 1 to 1,024; with those of the model at most 4,096. More of them hold more, and cost
     * more. Default 128, or what the model leaves.
     */
    readonly factors?: number | undefined;
    /** Rounds of the iteration. Default 12. */
    readonly rounds?: number | undefined;
    /** How much the text of a product counts beside what was learned, 0 to 0.99. Default 0.05. */
    readonly contentShare?: number | undefined;
}

/**
 * What a recommendation is based on: what the user likes, what was met in this session, what many like at
 * present, or have liked for long. `similar` in the answers of `getSimilarProducts`.
 */
type RecommendationSource = 'taste' | 'session' | 'trending' | 'popular' | 'similar';
/** How a score came about: the parts add up to it. */
interface Explanation {
    /** How near the product is to what is asked for; 0 where nothing is known of the user. */
    readonly similarity: number;
    /** What popularity adds. */
    readonly popularity: number;
    /** What the caller's `boost` adds. */
    readonly boost: number;
    /** With `explain`: up to three of the user's latest products that speak for it, the strongest first. */
    readonly because?: readonly string[] | undefined;
}
/** A product for a user. */
interface ProductRecommendation {
    readonly productId: string;
    readonly name: string;
    readonly category: string;
    /**
     * Higher is better. `similarity` in it is the cosine between product and taste, -1 to 1; after a training the
     * inner product with the taste, which is in the same range and lower for products little is known of.
     */
    readonly score: number;
    readonly source: RecommendationSource;
    readonly explanation: Explanation;
}

/** What a training did. */
interface TrainingReport {
    /** Counts the trainings of this catalogue. */
    readonly training: number;
    /** Users whose events taught something: those who liked at least two products. */
    readonly users: number;
    /** Products something was learned about. The others keep the vectors of their texts. */
    readonly products: number;
}

/**
 * Recommends products by what each user liked, what is popular, and what it learned from events.
 *
 * A product is one record, which is the truth; its vectors are derived. A user is one record: decayed sums of
 * the vectors of what the user met, changed by compare-and-swap, so that no event is lost, an event with an id
 * counts once, and the order in which events arrive does not matter. A deleted product is never recommended.
 *
 * @example
 * ```ts
 * const engine = new RecommendationEngine(store, model);
 * await engine.initialize();
 * await engine.indexProduct('prod1', 'Running Shoes', 'Lightweight', 'Footwear');
 * await engine.indexProduct('prod2', 'Trail Shoes', 'Durable', 'Footwear');
 * await engine.recordInteraction('user123', 'prod1', { type: 'purchase', eventId: 'order-17' });
 * await engine.getRecommendations('user123', 5);   // Trail Shoes
 * ```
 */
declare class RecommendationEngine {
    #private;
    /**
     * @throws InvalidArgumentError if the model or an option is wrong.
     * @throws UnsupportedError if the store lacks a guarantee.
     */
    constructor(client: VectorKvStore, embeddingModel: EmbeddingModel, options?: RecommendationOptions);
    /**
     * Creates the namespace of the products, if there is none. Call it once before anything else; again does no
     * harm.
     *
     * @throws ModelMismatchError when the products were indexed with another model.
     * @throws InvalidArgumentError when the namespace holds vectors of another class or prefix.
     */
    initialize(options?: CallOptions): Promise<void>;
    /**
     * Writes a product, new or in place of the one there. What was learned about it stays. Writes and removals of one
     * product by one engine take place in the order of the calls.
     *
     * @throws EmbeddingError when the model gives anything but one finite vector of its dimensions.
     */
    indexProduct(productId: string, name: string, desc: string, category: string, options?: CallOptions): Promise<void>;
    /** Removes a product: from now on it is not recommended. True if it existed. */
    removeProduct(productId: string, options?: CallOptions): Promise<boolean>;
    /**
     * Adds an event to what is known of a user. With an `eventId`, repeating it after any failure counts it once.
     *
     * @returns false if there is no such product when the call begins; then nothing is recorded.
     * @throws OperationIdReusedError if the `eventId` was used for another product or weight.
     * @throws ContentionError, OutcomeUnknownError, CancelledError, DeadlineExceededError as the updater does.
     */
    recordInteraction(userId: string, productId: string, options?: InteractionOptions): Promise<boolean>;
    /**
     * Products for a user, best first: by the user's taste; while nothing is known of the user by the session's
     * items; and where these give fewer than `topK`, what is trending and then what is popular.
     *
     * Three round trips: user, vectors, records.
     */
    getRecommendations(userId: string, topK: number, options?: RecommendOptions): Promise<ProductRecommendation[]>;
    /** The products nearest to a product, nearest first; none if there is no such product. */
    getSimilarProducts(productId: string, topK: number, options?: SimilarOptions): Promise<ProductRecommendation[]>;
    /**
     * Learns from events which products the same users like, and uses it from then on, beside the texts. A batch
     * job for one process; it holds all events in memory, and lets the event loop turn.
     *
     * Readers use the old vectors until all new ones are there. Users' records move to the new ones by
     * themselves, from their last 50 events. The same events always give the same vectors.
     *
     * @throws InvalidArgumentError if the events teach nothing: no user likes two products of the catalogue.
     * @throws TrainingSupersededError when another training began meanwhile; nothing of this one is used.
     */
    trainItemVectors(events: Iterable<TrainingEvent> | AsyncIterable<TrainingEvent>, options?: TrainingOptions): Promise<TrainingReport>;
    /**
     * Removes the record of a user. True if there was one. What the user did stays in the popularity of
     * products, which names no users. The ids of the last events stay for a minute, so that one that arrives
     * twice does not bring the user back.
     */
    forgetUser(userId: string, options?: CallOptions): Promise<boolean>;
    /** Ends what crashes left, and makes lost vectors anew. Safe at any time and from anywhere. */
    repair(options?: CallOptions): Promise<CatalogueReport>;
    /** What {@link RecommendationEngine.repair} would find. Changes nothing. */
    verify(options?: CallOptions): Promise<CatalogueReport>;
}

/** How a text is cut. */
interface ChunkingOptions {
    /** Sentences in a chunk. Default 3. */
    readonly sentences?: number | undefined;
    /** Sentences a chunk shares with the one before. Default 1. */
    readonly overlap?: number | undefined;
    /** Words in a chunk, at most; a longer sentence is cut. Default 100. Models ignore what is beyond their limit. */
    readonly maxWords?: number | undefined;
}
/** A part of a text, from `start` up to `end`. */
type Chunk = readonly [start: number, end: number];

/** A document to be searched. */
interface SearchDocument<Metadata extends object = Record<string, unknown>> {
    readonly id: string;
    readonly title: string;
    readonly content: string;
    /** Kept as JSON, given back with results and to filters. */
    readonly metadata?: Metadata | undefined;
}

/** How the two rankings become one. A weight of 0 or 1 turns a leg off: it is not even asked. */
type Fusion = 
/** Weighted sum of both scores, each stretched to [0, 1] over its candidates. */
{
    readonly method: 'weighted';
    readonly lexicalWeight?: number | undefined;
}
/** Weighted sum of 1 / (k + rank). Default `k` is 60. Takes places, not scores: strong when scores mean little. */
 | {
    readonly method: 'reciprocal-rank';
    readonly lexicalWeight?: number | undefined;
    readonly k?: number | undefined;
};
/** What one leg gave a document. */
interface LegScore {
    /** From 1. */
    readonly rank: number;
    /** What the leg measures: cosine similarity, or the score of the lexical index. */
    readonly score: number;
    /** Of that, the part of the final score. */
    readonly contribution: number;
}
/** Where a score comes from. A leg is null if it was off, or did not find the document. */
interface SearchExplanation {
    readonly vector: (LegScore & {
        readonly distance: number;
    }) | null;
    readonly lexical: (LegScore & {
        readonly terms: readonly string[];
    }) | null;
}

/** A part of a text, from its first character up to `end`. */
type TextRange = readonly [start: number, end: number];
/**
 * Puts marks around parts of a text, such as those in `result.passage.highlights`. The text is not escaped.
 *
 * @param ranges - in order, without overlaps.
 * @param before - what is put before a part. Default `**`.
 * @param after - what is put after it. Default: as `before`.
 */
declare function highlight(text: string, ranges: readonly TextRange[], before?: string, after?: string): string;

/** Options of `SemanticSearchEngine`. */
interface SemanticSearchOptions {
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
interface IndexOptions<Metadata extends object = Record<string, unknown>> extends CallOptions {
    /** Kept as JSON, given back with results and to filters. */
    readonly metadata?: Metadata | undefined;
    /** Embeds and writes it even if nothing changed. Default false. */
    readonly force?: boolean | undefined;
}
/** What became of a document: `unchanged` was neither embedded nor written. */
type IndexOutcome = 'indexed' | 'unchanged';
/** Options of indexing many documents. */
interface BulkIndexOptions {
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
interface IndexProgress {
    readonly done: number;
    /** The one just done. */
    readonly last: IndexResult;
}
/** What became of one of many documents. */
interface IndexResult {
    readonly id: string;
    readonly status: IndexOutcome | 'failed';
    /** Why it failed. */
    readonly error?: unknown;
}
/** What became of many documents. */
interface IndexReport {
    /** One for each document, in the order they ended. */
    readonly results: readonly IndexResult[];
    readonly indexed: number;
    readonly unchanged: number;
    readonly failed: number;
    /** False if the signal ended it before all documents were taken. */
    readonly isComplete: boolean;
}
/** What a filter is asked about. */
interface FilteredDocument<Metadata extends object = Record<string, unknown>> {
    readonly id: string;
    readonly title: string;
    readonly metadata: Metadata;
}
/** Options of one search. */
interface SearchOptions<Metadata extends object = Record<string, unknown>> extends CallOptions {
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
interface SearchRepairOptions extends CallOptions {
    /** Looks only at documents whose write or delete has not ended, not at every one. Default false. */
    readonly openOnly?: boolean | undefined;
}
/** Options of one page. */
interface PageOptions<Metadata extends object = Record<string, unknown>> extends SearchOptions<Metadata> {
    /** Results on a page. Default 10. */
    readonly limit?: number | undefined;
    /** Results before this page: `nextOffset` of the page before. Default 0. */
    readonly offset?: number | undefined;
}
/** The part of a document that answers best. */
interface Passage {
    readonly text: string;
    /** Where it is in `content`, from `start` up to `end`. */
    readonly start: number;
    readonly end: number;
    /** Where in `text` the words of the query are. */
    readonly highlights: readonly TextRange[];
}
/** A document that was found. */
interface SearchResult<Metadata extends object = Record<string, unknown>> {
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
interface SearchPage<Metadata extends object = Record<string, unknown>> {
    readonly results: SearchResult<Metadata>[];
    /** Where the next page begins; null if this is the last. */
    readonly nextOffset: number | null;
    /** There may be more: the filter turned down so many that `maxScan` was reached. */
    readonly isTruncated: boolean;
}

/** A query with the documents that answer it. */
interface LabelledQuery {
    readonly query: string;
    /** Ids; at least one. */
    readonly relevant: readonly string[];
}
/** Options of tuning. */
interface TuneOptions {
    /** What to try. Default: weighted sums with lexical weights from 0 to 1 in steps of 0.1. */
    readonly fusions?: readonly Fusion[] | undefined;
    /** How good a ranking is, higher is better. Default: {@link reciprocalRank} within the first 10. */
    readonly measure?: ((ranked: readonly string[], relevant: ReadonlySet<string>) => number) | undefined;
    readonly signal?: AbortSignal | undefined;
}
/** How good one way to join the rankings is. */
interface TunedFusion {
    readonly fusion: Fusion;
    /** The mean of the measure over all queries. */
    readonly score: number;
}
/** What tuning found. Measure `best` again, on queries it was not chosen by. */
interface Tuning {
    readonly best: TunedFusion;
    /** All that was tried, in the order given. */
    readonly tried: readonly TunedFusion[];
}
/** 1 divided by the rank of the first relevant document among the first ten; 0 if there is none. */
declare function reciprocalRank(ranked: readonly string[], relevant: ReadonlySet<string>): number;

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
declare class SemanticSearchEngine<Metadata extends object = Record<string, unknown>> {
    #private;
    /**
     * @throws InvalidArgumentError if the model or an option is wrong.
     * @throws UnsupportedError if the store lacks a guarantee.
     */
    constructor(client: VectorKvStore, embeddingModel: EmbeddingModel, options?: SemanticSearchOptions);
    /**
     * Creates what is not there yet, and fills the lexical index from the records. Call it first.
     *
     * @throws ModelMismatchError if the documents there are of another model, InvalidArgumentError if of another class.
     */
    initialize(options?: CallOptions): Promise<void>;
    /**
     * Indexes a document, new or in place of the one with its id. One whose text is the same is not embedded
     * again; if its metadata is the same too, it is not written either. When it fails, what was there stays, except where
     * `lexical` throws: that learns of a document once it is written.
     *
     * @throws InvalidArgumentError if there is no text, or the id cannot be stored.
     * @throws EmbeddingError when the model's answer is wrong; what the model throws is passed on.
     * @throws OutcomeUnknownError when it cannot be known whether it was written. Indexing again is safe.
     */
    indexDocument(id: string, title: string, content: string, options?: IndexOptions<Metadata>): Promise<IndexOutcome>;
    /** Indexes many documents, embedded in batches. It reports on each; one that fails stops nobody. */
    indexDocuments(documents: Iterable<SearchDocument<Metadata>> | AsyncIterable<SearchDocument<Metadata>>, options?: BulkIndexOptions): Promise<IndexReport>;
    /**
     * The best documents for a query, best first. None for a query without text.
     *
     * One vector call and one batch of parallel reads, unless a filter turns many documents down.
     */
    search(query: string, topK: number, options?: SearchOptions<Metadata>): Promise<SearchResult<Metadata>[]>;
    /**
     * One page of results. Pages of one query and filter fit together while nothing is written, up to `maxScan`; where
     * the store searches a graph, or, with words, the index has not learned yet what others wrote (`refresh()`) or a
     * crash left vectors (`repair()`), a document may be missed or shown twice.
     */
    searchPage(query: string, options?: PageOptions<Metadata>): Promise<SearchPage<Metadata>>;
    /** A document as it was indexed, or null. */
    getDocument(id: string, options?: CallOptions): Promise<SearchDocument<Metadata> | null>;
    /** The ids of all documents, in no order. One that is being written or deleted may be among them. */
    ids(options?: CallOptions): AsyncIterable<string>;
    /** Deletes a document, with all that was derived from it. True if there was one. */
    deleteDocument(id: string, options?: CallOptions): Promise<boolean>;
    /**
     * Tries ways to join the rankings on queries with known answers. Changes nothing: pass the best as `fusion` yourself.
     *
     * @throws InvalidArgumentError without queries or fusions, CancelledError when the signal fires.
     */
    tune(labelled: readonly LabelledQuery[], options?: TuneOptions): Promise<Tuning>;
    /**
     * Reads all records into the lexical index, as `initialize()` does. Searches teach it whatever they read; to
     * find by words what another process has added, this is needed. Without a lexical index it does nothing.
     */
    refresh(options?: CallOptions): Promise<void>;
    /**
     * Ends what crashes left: removes what belongs to no document, embeds again what has lost its vectors. Safe
     * at any time, from any process; writers it takes for dead begin again.
     *
     * @throws CorruptRecordError once all others are looked at, if there is a record that cannot be read.
     */
    repair(options?: SearchRepairOptions): Promise<RepairReport>;
    /** What `repair()` would find. Changes nothing; what is being written is counted too. */
    verify(options?: CallOptions): Promise<VerifyReport>;
}

export { type BulkIndexOptions, type CandidateProduct, type CatalogueReport, type Chunk, type ChunkingOptions, type DeduplicationAction, type DeduplicationPolicy, type DeduplicationReport, type DeduplicationResult, type DeduplicationRunOptions, type DeduplicationStage, type DeduplicatorOptions, DocumentDeduplicator, type EmbedOptions, type Embedder, type EmbedderOptions, type EmbeddingCall, EmbeddingError, type EmbeddingModel, type Explanation, type FilteredDocument, type Fusion, type IndexOptions, type IndexOutcome, type IndexProgress, type IndexReport, type IndexResult, type InteractionOptions, type LabelledQuery, type LegScore, LexicalIndex, ModelMismatchError, type NearCopyOptions, type Objection, type PageOptions, type Passage, type ProductRecommendation, type RecommendOptions, RecommendationEngine, type RecommendationOptions, type RecommendationSource, RepairReport, type ResumedDocument, type SearchDocument, type SearchExplanation, type SearchOptions, type SearchPage, type SearchRepairOptions, type SearchResult, SemanticSearchEngine, type SemanticSearchOptions, type SimilarDocument, type SimilarOptions, type StoredDocument, type TextRange, type TrainingEvent, type TrainingOptions, type TrainingReport, TrainingSupersededError, type TuneOptions, type TunedFusion, type Tuning, type Vector, VectorKvStore, VectorMissingError, VerifyReport, createEmbedder, highlight, reciprocalRank };

// langchain.d.ts

import { Clock, CallOptions } from '@norikv/store';
import { a as VectorKvStore, R as RepairReport, V as VerifyReport } from './repair.js';

/** What LangChain calls `EmbeddingsInterface`. */
interface LangChainEmbeddings {
    /** The vectors of texts, in their order. */
    embedDocuments(texts: string[]): Promise<number[][]>;
    /** The vector of a query. */
    embedQuery(text: string): Promise<number[]>;
}
/** What LangChain calls `DocumentInterface`. */
interface LangChainDocument {
    pageContent: string;
    /** Must be JSON. */
    metadata: Record<string, unknown>;
    id?: string;
}
/** Metadata values that must be equal: strings, numbers, booleans, null; or a predicate. */
type LangChainFilter = Readonly<Record<string, unknown>> | ((document: LangChainDocument) => boolean);
/** Options of a search for variety. */
interface MarginalRelevanceOptions {
    /** How many documents. */
    readonly k: number;
    /** Among how many of the nearest they are chosen. Default 20. */
    readonly fetchK?: number | undefined;
    /** 1 looks at the query alone, 0 at variety alone. Default 0.5. */
    readonly lambda?: number | undefined;
    readonly filter?: LangChainFilter | undefined;
}

/** Options of `NoriKVVectorStore`. */
interface NoriKVVectorStoreOptions {
    /** The store the documents are in. */
    readonly client: VectorKvStore;
    /** How many numbers a vector of the embeddings has; LangChain does not say. */
    readonly dimensions: number;
    /** Of the vectors, and of no other class; the keys begin with `langchain:<namespace>:`. Default `langchain`. */
    readonly namespace?: string | undefined;
    /** Names the model: documents of another are refused. Default: none. */
    readonly fingerprint?: string | undefined;
    /** Documents written at a time. Default 16. */
    readonly concurrency?: number | undefined;
    readonly clock?: Clock | undefined;
}

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
declare class NoriKVVectorStore {
    #private;
    /** What a filter may be; a type, never a value. */
    readonly FilterType: LangChainFilter;
    readonly embeddings: LangChainEmbeddings;
    /** @throws InvalidArgumentError or UnsupportedError if an option is wrong or the store lacks a guarantee. */
    constructor(embeddings: LangChainEmbeddings, options: NoriKVVectorStoreOptions);
    /** Makes a store and adds texts, with one metadata object for all or one for each. */
    static fromTexts(texts: readonly string[], metadatas: readonly Record<string, unknown>[] | Record<string, unknown>, embeddings: LangChainEmbeddings, options: NoriKVVectorStoreOptions): Promise<NoriKVVectorStore>;
    /** Makes a store and adds documents. */
    static fromDocuments(documents: readonly LangChainDocument[], embeddings: LangChainEmbeddings, options: NoriKVVectorStoreOptions): Promise<NoriKVVectorStore>;
    /** Names the kind of store, as LangChain asks. */
    _vectorstoreType(): string;
    /**
     * Embeds and adds documents; one whose id is there already is replaced. Returns the ids. Repeating it is safe where
     * they are given: a document without an id gets another one each time.
     *
     * @throws OutcomeUnknownError when it was cut off and some may be added.
     */
    addDocuments(documents: readonly LangChainDocument[], options?: {
        readonly ids?: readonly string[] | undefined;
    }): Promise<string[]>;
    /** Adds documents that are embedded already. Returns the ids. */
    addVectors(vectors: readonly (readonly number[])[], documents: readonly LangChainDocument[], options?: {
        readonly ids?: readonly string[] | undefined;
    }): Promise<string[]>;
    /** Deletes documents with their vectors. An id that is not there is no error. */
    delete({ ids }: {
        readonly ids: readonly string[];
    }): Promise<void>;
    /** Documents by id, in the order asked for; those that are not there are left out. */
    getByIds(ids: readonly string[]): Promise<LangChainDocument[]>;
    /** The documents nearest to a text. */
    similaritySearch(query: string, k?: number, filter?: LangChainFilter): Promise<LangChainDocument[]>;
    /** The documents nearest to a text, with cosine similarity. */
    similaritySearchWithScore(query: string, k?: number, filter?: LangChainFilter): Promise<[LangChainDocument, number][]>;
    /** The documents nearest to a vector, with cosine similarity. */
    similaritySearchVectorWithScore(query: readonly number[], k: number, filter?: LangChainFilter): Promise<[LangChainDocument, number][]>;
    /** Documents near a text that are unlike each other. @throws InvalidArgumentError if an option is out of range. */
    maxMarginalRelevanceSearch(query: string, { k, fetchK, lambda, filter }: MarginalRelevanceOptions): Promise<LangChainDocument[]>;
    /**
     * Ends what crashes left: removes vectors that belong to no document. Those of which vectors are lost are in
     * `requeued`: add them again. Safe at any time, from any process; writers it takes for dead begin again.
     *
     * @throws CorruptRecordError once all others are looked at, if there is a record that cannot be read.
     */
    repair({ signal, timeoutMs }?: CallOptions): Promise<RepairReport>;
    /** What `repair()` would find. Changes nothing; what is being written is counted too. */
    verify(options?: CallOptions): Promise<VerifyReport>;
}

export { type LangChainDocument, type LangChainEmbeddings, type LangChainFilter, type MarginalRelevanceOptions, NoriKVVectorStore, type NoriKVVectorStoreOptions };

// lexical-index.d.ts

/** A document found by its words. */
interface LexicalHit {
    readonly id: string;
    /** Higher is better; on a scale of the index's own. */
    readonly score: number;
    /** The words of the query that were found. */
    readonly terms: readonly string[];
}
/**
 * An index of words in memory, filled from the records. `createBm25Index` of `@norikv/vector-apps/bm25` makes
 * one; any other will do.
 */
interface LexicalIndex {
    /** Adds a document, or replaces it. */
    add(id: string, document: {
        readonly title: string;
        readonly content: string;
    }): void;
    /** Removes a document, if it is there. */
    remove(id: string): void;
    /** The best documents for a query, best first, each once. Scores are finite. */
    search(query: string, limit: number): readonly LexicalHit[];
    /** How it makes words comparable: passages and highlights follow it. Default: as `createBm25Index()` does. */
    readonly normalize?: ((word: string) => string) | undefined;
}

export type { LexicalIndex as L, LexicalHit as a };

// repair.d.ts

import { KvStore, VectorStore } from '@norikv/store';

/** A store that keeps both records and vectors, such as `@norikv/embedded`. */
type VectorKvStore = KvStore & VectorStore;

/** What is out of order. */
interface VerifyReport {
    /** Ids looked at. */
    readonly checked: number;
    /** Vectors that belong to no record. They are never shown. */
    readonly ghosts: number;
    /** Vectors of records that are not in the store. */
    readonly missing: number;
    /** Ids whose write or delete had not ended. */
    readonly resumed: number;
    /** Records with missing vectors. */
    readonly requeued: readonly string[];
    /** Nothing was found. */
    readonly isClean: boolean;
}
/** What a repair found. In `requeued` are the records that it could not mend: index them again. */
interface RepairReport extends VerifyReport {
}

export type { RepairReport as R, VerifyReport as V, VectorKvStore as a };
