import { createMemoryVectorStore } from '@norikv/testkit';
import { RecommendationEngine } from '@norikv/vector-apps';
import type { Baskets } from './debian-baskets.js';
import type { Judged } from './ranking-quality.js';
import { type Guess, textDimensions, textVector } from './recommendation-contenders.js';

/** What is chosen on the first half of the users. */
export interface Weights {
  readonly contentShare: number;
  readonly popularityWeight: number;
}

/** The engine itself, to which every known item of every user was told, one event each. */
export interface TrainedEngine {
  /** Guesses after a training on all events. */
  guess(weights: Weights): Promise<Guess>;
  /** Guesses by the texts alone. Only before the first training, which cannot be taken back. */
  untrained(): Guess;
  /** What the last training learned, with the vectors of the texts. */
  vectors(): Promise<readonly Float32Array[]>;
}

/** Opens an engine, indexes all items, and tells it what every user has. */
export async function trainedEngine(data: Baskets, users: readonly Judged[]): Promise<TrainedEngine> {
  const store = createMemoryVectorStore();
  const model = { dimensions: textDimensions, embed: async (text: string) => textVector(text) };
  const open = (popularityWeight: number): RecommendationEngine =>
    new RecommendationEngine(store, model, { popularityWeight, popularityMaxAgeMs: 86_400_000 });
  const engine = open(0);
  await engine.initialize();
  const places = new Map(data.dependencies.map(({ name }, place) => [name, place]));
  for (const { name, description, section } of data.dependencies) {
    await engine.indexProduct(name, name, description, section);
  }
  const events = users.flatMap(({ known }, user) =>
    known.map((item) => ({ userId: `user-${user}`, productId: data.dependencies[item]?.name ?? '' })),
  );
  const told = 500;
  for (let from = 0; from < events.length; from += told) {
    const some = events.slice(from, from + told);
    await Promise.all(
      some.map(({ userId, productId }) => engine.recordInteraction(userId, productId, { at: 0 })),
    );
  }

  const guessWith = (popularityWeight: number): Guess => {
    const reader = open(popularityWeight);
    return async (_, user) => {
      const found = await reader.getRecommendations(`user-${user}`, 20);
      return found.map(({ productId }) => places.get(productId) ?? -1);
    };
  };
  let training = 0;
  let share: number | undefined;
  return {
    async guess({ contentShare, popularityWeight }) {
      if (share !== contentShare) ({ training } = await engine.trainItemVectors(events, { contentShare }));
      share = contentShare;
      return guessWith(popularityWeight);
    },
    untrained: () => guessWith(0),
    async vectors() {
      const query = new Float32Array(textDimensions + 128);
      const namespace = `products~learned-${training}`;
      const options = { includeVectors: true };
      const { matches } = await store.vectorSearch(namespace, query, places.size, options);
      const vectorOf = new Map(matches.map(({ id, vector = [] }) => [id.split('#')[0], vector]));
      return data.dependencies.map(({ name }) => Float32Array.from(vectorOf.get(name) ?? query));
    },
  };
}
