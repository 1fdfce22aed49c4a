import { InvalidArgumentError } from '@norikv/store';
import { checkString, refuse } from '@norikv/store/checks';
import { checkFunctions, checkNumber } from '../core/checks.js';
import { askedOf, type Fusion, fuse, lexicalWeightOf, type Rankings } from './fusion.js';

/** A query with the documents that answer it. */
export interface LabelledQuery {
  readonly query: string;
  /** Ids; at least one. */
  readonly relevant: readonly string[];
}

/** Options of tuning. */
export interface TuneOptions {
  /** What to try. Default: weighted sums with lexical weights from 0 to 1 in steps of 0.1. */
  readonly fusions?: readonly Fusion[] | undefined;
  /** How good a ranking is, higher is better. Default: {@link reciprocalRank} within the first 10. */
  readonly measure?: ((ranked: readonly string[], relevant: ReadonlySet<string>) => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How good one way to join the rankings is. */
export interface TunedFusion {
  readonly fusion: Fusion;
  /** The mean of the measure over all queries. */
  readonly score: number;
}

/** What tuning found. Measure `best` again, on queries it was not chosen by. */
export interface Tuning {
  readonly best: TunedFusion;
  /** All that was tried, in the order given. */
  readonly tried: readonly TunedFusion[];
}

/** 1 divided by the rank of the first relevant document among the first ten; 0 if there is none. */
export function reciprocalRank(ranked: readonly string[], relevant: ReadonlySet<string>): number {
  const place = ranked.slice(0, 10).findIndex((id) => relevant.has(id));
  return place === -1 ? 0 : 1 / (place + 1);
}

const most = Number.MAX_VALUE;
const weights: readonly Fusion[] = Array.from({ length: 11 }, (_, step) => ({
  method: 'weighted',
  lexicalWeight: step / 10,
}));

/** Tries ways to join rankings on queries with known answers. Of equals the first is the best. */
export async function tuneFusion(
  labelled: readonly LabelledQuery[],
  { fusions = weights, measure = reciprocalRank }: TuneOptions,
  rankingsOf: (query: string) => Promise<Rankings>,
): Promise<Tuning> {
  checkFunctions({ measure });
  for (const [name, list] of Object.entries({ labelled, fusions })) {
    if (!Array.isArray(list)) refuse(name, list, 'an array');
  }
  for (const fusion of fusions) lexicalWeightOf(fusion);
  if (labelled.length === 0 || fusions.length === 0) {
    throw new InvalidArgumentError('There is nothing to tune by; give labelled queries, and fusions to try');
  }
  const totals = fusions.map((fusion) => ({ fusion, score: 0 }));
  for (const { query, relevant } of labelled) {
    checkString('query', query);
    const rankings = await rankingsOf(query);
    const wanted = new Set(relevant);
    for (const total of totals) {
      const ranked = fuse(askedOf(rankings, total.fusion), total.fusion).map(({ id }) => id);
      total.score += checkNumber('what measure answers', measure(ranked, wanted), -most, most);
    }
  }
  const tried = totals.map(({ fusion, score }) => ({ fusion, score: score / labelled.length }));
  const best = tried.reduce((one, other) => (other.score > one.score ? other : one));
  return { best, tried };
}
