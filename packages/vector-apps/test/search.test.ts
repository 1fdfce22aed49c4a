import { createMemoryStore, createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import {
  highlight,
  type SearchOptions,
  type SearchPage,
  type SearchResult,
  SemanticSearchEngine,
} from '../src/index.js';
import { hashingModel } from './support/hashing-model.js';
import { openEngine } from './support/open-engine.js';

describe('SemanticSearchEngine', () => {
  it('runs the example of the documentation as it is written', async () => {
    const client = createMemoryVectorStore();
    const openAIEmbedding = {
      dimensions: 64,
      embed: async (text: string) => [...hashingModel().embed(text)],
    };
    const lines: string[] = [];

    const engine = new SemanticSearchEngine(client, openAIEmbedding);
    await engine.initialize();
    await engine.indexDocument('doc1', 'Machine Learning', 'Machine learning is a subset of AI...');
    await engine.indexDocument('doc2', 'Deep Learning', 'Deep learning uses neural networks...');
    const results = await engine.search('AI neural networks', 5);
    for (const r of results) lines.push(`${r.score.toFixed(2)}: ${r.title}`);
    await engine.deleteDocument('doc1');

    expect(lines).toEqual([
      expect.stringMatching(/^0\.\d\d: Deep Learning$/),
      expect.stringMatching(/Machine/),
    ]);
    expect(results[0]).toMatchObject({ id: 'doc2', content: 'Deep learning uses neural networks...' });
    expect((await engine.search('machine', 5)).map(({ id }) => id)).toEqual(['doc2']);
  });

  it('costs one vector call and one batch of parallel reads', async () => {
    const { engine, calls } = await openEngine();
    for (let number = 0; number < 30; number += 1) {
      await engine.indexDocument(`d${number}`, `Number ${number}`, `A text about the number ${number}.`);
    }
    calls.length = 0;
    expect(await engine.search('number 7', 10)).toHaveLength(10);
    expect(calls).toEqual(['vectorSearch', ...Array(10).fill('find')]);
  });

  it('gives cosine similarity as score, with no cut-off unless asked for', async () => {
    const model = { dimensions: 2, embed: (text: string) => JSON.parse(text.trim()) as number[] };
    const engine = new SemanticSearchEngine(createMemoryVectorStore(), model, { chunking: false });
    await engine.initialize();
    for (const [id, vector] of Object.entries({ same: [2, 0], near: [3, 4], right: [0, 1], back: [-1, 0] })) {
      await engine.indexDocument(id, '', JSON.stringify(vector));
    }
    const found = await engine.search('[1,0]', 10);
    expect(found.map(({ id, score }) => [id, Number(score.toFixed(6))])).toEqual([
      ['same', 1],
      ['near', 0.6],
      ['right', 0],
      ['back', 0],
    ]);
    expect(await engine.search('[1,0]', 10, { minScore: 0.6 })).toHaveLength(2);
    const [first] = await engine.search('[1,0]', 1, { explain: true });
    expect(first?.explanation).toEqual({
      vector: { rank: 1, score: 1, contribution: 1, distance: 0 },
      lexical: null,
    });
  });

  it('answers with the best passage and where it says what was asked for', async () => {
    const { engine } = await openEngine();
    const filler = 'Rain fell on the hills. The river rose. Cattle were moved to the barns. ';
    const content = `${filler}The treaties with France were signed. ${filler}`;
    await engine.indexDocument('a', 'Chronicle', content, { metadata: { year: 1803 } });
    const [result] = await engine.search('signing a treaty with France', 1);
    const { passage } = result ?? { passage: { text: '', start: 0, end: 0, highlights: [] } };
    expect(content.slice(passage.start, passage.end)).toBe(passage.text);
    expect(highlight(passage.text, passage.highlights)).toContain(
      'The **treaties** with **France** were **signed**.',
    );
    expect(result?.metadata).toEqual({ year: 1803 });
    expect(highlight('a b', [[2, 3]], '<', '>')).toBe('a <b>');
  });

  it('never returns a short page because of a filter', async () => {
    const { engine } = await openEngine();
    for (let number = 0; number < 300; number += 1) {
      const metadata = { isWanted: number % 50 === 49 };
      await engine.indexDocument(`d${number}`, `Number ${number}`, 'The same words in all.', { metadata });
    }
    const filter = ({ metadata }: { metadata: { isWanted?: boolean; number?: number } }): boolean =>
      metadata.isWanted === true;
    expect(await engine.search('words', 6, { filter })).toHaveLength(6);
    expect(await engine.searchPage('words', { limit: 6, filter })).toMatchObject({
      nextOffset: null,
      isTruncated: false,
    });
    const cut = await engine.searchPage('words', { limit: 6, filter, maxScan: 20 });
    expect(cut.isTruncated).toBe(true);
  });

  it('gives pages that fit together', async () => {
    const { engine } = await openEngine();
    for (let number = 0; number < 25; number += 1) {
      await engine.indexDocument(`d${number}`, '', `${'word '.repeat(number + 1)} number ${number}`);
    }
    const pages: string[] = [];
    let offset: number | null = 0;
    while (offset !== null) {
      const page = await engine.searchPage('word', { limit: 10, offset });
      pages.push(...page.results.map(({ id }) => id));
      offset = page.nextOffset;
    }
    expect(pages).toEqual((await engine.search('word', 100)).map(({ id }) => id));
    expect(pages).toHaveLength(25);
    expect((await engine.searchPage('word')).nextOffset).toBe(10);
  });

  it('has types that go without metadata, as the engine does', () => {
    const engine = new SemanticSearchEngine(createMemoryVectorStore(), hashingModel());
    expectTypeOf(engine.search).returns.resolves.toEqualTypeOf<SearchResult[]>();
    expectTypeOf(engine.search).parameter(2).toEqualTypeOf<SearchOptions | undefined>();
    expectTypeOf(engine.searchPage).returns.resolves.toEqualTypeOf<SearchPage>();
  });

  it('has no answer to nothing', async () => {
    const { engine, calls } = await openEngine();
    calls.length = 0;
    expect(await engine.search(' ', 3)).toEqual([]);
    expect(await engine.searchPage('')).toEqual({ results: [], nextOffset: null, isTruncated: false });
    expect(calls).toEqual([]);
    expect(await engine.search('something', 3)).toEqual([]);
  });

  it('refuses wrong options by name', async () => {
    const { engine, store, model } = await openEngine();
    await expect(engine.search('x', 0)).rejects.toThrow(/topK is 0/);
    await expect(engine.search('x', 1, { minScore: 2 })).rejects.toThrow(/minScore is 2/);
    await expect(
      engine.search('x', 1, { fusion: { method: 'weighted', lexicalWeight: -1 } }),
    ).rejects.toThrow(/fusion.lexicalWeight is -1/);
    await expect(engine.searchPage('x', { limit: 0 })).rejects.toThrow(/limit is 0/);
    await expect(engine.searchPage('x', { offset: -1 })).rejects.toThrow(/offset is -1/);
    await expect(engine.indexDocuments([], { concurrency: 0 })).rejects.toThrow(/concurrency is 0/);
    const make = (options: object) => () => new SemanticSearchEngine(store, model, options);
    expect(make({ candidates: 0 })).toThrow(/candidates is 0/);
    expect(make({ chunking: { sentences: 0 } })).toThrow(/chunking.sentences is 0/);
    expect(make({ chunking: { overlap: 3 } })).toThrow(/chunking.overlap is 3/);
    expect(make({ fusion: { method: 'weighted', lexicalWeight: 2 } })).toThrow(/lexicalWeight is 2/);
    expect(() => new SemanticSearchEngine(createMemoryStore() as unknown as VectorKvStore, model)).toThrow(
      /vector/,
    );
    const unsafe = { unsafeAllowNonAtomicCas: true };
    expect(
      new SemanticSearchEngine(createMemoryStore() as unknown as VectorKvStore, model, unsafe),
    ).toBeDefined();
  });

  it('refuses documents of another model, and keeps namespaces apart', async () => {
    const { engine, store } = await openEngine();
    await engine.indexDocument('a', 'A', 'text');
    const other = new SemanticSearchEngine(store, hashingModel(32));
    await expect(other.initialize()).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
    const apart = new SemanticSearchEngine(store, hashingModel(32), { namespace: 'tenant-2' });
    await apart.initialize();
    expect(await apart.search('text', 3)).toEqual([]);
  });
});
