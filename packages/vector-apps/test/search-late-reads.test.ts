import { createMemoryVectorStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { createBm25Index } from '../src/bm25.js';
import { openEngine } from './support/open-engine.js';

const byWords = { fusion: { method: 'weighted', lexicalWeight: 1 } } as const;

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
  const { engine } = await openEngine({ lexical: createBm25Index() }, store);
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
  expect(await engine.search('okapi', 5, byWords)).toMatchObject([{ id: 'new' }]);
});

it('a document that says a word before and after it was changed elsewhere is found by it', async () => {
  const store = createMemoryVectorStore();
  const { engine: here } = await openEngine({ lexical: createBm25Index() }, store);
  await here.indexDocument('river', '', 'the river harvest');
  await here.indexDocument('lake', '', 'the lake, not the river');
  const { engine: elsewhere } = await openEngine({ lexical: createBm25Index() }, store);
  await elsewhere.indexDocument('river', '', 'the river harvest of the year');
  await elsewhere.indexDocument('lake', '', 'the lake');
  expect(await here.search('river', 5, byWords)).toMatchObject([
    { id: 'river', content: 'the river harvest of the year' },
  ]);
});

it('a document that is being changed here is found by the words that it keeps, and not by those it has lost', async () => {
  const { engine, hold } = await openEngine({ lexical: createBm25Index() });
  await engine.indexDocument('d', '', 'the river harvest');
  // It is live by then.
  const sweeping = hold('vectorDelete');
  const writing = engine.indexDocument('d', '', 'the river of the year');
  const sweep = await sweeping;
  expect(await engine.search('river', 5, byWords)).toMatchObject([{ content: 'the river of the year' }]);
  expect(await engine.search('harvest', 5, byWords)).toEqual([]);
  sweep();
  await writing;
});

it('a document that was changed here while a search was reading it is not found by a word it has lost', async () => {
  const { engine, hold } = await openEngine({ lexical: createBm25Index() });
  await engine.indexDocument('d', '', 'the river harvest');
  const reading = hold('find');
  const search = engine.search('harvest', 5, byWords);
  const read = await reading;
  await engine.indexDocument('d', '', 'the river of the year');
  read();
  expect(await search).toEqual([]);
});
