import { createMemoryVectorStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { createBm25Index } from '../src/bm25.js';
import { SemanticSearchEngine } from '../src/index.js';
import { hashingModel } from './support/hashing-model.js';

interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

function gate(): Gate {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

it('a document that is indexed while a slow search reads stays in the index of words', async () => {
  const memory = createMemoryVectorStore();
  const [inserted, publish, searching, late] = [gate(), gate(), gate(), gate()];
  let puts = 0;
  let isLate = false;
  const store = Object.assign(Object.create(memory), {
    capabilities: memory.capabilities,
    async put(...call: Parameters<typeof memory.put>) {
      // Its vectors are there, and now it is to be made live.
      if (String(call[0]).endsWith('doc/new') && ++puts === 2) {
        inserted.open();
        await publish.passed;
      }
      return memory.put(...call);
    },
    async find(...call: Parameters<typeof memory.find>) {
      const entry = await memory.find(...call);
      if (isLate && String(call[0]).endsWith('doc/old')) {
        searching.open();
        await late.passed;
      }
      return entry;
    },
  });
  const engine = new SemanticSearchEngine(store, hashingModel(), { lexical: createBm25Index() });
  await engine.initialize();
  await engine.indexDocument('old', 'Yak', 'yak grazing');
  const writing = engine.indexDocument('new', 'Okapi', 'okapi grazing');
  await inserted.passed;
  isLate = true;
  const search = engine.search('grazing', 5);
  await searching.passed;
  publish.open();
  await writing;
  late.open();
  await search;
  isLate = false;
  const byWords = { method: 'weighted', lexicalWeight: 1 } as const;
  expect(await engine.search('okapi', 5, { fusion: byWords })).toMatchObject([{ id: 'new' }]);
});
