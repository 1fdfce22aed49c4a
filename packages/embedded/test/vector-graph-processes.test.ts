import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@norikv/testkit';
import { expect, test } from 'vitest';
import { type EmbeddedStore, openEmbedded } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';
import {
  expectNear,
  graphFiles,
  graphStats,
  killedGraph,
  settledGraph,
  type VectorCall,
} from './support/graphs.js';
import { startProgram } from './support/programs.js';
import { randomVector } from './support/vector-oracle.js';

test('what two processes find by their graphs is what both have written', { timeout: 600_000 }, async () => {
  const path = newPath();
  const dimensions = 12;
  const store = await openTestStore({ path, hnswFrom: 100 });
  const program = startProgram('vector-calls', [path, '100']);
  expect(await program.line()).toBe('ready');
  const there = async (...call: VectorCall): Promise<string | undefined> => {
    program.send(JSON.stringify(call));
    return program.line();
  };
  const here = async ([name, ...args]: VectorCall): Promise<unknown> =>
    (store[name] as (...all: readonly unknown[]) => Promise<unknown>).apply(store, args);
  const other: Pick<EmbeddedStore, 'vectorSearch'> = {
    vectorSearch: async (...args) => JSON.parse((await there('vectorSearch', ...args)) ?? ''),
  };
  const random = seededRandom(12);
  const vectors = new Map<string, number[]>();
  let served = 0;
  for (let round = 0; round < 40; round++) {
    // Now and then all goes, and a namespace of the same name comes.
    if (round % 13 === 0) {
      if (round > 0) await here(['vectorDropIndex', 'shared']);
      await there('vectorCreateIndex', 'shared', dimensions, 'euclidean', 'hnsw');
      vectors.clear();
    }
    for (let write = 0; write < 60; write++) {
      const id = `id-${Math.floor(random() * 400)}`;
      const isDelete = random() < 0.2;
      const vector = randomVector(random, dimensions);
      const call: VectorCall = isDelete
        ? ['vectorDelete', 'shared', id]
        : ['vectorInsert', 'shared', id, vector];
      if (random() < 0.5) await there(...call);
      else await here(call);
      if (isDelete) vectors.delete(id);
      else vectors.set(id, vector);
    }
    const queries = [...[...vectors.values()].slice(0, 5), randomVector(random, dimensions)];
    const question = { vectors, distance: 'euclidean', queries, k: 8 } as const;
    await expectNear(store, 'shared', question);
    await expectNear(other, 'shared', question);
    // Sometimes the graph is let become ready, otherwise it is made while the vectors change.
    for (let isServing = round % 4 < 3 || vectors.size < 100; !isServing; ) {
      await settledGraph(store, 'shared', queries[0] ?? []);
      isServing = (await graphStats(store, 'shared'))?.isServing ?? false;
      served += isServing ? 1 : 0;
      // It may be the other process that is making one.
      if (!isServing) await sleep(50);
    }
  }
  expect(served).toBeGreaterThan(5);
  program.kill();
});

test('of two that need a graph at one time one builds it, and both use it', async () => {
  const path = newPath();
  const stores = [await openTestStore({ path, hnswFrom: 500 }), await openTestStore({ path, hnswFrom: 500 })];
  const random = seededRandom(3);
  const items = Array.from({ length: 3_000 }, (_, number) => ({
    id: `${number}`,
    vector: randomVector(random, 16),
  }));
  await stores[0]?.vectorCreateIndex('shared', 16, 'euclidean', 'hnsw');
  await stores[0]?.vectorInsertMany('shared', items);
  const query = items[0]?.vector ?? [];
  const files = new Set<string>();
  for (let served = 0; served < 2; ) {
    served = 0;
    for (const store of stores) {
      await store.vectorSearch('shared', query, 1);
      served += (await graphStats(store, 'shared'))?.isServing ? 1 : 0;
    }
    await sleep(20);
    for (const file of graphFiles(path).filter((name) => name.endsWith('.graph'))) files.add(file);
  }
  expect(files.size).toBe(1);
});

// An hour by hand: NORIKV_FAULT_BUDGET_SECONDS=3600. Without it, 20 kills.
const budgetMs = Number(process.env.NORIKV_FAULT_BUDGET_SECONDS ?? 0) * 1_000;

test(
  'a kill while graphs are made leaves none that is wrong',
  async () => {
    const path = newPath();
    const { namespace, dimensions, options } = killedGraph;
    const random = seededRandom(4);
    const end = performance.now() + budgetMs;
    const waiting = [startProgram('graph-until-killed'), startProgram('graph-until-killed')];
    let halfWritten = 0;
    for (let kills = 0; kills < 20 || halfWritten === 0 || performance.now() < end; kills++) {
      const writer = waiting.shift() ?? startProgram('graph-until-killed');
      waiting.push(startProgram('graph-until-killed'));
      writer.send(`${path} ${kills + 1}`);
      expect(await writer.line(), writer.errors()).toBe('searched');
      await sleep(random() * 150);
      writer.kill();
      expect(await writer.exited).toBe('SIGKILL');
      halfWritten += graphFiles(path).some((file) => file.endsWith('.partial')) ? 1 : 0;

      const store = await openEmbedded({ path, ...options });
      const query = randomVector(random, dimensions);
      const { matches } = await store.vectorSearch(namespace, query, 100_000, { includeVectors: true });
      const vectors = new Map(matches.map(({ id, vector = [] }) => [id, vector]));
      expect(await settledGraph(store, namespace, query)).toMatchObject({
        isServing: true,
        reason: undefined,
      });
      const queries = [query, ...[...vectors.values()].slice(0, 20)];
      await expectNear(store, namespace, { vectors, distance: 'euclidean', queries, k: 6 });
      await store.close();
    }
    for (const writer of waiting) writer.kill();
  },
  budgetMs + 900_000,
);
