import { createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createEmbedder } from '../src/core/embedder.js';
import { DocumentDeduplicator, RecommendationEngine, SemanticSearchEngine } from '../src/index.js';
import { hashingModel } from './support/hashing-model.js';

const silent = { dimensions: 64, embed: () => new Promise<never>(() => {}) };

describe('the time limit of a call', () => {
  it.each<[string, () => Promise<unknown>]>([
    [
      'a search',
      () => new SemanticSearchEngine(createMemoryVectorStore(), silent).search('x', 1, { timeoutMs: 30 }),
    ],
    [
      'indexing a document',
      () =>
        new SemanticSearchEngine(createMemoryVectorStore(), silent).indexDocument('a', 'A', 'x', {
          timeoutMs: 30,
        }),
    ],
    [
      'indexing a product',
      () =>
        new RecommendationEngine(createMemoryVectorStore(), silent).indexProduct('a', 'A', 'x', 'y', {
          timeoutMs: 30,
        }),
    ],
    [
      'comparing a document',
      () =>
        new DocumentDeduplicator(createMemoryVectorStore(), silent).checkAndStore('a', 'x', {
          timeoutMs: 30,
        }),
    ],
  ])('is that of the model, too: %s', async (_what, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
});

it('a call that is cut off while it prepares the store does not fail others', async () => {
  const dedup = new DocumentDeduplicator(createMemoryVectorStore(), null);
  const controller = new AbortController();
  const cut = dedup.initialize({ signal: controller.signal });
  controller.abort();
  const stored = dedup.checkAndStore('a', 'hello');
  await expect(cut).rejects.toMatchObject({ name: 'AbortError' });
  expect(await stored).toMatchObject({ isDuplicate: false });
});

it.each([
  [
    'search',
    (store: ReturnType<typeof createMemoryVectorStore>, fingerprint: string) => {
      const engine = new SemanticSearchEngine(store, { ...hashingModel(), fingerprint });
      return { write: () => engine.indexDocument('a', 'A', 'apple'), read: () => engine.search('apple', 1) };
    },
  ],
  [
    'recommendations',
    (store: ReturnType<typeof createMemoryVectorStore>, fingerprint: string) => {
      const engine = new RecommendationEngine(store, { ...hashingModel(), fingerprint });
      const write = () => engine.indexProduct('a', 'A', 'apple', 'fruit');
      return { write, read: write };
    },
  ],
] as const)('another model is refused although nobody called initialize: %s', async (_what, open) => {
  const store = createMemoryVectorStore();
  await open(store, 'one').write();
  const other = open(store, 'two');
  await expect(other.write()).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
  await expect(other.read()).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
});

it('a model that is down is not asked for each text of a batch', async () => {
  let calls = 0;
  const embedBatch = (): never => {
    calls += 1;
    throw new Error('429');
  };
  const embedder = createEmbedder({ dimensions: 1, embed: embedBatch, embedBatch }, { concurrency: 1 });
  const all = Array.from({ length: 32 }, (_, place) => embedder.embed([`text ${place}`]));
  const outcomes = await Promise.allSettled(all);
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  expect(calls).toBe(4);
});
