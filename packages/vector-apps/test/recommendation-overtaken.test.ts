import { createMemoryVectorStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import { handle, openShop, type RecommendationEngine, stock } from './recommendation/shop.js';
import { watchedStore } from './support/watched-store.js';

const events = ['u1', 'u2'].flatMap((userId) =>
  ['boots', 'poems'].map((productId) => ({ userId, productId })),
);
const train = (engine: RecommendationEngine) => engine.trainItemVectors(events, { factors: 2 });

/** An engine, and others that train twice when it goes through all products for the second time. */
async function overtaken(): Promise<{ engine: RecommendationEngine; memory: VectorKvStore; arm(): void }> {
  const memory = createMemoryVectorStore();
  const other = await openShop(handle(memory));
  await stock(other);
  let rounds = Number.NaN;
  const store = handle(memory, {
    capabilities: memory.capabilities,
    async find(...call: Parameters<typeof memory.find>) {
      if (String(call[0]).endsWith('led/0')) rounds += 1;
      if (rounds === 2) {
        rounds = Number.NaN;
        await train(other);
        await train(other);
      }
      return memory.find(...call);
    },
  });
  const engine = await openShop(store);
  return { engine, memory, arm: () => (rounds = 0) };
}

it('a training that later ones overtake while it looks for late products says so', async () => {
  const { engine, memory, arm } = await overtaken();
  arm();
  await expect(train(engine)).rejects.toMatchObject({ code: 'TRAINING_SUPERSEDED' });
  expect(await engine.verify()).toMatchObject({ isClean: true });
  await expect(memory.vectorGet('products~learned-1', 'boots#1#0')).rejects.toThrow('does not exist');
  expect(await memory.vectorGet('products~learned-3', 'boots#1#0')).not.toBeNull();
});

it.each(['repair', 'verify'] as const)(
  'a %s goes on with the training that overtook the one it began with',
  async (name) => {
    const { engine, memory, arm } = await overtaken();
    await train(engine);
    arm();
    expect(await engine[name]()).toMatchObject({ completed: 0, isClean: true });
    await memory.vectorDropIndex('products~learned-3');
    await expect(engine[name]()).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  },
);

it('what a training writes that was given up and died is removed by a repair', async () => {
  const memory = createMemoryVectorStore();
  const survivor = await openShop(handle(memory));
  await stock(survivor);
  const watched = watchedStore(handle(memory));
  const doomed = await openShop(watched.store);
  const reached = watched.hold('vectorCreateIndex');
  const training = train(doomed);
  const release = await reached;
  await train(survivor);
  watched.dieAfter(9, true);
  release();
  await expect(training).rejects.toThrow();
  expect(await memory.vectorGet('products~learned-1', 'boots#1#0')).toBeNull();
  await survivor.repair();
  await expect(memory.vectorGet('products~learned-1', 'boots#1#0')).rejects.toThrow('does not exist');
  expect(await memory.vectorGet('products~learned-2', 'boots#1#0')).not.toBeNull();
});
