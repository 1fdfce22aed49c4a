import { createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import { DocumentDeduplicator, RecommendationEngine, SemanticSearchEngine } from '../src/index.js';
import { faultyVectorStore } from './support/faulty-vector-store.js';
import { hashingModel } from './support/hashing-model.js';

interface Keeper {
  repair(): Promise<object>;
  verify(): Promise<object>;
}

const clock = new FakeClock();

it.each<[string, (store: VectorKvStore) => Promise<Keeper>]>([
  [
    'a search',
    async (store) => {
      const engine = new SemanticSearchEngine(store, hashingModel(), { clock });
      await engine.indexDocument('a', 'A', 'apple');
      return engine;
    },
  ],
  [
    'recommendations',
    async (store) => {
      const engine = new RecommendationEngine(store, hashingModel(), { clock });
      await engine.indexProduct('a', 'Apple', 'red', 'fruit');
      await engine.indexProduct('b', 'Pear', 'green', 'fruit');
      const events = ['a', 'b'].map((productId) => ({ userId: 'u', productId }));
      await engine.trainItemVectors(events, { factors: 2 });
      return engine;
    },
  ],
  [
    'de-duplication',
    async (store) => {
      const dedup = new DocumentDeduplicator(store, hashingModel(), 0.95, { clock });
      await dedup.checkAndStore('a', 'apple');
      return dedup;
    },
  ],
])('%s is repaired to the end while one read of ten is lost', async (_what, open) => {
  const { store, faults } = faultyVectorStore(createMemoryVectorStore({ clock }), {
    clock,
    decide: ({ operation, number }) =>
      operation === 'find' && number % 10 === 0 ? 'lost-request' : undefined,
  });
  const keeper = await clock.run(() => open(store));
  const before = faults.injected['lost-request'];
  expect(await clock.run(() => keeper.repair())).toMatchObject({ isClean: true });
  expect(await clock.run(() => keeper.verify())).toMatchObject({ isClean: true });
  expect(faults.injected['lost-request'] - before).toBeGreaterThan(10);
});
