import { createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import { DocumentDeduplicator, RecommendationEngine } from '../src/index.js';
import { faultyVectorStore } from './support/faulty-vector-store.js';
import { hashingModel } from './support/hashing-model.js';

const clock = new FakeClock();
const model = hashingModel();
const text = 'An apple a day keeps the doctor away.';
const events = ['a', 'b'].map((productId) => ({ userId: 'u', productId }));

async function openShop(store: VectorKvStore): Promise<RecommendationEngine> {
  const engine = new RecommendationEngine(store, model, { clock });
  for (const id of ['a', 'b']) await engine.indexProduct(id, id, 'fruit', 'food');
  return engine;
}

it.each<[string, string, number, (store: VectorKvStore) => Promise<() => Promise<unknown>>]>([
  [
    'a removal of a document',
    'doc/a',
    1,
    async (store) => {
      const dedup = new DocumentDeduplicator(store, null, 0.95, { clock });
      await dedup.checkAndStore('a', text);
      return () => dedup.removeDocument('a');
    },
  ],
  [
    'a replacement of a document',
    'doc/a',
    1,
    async (store) => {
      const dedup = new DocumentDeduplicator(store, null, 0.95, { clock, policy: 'replace' });
      await dedup.checkAndStore('a', text);
      return () => dedup.checkAndStore('b', text);
    },
  ],
  [
    'a link of a document',
    'doc/b',
    2,
    async (store) => {
      const dedup = new DocumentDeduplicator(store, null, 0.95, { clock, policy: 'link' });
      await dedup.checkAndStore('a', text);
      return () => dedup.checkAndStore('b', text);
    },
  ],
  [
    'a product',
    'doc/a',
    2,
    async (store) => {
      const engine = await openShop(store);
      return () => engine.indexProduct('a', 'Apple', 'red', 'fruit');
    },
  ],
  [
    'a training',
    'trainings',
    2,
    async (store) => {
      const engine = await openShop(store);
      return () => engine.trainItemVectors(events, { factors: 2 });
    },
  ],
])(
  '%s that has been written is not said to be unwritten when the store goes away',
  async (_what, key, last, open) => {
    let putsLeft = Number.POSITIVE_INFINITY;
    // Each write is preceded by a read, which is what fails first.
    const memory = createMemoryVectorStore({ clock, capabilities: { putVersionUsable: false } });
    const { store } = faultyVectorStore(memory, {
      clock,
      decide(call) {
        if (putsLeft === 0) return 'lost-request';
        if (call.operation === 'put' && String(call.key).endsWith(key)) putsLeft -= 1;
        return undefined;
      },
    });
    const call = await clock.run(() => open(store));
    putsLeft = last;
    await expect(clock.run(call)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
  },
);
