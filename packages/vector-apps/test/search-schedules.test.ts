import { createMemoryVectorStore, FakeClock, seededRandom } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { createBm25Index } from '../src/bm25.js';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import { SemanticSearchEngine } from '../src/index.js';
import { hashingModel } from './support/hashing-model.js';
import { mortalStores } from './support/mortal-stores.js';
import { excused, Told } from './support/told.js';

const schedules = 20 * Number(process.env.NORIKV_TEST_LOAD ?? 1);
const dimensions = 16;
const ids = ['a', 'b'];
const contents = [
  'Wheat is cheap.',
  'Ships wait.',
  'Wheat is cheap. Corn is dear. Ships wait. The harbour is full. Nobody pays.',
];
const asItIs = (model: string): string => model;

/** Processes that index, delete, search and repair, and some of them die, over a store that fails in every way. */
async function play(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const clock = new FakeClock();
  const memory = createMemoryVectorStore({ clock, latencyMs: () => 0.5 + 40 * random() ** 4 });
  const isHybrid = random() < 0.4;
  const rate = pick([0, 0.02, 0.06]);
  const stores = mortalStores(memory, clock, random, rate, { chance: 0.5, least: 10, spread: 100 });
  const openOn = (store: VectorKvStore): SemanticSearchEngine => {
    const lexical = isHybrid ? createBm25Index() : undefined;
    return new SemanticSearchEngine(store, hashingModel(dimensions), { clock, random, lexical });
  };
  const openProcess = (): SemanticSearchEngine => {
    return openOn(stores.open());
  };
  const told = new Told('nothing');
  const shownBy = async (engine: SemanticSearchEngine): Promise<Map<string, string>> => {
    const results = await engine.search('wheat ships', 9);
    return new Map(results.map(({ id, content }) => [id, content]));
  };

  const act = async (engine: SemanticSearchEngine): Promise<void> => {
    const [id, content, choice] = [pick(ids), pick(contents), random()];
    if (choice < 0.4) {
      // Equal content may be written again, if another process was writing.
      const index = () => engine.indexDocument(id, 'T', content);
      await told.write(id, `index ${content.length}`, index, (model, answer) =>
        answer === 'unchanged' ? [model, model === content ? answer : 'not so'] : [content, 'indexed'],
      );
    } else if (choice < 0.6) {
      const remove = () => engine.deleteDocument(id);
      await told.write(id, 'delete', remove, (model) => ['nothing', `${model !== 'nothing'}`]);
    } else if (choice < 0.85) {
      const startedAt = told.now();
      const before = ids.map((one) => told.writesTo(one));
      const shown = await shownBy(engine).catch(excused);
      if (typeof shown === 'string') return;
      for (const [place, one] of ids.entries()) {
        // One that is written meanwhile may be overlooked.
        const unseen = told.writesTo(one) === before[place] ? 'nothing' : undefined;
        const answer = shown.get(one) ?? unseen;
        if (answer) told.saw(one, startedAt, answer, asItIs);
      }
    } else await engine.repair({ openOnly: random() < 0.5 }).catch(excused);
  };
  const live = async (engine: SemanticSearchEngine): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await act(engine);
  };
  const processes = [openProcess(), openProcess(), openProcess()];
  await clock.run(() => Promise.all([...processes, ...processes.slice(1)].map(live)));
  stores.calm();
  await clock.advance(1_000);

  await clock.run(async () => {
    const survivor = openOn(memory);
    // Meets the vectors that came too late, for the repair to remove them.
    await survivor.search('wheat ships', 99);
    await survivor.repair({ openOnly: random() < 0.5 });
    expect(await survivor.verify()).toMatchObject({ isClean: true });
    const startedAt = told.now();
    const shown = await shownBy(survivor);
    for (const id of ids) told.saw(id, startedAt, shown.get(id) ?? 'nothing', asItIs);
    const { matches } = await memory.vectorSearch('documents', new Float32Array(dimensions).fill(1), 999);
    const parts = [...shown.values()].map((content) => (content.length > 20 ? 2 : 1));
    expect(matches).toHaveLength(parts.reduce((sum, count) => sum + count, 0));
  });
  expect(told.unexplained()).toEqual([]);
}

it('shows what was acknowledged and leaves nothing behind, whatever becomes of calls and processes', async () => {
  for (let seed = 1; seed <= schedules; seed += 1) {
    await play(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    });
  }
});
