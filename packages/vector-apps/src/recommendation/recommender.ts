import type { CallBudget } from '../core/call-budget.js';
import { lengthOf, scaled, valueAt } from '../core/vector-math.js';
import type { Catalogue } from './catalogue.js';
import type { ItemSpace } from './item-space.js';
import type { RecommendOptions } from './options.js';
import type { Popularity } from './popularity.js';
import { type Choice, Ranker, type Request } from './ranker.js';
import { reasonsFor } from './reasons.js';
import type { ProductRecommendation } from './recommendation.js';
import type { Settings } from './settings.js';
import { shortHash } from './short-hash.js';
import { directionOf, type Taste } from './taste.js';
import type { Tastes } from './tastes.js';

/** Goes down the chain: the user's taste, the session's items, what is trending, what is popular. */
export class Recommender {
  readonly ranker: Ranker;
  readonly #catalogue: Catalogue;
  readonly #tastes: Tastes;
  readonly #popularity: Popularity;
  readonly #settings: Settings;

  constructor(catalogue: Catalogue, tastes: Tastes, popularity: Popularity, settings: Settings) {
    this.#catalogue = catalogue;
    this.#tastes = tastes;
    this.#popularity = popularity;
    this.#settings = settings;
    this.ranker = new Ranker(catalogue);
  }

  async recommend(
    userId: string,
    topK: number,
    options: RecommendOptions,
    budget: CallBudget,
  ): Promise<ProductRecommendation[]> {
    const { excludeSeen = true, sessionItems = [], explain = false } = options;
    const { popularityWeight, shortShare } = this.#settings;
    const spaceRead = this.#catalogue.space(budget);
    const [space, taste, prior] = await Promise.all([
      spaceRead,
      this.#tastes.read(userId, spaceRead, budget),
      popularityWeight > 0 ? this.#popularity.snapshot(budget) : undefined,
    ]);

    const seen = new Set(excludeSeen ? taste?.seen.map(([hash]) => hash) : []);
    const taken = new Set(sessionItems);
    const chosen: Choice[] = [];
    const add = (choices: readonly Choice[]): void => {
      for (const choice of choices) taken.add(choice.id);
      chosen.push(...choices);
    };
    const request = (): Request => ({
      space,
      k: topK - chosen.length,
      isExcluded: (id) => taken.has(id) || seen.has(shortHash(id)),
      excludedCount: taken.size + seen.size,
      options,
    });

    const liked = taste && directionOf(taste, shortShare);
    const query = liked ?? (await sessionDirection(sessionItems, space, budget));
    if (query) {
      const priorOf = prior && ((id: string) => popularityWeight * prior.scoreOf(id));
      const source = liked ? 'taste' : 'session';
      add(await this.ranker.nearest({ ...request(), query, source, priorOf }, budget));
    }
    for (const source of ['trending', 'popular'] as const) {
      if (chosen.length === topK) break;
      const snapshot = prior ?? (await this.#popularity.snapshot(budget));
      add(await this.ranker.ranked(request(), source, snapshot, budget));
    }
    if (explain && taste) return this.#explained(chosen, taste, space, budget);
    return chosen.map(({ recommendation }) => recommendation);
  }

  async #explained(
    chosen: readonly Choice[],
    taste: Taste,
    space: ItemSpace,
    budget: CallBudget,
  ): Promise<ProductRecommendation[]> {
    const { halfLives } = this.#settings;
    const recent = taste.recent.map(([id]) => id);
    const [recentVectorOf, placed] = await Promise.all([
      space.vectorsById(recent, budget),
      space.withVectors(chosen, budget),
    ]);
    return placed.map(({ vector, recommendation }) => {
      const because = reasonsFor(vector, taste, recentVectorOf, halfLives);
      return { ...recommendation, explanation: { ...recommendation.explanation, because } };
    });
  }
}

/** The direction of the products of a session; undefined if none of them is there, or they are opposites. */
async function sessionDirection(
  productIds: readonly string[],
  space: ItemSpace,
  budget: CallBudget,
): Promise<Float32Array | undefined> {
  const [first, ...others] = (await space.vectorsById(productIds, budget)).values();
  const sum = first?.map((value, place) => others.reduce((total, one) => total + valueAt(one, place), value));
  return sum && lengthOf(sum) > 0 ? scaled(sum, 1) : undefined;
}
