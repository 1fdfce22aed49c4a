import type { CallOptions, Clock } from '@norikv/store';
import type { Product } from './product.js';

/** Options of `RecommendationEngine`. All processes that share a prefix should agree on them. */
export interface RecommendationOptions {
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
export interface InteractionOptions extends CallOptions {
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
export interface CandidateProduct extends Product {
  readonly productId: string;
}

/** Options of finding similar products. */
export interface SimilarOptions extends CallOptions {
  /** Only products for which it is true, looked for among the 10,000 nearest. */
  readonly filter?: ((product: CandidateProduct) => boolean) | undefined;
  /** Added to the score of a product. Asked of the four nearest for each place. */
  readonly boost?: ((product: CandidateProduct) => number) | undefined;
  /** 0 ranks by score alone, 1 by being unlike the others alone. Costs a batch of reads above 0. Default 0. */
  readonly diversity?: number | undefined;
}

/** Options of recommending. */
export interface RecommendOptions extends SimilarOptions {
  /** Leaves out what the user has met. Default true. */
  readonly excludeSeen?: boolean | undefined;
  /** Products met in this session: they stand for the taste of a user of whom nothing is known yet. */
  readonly sessionItems?: readonly string[] | undefined;
  /** Names the user's products that speak for each recommendation. Costs two batches of reads. Default false. */
  readonly explain?: boolean | undefined;
}

/** Options of `trainItemVectors`. */
export interface TrainingOptions extends CallOptions {
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
