import { createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { RecommendationEngine, SemanticSearchEngine } from '../src/index.js';
import { chunksOf } from '../src/search/chunking.js';
import { hashingModel } from './support/hashing-model.js';

describe('a long text', () => {
  it('is cut like its parts, a megabyte of it too', () => {
    const sentence = 'The cat sat on the mat today. ';
    const text = sentence.repeat(Math.ceil(2 ** 20 / sentence.length));
    const chunks = chunksOf(text);
    expect(chunks.slice(0, 40)).toEqual(chunksOf(sentence.repeat(200)).slice(0, 40));
    expect(chunks).toHaveLength(Math.ceil((text.length / sentence.length - 1) / 2));
    expect(chunks.at(-1)?.[1]).toBe(text.length - 1);
  });

  it('may be one sentence, of any number of words', () => {
    const chunks = chunksOf('word '.repeat(100_000), { maxWords: 1_000_000 });
    expect(chunks).toEqual([[0, 499_999]]);
    expect(chunksOf('word '.repeat(100_000))).toHaveLength(1_000);
    expect(chunksOf('長いお話です'.repeat(50_000)).at(-1)?.[1]).toBe(300_000);
  });
});

describe('what the store would refuse', () => {
  it('is refused before the model is asked', async () => {
    const model = hashingModel();
    const search = new SemanticSearchEngine(createMemoryVectorStore(), model);
    const shop = new RecommendationEngine(createMemoryVectorStore(), model);
    const long = 'word '.repeat(250_000);
    const tooLarge = { code: 'RECORD_TOO_LARGE' };
    await expect(search.indexDocument('a', 'A', long)).rejects.toMatchObject(tooLarge);
    await expect(shop.indexProduct('a', 'A', long, 'words')).rejects.toMatchObject(tooLarge);
    await expect(search.indexDocument('x'.repeat(500), 'A', 'a', { force: true })).rejects.toThrow(
      /id, 500 bytes long,/,
    );
    expect(model.calls).toBe(0);
  });
});

describe('a filter that answers later', () => {
  it('is refused: it would let everything through', async () => {
    const store = createMemoryVectorStore();
    const search = new SemanticSearchEngine(store, hashingModel());
    await search.indexDocument('a', 'A', 'apple', { metadata: { secret: true } });
    const filter = (async () => false) as never;
    const message = 'what filter answers is [object Promise]; use true or false, at once';
    await expect(search.search('apple', 1, { filter })).rejects.toThrow(message);
    const shop = new RecommendationEngine(store, hashingModel());
    await shop.indexProduct('p', 'Pear', 'green', 'fruit');
    await shop.recordInteraction('ann', 'p', { type: 'purchase' });
    await expect(shop.getRecommendations('ann', 1, { filter, excludeSeen: false })).rejects.toThrow(message);
    await expect(shop.getRecommendations('new', 1, { filter })).rejects.toThrow(message);
  });

  it('and a boost that does; their rejections end no process', async () => {
    const shop = new RecommendationEngine(createMemoryVectorStore(), hashingModel());
    await shop.indexProduct('p', 'Pear', 'green', 'fruit');
    await shop.recordInteraction('ann', 'p', { type: 'purchase' });
    const late = (() => Promise.reject(new Error('late'))) as never;
    const message = 'what boost answers is [object Promise]; use a number, at once';
    const askedWith = (options: object) =>
      shop.getRecommendations('ann', 1, { excludeSeen: false, ...options });
    await expect(askedWith({ boost: late })).rejects.toThrow(message);
    await expect(askedWith({ filter: late })).rejects.toThrow('what filter answers is [object Promise]');
  });
});

describe('a document', () => {
  it.each([
    ['a date', new Date(0), 'metadata is "1970'],
    ['a number', 7, 'metadata is 7 as JSON; give an object'],
    ['nothing that JSON has', () => 1, 'metadata has no JSON'],
    ['a bigint', { count: 1n }, 'metadata has no JSON'],
  ])('whose metadata are %s is refused before anything is written', async (_what, metadata, message) => {
    const engine = new SemanticSearchEngine(createMemoryVectorStore(), hashingModel());
    await expect(
      engine.indexDocument('a', 'Zebra', 'zebra', { metadata: metadata as never }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) });
    expect(await engine.getDocument('a')).toBeNull();
  });

  it('that is none fails alone', async () => {
    const engine = new SemanticSearchEngine(createMemoryVectorStore(), hashingModel());
    const report = await engine.indexDocuments([
      { id: 'a', title: 'A', content: 'apple' },
      null as never,
      { id: 'b', title: 'B', content: 'banana' },
    ]);
    expect(report).toMatchObject({ indexed: 2, failed: 1, isComplete: true });
  });

  it('whose record cannot be read is indexed anew', async () => {
    const store = createMemoryVectorStore();
    const engine = new SemanticSearchEngine(store, hashingModel());
    await engine.indexDocument('a', 'A', 'apple');
    const stored = new TextDecoder().decode((await store.get('search:documents:doc/a')).value);
    await store.put('search:documents:doc/a', stored.replace('"metadata":{}', '"metadata":7'));
    await expect(engine.getDocument('a')).rejects.toThrow('index it again, or delete it');
    expect(await engine.indexDocument('a', 'A', 'apple')).toBe('indexed');
    expect(await engine.getDocument('a')).toMatchObject({ title: 'A', metadata: {} });
  });
});

describe('a product', () => {
  it.each([
    ['name', [null, 'light', 'shoes']],
    ['desc', ['Shoe', undefined, 'shoes']],
    ['category', ['Shoe', 'light', 7]],
  ])('without a text for %s is refused by name', async (field, [name, desc, category]) => {
    const engine = new RecommendationEngine(createMemoryVectorStore(), hashingModel());
    await expect(
      engine.indexProduct('a', name as never, desc as never, category as never),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(`${field} is `) });
  });

  it('whose record cannot be read can be removed, and indexed again', async () => {
    const store = createMemoryVectorStore();
    const engine = new RecommendationEngine(store, hashingModel());
    await engine.initialize();
    const key = 'recommendation:catalogue/products/doc/a';
    for (const mend of [
      () => engine.removeProduct('a'),
      () => engine.indexProduct('a', 'Shoe', 'light', 'shoes'),
    ]) {
      await engine.indexProduct('a', 'Shoe', 'light', 'shoes');
      const stored = new TextDecoder().decode((await store.get(key)).value);
      await store.put(key, stored.replace('"description":"light"', '"description":null'));
      await expect(engine.getSimilarProducts('a', 1)).rejects.toThrow('index it again, or remove it');
      await mend();
    }
    await engine.indexProduct('b', 'Boot', 'heavy', 'shoes');
    expect(await engine.getSimilarProducts('b', 1)).toMatchObject([{ productId: 'a', name: 'Shoe' }]);
  });
});
