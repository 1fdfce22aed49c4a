import { createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import type { RecommendationOptions } from '../src/recommendation/options.js';
import type { RecommendationEngine } from '../src/recommendation/recommendation-engine.js';
import { openShop, productIds, stock } from './recommendation/shop.js';
import { watchedStore } from './support/watched-store.js';

/** What an operation costs: how many calls of each kind, and how many round trips one after the other. */
async function costOf(
  options: RecommendationOptions,
  operation: (engine: RecommendationEngine) => Promise<unknown>,
): Promise<Record<string, number>> {
  const clock = new FakeClock();
  const { store, calls } = watchedStore(createMemoryVectorStore({ clock, latencyMs: 1 }));
  const engine = await clock.run(() => openShop(store, { clock, concurrency: 64, ...options }));
  await clock.run(async () => {
    await stock(engine);
    await engine.recordInteraction('ann', 'boots');
  });
  calls.length = 0;
  const startedAt = clock.monotonic();
  await clock.run(() => operation(engine));
  const cost: Record<string, number> = { roundTrips: clock.monotonic() - startedAt };
  for (const call of calls) cost[call] = (cost[call] ?? 0) + 1;
  return cost;
}

describe('the cost in round trips', () => {
  it('of recommending: the user, one vector call, one batch of reads', async () => {
    // The user and the trainings; then as many records as are answered.
    expect(await costOf({}, (engine) => engine.getRecommendations('ann', 3))).toEqual({
      roundTrips: 3,
      find: 2 + 3,
      vectorSearch: 1,
    });
  });

  it('of recommending with popularity: 16 more reads at the same time, and then none until they are old', async () => {
    const withPopularity = { popularityWeight: 0.1 };
    expect(await costOf(withPopularity, (engine) => engine.getRecommendations('ann', 1))).toEqual({
      roundTrips: 3,
      find: 2 + 16 + 4,
      vectorSearch: 1,
    });
    const twice = async (engine: RecommendationEngine): Promise<void> => {
      await engine.getRecommendations('ann', 1);
      await engine.getRecommendations('ann', 1);
    };
    expect(await costOf(withPopularity, twice)).toMatchObject({ find: 16 + 2 * (2 + 4), vectorSearch: 2 });
    expect(await costOf({ ...withPopularity, popularityMaxAgeMs: 1 }, twice)).toMatchObject({
      find: 2 * (16 + 2 + 4),
    });
  });

  it('of recommending to a stranger: what is trending, and its records', async () => {
    expect(await costOf({}, (engine) => engine.getRecommendations('new', 1))).toEqual({
      roundTrips: 3,
      find: 2 + 16 + 1,
    });
  });

  it('of similar products: product, its vector, one vector call, one batch of reads', async () => {
    expect(await costOf({}, (engine) => engine.getSimilarProducts('boots', 2))).toEqual({
      roundTrips: 4,
      find: 2 + 2,
      vectorGet: 1,
      vectorSearch: 1,
    });
  });

  it('of an interaction: product, its vector, and one write of each record', async () => {
    expect(await costOf({}, (engine) => engine.recordInteraction('ann', 'novel'))).toEqual({
      roundTrips: 3,
      find: 2,
      vectorGet: 1,
      put: 2,
    });
    expect(await costOf({}, (engine) => engine.recordInteraction('new', 'novel'))).toMatchObject({
      roundTrips: 4,
      put: 2,
    });
  });

  it('of diversity and explanations: batches of vectors', async () => {
    const diverse = await costOf({}, (engine) => engine.getRecommendations('ann', 1, { diversity: 0.5 }));
    expect(diverse).toEqual({ roundTrips: 4, find: 2 + 4, vectorSearch: 1, vectorGet: 4 });
    const explained = await costOf({}, (engine) => engine.getRecommendations('ann', 2, { explain: true }));
    expect(explained).toEqual({ roundTrips: 5, find: 2 + 2 + 1, vectorSearch: 1, vectorGet: 3 });
  });

  it('does not grow with what the user has seen', async () => {
    const cost = await costOf({}, async (engine) => {
      for (const id of productIds.slice(0, 4)) await engine.recordInteraction('ben', id);
      return engine.getRecommendations('ben', 1);
    });
    expect(cost).toMatchObject({ vectorSearch: 1, find: 1 + 4 * 2 + 2 + 1 + 1 });
  });
});
