import { isNoriKVError } from '@norikv/store';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBm25Index } from '../src/bm25.js';
import { SemanticSearchEngine } from '../src/index.js';
import { hashingModel } from './support/hashing-model.js';
import { watchedStore } from './support/watched-store.js';

type Command =
  | { readonly kind: 'index'; readonly id: string; readonly content: string; readonly version: number }
  | { readonly kind: 'delete'; readonly id: string };

const id = fc.constantFrom('a', 'b', 'c');
const content = fc.constantFrom(
  'Wheat is cheap.',
  'Wheat is cheap. Corn is dear. Ships wait. The harbour is full. Nobody pays.',
  'Ships wait.',
);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('index' as const), id, content, version: fc.nat(2) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), id }) },
);

const open = (store: ReturnType<typeof watchedStore>['store'], isHybrid: boolean): SemanticSearchEngine =>
  new SemanticSearchEngine(store, hashingModel(16), { lexical: isHybrid ? createBm25Index() : undefined });

async function run(engine: SemanticSearchEngine, one: Command): Promise<void> {
  if (one.kind === 'delete') await engine.deleteDocument(one.id);
  else await engine.indexDocument(one.id, 'T', one.content, { metadata: { version: one.version } });
}

const stateAfter = (one: Command): string =>
  one.kind === 'delete' ? 'none' : JSON.stringify([one.content, one.version]);

it('returns nothing wrong after a crash between any two steps, and a repair ends clean', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 4 }),
      command,
      fc.nat({ max: 18 }),
      fc.boolean(),
      fc.boolean(),
      async (before, last, crashAt, isApplied, isHybrid) => {
        const watched = watchedStore();
        const doomed = open(watched.store, isHybrid);
        await doomed.initialize();
        const admissible = new Map<string, string[]>();
        for (const one of before) {
          await run(doomed, one);
          admissible.set(one.id, [stateAfter(one)]);
        }
        watched.dieAfter(crashAt, isApplied);
        const isTold = await run(doomed, last).then(
          () => true,
          (error) => {
            if (!isNoriKVError(error)) throw error;
            return false;
          },
        );
        const earlier = isTold ? [] : (admissible.get(last.id) ?? ['none']);
        admissible.set(last.id, [...earlier, stateAfter(last)]);
        watched.revive();

        // The one that saw the crash must be right as well: its words may be behind. Neither is the one that
        // repairs, since what a search finds out would help it.
        await check(doomed, admissible);
        const reader = open(watched.store, isHybrid);
        await reader.initialize();
        await check(reader, admissible);
        const survivor = open(watched.store, isHybrid);
        await survivor.repair();
        await check(survivor, admissible);
        expect(await survivor.verify()).toMatchObject({ ghosts: 0, missing: 0, resumed: 0, isClean: true });
        let chunks = 0;
        for await (const one of survivor.ids()) {
          const { content: text = '' } = (await survivor.getDocument(one)) ?? {};
          chunks += text.length > 20 ? 2 : 1;
        }
        expect(await watched.vectorIds('documents', 16)).toHaveLength(chunks);
      },
    ),
    { numRuns: 300 },
  );
});

async function check(
  engine: SemanticSearchEngine,
  admissible: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const shown = new Map<string, string>();
  for (const result of await engine.search('wheat ships', 10)) {
    expect(shown.has(result.id)).toBe(false);
    const { start, end, text } = result.passage;
    expect(result.content.slice(start, end)).toBe(text);
    shown.set(result.id, JSON.stringify([result.content, result.metadata.version]));
  }
  for (const one of ['a', 'b', 'c']) {
    expect(admissible.get(one) ?? ['none']).toContain(shown.get(one) ?? 'none');
  }
}
