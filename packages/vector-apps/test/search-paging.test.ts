import { createMemoryVectorStore } from '@norikv/testkit';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBm25Index } from '../src/bm25.js';
import { type Fusion, SemanticSearchEngine } from '../src/index.js';
import { openEngine } from './support/open-engine.js';

const words = ['harvest', 'winter', 'river', 'stone', 'bridge', 'garden'];

const corpus = fc.array(
  fc.record({
    text: fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }),
    isWanted: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

const fusions = fc.oneof(
  fc.record({ method: fc.constant('weighted' as const), lexicalWeight: fc.constantFrom(0, 0.3, 0.5, 1) }),
  fc.record({ method: fc.constant('reciprocal-rank' as const), lexicalWeight: fc.constantFrom(0, 0.5, 0.9) }),
);

it('pages hold every document that a filter lets pass once, in the order of one long page', async () => {
  await fc.assert(
    fc.asyncProperty(
      corpus,
      fusions,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 5 }),
      async (documents, fusion: Fusion, candidates, limit) => {
        const { engine } = await openEngine({ lexical: createBm25Index(), candidates, fusion });
        for (const [place, { text, isWanted }] of documents.entries()) {
          await engine.indexDocument(`d${place}`, '', text.join(' '), { metadata: { isWanted } });
        }
        const filter = ({ metadata }: { readonly metadata: Record<string, unknown> }) =>
          metadata.isWanted === true;
        const paged: { readonly id: string; readonly score: number }[] = [];
        for (let offset: number | null = 0; offset !== null; ) {
          const page = await engine.searchPage('river harvest', { limit, offset, filter });
          paged.push(...page.results);
          offset = page.nextOffset;
        }
        const whole = await engine.search('river harvest', documents.length + 1, { filter, explain: true });
        for (const { score, explanation } of whole) {
          const { vector, lexical } = explanation ?? { vector: null, lexical: null };
          expect((vector?.contribution ?? 0) + (lexical?.contribution ?? 0)).toBeCloseTo(score, 9);
        }
        expect(paged.map(({ id, score }) => [id, score])).toEqual(whole.map(({ id, score }) => [id, score]));
        expect(whole.map(({ score }) => score)).toEqual(
          whole.map(({ score }) => score).sort((one, other) => other - one),
        );
        if (fusion.lexicalWeight === 1) return;
        const wanted = documents.flatMap(({ isWanted }, place) => (isWanted ? [`d${place}`] : []));
        expect(paged.map(({ id }) => id).sort()).toEqual(wanted.sort());
      },
    ),
    { numRuns: 60, endOnFailure: true },
  );
});

it('pages up to the last that maxScan holds are in the order of one long page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }), {
        minLength: 20,
        maxLength: 40,
      }),
      fusions,
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
      async (documents, fusion: Fusion, candidates, limit, pages) => {
        const { engine } = await openEngine({ lexical: createBm25Index(), candidates, fusion });
        for (const [place, text] of documents.entries()) {
          await engine.indexDocument(`d${place}`, '', text.join(' '));
        }
        const maxScan = limit * pages;
        const paged: string[] = [];
        for (let offset = 0; offset < maxScan; offset += limit) {
          const page = await engine.searchPage('river harvest', { limit, offset, maxScan });
          paged.push(...page.results.map(({ id }) => id));
        }
        const whole = await engine.search('river harvest', maxScan, { maxScan });
        expect(paged).toEqual(whole.map(({ id }) => id));
      },
    ),
    { numRuns: 100, endOnFailure: true },
  );
});

it('pages of what is unlike the query hold every document once, the nearest first', async () => {
  const model = {
    dimensions: 2,
    embed: (text: string) => [Math.cos(Number(text)), Math.sin(Number(text))],
  };
  const engine = new SemanticSearchEngine(createMemoryVectorStore(), model, { chunking: false });
  const nearestFirst = Array.from({ length: 60 }, (_, place) => `d${99 - place}`);
  for (const [place, id] of nearestFirst.entries()) {
    await engine.indexDocument(id, '', String(1.6 + place / 40));
  }
  const paged: string[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const page = await engine.searchPage('0', { limit: 7, offset });
    paged.push(...page.results.map(({ id }) => id));
    offset = page.nextOffset;
  }
  expect(paged).toEqual(nearestFirst);
});

it('looks as far as it may, although a store counts in 32 bits', async () => {
  for (const lexical of [undefined, createBm25Index()]) {
    const { engine } = await openEngine({ lexical, candidates: 2 ** 40 });
    await engine.indexDocument('a', '', 'river');
    const found = await engine.search('river', 2 ** 30, { maxScan: 2 ** 40 });
    expect(found.map(({ id }) => id)).toEqual(['a']);
  }
});

it('pages fit together, and miss nothing, after documents were changed and deleted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }), {
        minLength: 4,
        maxLength: 16,
      }),
      fc.array(fc.nat(15), { minLength: 1, maxLength: 12 }),
      fc.constantFrom(0.5, 1),
      async (documents, changed, lexicalWeight) => {
        const fusion: Fusion = { method: 'weighted', lexicalWeight };
        const { engine } = await openEngine({ lexical: createBm25Index(), fusion });
        const texts = new Map(documents.map((text, place) => [`d${place}`, text.join(' ')]));
        for (const [id, text] of texts) await engine.indexDocument(id, '', text);
        for (const place of changed) {
          const [id, text] = [`d${place}`, `garden ${place}`];
          if (texts.delete(id)) await engine.deleteDocument(id);
          else texts.set(id, text) && (await engine.indexDocument(id, '', text));
        }
        const paged: string[] = [];
        for (let offset: number | null = 0; offset !== null; ) {
          const page = await engine.searchPage('river harvest', { limit: 1, offset });
          paged.push(...page.results.map(({ id }) => id));
          offset = page.nextOffset;
        }
        const isWanted = (text: string): boolean => lexicalWeight < 1 || /river|harvest/.test(text);
        const wanted = [...texts].flatMap(([id, text]) => (isWanted(text) ? [id] : []));
        expect(paged.sort()).toEqual(wanted.sort());
      },
    ),
    { numRuns: 60, endOnFailure: true },
  );
});
