import { createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createBm25Index } from '../src/bm25.js';
import { highlight, type LexicalHit, type LexicalIndex, SemanticSearchEngine } from '../src/index.js';
import { fuse, type Rankings } from '../src/search/fusion.js';
import { hashingModel } from './support/hashing-model.js';
import { openEngine } from './support/open-engine.js';

const texts: Record<string, string> = {
  wheat: 'The price of wheat fell at the harvest.',
  wheel: 'A wheelwright repairs wheels and axles.',
  ships: 'Ships carried grain across the ocean.',
  harvests: 'Harvests were poor in the north.',
};

async function openHybrid(options = {}) {
  const opened = await openEngine({ lexical: createBm25Index(), ...options });
  for (const [id, content] of Object.entries(texts)) await opened.engine.indexDocument(id, '', content);
  return opened;
}

const idsOf = (results: readonly { readonly id: string }[]): string[] => results.map(({ id }) => id);

describe('hybrid search', () => {
  it('joins both rankings, says how, and costs the same round trips', async () => {
    const { engine, calls } = await openHybrid();
    calls.length = 0;
    const results = await engine.search('wheat harvest', 2, { explain: true });
    expect(calls).toEqual(['vectorSearch', 'find', 'find']);
    expect(idsOf(results)).toEqual(['wheat', 'harvests']);
    const [first] = results;
    expect(first?.score).toBe(1);
    expect(first?.explanation?.vector).toMatchObject({ rank: 1, contribution: 0.5 });
    expect(first?.explanation?.lexical).toMatchObject({
      rank: 1,
      contribution: 0.5,
      terms: ['wheat', 'harvest'],
    });
  });

  it('gives the same scores however few are asked for', async () => {
    const { engine } = await openHybrid();
    for (let number = 0; number < 8; number += 1) {
      await engine.indexDocument(`more${number}`, '', `Harvest ${'wheat '.repeat(number)}`);
    }
    const [first, second] = await engine.search('wheat harvest', 12);
    expect(await engine.search('wheat harvest', 2)).toEqual([first, second]);
  });

  it('does not ask a leg that is off', async () => {
    const { engine, calls, model } = await openHybrid();
    calls.length = 0;
    model.texts.length = 0;
    const lexical = await engine.search('harvest', 4, {
      fusion: { method: 'weighted', lexicalWeight: 1 },
      explain: true,
    });
    expect(idsOf(lexical).sort()).toEqual(['harvests', 'wheat']);
    expect(lexical[0]).toMatchObject({ score: 1, explanation: { vector: null } });
    expect([model.texts, calls]).toEqual([[], ['find', 'find']]);
    const vector = await engine.search('harvest', 4, {
      fusion: { method: 'weighted', lexicalWeight: 0 },
      explain: true,
    });
    expect(vector).toHaveLength(4);
    expect(vector.every(({ explanation }) => explanation?.lexical === null)).toBe(true);
  });

  it('finds by words what means nothing to the model', async () => {
    const model = { dimensions: 2, embed: (text: string) => [Number(text.includes('river')), 0] };
    const open = async (lexical?: LexicalIndex): Promise<SemanticSearchEngine> => {
      const engine = new SemanticSearchEngine(createMemoryVectorStore(), model, { lexical });
      await engine.initialize();
      await engine.indexDocument('d', '', 'river with okapi');
      return engine;
    };
    expect(await (await open(createBm25Index())).search('okapi', 3, { explain: true })).toMatchObject([
      { id: 'd', score: 1, explanation: { vector: null } },
    ]);
    await expect((await open()).search('okapi', 3)).rejects.toThrow('all zeros');
  });

  it('answers a document found by its words alone with the passage that has most of them', async () => {
    const { engine } = await openEngine({
      lexical: createBm25Index(),
      chunking: { sentences: 1, overlap: 0 },
    });
    await engine.indexDocument(
      'a',
      '',
      'Nothing here. The treaty says peace. A treaty of peace with France. The end.',
    );
    const [result] = await engine.search('treaty peace France', 1, {
      fusion: { method: 'weighted', lexicalWeight: 1 },
    });
    expect(result?.passage.text).toBe('A treaty of peace with France.');
    expect(result?.passage.highlights).toHaveLength(3);
  });

  it('chooses passages and marks words by what the index takes for equal', async () => {
    const lexical = createBm25Index({
      normalize: (word) => word.toLowerCase().normalize('NFD').replace(/\p{M}/gu, ''),
    });
    const { engine } = await openEngine({ lexical, chunking: { sentences: 1, overlap: 0 } });
    await engine.indexDocument('a', '', 'Nichts. Café, Cafe, CAFÉ. Ein Café in Zürich.');
    for (const lexicalWeight of [0, 0.5, 1]) {
      const fusion = { method: 'weighted', lexicalWeight } as const;
      const [result] = await engine.search('cafe zurich', 1, { fusion });
      const { text = '', highlights = [] } = result?.passage ?? {};
      expect(highlight(text, highlights)).toBe('Ein **Café** in **Zürich**.');
    }
  });

  it('takes the way of an index to make words equal with the index, and refuses what is none', async () => {
    class Index {
      readonly #equal = { colour: 'color' } as Record<string, string>;
      add(): void {}
      remove(): void {}
      search(): readonly LexicalHit[] {
        return [];
      }
      normalize(word: string): string {
        return this.#equal[word] ?? word;
      }
    }
    const { engine } = await openEngine({ lexical: new Index() });
    await engine.indexDocument('a', '', 'the color');
    expect((await engine.search('colour', 1))[0]?.passage.highlights).toEqual([[4, 9]]);
    const wrong = { ...createBm25Index(), normalize: 'lower' } as unknown as LexicalIndex;
    await expect(openEngine({ lexical: wrong })).rejects.toThrow(/lexical\.normalize is "lower"/);
  });

  it('finds words of scripts without spaces', async () => {
    const { engine } = await openEngine({ lexical: createBm25Index() });
    await engine.indexDocument('a', '', '私は東京に住んでいます。彼は大阪に住んでいます。');
    await engine.indexDocument('b', '', '彼女は本を読む。');
    const [result] = await engine.search('東京', 1, { explain: true });
    expect(result).toMatchObject({ id: 'a', score: 1, explanation: { lexical: { terms: ['東京'] } } });
    expect(result?.passage.highlights).toEqual([[2, 4]]);
  });

  it('finds a word beside a sign or a tab, as queries have it', () => {
    const index = createBm25Index();
    index.add('a', { title: 'rates\tand fees', content: 'It costs $500+ a year.' });
    for (const query of ['$500', '500', 'rates']) expect(index.search(query, 1)).toHaveLength(1);
    expect(index.search('What is a fee?', 1)).toMatchObject([{ terms: ['fee'] }]);
  });

  it('knows by words what was changed and deleted here, and learns what others did', async () => {
    const { engine, store } = await openHybrid();
    const words = { fusion: { method: 'weighted', lexicalWeight: 1 } } as const;
    await engine.indexDocument('ships', '', 'Trains replaced them.');
    await engine.deleteDocument('wheel');
    expect(idsOf(await engine.search('ships wheels trains', 5, words))).toEqual(['ships']);

    const other = new SemanticSearchEngine(store, hashingModel());
    await other.indexDocument('ships', '', 'Balloons came after them.');
    await other.deleteDocument('wheat');
    await other.indexDocument('new', '', 'Trains and wheat.');
    expect(idsOf(await engine.search('trains', 5, words))).toEqual([]);
    expect(idsOf(await engine.search('balloons', 5, words))).toEqual(['ships']);
    expect(idsOf(await engine.search('wheat', 5, words))).toEqual([]);
    await engine.refresh();
    expect(idsOf(await engine.search('wheat', 5, words))).toEqual(['new']);

    const later = new SemanticSearchEngine(store, hashingModel(), { lexical: createBm25Index() });
    await later.initialize();
    expect(idsOf(await later.search('trains', 5, words))).toEqual(['new']);
    await other.deleteDocument('new');
    await later.repair();
    expect(idsOf(await later.search('trains', 5, words))).toEqual([]);
  });

  it('fills its words from more records than it reads at a time', async () => {
    const { engine, store } = await openEngine();
    for (let number = 0; number < 130; number += 1)
      await engine.indexDocument(`d${number}`, '', `word${number}`);
    const later = new SemanticSearchEngine(store, hashingModel(), { lexical: createBm25Index() });
    await later.initialize();
    const words = { fusion: { method: 'weighted', lexicalWeight: 1 } } as const;
    for (const number of [0, 64, 129])
      expect(idsOf(await later.search(`word${number}`, 2, words))).toEqual([`d${number}`]);
  });

  it('never returns a short page because of a filter', async () => {
    const { engine } = await openEngine({ lexical: createBm25Index(), candidates: 5 });
    for (let number = 0; number < 60; number += 1) {
      await engine.indexDocument(`d${number}`, '', `wheat ${'and corn '.repeat(number % 7)}`, {
        metadata: { number },
      });
    }
    const filter = ({ metadata }: { metadata: { isWanted?: boolean; number?: number } }): boolean =>
      Number(metadata.number) % 20 === 0;
    for (const lexicalWeight of [0, 0.5, 1]) {
      const fusion = { method: 'weighted', lexicalWeight } as const;
      expect(idsOf(await engine.search('wheat', 3, { filter, fusion })).sort()).toEqual(['d0', 'd20', 'd40']);
    }
  });

  it('tunes its weights by queries with known answers', async () => {
    const { engine, calls } = await openHybrid();
    calls.length = 0;
    const labelled = [
      { query: 'harvest', relevant: ['harvests'] },
      { query: 'wheels', relevant: ['wheel'] },
    ];
    const { best, tried } = await engine.tune(labelled);
    expect(tried).toHaveLength(11);
    expect(best.score).toBe(Math.max(...tried.map(({ score }) => score)));
    expect(calls).toEqual(['vectorSearch', 'vectorSearch']);
    const fusions = [{ method: 'reciprocal-rank', k: 10 }] as const;
    const none = await engine.tune([{ query: 'harvest', relevant: ['nothing'] }], { fusions });
    expect(none.best).toEqual({ fusion: fusions[0], score: 0 });
    await expect(engine.tune([])).rejects.toThrow(/nothing to tune by/);
    const cause = new Error('enough');
    const signal = AbortSignal.abort(cause);
    await expect(engine.tune(labelled, { signal })).rejects.toMatchObject({ code: 'CANCELLED', cause });
    const vectorOnly = await openEngine();
    await vectorOnly.engine.indexDocument('a', '', 'text');
    expect((await vectorOnly.engine.tune([{ query: 'text', relevant: ['a'] }])).best.score).toBe(1);
  });
});

describe('tuning', () => {
  it('measures what a search with the fusion finds', async () => {
    const { engine } = await openEngine({ lexical: createBm25Index() });
    await engine.indexDocument('often', 'Wheat', 'Wheat and wheat again.');
    await engine.indexDocument('once', '', 'A long text about many other things, among them wheat.');
    for (let number = 0; number < 8; number += 1) {
      await engine.indexDocument(`other${number}`, '', `Wheelwrights of the year 180${number}.`);
    }
    for (const lexicalWeight of [0, 0.5, 1]) {
      const fusion = { method: 'weighted', lexicalWeight } as const;
      const found = idsOf(await engine.search('wheat', 10, { fusion }));
      const measured: (readonly string[])[] = [];
      const measure = (ranked: readonly string[]): number => measured.push(ranked);
      await engine.tune([{ query: 'wheat', relevant: ['once'] }], { fusions: [fusion], measure });
      expect(measured).toEqual([found]);
    }
  });

  it('looks as far as a search, however many candidates there are to be', async () => {
    const lexical = createBm25Index();
    const asked = new Set<number>();
    const search: LexicalIndex['search'] = (query, limit) => {
      asked.add(limit);
      return lexical.search(query, limit);
    };
    const candidates = Number.MAX_SAFE_INTEGER;
    const { engine } = await openEngine({ lexical: { ...lexical, search }, candidates });
    await engine.indexDocument('a', '', 'wheat');
    expect(idsOf(await engine.search('wheat', 1))).toEqual(['a']);
    expect((await engine.tune([{ query: 'wheat', relevant: ['a'] }])).best.score).toBe(1);
    expect(asked).toEqual(new Set([10_000]));
  });

  it('measures by words alone a query that means nothing to the model', async () => {
    const model = { dimensions: 2, embed: (text: string) => [Number(text.includes('river')), 0] };
    const options = { lexical: createBm25Index() };
    const engine = new SemanticSearchEngine(createMemoryVectorStore(), model, options);
    await engine.indexDocument('d', '', 'river with okapi');
    const { best, tried } = await engine.tune([{ query: 'okapi', relevant: ['d'] }]);
    expect(best.score).toBe(1);
    expect(tried[0]).toEqual({ fusion: { method: 'weighted', lexicalWeight: 0 }, score: 0 });
  });
});

describe('fusion', () => {
  const hit = (id: string, distance: number) => ({ id, generation: 1, part: 0, distance });
  const rankings: Rankings = {
    vector: [hit('a', 0.1), hit('b', 0.3), hit('c', 0.5)],
    lexical: [
      { id: 'b', score: 8, terms: ['x'] },
      { id: 'd', score: 2, terms: [] },
    ],
  };
  const scores = (fusion: Parameters<typeof fuse>[1]) =>
    fuse(rankings, fusion).map(({ id, score }) => [id, Number(score.toFixed(4))]);

  it('stretches each leg over its candidates, then adds by weight', () => {
    expect(scores({ method: 'weighted', lexicalWeight: 0.4 })).toEqual([
      ['b', 0.7],
      ['a', 0.6],
      ['c', 0],
      ['d', 0],
    ]);
  });

  it('adds by rank, on the same scale', () => {
    expect(scores({ method: 'reciprocal-rank', k: 1 })).toEqual([
      ['b', Number((0.5 * (2 / 3) + 0.5).toFixed(4))],
      ['a', 0.5],
      ['d', Number(((0.5 * 2) / 3).toFixed(4))],
      ['c', 0.25],
    ]);
    const bothFirst = { vector: [hit('a', 0.1)], lexical: [{ id: 'a', score: 1, terms: [] }] };
    expect(fuse(bothFirst, { method: 'reciprocal-rank' })[0]?.score).toBe(1);
    expect(fuse(bothFirst, { method: 'weighted' })[0]?.score).toBe(1);
    expect(() => scores({ method: 'reciprocal-rank', k: -1 })).toThrow(/fusion.k is -1/);
  });

  it('gives words alone a share of the best', () => {
    const alone = fuse({ vector: null, lexical: rankings.lexical }, { method: 'weighted' });
    expect(alone.map(({ id, score }) => [id, score])).toEqual([
      ['b', 1],
      ['d', 0.25],
    ]);
    const zero = fuse({ vector: null, lexical: [{ id: 'a', score: 0, terms: [] }] }, { method: 'weighted' });
    expect(zero[0]?.score).toBe(1);
    expect(fuse({ vector: null, lexical: null }, { method: 'weighted' })).toEqual([]);
  });
});

describe('createBm25Index', () => {
  it('finds words in any number or tense, more by the title, and takes another normaliser', () => {
    const index = createBm25Index();
    index.add('a', { title: '', content: 'Treaties were signed' });
    index.add('b', { title: 'Treaty', content: 'nothing' });
    expect(
      index
        .search('signing treaties', 5)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'b']);
    expect(index.search('treaty', 1)[0]?.id).toBe('b');
    index.add('b', { title: '', content: 'else' });
    expect(index.search('treaty', 5).map(({ id }) => id)).toEqual(['a']);
    expect(index.search('What were the treaties?', 5)).toHaveLength(1);
    expect(index.search('were', 5)).toHaveLength(1);
    index.remove('a');
    index.remove('a');
    expect(index.search('treaty', 5)).toEqual([]);
    const exact = createBm25Index({ normalize: (word) => word, titleBoost: 1, k1: 2, b: 0 });
    exact.add('a', { title: '', content: 'Word' });
    expect(exact.search('word', 5)).toEqual([]);
    expect(exact.search('Word', 5)).toHaveLength(1);
  });

  it('ranks what is left as if what was changed and deleted had never been there', () => {
    const [index, fresh] = [createBm25Index(), createBm25Index()];
    const stays = { title: 'River', content: 'A river.' };
    for (const one of [index, fresh]) one.add('a', stays);
    index.add('b', { title: 'River', content: 'River after river after river.' });
    index.add('c', { title: 'Rivers', content: 'A river.' });
    index.add('b', { title: '', content: 'Stone' });
    for (const id of ['b', 'c']) index.remove(id);
    expect(index.search('river', 5)).toEqual(fresh.search('river', 5));
  });

  it('asks normalize about words alone, not about what ends a text', () => {
    const asked: string[] = [];
    const normalize = (word: string): string => {
      asked.push(word);
      return word;
    };
    const index = createBm25Index({ normalize });
    index.add('a', { title: '', content: '"Good morning."' });
    index.search('Morning?', 1);
    index.remove('a');
    expect(new Set(asked)).toEqual(new Set(['Good', 'morning', 'Morning']));
  });

  it('takes another text in place of one that normalize threw at', () => {
    const normalize = (word: string): string => {
      if (word === 'bad') throw new Error('not this one');
      return word;
    };
    const index = createBm25Index({ normalize });
    expect(() => index.add('a', { title: 'good', content: 'bad' })).toThrow('not this one');
    index.add('a', { title: 'better', content: '' });
    expect(index.search('better', 1)).toHaveLength(1);
    expect(index.search('good', 1)).toEqual([]);
  });

  it('is the only part of the package that needs it', async () => {
    const store = createMemoryVectorStore();
    const own = { add: () => {}, remove: () => {}, search: () => [] };
    const engine = new SemanticSearchEngine(store, hashingModel(), { lexical: own });
    await engine.initialize();
    await engine.indexDocument('a', '', 'text');
    expect(idsOf(await engine.search('text', 1))).toEqual(['a']);
  });

  describe('with an index of somebody else', () => {
    const indexOf = (search: LexicalIndex['search']): LexicalIndex => ({ add() {}, remove() {}, search });
    const hit = (id: string, score: number) => ({ id, score, terms: ['grain'] });

    it('counts a document once, by its best score', async () => {
      const hits = [hit('wheat', 1), hit('ships', 4), hit('wheat', 3), hit('wheel', 2)];
      const { engine } = await openHybrid({ lexical: indexOf(() => hits) });
      const fusion = { method: 'weighted', lexicalWeight: 1 } as const;
      const results = await engine.search('grain', 4, { fusion });
      expect(results.map(({ id, score }) => [id, score])).toEqual([
        ['ships', 1],
        ['wheat', 0.75],
        ['wheel', 0.5],
      ]);
      expect(hits[0]?.id).toBe('wheat');
    });

    it.each([
      ['logarithms', [-1, -3, -2]],
      ['negative ones among them', [2, -2, 0]],
    ])(
      'keeps its order and all it found with words alone: %s',
      async (_, [wheel = 0, wheat = 0, ships = 0]) => {
        const hits = [hit('wheel', wheel), hit('wheat', wheat), hit('ships', ships)];
        const { engine } = await openHybrid({ lexical: indexOf(() => hits) });
        const fusion = { method: 'weighted', lexicalWeight: 1 } as const;
        const results = await engine.search('grain', 4, { fusion });
        expect(results.map(({ id, score }) => [id, score])).toEqual([
          ['wheel', 1],
          ['ships', 0.5],
          ['wheat', 0],
        ]);
      },
    );

    it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined as never])(
      'refuses the score %s',
      async (score) => {
        const { engine } = await openHybrid({ lexical: indexOf(() => [hit('ships', score)]) });
        await expect(engine.search('grain', 4)).rejects.toThrow('a score of lexical.search is');
      },
    );

    it('refuses one that works later, and its rejections end no process', async () => {
      const late = (): never => Promise.reject(new Error('late')) as never;
      const searching = await openHybrid({ lexical: indexOf(late) });
      await expect(searching.engine.search('grain', 4)).rejects.toThrow('what lexical.search answers is');
      const adding = await openEngine({ lexical: { ...indexOf(() => []), add: late } });
      await expect(adding.engine.indexDocument('a', '', 'Text')).rejects.toThrow(
        'what lexical.add answers is',
      );
      const removing = await openEngine({ lexical: { ...indexOf(() => []), remove: late } });
      await removing.engine.indexDocument('a', '', 'Text');
      await expect(removing.engine.deleteDocument('a')).rejects.toThrow('what lexical.remove answers is');
    });
  });

  it('keeps the options it was given, whatever becomes of the object', async () => {
    const fusion = { method: 'weighted', lexicalWeight: 1 };
    const { engine } = await openHybrid({ fusion });
    fusion.lexicalWeight = Number.NaN;
    expect(idsOf(await engine.search('harvest', 4)).sort()).toEqual(['harvests', 'wheat']);
  });
});
