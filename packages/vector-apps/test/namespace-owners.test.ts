import { createMemoryVectorStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  DocumentDeduplicator,
  RecommendationEngine,
  SemanticSearchEngine,
  type VectorKvStore,
} from '../src/index.js';
import { NoriKVVectorStore } from '../src/langchain.js';
import { hashingModel } from './support/hashing-model.js';

const namespace = 'acme';
const embeddings = {
  embedDocuments: async (texts: string[]) => texts.map((text) => [...hashingModel().embed(text)]),
  embedQuery: async (text: string) => [...hashingModel().embed(text)],
};

/** A write by each class that keeps vectors, each into the same namespace, and by another prefix. */
const writers: Readonly<Record<string, (store: VectorKvStore, text: string) => Promise<unknown>>> = {
  search: (store, text) =>
    new SemanticSearchEngine(store, hashingModel(), { namespace }).indexDocument('a', '', text),
  shop: (store, text) =>
    new RecommendationEngine(store, hashingModel(), { namespace }).indexProduct('a', text, '', ''),
  otherShop: (store, text) =>
    new RecommendationEngine(store, hashingModel(), { namespace, prefix: 'other:' }).indexProduct(
      'a',
      text,
      '',
      '',
    ),
  documents: (store, text) =>
    new DocumentDeduplicator(store, hashingModel(), 0.95, { namespace }).checkAndStore('a', text),
  pages: (store, text) =>
    new NoriKVVectorStore(embeddings, { client: store, dimensions: 64, namespace }).addDocuments([
      { id: 'a', pageContent: text, metadata: {} },
    ]),
};

it.each(Object.keys(writers))('vectors of others do not get among those of %s', async (owner) => {
  const store = createMemoryVectorStore();
  await writers[owner]?.(store, 'harvest');
  const vector = await store.vectorGet(namespace, 'a#1#0');
  expect(vector).not.toBeNull();
  for (const [name, write] of Object.entries(writers)) {
    if (name === owner) continue;
    await expect(write(store, 'river'), name).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(
        /^namespace is "acme"; use another: its vectors are those of the keys .*…$/,
      ),
    });
  }
  expect(await store.vectorGet(namespace, 'a#1#0')).toEqual(vector);
  await writers[owner]?.(store, 'harvest');
});

it('of two that begin at once one gets the namespace', async () => {
  const store = createMemoryVectorStore();
  const writes = Object.values(writers).map((write) => write(store, 'harvest'));
  const written = (await Promise.allSettled(writes)).filter(({ status }) => status === 'fulfilled');
  expect(written).toHaveLength(1);
});

it('who is refused for another model leaves the namespace to others', async () => {
  const store = createMemoryVectorStore();
  const open = (name: string, dimensions?: number) =>
    new DocumentDeduplicator(store, hashingModel(dimensions), 0.95, { prefix: 'dedup:', namespace: name });
  await open('old').checkAndStore('a', 'harvest');
  await expect(open(namespace).checkAndStore('a', 'river')).rejects.toMatchObject({
    code: 'MODEL_MISMATCH',
    message: expect.stringContaining('or another namespace and prefix.'),
  });
  await expect(open('old', 32).initialize()).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
  expect(await store.find?.(`vector-namespace:${namespace}`)).toBeNull();
  await writers.search?.(store, 'harvest');
  await open('old').checkAndStore('b', 'harvest');
});

it('a deduplicator without a model has no vectors, and shares any name', async () => {
  const store = createMemoryVectorStore();
  await writers.search?.(store, 'harvest');
  const dedup = new DocumentDeduplicator(store, null, 0.95, { namespace });
  expect((await dedup.checkAndStore('a', 'harvest')).action).toBe('admitted');
});

it('nothing is written where nobody can read whose vectors a namespace holds', async () => {
  const store = createMemoryVectorStore();
  await store.put(`vector-namespace:${namespace}`, 'norikv:1 {"w":[]}\n{"owner":7}');
  await expect(writers.search?.(store, 'harvest')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
});

it('no key is that of two namespaces, whatever they are called', async () => {
  const store = createMemoryVectorStore();
  const model = hashingModel();
  const clients = { client: store, dimensions: model.dimensions };
  for (const sign of [':', '/']) {
    const names = ['acme', `acme${sign}doc/x`, `acme${sign}doc%2Fx`] as const;
    const engines = names.map(
      (name) => new SemanticSearchEngine(store, model, { namespace: `search ${name}` }),
    );
    const shops = names.map((name) => new RecommendationEngine(store, model, { namespace: `shop ${name}` }));
    const dedups = names.map(
      (name) => new DocumentDeduplicator(store, null, 0.95, { namespace: `text ${name}` }),
    );
    const pages = names.map(
      (name) => new NoriKVVectorStore(embeddings, { ...clients, namespace: `pages ${name}` }),
    );
    for (const place of [1, 2]) {
      await engines[place]?.indexDocument('secret', 'harvest', '');
      await shops[place]?.indexProduct('secret', 'harvest', '', '');
      await dedups[place]?.checkAndStore('secret', 'harvest');
      await pages[place]?.addDocuments([{ id: 'secret', pageContent: 'harvest', metadata: {} }]);
    }
    const id = 'x:doc/secret'.replace(':', sign);
    expect(await engines[0]?.getDocument(id)).toBeNull();
    expect(await shops[0]?.getSimilarProducts(id, 1)).toEqual([]);
    expect(await shops[0]?.recordInteraction('ann', id)).toBe(false);
    expect(await dedups[0]?.get(id)).toBeNull();
    expect(await pages[0]?.getByIds([id])).toEqual([]);
  }
});
