import { createUpdater, jsonCodec, write } from '@norikv/cas-retry';
import { createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createBm25Index } from '../src/bm25.js';
import { type EmbeddingModel, SemanticSearchEngine } from '../src/index.js';
import { handle, openShop, stock } from './recommendation/shop.js';
import { hashingModel } from './support/hashing-model.js';
import { openEngine } from './support/open-engine.js';

const corrupt = { code: 'CORRUPT_RECORD' };
const ids = Array.from({ length: 12 }, (_, place) => `d${place}`);

async function library() {
  const opened = await openEngine({ lexical: createBm25Index() });
  for (const id of ids) await opened.engine.indexDocument(id, 'Title', `common words ${id}`);
  return opened;
}

describe('a record that cannot be read', () => {
  it('is not shown, and keeps nobody from finding the others', async () => {
    const { engine, store, model } = await library();
    await store.put('search:documents:doc/d3', 'of a later version');
    const others = ids.filter((id) => id !== 'd3').sort();
    const found = async (from: SemanticSearchEngine): Promise<string[]> =>
      (await from.search('common words', 20)).map(({ id }) => id).sort();
    expect(await found(engine)).toEqual(others);
    const restarted = new SemanticSearchEngine(store, model, { lexical: createBm25Index() });
    await restarted.initialize();
    expect(await found(restarted)).toEqual(others);
    await expect(engine.getDocument('d3')).rejects.toMatchObject(corrupt);
    await expect(engine.indexDocument('d3', 'Title', 'text')).rejects.toMatchObject(corrupt);
    expect(Buffer.from((await store.get('search:documents:doc/d3')).value).toString()).toBe(
      'of a later version',
    );
  });

  it('is named by a repair that has looked at all the others', async () => {
    const { engine, store, model } = await library();
    await engine.search('common words', 20);
    for (const id of ['d3', 'd4']) await store.put(`search:documents:doc/${id}`, '{}');
    await engine.search('common words', 20);
    await store.vectorDropIndex('documents');
    await store.vectorCreateIndex('documents', model.dimensions, 'cosine');
    await expect(engine.verify()).rejects.toMatchObject(corrupt);
    await expect(engine.repair()).rejects.toThrow(/doc\/d[34]" was left as it is/);
    const { matches } = await store.vectorSearch('documents', model.embed('common words'), 20);
    expect(matches).toHaveLength(ids.length - 2);
  });

  it('is no product that is recommended, nor one to learn about', async () => {
    const store = createMemoryVectorStore();
    const engine = await openShop(store);
    await stock(engine);
    for (const user of ['ann', 'bob']) {
      for (const id of ['boots', 'atlas', 'novel']) await engine.recordInteraction(user, id);
    }
    await store.put('recommendation:catalogue/products/doc/boots', '{}');
    const similar = await engine.getSimilarProducts('sandals', 5);
    expect(similar.map(({ productId }) => productId)).toEqual(['trainers', 'atlas', 'novel', 'poems']);
    const popular = await engine.getRecommendations('new', 5);
    expect(popular.map(({ productId }) => productId).sort()).toEqual(['atlas', 'novel']);
    const events = ['ann', 'bob'].flatMap((userId) =>
      ['atlas', 'novel'].map((productId) => ({ userId, productId })),
    );
    expect(await engine.trainItemVectors(events, { factors: 2 })).toMatchObject({ training: 1 });
    const sessionItems = ['boots', 'atlas'];
    expect(await engine.getRecommendations('new', 1, { sessionItems })).toHaveLength(1);
  });
});

it.each([{ next: 1 }, { entries: [] }])('a ledger that is none is left as it is: %j', async (damaged) => {
  const { engine, store } = await library();
  const codec = jsonCodec((data) => data);
  for (let shard = 0; shard < 64; shard += 1) {
    await createUpdater(handle(store)).update(`search:documents:led/${shard}`, codec, () =>
      write(damaged, null),
    );
  }
  await expect(engine.verify()).rejects.toMatchObject(corrupt);
  await expect(engine.indexDocument('new', 'Title', 'text')).rejects.toMatchObject(corrupt);
});

describe('a text the model does not take', () => {
  it('keeps a repair from none of the others, and is reported', async () => {
    const { store, model } = await library();
    await store.vectorDropIndex('documents');
    await store.vectorCreateIndex('documents', model.dimensions, 'cosine');
    const choosy: EmbeddingModel = {
      ...hashingModel(),
      embedBatch: (texts) => {
        if (texts.some((text) => text.includes('d7'))) throw new Error('not this one');
        return model.embedBatch(texts);
      },
    };
    const engine = new SemanticSearchEngine(store, choosy);
    expect(await engine.repair()).toMatchObject({ missing: ids.length, requeued: ['d7'] });
    expect(await engine.verify()).toMatchObject({ missing: 1, requeued: ['d7'] });
  });

  it('is not blamed for a repair that is cut off', async () => {
    const { store, model } = await library();
    await store.vectorDropIndex('documents');
    await store.vectorCreateIndex('documents', model.dimensions, 'cosine');
    const controller = new AbortController();
    const slow: EmbeddingModel = {
      ...hashingModel(),
      embedBatch: async () => {
        controller.abort();
        return [];
      },
    };
    const engine = new SemanticSearchEngine(store, slow);
    await expect(engine.repair({ signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
