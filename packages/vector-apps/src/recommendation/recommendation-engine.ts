import type { CallOptions } from '@norikv/store';
import { checkString } from '@norikv/store/checks';
import { CallBudget } from '../core/call-budget.js';
import { checkIterable } from '../core/checks.js';
import { createEmbedder, type Embedder } from '../core/embedder.js';
import type { EmbeddingModel } from '../core/embedding-model.js';
import { Turns } from '../core/turns.js';
import { checkId } from '../core/vector-id.js';
import type { VectorKvStore } from '../core/vector-kv-store.js';
import { scaled } from '../core/vector-math.js';
import { Catalogue, type CatalogueReport } from './catalogue.js';
import { inBoth } from './in-both.js';
import type { TrainingEvent } from './interaction-matrix.js';
import type {
  InteractionOptions,
  RecommendationOptions,
  RecommendOptions,
  SimilarOptions,
  TrainingOptions,
} from './options.js';
import { Popularity } from './popularity.js';
import { type Product, textOf } from './product.js';
import type { NearestRequest } from './ranker.js';
import type { ProductRecommendation } from './recommendation.js';
import { Recommender } from './recommender.js';
import { checkRequest, planOf, type Settings, settingsOf } from './settings.js';
import { Tastes } from './tastes.js';
import { removeDiscarded, type TrainingReport, train } from './train.js';
import { userEvent } from './user-event.js';

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
export class RecommendationEngine {
  readonly #settings: Settings;
  readonly #embedder: Embedder;
  readonly #catalogue: Catalogue;
  readonly #tastes: Tastes;
  readonly #popularity: Popularity;
  readonly #recommender: Recommender;
  readonly #turns: Turns = new Turns();

  /**
   * @throws InvalidArgumentError if the model or an option is wrong.
   * @throws UnsupportedError if the store lacks a guarantee.
   */
  constructor(client: VectorKvStore, embeddingModel: EmbeddingModel, options: RecommendationOptions = {}) {
    const settings = settingsOf(options);
    this.#settings = settings;
    const { batchSize, cacheSize, clock } = options;
    this.#embedder = createEmbedder(embeddingModel, { batchSize, cacheSize, clock });
    const { dimensions, fingerprint } = this.#embedder;
    this.#catalogue = new Catalogue(client, { ...settings, dimensions, fingerprint });
    this.#tastes = new Tastes(client, this.#catalogue, settings);
    this.#popularity = new Popularity(client, settings);
    this.#recommender = new Recommender(this.#catalogue, this.#tastes, this.#popularity, settings);
  }

  /**
   * Creates the namespace of the products, if there is none. Call it once before anything else; again does no
   * harm.
   *
   * @throws ModelMismatchError when the products were indexed with another model.
   * @throws InvalidArgumentError when the namespace holds vectors of another class or prefix.
   */
  async initialize(options?: CallOptions): Promise<void> {
    return this.#catalogue.records.initialize(options);
  }

  /**
   * Writes a product, new or in place of the one there. What was learned about it stays. Writes and removals of one
   * product by one engine take place in the order of the calls.
   *
   * @throws EmbeddingError when the model gives anything but one finite vector of its dimensions.
   */
  async indexProduct(
    productId: string,
    name: string,
    desc: string,
    category: string,
    options: CallOptions = {},
  ): Promise<void> {
    for (const [field, text] of Object.entries({ name, desc, category })) checkString(field, text);
    const product: Product = { name, description: desc, category };
    this.#catalogue.records.checkFits(productId, product);
    const budget = this.#budget(options);
    return this.#turns.take(productId, budget, async () => {
      const vector = await this.#embed(product, budget);
      await this.#catalogue.put(productId, product, vector, budget);
    });
  }

  /** Removes a product: from now on it is not recommended. True if it existed. */
  async removeProduct(productId: string, options: CallOptions = {}): Promise<boolean> {
    const budget = this.#budget(options);
    return this.#turns.take(productId, budget, () => this.#catalogue.delete(productId, budget));
  }

  /**
   * Adds an event to what is known of a user. With an `eventId`, repeating it after any failure counts it once.
   *
   * @returns false if there is no such product when the call begins; then nothing is recorded.
   * @throws OperationIdReusedError if the `eventId` was used for another product or weight.
   * @throws ContentionError, OutcomeUnknownError, CancelledError, DeadlineExceededError as the updater does.
   */
  async recordInteraction(
    userId: string,
    productId: string,
    options: InteractionOptions = {},
  ): Promise<boolean> {
    const event = userEvent(userId, productId, options, this.#settings);
    const budget = this.#budget(options);
    const item = await this.#catalogue.find(productId, budget);
    if (!item) return false;
    return inBoth(this.#tastes.add(event, item, budget), this.#popularity.count(event, budget));
  }

  /**
   * Products for a user, best first: by the user's taste; while nothing is known of the user by the session's
   * items; and where these give fewer than `topK`, what is trending and then what is popular.
   *
   * Three round trips: user, vectors, records.
   */
  async getRecommendations(
    userId: string,
    topK: number,
    options: RecommendOptions = {},
  ): Promise<ProductRecommendation[]> {
    checkId(userId, 'userId');
    checkRequest(topK, options);
    return this.#recommender.recommend(userId, topK, options, this.#budget(options));
  }

  /** The products nearest to a product, nearest first; none if there is no such product. */
  async getSimilarProducts(
    productId: string,
    topK: number,
    options: SimilarOptions = {},
  ): Promise<ProductRecommendation[]> {
    checkId(productId, 'productId');
    checkRequest(topK, options);
    const budget = this.#budget(options);
    const item = await this.#catalogue.find(productId, budget);
    if (!item) return [];
    const { space, vector } = item;
    const request: NearestRequest = {
      space,
      k: topK,
      query: scaled(vector, 1),
      source: 'similar',
      isExcluded: (id) => id === productId,
      excludedCount: 1,
      options,
    };
    const choices = await this.#recommender.ranker.nearest(request, budget);
    return choices.map(({ recommendation }) => recommendation);
  }

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
  async trainItemVectors(
    events: Iterable<TrainingEvent> | AsyncIterable<TrainingEvent>,
    options: TrainingOptions = {},
  ): Promise<TrainingReport> {
    checkIterable('events', events);
    const plan = planOf(options, this.#embedder.dimensions);
    return train(this.#catalogue, events, plan, this.#budget(options));
  }

  /**
   * Removes the record of a user. True if there was one. What the user did stays in the popularity of
   * products, which names no users. The ids of the last events stay for a minute, so that one that arrives
   * twice does not bring the user back.
   */
  async forgetUser(userId: string, options: CallOptions = {}): Promise<boolean> {
    checkId(userId, 'userId');
    return this.#tastes.forget(userId, this.#budget(options));
  }

  /** Ends what crashes left, and makes lost vectors anew. Safe at any time and from anywhere. */
  async repair(options: CallOptions = {}): Promise<CatalogueReport> {
    const budget = this.#budget(options);
    const { trained } = this.#catalogue;
    await removeDiscarded(trained, (await trained.read(budget)).discarded, budget);
    const restore = async ({ data }: { readonly data: Product }): Promise<Float32Array[]> => [
      await this.#embed(data, budget),
    ];
    return this.#catalogue.repair(restore, budget);
  }

  /** What {@link RecommendationEngine.repair} would find. Changes nothing. */
  async verify(options: CallOptions = {}): Promise<CatalogueReport> {
    return this.#catalogue.verify(this.#budget(options));
  }

  async #embed(product: Product, budget: CallBudget): Promise<Float32Array> {
    const [vector] = await this.#embedder.embed([textOf(product)], budget.next());
    return scaled(vector ?? [], 1);
  }

  #budget(options: CallOptions): CallBudget {
    return new CallBudget(options, this.#settings.clock);
  }
}
