import { delay } from '@norikv/cas-retry';
import { createMemoryStore, createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import type { RecommendOptions } from '../src/recommendation/options.js';
import {
  angleModel,
  handle,
  idsOf,
  openShop,
  RecommendationEngine,
  stock,
  stockedShop,
  tasteOf,
} from './recommendation/shop.js';
import { hashingModel } from './support/hashing-model.js';

describe('RecommendationEngine', () => {
  it('works as its documentation shows', async () => {
    const engine = new RecommendationEngine(createMemoryVectorStore(), hashingModel());
    await engine.initialize();
    await engine.indexProduct('prod1', 'Running Shoes', 'Lightweight', 'Footwear');
    await engine.indexProduct('prod2', 'Trail Shoes', 'Durable', 'Footwear');
    await engine.recordInteraction('user123', 'prod1');
    const recommendations = await engine.getRecommendations('user123', 5);
    const lines = recommendations.map(({ score, productId }) => `${score.toFixed(2)}: ${productId}`);
    expect(lines).toEqual([expect.stringMatching(/^0\.\d\d: prod2$/)]);
    expect(recommendations).toMatchObject([{ name: 'Trail Shoes', category: 'Footwear', source: 'taste' }]);
    expect(await engine.getSimilarProducts('prod1', 5)).toMatchObject([
      { productId: 'prod2', name: 'Trail Shoes', category: 'Footwear', source: 'similar' },
    ]);
  });

  it('scores by the cosine between taste and product, and says so', async () => {
    const engine = await stockedShop();
    await engine.recordInteraction('ann', 'boots');
    const [first, second] = await engine.getRecommendations('ann', 2);
    expect(first).toMatchObject({ productId: 'sandals', explanation: { popularity: 0, boost: 0 } });
    expect(first?.score).toBeCloseTo(Math.cos(Math.PI / 18), 6);
    expect(first?.explanation.similarity).toBe(first?.score);
    expect(second?.productId).toBe('trainers');
  });

  it('leaves out what the user has seen, unless told otherwise, and still fills the page', async () => {
    const engine = await stockedShop();
    for (const id of ['boots', 'sandals', 'trainers']) await engine.recordInteraction('ann', id);
    expect(idsOf(await engine.getRecommendations('ann', 3))).toEqual(['atlas', 'novel', 'poems']);
    const all = idsOf(await engine.getRecommendations('ann', 6, { excludeSeen: false }));
    expect([all[0], ...all.slice(3)]).toEqual(['sandals', 'atlas', 'novel', 'poems']);
  });

  it('forgets the oldest of what was seen when there is too much of it', async () => {
    const engine = await stockedShop(undefined, { seenSize: 2 });
    for (const [place, id] of ['boots', 'sandals', 'trainers'].entries()) {
      await engine.recordInteraction('ann', id, { at: 1_000 + place });
    }
    expect(idsOf(await engine.getRecommendations('ann', 9))).toContain('boots');
    expect(idsOf(await engine.getRecommendations('ann', 9))).not.toContain('sandals');
  });

  it('weighs events by their type, and takes dislikes off', async () => {
    const engine = await stockedShop();
    await engine.recordInteraction('ann', 'trainers', { type: 'view' });
    await engine.recordInteraction('ann', 'atlas', { type: 'purchase' });
    expect(idsOf(await engine.getRecommendations('ann', 1))).toEqual(['novel']);
    await engine.recordInteraction('ann', 'novel', { type: 'dislike' });
    expect(idsOf(await engine.getRecommendations('ann', 1))).toEqual(['sandals']);
    await expect(engine.recordInteraction('ann', 'boots', { type: 'stare' })).rejects.toThrow(
      'type is "stare"; use one of view, click, cart, like, purchase, dislike',
    );
  });

  it('takes types and weights of its user', async () => {
    const engine = await stockedShop(undefined, { eventTypes: { view: 1, rent: 50 } });
    await engine.recordInteraction('ann', 'sandals');
    await engine.recordInteraction('ann', 'poems', { type: 'rent' });
    expect(idsOf(await engine.getRecommendations('ann', 1))).toEqual(['novel']);
    await engine.recordInteraction('ann', 'boots', { weight: 10_000 });
    expect(idsOf(await engine.getRecommendations('ann', 1))).toEqual(['trainers']);
    await expect(engine.recordInteraction('ann', 'boots', { type: 'cart' })).rejects.toThrow(
      'one of view, rent',
    );
  });

  it('follows what the user likes at present', async () => {
    const day = 86_400_000;
    const engine = await stockedShop(undefined, { shortShare: 1 });
    const now = Date.now();
    for (let times = 0; times < 5; times += 1) {
      await engine.recordInteraction('ann', 'poems', { at: now - 20 * day });
    }
    await engine.recordInteraction('ann', 'boots', { at: now });
    expect(idsOf(await engine.getRecommendations('ann', 1))).toEqual(['sandals']);
  });

  it.each([
    ['is lost', async () => null, 'is not there; read the record again, or run repair()'],
    ['cannot be read', () => Promise.reject(new Error('of the disk')), 'of the disk'],
  ])('says so when a vector it has to compare %s', async (_what, vectorGet, message) => {
    const store = createMemoryVectorStore();
    await (await stockedShop(store)).recordInteraction('ann', 'boots');
    const engine = await openShop(handle(store, { vectorGet }));
    await expect(engine.getRecommendations('ann', 2, { diversity: 0.5 })).rejects.toThrow(message);
  });

  it('asks filter and boost about whole products', async () => {
    const engine = await stockedShop();
    await engine.recordInteraction('ann', 'boots');
    const books = await engine.getRecommendations('ann', 2, {
      filter: ({ category }) => category === 'books',
    });
    expect(idsOf(books)).toEqual(['atlas', 'novel']);
    const [first] = await engine.getRecommendations('ann', 2, {
      boost: ({ productId, description }) => (productId === 'poems' && description === 'the poems' ? 2 : 0),
    });
    expect(first).toMatchObject({ productId: 'poems', explanation: { boost: 2 } });
    expect(first?.score).toBeCloseTo(2, 6);
  });

  it.each<[string, string, RecommendOptions]>([
    ['their vectors are compared', 'ann', { diversity: 0.5 }],
    ['they are explained', 'ann', { explain: true }],
    ['a session is looked at', 'new', { sessionItems: ['boots'] }],
  ])('goes on with products that are written anew, or removed, while %s', async (_what, userId, options) => {
    for (const isRemoved of [false, true]) {
      const store = createMemoryVectorStore();
      const other = await stockedShop(store);
      await other.recordInteraction('ann', 'boots');
      const change = async (): Promise<void> => {
        await stock(other, ['boots', 'sandals']);
        if (isRemoved) await other.removeProduct('sandals');
      };
      let changed: Promise<void> | undefined;
      const racing = handle(store, {
        async vectorGet(...call: Parameters<typeof store.vectorGet>) {
          changed ??= change();
          await changed;
          return store.vectorGet(...call);
        },
      });
      const engine = await openShop(racing);
      const expected = isRemoved ? expect.not.arrayContaining(['sandals']) : ['sandals', 'trainers'];
      expect(idsOf(await engine.getRecommendations(userId, 2, options))).toEqual(expected);
    }
  });

  it('keeps recommendations unlike each other, if asked', async () => {
    const engine = await stockedShop();
    await engine.recordInteraction('ann', 'boots');
    expect(idsOf(await engine.getRecommendations('ann', 2, { diversity: 0.7 }))).toEqual([
      'sandals',
      'poems',
    ]);
    expect(idsOf(await engine.getSimilarProducts('boots', 2, { diversity: 0.7 }))).toEqual([
      'sandals',
      'poems',
    ]);
    await expect(engine.getSimilarProducts('boots', 2, { diversity: 2 })).rejects.toThrow(
      'diversity is 2; use a number from 0 to 1',
    );
  });

  it('goes from taste to session, to what is trending, to what is popular', async () => {
    const day = 86_400_000;
    const now = Date.now();
    const engine = await stockedShop(undefined, { popularityMaxAgeMs: 0 });
    expect(await engine.getRecommendations('new', 3)).toEqual([]);
    for (let times = 0; times < 9; times += 1)
      await engine.recordInteraction('ann', 'poems', { at: now - 20 * day });
    for (const id of ['atlas', 'atlas', 'trainers']) await engine.recordInteraction('ben', id, { at: now });

    const cold = await engine.getRecommendations('new', 9);
    expect(cold.map(({ productId, source }) => [productId, source])).toEqual([
      ['atlas', 'trending'],
      ['trainers', 'trending'],
      ['poems', 'popular'],
    ]);
    expect(cold.map(({ score }) => score)).toEqual([1, expect.closeTo(Math.log(2) / Math.log(3)), 1]);
    const session = await engine.getRecommendations('new', 2, { sessionItems: ['boots', 'gone'] });
    expect(session.map(({ productId, source }) => [productId, source])).toEqual([
      ['sandals', 'session'],
      ['trainers', 'session'],
    ]);
    const mixed = await engine.getRecommendations('new', 1, { sessionItems: ['boots', 'sandals'] });
    expect(idsOf(mixed)).toEqual(['trainers']);
    // With a taste of one's own the session has no say, but what was met in it is left out.
    const warm = await engine.getRecommendations('ben', 1, { sessionItems: ['novel'] });
    expect(warm).toMatchObject([{ productId: 'poems', source: 'taste' }]);
    const shoes = await engine.getRecommendations('new', 1, {
      filter: ({ category }) => category === 'shoes',
    });
    expect(idsOf(shoes)).toEqual(['trainers']);
  });

  it('has no direction to go by in a session of opposites', async () => {
    const vectors: Record<string, number[]> = { up: [0, 1], down: [0, -1], aside: [1, 0] };
    const model = { dimensions: 2, embed: (text: string) => vectors[text.split(' ')[0] ?? ''] ?? [] };
    const engine = new RecommendationEngine(createMemoryVectorStore(), model);
    await engine.initialize();
    for (const id of ['up', 'down', 'aside']) await engine.indexProduct(id, id, '', '');
    await engine.recordInteraction('ann', 'aside');
    const found = await engine.getRecommendations('new', 5, { sessionItems: ['up', 'down'] });
    expect(found).toMatchObject([{ productId: 'aside', source: 'trending' }]);
  });

  it('has no taste to go by while a user only disliked', async () => {
    const engine = await stockedShop(undefined, { popularityMaxAgeMs: 0 });
    await engine.recordInteraction('ann', 'boots', { type: 'dislike' });
    expect(await engine.getRecommendations('ann', 5)).toEqual([]);
    await engine.recordInteraction('ben', 'boots');
    await engine.recordInteraction('ben', 'novel');
    expect(idsOf(await engine.getRecommendations('ann', 5))).toEqual(['novel']);
  });

  it('lets popularity have a say, and shows how much', async () => {
    const engine = await stockedShop(undefined, { popularityWeight: 0.5, popularityMaxAgeMs: 0 });
    await engine.recordInteraction('ann', 'boots');
    for (const user of ['u1', 'u2', 'u3']) await engine.recordInteraction(user, 'trainers');
    const [first, second] = await engine.getRecommendations('ann', 2);
    expect(first).toMatchObject({ productId: 'trainers', explanation: { popularity: 0.5 } });
    expect(first?.score).toBeCloseTo(0.5 + Math.cos(Math.PI / 9), 6);
    expect(second).toMatchObject({ productId: 'sandals', explanation: { popularity: 0 } });
  });

  it('names the products that speak for a recommendation', async () => {
    const engine = await stockedShop();
    for (const id of ['boots', 'atlas', 'poems']) await engine.recordInteraction('ann', id);
    await engine.recordInteraction('ann', 'trainers', { type: 'dislike' });
    await engine.removeProduct('poems');
    const explained = await engine.getRecommendations('ann', 2, { explain: true });
    expect(explained.map(({ productId, explanation }) => [productId, explanation.because])).toEqual([
      ['novel', ['atlas', 'boots']],
      ['sandals', ['boots', 'atlas']],
    ]);
    const [plain] = await engine.getRecommendations('ann', 1);
    expect(plain?.explanation).not.toHaveProperty('because');
  });

  it('says what product is unknown by an empty answer', async () => {
    const engine = await stockedShop();
    expect(await engine.recordInteraction('ann', 'ghost')).toBe(false);
    expect(await engine.recordInteraction('ann', 'boots')).toBe(true);
    expect(await engine.getSimilarProducts('ghost', 3)).toEqual([]);
    expect(await engine.removeProduct('ghost')).toBe(false);
  });

  it('writes and removes a product in the order of the calls, however long the model takes', async () => {
    const slow = {
      ...angleModel,
      async embed(text: string) {
        if (text.includes('slow')) await delay(20);
        return angleModel.embed(text);
      },
    };
    const engine = await openShop(createMemoryVectorStore(), {}, slow);
    await engine.indexProduct('boots', 'boots', '', 'shoes');
    await Promise.all([
      engine.indexProduct('trainers', 'slow trainers', '', 'shoes'),
      engine.indexProduct('trainers', 'trainers', '', 'shoes'),
      engine.indexProduct('sandals', 'slow sandals', '', 'shoes'),
      engine.removeProduct('sandals'),
    ]);
    expect(await engine.getSimilarProducts('boots', 9)).toMatchObject([{ name: 'trainers' }]);
  });

  it('replaces a product in place, and never brings a deleted one back', async () => {
    const engine = await stockedShop();
    await engine.recordInteraction('ann', 'boots');
    await engine.indexProduct('sandals', 'poems and sandals', 'now a book', 'books');
    expect(idsOf(await engine.getRecommendations('ann', 9))).toEqual([
      'trainers',
      'atlas',
      'novel',
      'poems',
      'sandals',
    ]);
    expect(await engine.removeProduct('trainers')).toBe(true);
    expect(await engine.removeProduct('trainers')).toBe(false);
    expect(idsOf(await engine.getRecommendations('ann', 9))).toEqual(['atlas', 'novel', 'poems', 'sandals']);
    expect(idsOf(await engine.getSimilarProducts('boots', 9))).toEqual([
      'atlas',
      'novel',
      'poems',
      'sandals',
    ]);
    expect(await engine.verify()).toMatchObject({ checked: 5, isClean: true, completed: 0 });
  });

  it('does not recommend a deleted product for having been popular', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store, { popularityMaxAgeMs: 0 });
    for (const id of ['boots', 'atlas']) await engine.recordInteraction('ben', id);
    await engine.removeProduct('boots');
    expect(idsOf(await engine.getRecommendations('new', 1))).toEqual(['atlas']);
    const reader = await openShop(store, { popularityWeight: 1 });
    expect(idsOf(await reader.getRecommendations('new', 1))).toEqual(['atlas']);
  });

  it('has vectors of its own for each prefix', async () => {
    const store = createMemoryVectorStore();
    const [here, there] = await Promise.all(['here:', 'there:'].map((prefix) => openShop(store, { prefix })));
    await here?.indexProduct('boots', 'boots', '', 'shoes');
    await there?.indexProduct('boots', 'poems', '', 'books');
    await there?.indexProduct('sandals', 'sandals', '', 'shoes');
    await here?.getSimilarProducts('boots', 9);
    expect(await here?.repair()).toMatchObject({ checked: 1, isClean: true });
    expect(await there?.verify()).toMatchObject({ checked: 2, isClean: true });
  });

  it('is not led astray by vectors of others in its namespace', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.recordInteraction('ann', 'boots');
    await store.vectorInsert('products', 'foreign', [1, 0]);
    // What crashes may leave of a product: more vectors than it has.
    for (let generation = 100; generation < 140; generation += 1) {
      await store.vectorInsert('products', `boots#${generation}#0`, [1, 0]);
    }
    expect(idsOf(await engine.getRecommendations('ann', 2))).toEqual(['sandals', 'trainers']);
  });

  it('reads a product again that is written between two looks, and says what is lost', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    let isFirst = true;
    const vectorGet = async (...args: Parameters<typeof store.vectorGet>) => {
      if (isFirst) await engine.indexProduct('boots', 'boots', 'anew', 'shoes');
      isFirst = false;
      return store.vectorGet(...args);
    };
    const slow = await openShop(handle(store, { vectorGet }));
    expect(await slow.recordInteraction('ann', 'boots')).toBe(true);
    for (const { id } of (await store.vectorSearch('products', [1, 0], 1)).matches) {
      await store.vectorDelete('products', id);
    }
    await expect(engine.recordInteraction('ann', 'boots')).rejects.toMatchObject({ code: 'VECTOR_MISSING' });
    expect(await engine.verify()).toMatchObject({ missing: 1, requeued: ['boots'], isClean: false });
    expect(await engine.repair()).toMatchObject({ missing: 1, requeued: [] });
    expect(await engine.recordInteraction('ann', 'boots')).toBe(true);
  });

  it('does not take another record for a product', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    const key = 'recommendation:catalogue/products/doc/boots';
    const { value } = await store.get(key);
    const damaged = new TextDecoder().decode(value).replace('"name"', '"nome"');
    await store.put(key, damaged);
    await expect(engine.recordInteraction('ann', 'boots')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await store.put(key, damaged.replace(/"data":\{[^}]*\}/, '"data":null'));
    await expect(engine.recordInteraction('ann', 'boots')).rejects.toThrow('is no product');
  });

  it('forgets a user', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.recordInteraction('ann', 'boots', { eventId: 'e1' });
    expect(await engine.forgetUser('ann')).toBe(true);
    expect(await tasteOf(store, 'ann')).toBeUndefined();
    expect(await engine.forgetUser('ann')).toBe(false);
  });

  it.each([
    ['NaN', [Number.NaN, 1]],
    ['infinity', [Number.POSITIVE_INFINITY, 1]],
    ['too many numbers', [1, 0, 0]],
    ['too few numbers', [1]],
  ])('refuses %s from the model by name', async (_, vector) => {
    const engine = await openShop(undefined, {}, { dimensions: 2, embed: async () => vector });
    const indexing = engine.indexProduct('boots', 'boots', '', 'shoes');
    await expect(indexing).rejects.toMatchObject({ name: 'EmbeddingError', code: 'EMBEDDING' });
    expect(await engine.getSimilarProducts('boots', 1)).toEqual([]);
    expect(await engine.verify()).toMatchObject({ checked: 0, isClean: true });
  });

  it('refuses a vector without a direction, and the vectors of another model', async () => {
    const store = createMemoryVectorStore();
    const engine = await openShop(store, {}, { ...angleModel, embed: async () => [0, 0] });
    await expect(engine.indexProduct('boots', 'boots', '', 'shoes')).rejects.toThrow('all zeros');
    const other = new RecommendationEngine(store, { ...angleModel, fingerprint: 'other' });
    await expect(other.initialize()).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
  });

  it('refuses bad options and arguments by name', async () => {
    const store = createMemoryVectorStore();
    const make = (options: object) => () => new RecommendationEngine(store, angleModel, options);
    expect(make({ seenSize: -1 })).toThrow('seenSize is -1; use a whole number from 0 to 2000');
    expect(make({ longHalfLifeMs: 0 })).toThrow('longHalfLifeMs is 0; use a number from 1');
    expect(make({ shortShare: Number.NaN })).toThrow('shortShare is NaN; use a number from 0 to 1');
    expect(make({ eventTypes: { view: '1' } })).toThrow('eventTypes.view is "1"');
    expect(make({ concurrency: 0 })).toThrow('concurrency is 0');
    const engine = await stockedShop(store);
    await expect(engine.getRecommendations('ann', 0)).rejects.toThrow('topK is 0');
    await expect(engine.getRecommendations('', 1)).rejects.toThrow('userId is ""');
    await expect(engine.recordInteraction('ann', 'boots', { weight: Number.NaN })).rejects.toThrow(
      'weight is NaN',
    );
    await expect(engine.recordInteraction('ann', 'boots', { eventId: '' })).rejects.toThrow('eventId is ""');
    await expect(engine.recordInteraction('ann', 'boots', { at: Date.now() + 1e9 })).rejects.toThrow(
      /^at is \d+/,
    );
    const keysOnly = createMemoryStore() as unknown as VectorKvStore;
    expect(() => new RecommendationEngine(keysOnly, angleModel)).toThrow('vector');
  });
});
