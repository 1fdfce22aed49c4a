import { type Clock, systemClock } from '@norikv/store';
import { createMemoryVectorStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import { angleModel, handle, openShop, RecommendationEngine, stock, tasteOf } from './recommendation/shop.js';
import { watchedStore } from './support/watched-store.js';

const events = ['u1', 'u2', 'u3'].flatMap((userId) => [
  { userId, productId: 'boots' },
  { userId, productId: 'poems' },
]);

/** An operation on a catalogue, and the products beside boots that it leaves there. */
interface Operation {
  run(engine: RecommendationEngine): Promise<unknown>;
  readonly after: readonly string[];
  /** Of so many steps one is tried. Default 1. */
  readonly stride?: number;
}

const before = ['poems books', 'sandals shoes'];

const operations: Readonly<Record<string, Operation>> = {
  'index a product': {
    run: (engine) => engine.indexProduct('trainers', 'trainers', '', 'shoes'),
    after: ['poems books', 'sandals shoes', 'trainers shoes'],
  },
  'update a product': {
    run: (engine) => engine.indexProduct('sandals', 'sandals', 'new', 'beachwear'),
    after: ['poems books', 'sandals beachwear'],
  },
  'remove a product': {
    run: (engine) => engine.removeProduct('sandals'),
    after: ['poems books'],
  },
  train: {
    run: (engine) => engine.trainItemVectors(events, { factors: 2 }),
    after: before,
    stride: 9,
  },
};

/** Nothing is waited for: the store of a process that died does not come back. */
const hurried: Clock = { ...systemClock, startTimer: (callback) => systemClock.startTimer(callback, 0) };

function openDying(store: VectorKvStore): RecommendationEngine {
  return new RecommendationEngine(store, angleModel, { clock: hurried });
}

async function look(engine: RecommendationEngine): Promise<string[]> {
  const found = await engine.getSimilarProducts('boots', 9);
  return found.map(({ name, category }) => `${name} ${category}`).sort();
}

async function prepared(isTrained: boolean): Promise<VectorKvStore> {
  const store = createMemoryVectorStore();
  const engine = await openShop(store);
  await stock(engine, ['boots', 'sandals', 'poems']);
  if (isTrained) await engine.trainItemVectors(events, { factors: 2, contentShare: 0.5 });
  return store;
}

describe.each([false, true])('a crash anywhere (after a training: %s)', (isTrained) => {
  it.each(Object.entries(operations))(
    'in "%s" shows nothing wrong, and repair ends clean',
    async (_, operation) => {
      const { run, after, stride = 1 } = operation;
      let crashes = 0;
      for (let half = 0; ; half += stride) {
        // Each step once with the last call lost and once with it applied.
        const [step, isApplied] = [Math.floor(half / 2), half % 2 === 1];
        const base = await prepared(isTrained);
        const dying = watchedStore(handle(base));
        dying.dieAfter(step, isApplied);
        const hasEnded = await run(openDying(dying.store)).then(
          () => true,
          () => false,
        );
        const survivor = await openShop(handle(base));
        const atOnce = await look(survivor);
        if (hasEnded) expect(atOnce).toEqual(after);
        // A product whose vector is not in the trained space yet is missing until the repair.
        else if (isTrained) expect([...before, ...after]).toEqual(expect.arrayContaining(atOnce));
        else expect([before, after]).toContainEqual(atOnce);

        await survivor.repair();
        expect(await survivor.verify()).toMatchObject({ isClean: true, completed: 0, missing: 0 });
        const repaired = await look(survivor);
        expect(hasEnded ? [after] : [before, after]).toContainEqual(repaired);
        expect(await survivor.recordInteraction('ann', 'boots')).toBe(true);
        await run(survivor);
        expect(await look(survivor)).toEqual(after);
        if (!hasEnded) crashes += 1;
        else if (dying.calls.length <= step) break;
      }
      expect(crashes).toBeGreaterThan(8);
    },
    60_000,
  );

  it('in an interaction is mended by repeating it with its id', async () => {
    for (let step = 0; step < 14; step += 1) {
      const base = await prepared(isTrained);
      const dying = watchedStore(handle(base));
      dying.dieAfter(step, step % 2 === 0);
      const event = { eventId: 'e1', at: 1_000 };
      await openDying(dying.store)
        .recordInteraction('ann', 'boots', event)
        .catch(() => undefined);
      const survivor = await openShop(handle(base), { popularityMaxAgeMs: 0 });
      expect(await survivor.recordInteraction('ann', 'boots', event)).toBe(true);
      expect((await tasteOf(base, 'ann'))?.sums.long.weight).toBe(1);
      expect((await survivor.getRecommendations('new', 1))[0]).toMatchObject({ productId: 'boots' });
    }
  });
});

it('a vector that came too late is removed by the repair after the search that met it', async () => {
  const store = await prepared(false);
  const engine = await openShop(store);
  await store.vectorInsert('products', 'sandals#0#0', [1, 0]);
  expect(await look(engine)).toEqual(before);
  expect(await engine.repair()).toMatchObject({ ghosts: 1 });
  expect(await store.vectorGet('products', 'sandals#0#0')).toBeNull();
});
