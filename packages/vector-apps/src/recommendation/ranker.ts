import { checkAtOnce } from '@norikv/store/checks';
import type { CallBudget } from '../core/call-budget.js';
import { checkAnswer, checkNumber } from '../core/checks.js';
import { byScore, diversified } from '../core/ranking.js';
import type { Catalogue } from './catalogue.js';
import type { ItemSpace, ProductRecord } from './item-space.js';
import type { CandidateProduct, SimilarOptions } from './options.js';
import type { PopularitySnapshot } from './popularity.js';
import type { ProductRecommendation, RecommendationSource } from './recommendation.js';

/** A recommendation with the record it is made of. */
export interface Choice {
  readonly id: string;
  readonly score: number;
  readonly record: ProductRecord;
  readonly recommendation: ProductRecommendation;
}

/** What to choose, and from what. */
export interface Request {
  readonly space: ItemSpace;
  readonly k: number;
  readonly isExcluded: (productId: string) => boolean;
  /** About how many that leaves out. */
  readonly excludedCount: number;
  readonly options: SimilarOptions;
}

/** What to choose by nearness. */
export interface NearestRequest extends Request {
  readonly query: Float32Array;
  readonly source: RecommendationSource;
  /** What popularity adds to the score of a product. Undefined: nothing. */
  readonly priorOf?: ((productId: string) => number) | undefined;
}

/** What a score is made of, apart from the caller's `boost`. */
interface Parts {
  readonly similarity: number;
  readonly popularity: number;
}

/** How many candidates are ranked for each place, where something else than nearness has a say. */
const candidatesPerPlace = 4;

/** Chooses products and puts them in order. */
export class Ranker {
  readonly #catalogue: Catalogue;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** The nearest products, ranked by nearness, popularity and boost. */
  async nearest(request: NearestRequest, budget: CallBudget): Promise<Choice[]> {
    const { space, k, query, source, priorOf, isExcluded, excludedCount, options } = request;
    const found = await space.nearest(
      query,
      priorOf ? k * candidatesPerPlace : poolOf(k, options),
      { isExcluded, excludedCount, filter: filterOf(options) },
      budget,
    );
    const choices = found.map(({ record, distance }) => {
      const parts = { similarity: space.similarityOf(distance), popularity: priorOf?.(record.id) ?? 0 };
      return choiceOf(record, source, parts, options);
    });
    return this.#best(choices, request, budget);
  }

  /** The first of ranked products that are there and wanted. Reads as many as it needs, all at once. */
  async ranked(
    request: Request,
    source: 'trending' | 'popular',
    snapshot: PopularitySnapshot,
    budget: CallBudget,
  ): Promise<Choice[]> {
    const { k, isExcluded, options } = request;
    const filter = filterOf(options);
    const ids = snapshot[source].filter((id) => !isExcluded(id));
    const wanted = poolOf(k, options);
    const choices: Choice[] = [];
    for (let from = 0; from < ids.length && choices.length < wanted; ) {
      const next = ids.slice(from, from + (filter ? wanted * candidatesPerPlace : wanted - choices.length));
      from += next.length;
      for (const record of await this.#catalogue.records.getMany(next, budget.next())) {
        if (!record || (filter && !filter(record))) continue;
        const parts = { similarity: 0, popularity: snapshot.scoreOf(record.id, source) };
        choices.push(choiceOf(record, source, parts, options));
      }
    }
    return this.#best(choices.slice(0, wanted), request, budget);
  }

  async #best(choices: Choice[], { space, k, options }: Request, budget: CallBudget): Promise<Choice[]> {
    const { diversity = 0 } = options;
    choices.sort(byScore);
    if (diversity === 0) return choices.slice(0, k);
    return diversified(await space.withVectors(choices, budget), k, diversity);
  }
}

const most = Number.MAX_SAFE_INTEGER;
const answered = 'what boost answers';

function poolOf(k: number, { boost, diversity = 0 }: SimilarOptions): number {
  return boost || diversity > 0 ? k * candidatesPerPlace : k;
}

function filterOf({ filter }: SimilarOptions): ((record: ProductRecord) => boolean) | undefined {
  return filter && ((record) => checkAnswer(filter(candidateOf(record))));
}

function candidateOf({ id, data }: ProductRecord): CandidateProduct {
  return { productId: id, ...data };
}

function choiceOf(
  record: ProductRecord,
  source: RecommendationSource,
  { similarity, popularity }: Parts,
  { boost }: SimilarOptions,
): Choice {
  const { id, data } = record;
  const answer = boost ? checkAtOnce(answered, boost(candidateOf(record)), 'a number, at once') : 0;
  const boosted = checkNumber(answered, answer, -most, most);
  const score = similarity + popularity + boosted;
  const { name, category } = data;
  const explanation = { similarity, popularity, boost: boosted };
  return { id, score, record, recommendation: { productId: id, name, category, score, source, explanation } };
}
