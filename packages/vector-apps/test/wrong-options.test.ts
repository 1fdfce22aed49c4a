import { createMemoryStore, createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it, vi } from 'vitest';
import { createBm25Index } from '../src/bm25.js';
import {
  createEmbedder,
  DocumentDeduplicator,
  RecommendationEngine,
  SemanticSearchEngine,
  type VectorKvStore,
} from '../src/index.js';
import { NoriKVVectorStore } from '../src/langchain.js';
import { hashingModel } from './support/hashing-model.js';

type Wrong = readonly [what: string, value: unknown, message: string];

const shared: readonly Wrong[] = [
  ['namespace', 7, 'namespace is 7; use a string'],
  ['namespace', '', 'namespace is ""; use a string with something in it'],
  ['unsafeAllowNonAtomicCas', 'yes', 'unsafeAllowNonAtomicCas is "yes"; use true or false'],
  ['random', 0.5, 'random is 0.5; use a function'],
  ['clock', 7, 'clock.now is undefined; use a function'],
  ['clock', { now: Date.now }, 'clock.monotonic is undefined; use a function'],
];

const refused = (message: string) =>
  expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) });

describe('an option of the class that is wrong is refused by name', () => {
  const open = {
    search: (options: object | null) =>
      new SemanticSearchEngine(createMemoryVectorStore(), hashingModel(), options as never),
    recommendations: (options: object | null) =>
      new RecommendationEngine(createMemoryVectorStore(), hashingModel(), options as never),
    deduplication: (options: object | null) =>
      new DocumentDeduplicator(createMemoryVectorStore(), null, 0.95, options as never),
  };

  it.each(Object.entries(open))('%s', (_what, construct) => {
    expect(() => construct(null)).toThrow(refused('options is null; use an object'));
    for (const [name, value, message] of shared) {
      expect(() => construct({ [name]: value })).toThrow(refused(message));
    }
    expect(() => construct({ misspelt: 1 })).toThrow(refused('an option is "misspelt"; use '));
  });

  it('prefix', () => {
    const wrong = { prefix: null };
    expect(() => open.recommendations(wrong)).toThrow(refused('prefix is null; use a string'));
    expect(() => open.deduplication(wrong)).toThrow(refused('prefix is null; use a string'));
    expect(() => open.search(wrong)).toThrow(refused('an option is "prefix"; use chunking, '));
  });

  it.each<Wrong>([
    ['chunking', null, 'chunking is null; use an object, or false'],
    ['chunking', { overlap: Number.NaN }, 'chunking.overlap is NaN'],
    ['chunking', { sentence: 3 }, 'an option of chunking is "sentence"; use sentences, overlap, maxWords'],
    ['lexical', null, 'lexical.add is undefined; use an index such as createBm25Index()'],
    ['lexical', {}, 'lexical.add is undefined'],
    ['fusion', 'weighted', 'fusion is "weighted"; use an object with a method'],
    ['fusion', null, 'fusion is null; use an object with a method'],
    ['fusion', { method: 'nope' }, 'fusion.method is "nope"; use "weighted" or "reciprocal-rank"'],
    ['fusion', { method: 'weighted', lexicalWeight: Number.NaN }, 'fusion.lexicalWeight is NaN'],
    ['fusion', { method: 'reciprocal-rank', k: '60' }, 'fusion.k is "60"; use a number'],
    ['candidates', '100', 'candidates is "100"; use a whole number'],
    ['batchSize', Number.NaN, 'batchSize is NaN'],
    ['cacheSize', null, 'cacheSize is null'],
    ['concurrency', 1.5, 'concurrency is 1.5'],
  ])('search: %s %j', (name, value, message) => {
    expect(() => open.search({ [name]: value })).toThrow(refused(message));
  });

  it.each<Wrong>([
    ['eventTypes', null, 'eventTypes is null; use an object of weights'],
    ['eventTypes', { view: Number.NaN }, 'eventTypes.view is NaN'],
    ['shortShare', '0.3', 'shortShare is "0.3"; use a number from 0 to 1'],
    ['popularityWeight', Number.NaN, 'popularityWeight is NaN'],
  ])('recommendations: %s %j', (name, value, message) => {
    expect(() => open.recommendations({ [name]: value })).toThrow(refused(message));
  });

  it.each<Wrong>([
    ['near', null, 'near is null; use an object, or false'],
    ['near', { minimumWords: 3 }, 'an option of near is "minimumWords"; use threshold, minWords'],
    ['near', { threshold: '0.4' }, 'near.threshold is "0.4"; use a number above 0, up to 1'],
    ['reviewThreshold', '0.5', 'reviewThreshold is "0.5"; use a number'],
    ['policy', 'nope', 'policy is "nope"; use "reject" or "link" or "merge" or "replace"'],
    ['maxContentLength', Number.NaN, 'maxContentLength is NaN'],
  ])('deduplication: %s %j', (name, value, message) => {
    expect(() => open.deduplication({ [name]: value })).toThrow(refused(message));
  });

  it.each<[string, unknown, string]>([
    ['dimensions', 0, 'dimensions is 0; use a whole number from 1 to 4096'],
    ['namespace', '', 'namespace is ""'],
    ['namespace', 7, 'namespace is 7; use a string'],
    ['fingerprint', 7, 'fingerprint is 7; use a string'],
    ['concurrency', 0, 'concurrency is 0'],
  ])('pages: %s %j', (name, value, message) => {
    const options = { client: createMemoryVectorStore(), dimensions: 3, [name]: value };
    expect(() => new NoriKVVectorStore({} as never, options)).toThrow(refused(message));
  });

  it('bm25, the model and the embedder', async () => {
    expect(() => createBm25Index(null as never)).toThrow(refused('options is null'));
    expect(() => createBm25Index({ K1: 2 } as object)).toThrow(
      refused('an option is "K1"; use titleBoost, k1'),
    );
    expect(() => createBm25Index({ k1: Number.NaN })).toThrow(refused('k1 is NaN'));
    expect(() => createBm25Index({ normalize: 'lower' as never })).toThrow(refused('normalize is "lower"'));
    expect(() => createEmbedder(null as never)).toThrow(refused('model is null; use an object with embed'));
    const model = { dimensions: 1, embed: () => [1] };
    expect(() => createEmbedder(model, { cache: 10 } as object)).toThrow(
      refused('an option is "cache"; use batchSize, concurrency, cacheSize'),
    );
    expect(() => createEmbedder({ ...model, fingerprint: 7 as never })).toThrow(
      refused('model.fingerprint is 7'),
    );
    expect(() => createEmbedder({ ...model, embedBatch: [] as never })).toThrow(
      refused('model.embedBatch is [object Array]'),
    );
    await expect(createEmbedder(model).embed('text' as never)).rejects.toThrow(refused('texts is "text"'));
  });
});

describe('an argument of a call that is wrong is refused by name', () => {
  const search = new SemanticSearchEngine(createMemoryVectorStore(), hashingModel());
  const shop = new RecommendationEngine(createMemoryVectorStore(), hashingModel());
  const dedup = new DocumentDeduplicator(createMemoryVectorStore());
  const document = { id: 'a', title: 'A', content: 'apple' };

  it.each<[string, () => Promise<unknown>]>([
    ['query is null; use a string', () => search.search(null as never, 1)],
    ['query is 7; use a string', () => search.searchPage(7 as never)],
    ['options is null', () => search.search('x', 1, null as never)],
    ['filter is 7; use a function', () => search.search('x', 1, { filter: 7 as never })],
    ['topK is 8589934592; use a whole number from 1 to 1073741824', () => search.search('x', 2 ** 33)],
    ['offset is 8589934592; use a whole', () => search.searchPage('x', { offset: 2 ** 33 })],
    ['explain is 1; use true or false', () => search.search('x', 1, { explain: 1 as never })],
    ['minScore is NaN', () => search.search('x', 1, { minScore: Number.NaN })],
    ['fusion.method is "nope"', () => search.search('x', 1, { fusion: { method: 'nope' as never } })],
    ['maxScan is NaN', () => search.search('x', 1, { maxScan: Number.NaN })],
    ['maxScan is 0; use a whole', () => search.searchPage('x', { maxScan: 0 })],
    ['timeoutMs is NaN', () => search.search('x', 1, { timeoutMs: Number.NaN })],
    [
      'signal is 7; use the signal of an AbortController',
      () => search.search('x', 1, { signal: 7 as never }),
    ],
    ['an option is "fliter"; use filter, ', () => search.search('x', 1, { fliter: () => false } as object)],
    ['an option is "limit"; use filter, ', () => search.search('x', 1, { limit: 1 } as object)],
    ['an option is "topK"; use filter, ', () => search.searchPage('x', { topK: 1 } as object)],
    [
      'an option is "meta"; use metadata, ',
      () => search.indexDocument('a', 'A', 'x', { meta: {} } as object),
    ],
    ['an option is "progress"', () => search.indexDocuments([document], { progress: () => {} } as object)],
    ['an option is "fusion"; use fusions, ', () => search.tune([], { fusion: {} } as object)],
    ['an option is "factor"; use factors, ', () => shop.trainItemVectors([], { factor: 8 } as object)],
    ['an option is "fliter"', () => shop.getRecommendations('u', 1, { fliter: () => false } as object)],
    ['offset is NaN', () => search.searchPage('x', { offset: Number.NaN })],
    ['options is null', () => search.indexDocument('a', 'A', 'x', null as never)],
    [
      'concurrency is 9007199254740991; use a whole number from 1 to 10000',
      () => search.indexDocuments([document], { concurrency: Number.MAX_SAFE_INTEGER }),
    ],
    ['force is "no"', () => search.indexDocument('a', 'A', 'x', { force: 'no' as never })],
    ['an option is "timeoutMs"', () => search.indexDocuments([document], { timeoutMs: 5 } as object)],
    ['documents is 7', () => search.indexDocuments(7 as never)],
    ['documents is "abc"', () => search.indexDocuments('abc' as never)],
    ['onProgress is true', () => search.indexDocuments([document], { onProgress: true as never })],
    ['signal is null', () => search.indexDocuments([document], { signal: null as never })],
    ['an option is "timeoutMs"; use fusions, ', () => search.tune([], { timeoutMs: 5 } as object)],
    ['labelled is 7; use an array', () => search.tune(7 as never)],
    ['fusion.method is "nope"', () => search.tune([], { fusions: [{ method: 'nope' as never }] })],
    ['query is undefined', () => search.tune([{} as never])],
    ['measure is 7', () => search.tune([], { measure: 7 as never })],
    [
      'what measure answers is NaN',
      () => search.tune([{ query: 'x', relevant: [] }], { measure: () => Number.NaN }),
    ],
    ['openOnly is 1', () => search.repair({ openOnly: 1 as never })],
    ['timeoutMs is "5"', () => search.initialize({ timeoutMs: '5' as never })],
    ['timeoutMs is NaN', () => search.verify({ timeoutMs: Number.NaN })],
    ['options is null', () => shop.recordInteraction('u', 'a', null as never)],
    [
      'an option is "eventID"; use type, eventId, at, weight, signal, timeoutMs',
      () => shop.recordInteraction('u', 'a', { eventID: '7' } as object),
    ],
    ['type is "nope"', () => shop.recordInteraction('u', 'a', { type: 'nope' })],
    ['weight is NaN', () => shop.recordInteraction('u', 'a', { weight: Number.NaN })],
    ['at is NaN', () => shop.recordInteraction('u', 'a', { at: Number.NaN })],
    ['options is null', () => shop.getRecommendations('u', 1, null as never)],
    ['boost is 2; use a function', () => shop.getRecommendations('u', 1, { boost: 2 as never })],
    ['excludeSeen is 0', () => shop.getRecommendations('u', 1, { excludeSeen: 0 as never })],
    ['sessionItems is "a"', () => shop.getRecommendations('u', 1, { sessionItems: 'a' as never })],
    ['diversity is NaN', () => shop.getSimilarProducts('a', 1, { diversity: Number.NaN })],
    ['events is undefined', () => shop.trainItemVectors(undefined as never)],
    ['factors is NaN', () => shop.trainItemVectors([], { factors: Number.NaN })],
    [
      'weight of an event is NaN',
      () => shop.trainItemVectors([{ userId: 'u', productId: 'a', weight: Number.NaN }]),
    ],
    ['timeoutMs is -1', () => shop.removeProduct('a', { timeoutMs: -1 })],
    ['options is null', () => shop.forgetUser('u', null as never)],
    ['options is null', () => dedup.checkAndStore('a', 'x', null as never)],
    ['openOnly is "yes"', () => dedup.verify({ openOnly: 'yes' as never })],
    ['timeoutMs is Infinity', () => dedup.get('a', { timeoutMs: Number.POSITIVE_INFINITY })],
  ])('%s', async (message, call) => {
    await expect(call()).rejects.toThrow(refused(message));
  });

  it('of LangChain, before anything is embedded', async () => {
    const embeddings = { embedDocuments: vi.fn(), embedQuery: vi.fn() };
    const store = new NoriKVVectorStore(embeddings, { client: createMemoryVectorStore(), dimensions: 3 });
    const search = (options: object) => store.maxMarginalRelevanceSearch('x', { k: 2, ...options });
    await expect(search({ k: 2.5 })).rejects.toThrow(refused('k is 2.5; use a whole number'));
    await expect(search({ k: 0 })).rejects.toThrow(refused('k is 0; use a whole number'));
    await expect(search({ fetchK: -1 })).rejects.toThrow(refused('fetchK is -1; use a whole number'));
    await expect(search({ lambda: 7 })).rejects.toThrow(refused('lambda is 7; use a number from 0 to 1'));
    await expect(search({ lambda: Number.NaN })).rejects.toThrow(refused('lambda is NaN'));
    expect(embeddings.embedQuery).not.toHaveBeenCalled();
  });

  it('what boost answers', async () => {
    await shop.indexProduct('a', 'Shoe', 'light', 'shoes');
    await shop.indexProduct('b', 'Boot', 'heavy', 'shoes');
    await expect(shop.getSimilarProducts('a', 1, { boost: () => Number.NaN })).rejects.toThrow(
      refused('what boost answers is NaN'),
    );
  });
});

describe('a store without vectors is refused in the name of the class', () => {
  const store = createMemoryStore() as unknown as VectorKvStore;
  const embeddings = { embedDocuments: async () => [], embedQuery: async () => [] };

  it.each<[name: string, construct: () => unknown]>([
    ['SemanticSearchEngine', () => new SemanticSearchEngine(store, hashingModel())],
    ['RecommendationEngine', () => new RecommendationEngine(store, hashingModel())],
    ['DocumentDeduplicator', () => new DocumentDeduplicator(store, hashingModel())],
    ['NoriKVVectorStore', () => new NoriKVVectorStore(embeddings, { client: store, dimensions: 3 })],
  ])('%s', (name, construct) => {
    expect(construct).toThrow(`which ${name} needs`);
  });
});
