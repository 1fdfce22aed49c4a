import { seededRandom } from '@norikv/testkit';
import { compare, type Figure, type Row } from '../row.js';
import { debianBaskets } from './debian-baskets.js';
import { type Judged, judge, type MeanQuality, ratioInterval } from './ranking-quality.js';
import {
  documentedRule,
  type Guess,
  itemItem,
  popularity,
  textOf,
  textVector,
} from './recommendation-contenders.js';
import { type TrainedEngine, trainedEngine, type Weights } from './trained-engine.js';

const section = 'Recommendations: dependencies of Debian packages, a fifth of each basket hidden';

/** Users on which weights are chosen, at most. */
const choosers = 500;

type Contenders = readonly [name: string, quality: MeanQuality][];
type Measure = (guess: Guess) => Promise<MeanQuality>;

/**
 * Ranks what source packages depend on. Weights are chosen on one half of the users, and the figures are those
 * of the other half. Without `apt-cache` it says so and measures nothing.
 */
export async function run(): Promise<Row[]> {
  const data = await debianBaskets();
  if (!data) {
    console.log('Recommendations: skipped, apt-cache knows no packages here (apt-get update brings them).');
    return [];
  }
  const random = seededRandom(1);
  const users = data.baskets.map((basket): Judged => {
    const shuffled = basket.map((item) => [random(), item] as const).sort(([left], [right]) => left - right);
    const items = shuffled.map(([, item]) => item);
    const hidden = Math.max(1, Math.round(items.length / 5));
    return { known: items.slice(hidden), hidden: new Set(items.slice(0, hidden)) };
  });
  const isReported = users.map(() => random() < 0.5);
  const half = (reported: boolean): number[] =>
    [...users.keys()].filter((place) => isReported[place] === reported);
  const measureOn =
    (places: readonly number[]): Measure =>
    async (guess) => {
      const judged: Judged[] = [];
      const guesses: (readonly number[])[] = [];
      for (const place of places) {
        const user = users[place] ?? { known: [], hidden: new Set<number>() };
        const known = new Set(user.known);
        judged.push(user);
        guesses.push((await guess(user, place)).filter((item) => !known.has(item)).slice(0, 20));
      }
      return judge(judged, guesses, data.dependencies.length);
    };
  const report = measureOn(half(true));

  const engine = await trainedEngine(data, users);
  const untrained = await report(engine.untrained());
  const weights = await choose(engine, measureOn(half(false).slice(0, choosers)));
  const ours = await report(await engine.guess(weights));
  const texts = data.dependencies.map((dependency) => textVector(textOf(dependency)));
  const contenders: Contenders = [
    ['ours: RecommendationEngine, trained', ours],
    ['item-item cosine', await report(itemItem(users, data))],
    ['popularity', await report(popularity(users, data))],
    ['the documentation’s rule, vectors of texts', await report(documentedRule(texts))],
    ['the documentation’s rule, our learned vectors', await report(documentedRule(await engine.vectors()))],
    ['ours: before any training', untrained],
  ];
  return rowsOf(contenders, weights, `${half(true).length} of ${users.length} packages`);
}

async function choose(engine: TrainedEngine, measure: Measure): Promise<Weights> {
  let best: { readonly weights: Weights; readonly ndcg: number } | undefined;
  for (const contentShare of [0.02, 0.05, 0.1]) {
    for (const popularityWeight of [0, 0.02, 0.05]) {
      const weights = { contentShare, popularityWeight };
      const { ndcg } = await measure(await engine.guess(weights));
      if (!best || ndcg > best.ndcg) best = { weights, ndcg };
    }
  }
  return best?.weights ?? { contentShare: 0, popularityWeight: 0 };
}

function rowsOf(contenders: Contenders, weights: Weights, who: string): Row[] {
  const each = (place: number): number[] => contenders[place]?.[1].each.map(({ ndcg }) => ndcg) ?? [];
  const [low, high] = ratioInterval(each(0), each(1), seededRandom(2));
  const chosen = `contentShare ${weights.contentShare}, popularityWeight ${weights.popularityWeight}`;
  const note = `${low.toFixed(2)} to ${high.toFixed(2)} of item-item cosine (95 %); ${chosen}; ${who}`;
  const rows = (unit: string, value: (quality: MeanQuality) => number, first: string): Row[] => {
    const [ours, ...others] = contenders.map(
      ([contender, quality], place): Figure => ({
        contender,
        value: value(quality),
        note: place === 0 ? first : '',
      }),
    );
    return ours ? compare(`${section}: ${unit}`, unit, 'more', [ours, ...others]) : [];
  };
  return [
    ...rows('nDCG@10', ({ ndcg }) => ndcg, note),
    ...rows('recall@20', ({ recall }) => recall, ''),
    ...rows('coverage@10', ({ coverage }) => coverage, ''),
  ];
}
