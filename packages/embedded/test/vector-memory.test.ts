import { seededRandom } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../testkit/test/collect-garbage.js';
import type { EmbeddedStore } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';
import { randomVector } from './support/vector-oracle.js';

const dimensions = 64;
const vectors = 2_000;
const bytesOfOne = vectors * dimensions * 4;

const random = seededRandom(1);
const items = Array.from({ length: vectors }, (_, number) => ({
  id: `${number}`,
  vector: randomVector(random, dimensions),
}));

async function held(): Promise<number> {
  // What is freed outside of the heap is noticed a turn later.
  for (let turn = 0; turn < 3; turn += 1) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function fillAndSearch(name: string, writer: EmbeddedStore, reader: EmbeddedStore): Promise<void> {
  await writer.vectorCreateIndex(name, dimensions, 'cosine');
  await writer.vectorInsertMany(name, items);
  await reader.vectorSearch(name, randomVector(random, dimensions), 1);
}

it('a namespace that was searched takes no memory once it is dropped', async () => {
  const store = await openTestStore();
  const liveAndDie = async (name: string): Promise<void> => {
    await fillAndSearch(name, store, store);
    await store.vectorDropIndex(name);
  };
  await liveAndDie('first');
  const before = await held();
  for (let number = 0; number < 20; number += 1) await liveAndDie(`namespace-${number}`);
  expect((await held()) - before).toBeLessThan(5 * bytesOfOne);
});

it('nor in a store that searched it and did not drop it', async () => {
  const path = newPath();
  const [owner, reader] = [await openTestStore({ path }), await openTestStore({ path, sweepIntervalMs: 5 })];
  const names = Array.from({ length: 20 }, (_, number) => `namespace-${number}`);
  await fillAndSearch('kept', owner, reader);
  const before = await held();
  for (const name of names) await fillAndSearch(name, owner, reader);
  expect((await held()) - before).toBeGreaterThan(10 * bytesOfOne);
  for (const name of names) await owner.vectorDropIndex(name);
  await expect.poll(async () => (await held()) - before, { timeout: 20_000 }).toBeLessThan(5 * bytesOfOne);
  const { matches } = await reader.vectorSearch('kept', randomVector(random, dimensions), 1);
  expect(matches).toHaveLength(1);
});

it('an answer takes no memory once its caller has let go of it', async () => {
  const store = await openTestStore();
  await store.vectorCreateIndex('some', 1, 'euclidean');
  await store.vectorInsert('some', 'a', [1]);
  const answers: WeakRef<object>[] = [];
  for (let call = 0; call < 100; call += 1) {
    answers.push(new WeakRef((await store.vectorGet('some', 'a')) ?? {}));
  }
  await expect
    .poll(() => {
      collectGarbage();
      return answers.filter((answer) => answer.deref()).length;
    })
    .toBeLessThan(10);
});
