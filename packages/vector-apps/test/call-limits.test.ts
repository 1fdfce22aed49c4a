import type { CallOptions } from '@norikv/store';
import { createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createBm25Index } from '../src/bm25.js';
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

describe('the time limit is that of the whole call, whatever it consists of', () => {
  const clock = new FakeClock();
  const openBoth = async () => {
    const store = createMemoryVectorStore({ clock, latencyMs: 10 });
    const search = new SemanticSearchEngine(store, hashingModel(), { clock, lexical: createBm25Index() });
    const shop = new RecommendationEngine(store, hashingModel(), { clock });
    await clock.run(search.initialize());
    await clock.run(search.indexDocument('a', 'A', 'apple'));
    await clock.run(shop.indexProduct('a', 'A', 'apple', 'fruit'));
    return { search, shop };
  };

  it.each<[string, (open: Awaited<ReturnType<typeof openBoth>>, options: CallOptions) => Promise<unknown>]>([
    ['initializing a search', ({ search }, options) => search.initialize(options)],
    ['refreshing a search', ({ search }, options) => search.refresh(options)],
    ['repairing a search', ({ search }, options) => search.repair(options)],
    ['repairing recommendations', ({ shop }, options) => shop.repair(options)],
    ['verifying recommendations', ({ shop }, options) => shop.verify(options)],
  ])('%s', async (_what, call) => {
    const open = await openBoth();
    const startMs = clock.monotonic();
    await clock.run(call(open, {}));
    const neededMs = clock.monotonic() - startMs;
    await clock.run(call(open, { timeoutMs: neededMs + 10 }));
    const late = clock.run(call(open, { timeoutMs: neededMs - 5 }));
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
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
