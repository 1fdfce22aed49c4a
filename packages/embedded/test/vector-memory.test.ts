import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRandom } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { openTestStore } from './support/folders.js';
import { randomVector } from './support/vector-oracle.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const dimensions = 64;
const vectors = 2_000;
const bytesOfOne = vectors * dimensions * 4;

it('a namespace that was searched takes no memory once it is dropped', async () => {
  const store = await openTestStore();
  const random = seededRandom(1);
  const items = Array.from({ length: vectors }, (_, number) => ({
    id: `${number}`,
    vector: randomVector(random, dimensions),
  }));
  const liveAndDie = async (name: string): Promise<void> => {
    await store.vectorCreateIndex(name, dimensions, 'cosine');
    await store.vectorInsertMany(name, items);
    await store.vectorSearch(name, randomVector(random, dimensions), 1);
    await store.vectorDropIndex(name);
  };
  const held = async (): Promise<number> => {
    // What is freed outside of the heap is noticed a turn later.
    for (let turn = 0; turn < 3; turn += 1) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  await liveAndDie('first');
  const before = await held();
  for (let number = 0; number < 20; number += 1) await liveAndDie(`namespace-${number}`);
  expect((await held()) - before).toBeLessThan(5 * bytesOfOne);
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
