import { createMemoryVectorStore } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosine, dot } from '../src/core/vector-math.js';
import type { EmbeddingModel } from '../src/index.js';
import { interactionMatrix, type TrainingEvent } from '../src/recommendation/interaction-matrix.js';
import { itemFactors } from '../src/recommendation/item-factors.js';
import { trainingsCodec } from '../src/recommendation/trainings.js';
import {
  angleModel,
  at,
  handle,
  idsOf,
  openShop,
  stateOf,
  stock,
  stockedShop,
  tasteOf,
} from './recommendation/shop.js';

/** Who likes boots likes poems, and who likes sandals likes the novel: not what their texts say. */
const pairs = [
  ['boots', 'poems'],
  ['sandals', 'novel'],
] as const;

const events: TrainingEvent[] = Array.from({ length: 12 }, (_, user) =>
  (pairs[user % 2] ?? []).map((productId) => ({ userId: `u${user}`, productId })),
).flat();

const pause = async (): Promise<void> => {};
const everything = (): boolean => true;

const trainingsOf = (store: Parameters<typeof tasteOf>[0]) =>
  stateOf(store, 'recommendation:catalogue/products/trainings', trainingsCodec);

describe('learned vectors', () => {
  it('are near for products that the same users like', async () => {
    const matrix = await interactionMatrix(events, everything, pause);
    expect(matrix.rows).toHaveLength(12);
    const vectors = await itemFactors(matrix, { factors: 4, rounds: 20, pause });
    const vectorOf = (id: string): Float32Array =>
      vectors[matrix.productIds.indexOf(id)] ?? new Float32Array(0);
    expect(cosine(vectorOf('boots'), vectorOf('poems'))).toBeCloseTo(1, 4);
    expect(cosine(vectorOf('boots'), vectorOf('novel'))).toBeCloseTo(0, 4);
    expect(Math.max(...vectors.map((vector) => Math.sqrt(dot(vector, vector))))).toBeCloseTo(1, 6);
    expect(vectors.every((vector) => vector.length === 4 && vector.every(Number.isFinite))).toBe(true);
  });

  it('are the same whatever the order of the events', async () => {
    const plan = { factors: 3, rounds: 6, pause };
    const expected = await itemFactors(await interactionMatrix(events, everything, pause), plan);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
        async (shuffled) => {
          const matrix = await interactionMatrix(shuffled, everything, pause);
          expect(await itemFactors(matrix, plan)).toEqual(expected);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('rebuild the matrix when there are enough of them', async () => {
    const users = ['ab', 'abc', 'bcd', 'cd', 'ad'].flatMap((liked, user) =>
      [...liked].map((productId) => ({ userId: String(user), productId })),
    );
    const matrix = await interactionMatrix(users, everything, pause);
    const vectors = await itemFactors(matrix, { factors: 4, rounds: 200, pause });
    // The square of the inner products, up to the scale, is the damped count of co-occurrences.
    const inner = vectors.map((left) => vectors.map((right) => dot(left, right)));
    const squared = inner.map((row) =>
      vectors.map((_, to) => row.reduce((sum, x, k) => sum + x * (inner[k]?.[to] ?? 0), 0)),
    );
    const counts = matrix.productIds.map(
      (_, place) => matrix.rows.filter((row) => row.includes(place)).length,
    );
    const damped = matrix.productIds.map((_, left) =>
      matrix.productIds.map((__, right) => {
        const both = matrix.rows.filter((row) => row.includes(left) && row.includes(right)).length;
        return both * (counts[left] ?? 1) ** -0.4 * (counts[right] ?? 1) ** -0.4;
      }),
    );
    const scale = (squared[0]?.[0] ?? 0) / (damped[0]?.[0] ?? 1);
    for (const [left, row] of damped.entries()) {
      for (const [right, value] of row.entries())
        expect(squared[left]?.[right]).toBeCloseTo(value * scale, 5);
    }
  });

  it('leave out dislikes, products that are not indexed and users with one product', async () => {
    const matrix = await interactionMatrix(
      [
        { userId: 'a', productId: 'x' },
        { userId: 'a', productId: 'y', weight: 1 },
        { userId: 'a', productId: 'y', weight: -2 },
        { userId: 'a', productId: 'z' },
        { userId: 'b', productId: 'x' },
        { userId: 'c', productId: 'ghost' },
        { userId: 'c', productId: 'x' },
      ],
      (id) => id !== 'ghost',
      pause,
    );
    expect(matrix.productIds).toEqual(['x', 'z']);
    expect(matrix.rows.map((row) => [...row])).toEqual([[0, 1]]);
  });

  it('let the event loop turn', async () => {
    const many = Array.from({ length: 400 }, (_, user) =>
      Array.from({ length: 60 }, (__, place) => ({
        userId: String(user),
        productId: String((user * 7 + place * 13) % 300),
      })),
    ).flat();
    let pauses = 0;
    const counted = async (): Promise<void> => {
      pauses += 1;
    };
    const matrix = await interactionMatrix(many, everything, counted);
    expect(pauses).toBe(2 + 2);
    await itemFactors(matrix, { factors: 64, rounds: 2, pause: counted });
    expect(pauses).toBeGreaterThan(8);
  });
});

describe('a training', () => {
  it('changes what is recommended, and keeps names, categories and deletions', async () => {
    const engine = await stockedShop();
    expect(idsOf(await engine.getSimilarProducts('boots', 1))).toEqual(['sandals']);
    const report = await engine.trainItemVectors(events, { factors: 4 });
    expect(report).toEqual({ training: 1, users: 12, products: 4 });
    expect(await engine.getSimilarProducts('boots', 1)).toMatchObject([
      { productId: 'poems', name: 'poems', category: 'books' },
    ]);
    const [first] = await engine.getSimilarProducts('boots', 1);
    expect(first?.score).toBeGreaterThan(0.5);
    expect(first?.score).toBeLessThanOrEqual(1);
    await engine.removeProduct('poems');
    expect(idsOf(await engine.getSimilarProducts('boots', 9))).not.toContain('poems');
    expect(await engine.verify()).toMatchObject({ isClean: true, completed: 0 });
  });

  it('learns as much as the vectors of the model leave room for', async () => {
    const padded = (dimensions: number): EmbeddingModel => ({
      dimensions,
      embed: async (text) => [
        ...(await angleModel.embed(text)),
        ...new Array<number>(dimensions - 2).fill(0),
      ],
    });
    const store = createMemoryVectorStore();
    const engine = await openShop(store, {}, padded(4_000));
    await stock(engine);
    await engine.trainItemVectors(events);
    expect((await trainingsOf(store))?.active).toMatchObject({ factors: 96 });
    expect(idsOf(await engine.getSimilarProducts('boots', 1))).toEqual(['poems']);
    await expect(engine.trainItemVectors(events, { factors: 97 })).rejects.toThrow(
      'factors is 97; use a whole',
    );
    const full = await openShop(createMemoryVectorStore(), {}, padded(4_096));
    await expect(full.trainItemVectors(events)).rejects.toThrow(
      'model.dimensions is 4096; use a whole number from 1 to 4095',
    );
  });

  it('lets products nobody met be found by their texts', async () => {
    const engine = await stockedShop();
    await engine.trainItemVectors(events, { contentShare: 0.3, factors: 4 });
    await engine.indexProduct('newboots', 'boots', 'unheard of', 'shoes');
    expect(idsOf(await engine.getSimilarProducts('newboots', 1))).toEqual(['boots']);
    await engine.recordInteraction('ann', 'newboots');
    expect(idsOf(await engine.getRecommendations('ann', 2))).toEqual(['boots', 'sandals']);
  });

  it('keeps what it learned about a product that is written anew', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.trainItemVectors(events, { factors: 4 });
    await engine.indexProduct('poems', 'atlas', 'has other content', 'maps');
    expect(await engine.getSimilarProducts('boots', 1)).toMatchObject([
      { productId: 'poems', category: 'maps' },
    ]);
    const { matches } = await store.vectorSearch('products~learned-1', [...at(0), 0, 0, 0, 0], 99);
    expect(matches).toHaveLength(6);
  });

  it('moves the tastes of users, reading and writing, without losing an event', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    const other = await openShop(handle(store));
    for (const user of ['ann', 'ben', 'cat']) await engine.recordInteraction(user, 'boots', { at: 1_000 });
    await engine.recordInteraction('cat', 'atlas', { at: 500 });
    await engine.removeProduct('atlas');
    await engine.trainItemVectors(events, { factors: 4 });

    expect(idsOf(await other.getRecommendations('ann', 1))).toEqual(['poems']);
    expect((await tasteOf(store, 'ann'))?.space.training).toBe(1);
    await Promise.all([
      engine.recordInteraction('ben', 'sandals', { at: 1_000, weight: 9, eventId: 'e' }),
      other.recordInteraction('ben', 'sandals', { at: 1_000, weight: 9, eventId: 'e' }),
    ]);
    const ben = await tasteOf(store, 'ben');
    expect(ben?.sums.long.weight).toBe(10);
    expect(ben?.sums.long.vector).toHaveLength(2 + 4);
    expect(ben?.recent).toHaveLength(2);
    expect(idsOf(await other.getRecommendations('ben', 1))).toEqual(['novel']);
    // What is no longer there counts for nothing from then on.
    await other.getRecommendations('cat', 1);
    const cat = await tasteOf(store, 'cat');
    expect(cat?.sums.long.weight).toBe(1);
    expect(cat?.seen).toHaveLength(2);
  });

  it('does not take a user back: a reader that is behind changes nothing', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.recordInteraction('ann', 'boots');
    // The first thing a reader asks is the trainings; its answer is held back until there is a new one.
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const find = async (...args: Parameters<NonNullable<typeof store.find>>) => {
      const entry = await store.find?.(...args);
      if (String(args[0]).endsWith('trainings')) await held;
      return entry ?? null;
    };
    const late = await openShop(handle(store, { find }));
    const reading = late.getRecommendations('ann', 1);
    await new Promise((resolve) => setImmediate(resolve));
    await engine.trainItemVectors(events, { factors: 4 });
    await engine.getRecommendations('ann', 1);
    release();
    expect(idsOf(await reading)).toEqual(['sandals']);
    expect(await tasteOf(store, 'ann')).toMatchObject({ space: { training: 1 } });
    await expect(late.recordInteraction('ann', 'sandals', { at: 1_000 })).resolves.toBe(true);
  });

  it('does not overlook an event that comes while a user is moved', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.recordInteraction('ann', 'boots', { at: 1_000 });
    await engine.trainItemVectors(events, { factors: 4 });
    // A process that has not heard of the training yet.
    const find = async (...args: Parameters<NonNullable<typeof store.find>>) =>
      String(args[0]).endsWith('trainings') ? null : ((await store.find?.(...args)) ?? null);
    const behind = await openShop(handle(store, { find }));
    let isFirst = true;
    const vectorGet = async (...args: Parameters<typeof store.vectorGet>) => {
      if (isFirst) {
        isFirst = false;
        await behind.recordInteraction('ann', 'sandals', { at: 1_000 });
      }
      return store.vectorGet(...args);
    };
    const moving = await openShop(handle(store, { vectorGet }));
    await moving.getRecommendations('ann', 1);
    await moving.getRecommendations('ann', 1);
    const taste = await tasteOf(store, 'ann');
    expect(taste?.space.training).toBe(1);
    expect(taste?.recent).toHaveLength(2);
    expect(taste?.sums.long.weight).toBe(2);
  });

  it('gives up adding to a user who is never in the space that counts', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.recordInteraction('ann', 'boots');
    await engine.trainItemVectors(events, { factors: 4 });
    await engine.getRecommendations('ann', 1);
    const find = async (...args: Parameters<NonNullable<typeof store.find>>) =>
      String(args[0]).endsWith('trainings') ? null : ((await store.find?.(...args)) ?? null);
    const behind = await openShop(handle(store, { find }));
    // The popularity of the product is counted all the same.
    await expect(behind.recordInteraction('ann', 'sandals')).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      cause: { code: 'CONTENTION' },
    });
    expect((await tasteOf(store, 'ann'))?.recent).toHaveLength(1);
  });

  it('can be repeated, and leaves behind only the one before', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.recordInteraction('ann', 'boots');
    for (const factors of [2, 3, 4, 5]) await engine.trainItemVectors(events, { factors });
    expect(await trainingsOf(store)).toMatchObject({
      last: 4,
      active: { number: 4, factors: 5 },
      previous: { number: 3 },
      unfinished: null,
      discarded: [],
    });
    for (const number of [1, 2]) {
      expect(await store.vectorDropIndex(`products~learned-${number}`)).toBe(false);
      const key = `recommendation:catalogue/products/learned/${number}/0`;
      expect(await stateOf(store, key, trainingsCodec)).toBeUndefined();
    }
    expect(idsOf(await engine.getRecommendations('ann', 1))).toEqual(['poems']);
  });

  it('is given up when another one begins, and nothing of it is used', async () => {
    const store = createMemoryVectorStore();
    await stockedShop(store);
    let release = (): void => {};
    const reached = new Promise<void>((resolve) => {
      const held = new Promise<void>((go) => {
        release = go;
      });
      const vectorInsert = async (...args: Parameters<typeof store.vectorInsert>) => {
        resolve();
        await held;
        return store.vectorInsert(...args);
      };
      void openShop(handle(store, { vectorInsert })).then((slow) => {
        outcome = slow.trainItemVectors(events, { factors: 4 }).then(
          () => 'used',
          (error: unknown) => (error as { readonly code: string }).code,
        );
      });
    });
    let outcome: Promise<string> = Promise.resolve('not begun');
    await reached;
    const engine = await openShop(handle(store));
    expect(await engine.trainItemVectors(events, { factors: 3 })).toMatchObject({ training: 2 });
    release();
    expect(await outcome).toBe('TRAINING_SUPERSEDED');
    expect(await trainingsOf(store)).toMatchObject({ active: { number: 2 }, unfinished: null });
    expect(await store.vectorDropIndex('products~learned-1')).toBe(false);
    expect(idsOf(await engine.getSimilarProducts('boots', 1))).toEqual(['poems']);
  });

  it('is given up even when it has nothing left to do but to be used', async () => {
    const store = createMemoryVectorStore();
    await stockedShop(store);
    const engine = await openShop(handle(store));
    let inserted = 0;
    const vectorInsert = async (...args: Parameters<typeof store.vectorInsert>) => {
      const version = await store.vectorInsert(...args);
      inserted += 1;
      if (inserted === 6) await engine.trainItemVectors(events, { factors: 3 });
      return version;
    };
    const slow = await openShop(handle(store, { vectorInsert }), { concurrency: 1 });
    await expect(slow.trainItemVectors(events)).rejects.toMatchObject({ name: 'TrainingSupersededError' });
    expect(await trainingsOf(store)).toMatchObject({ active: { number: 2 } });
    expect(await store.vectorDropIndex('products~learned-1')).toBe(false);
  });

  it('is not used in place of a later one that is under way', async () => {
    const store = createMemoryVectorStore();
    await stockedShop(store);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let later: Promise<unknown> = Promise.resolve();
    const hasBegun = new Promise<void>((begun) => {
      const vectorCreateIndex = async (...args: Parameters<typeof store.vectorCreateIndex>) => {
        if (args[0].includes('learned')) {
          begun();
          await held;
        }
        return store.vectorCreateIndex(...args);
      };
      later = (async () => {
        const shop = await openShop(handle(store, { vectorCreateIndex }));
        await atLast;
        return shop.trainItemVectors(events, { factors: 3 });
      })();
    });
    let go = (): void => {};
    const atLast = new Promise<void>((resolve) => {
      go = resolve;
    });
    let inserted = 0;
    const vectorInsert = async (...args: Parameters<typeof store.vectorInsert>) => {
      const version = await store.vectorInsert(...args);
      inserted += 1;
      if (inserted === 6) {
        go();
        await hasBegun;
      }
      return version;
    };
    const earlier = await openShop(handle(store, { vectorInsert }), { concurrency: 1 });
    await expect(earlier.trainItemVectors(events)).rejects.toMatchObject({ code: 'TRAINING_SUPERSEDED' });
    expect(await trainingsOf(store)).toMatchObject({ active: null, unfinished: { number: 2 } });
    release();
    await later;
    expect(await trainingsOf(store)).toMatchObject({ active: { number: 2 }, unfinished: null });
  });

  it('passes on what goes wrong, and the next repair or training clears up', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    const broken = await openShop(
      handle(store, {
        vectorInsert: async () => {
          throw new Error('disk full');
        },
      }),
    );
    await expect(broken.trainItemVectors(events)).rejects.toThrow('disk full');
    expect(await trainingsOf(store)).toMatchObject({ active: null, unfinished: { number: 1 } });
    expect(idsOf(await engine.getSimilarProducts('boots', 1))).toEqual(['sandals']);
    await engine.trainItemVectors(events, { factors: 4 });
    expect(await trainingsOf(store)).toMatchObject({
      active: { number: 2 },
      unfinished: null,
      // Removed, and to be removed again: the process that trained may not have known.
      discarded: [{ number: 1 }],
    });
    await engine.repair();
    expect(await trainingsOf(store)).toMatchObject({ active: { number: 2 }, discarded: [] });
  });

  it('includes products that are written while it runs', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    const shop = await openShop(handle(store));
    let isFirst = true;
    const vectorCreateIndex = async (...args: Parameters<typeof store.vectorCreateIndex>) => {
      if (isFirst && args[0].includes('learned')) {
        isFirst = false;
        await shop.indexProduct('newboots', 'boots', '', 'shoes');
        await shop.removeProduct('poems');
        await shop.indexProduct('sandals', 'sandals', 'new', 'beachwear');
      }
      return store.vectorCreateIndex(...args);
    };
    const trainer = await openShop(handle(store, { vectorCreateIndex }));
    await trainer.trainItemVectors(events, { factors: 4, contentShare: 0.3 });
    expect(isFirst).toBe(false);
    expect(idsOf(await engine.getSimilarProducts('boots', 9)).sort()).toEqual([
      'atlas',
      'newboots',
      'novel',
      'sandals',
      'trainers',
    ]);
    expect(await engine.verify()).toMatchObject({ isClean: true });
  });

  it('is not disturbed by products written anew while it reads them', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    const shop = await openShop(handle(store));
    let isFirst = true;
    const vectorGet = async (...args: Parameters<typeof store.vectorGet>) => {
      if (isFirst && args[0] === 'products') {
        isFirst = false;
        for (const id of ['boots', 'atlas']) await shop.indexProduct(id, id, 'anew', 'things');
      }
      return store.vectorGet(...args);
    };
    const trainer = await openShop(handle(store, { vectorGet }), { concurrency: 1 });
    await trainer.trainItemVectors(events, { factors: 4 });
    expect(isFirst).toBe(false);
    expect(await engine.verify()).toMatchObject({ isClean: true });
    expect(await engine.getSimilarProducts('poems', 1)).toMatchObject([
      { productId: 'boots', category: 'things' },
    ]);
  });

  it('lets the later of two writes of a product stand', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.trainItemVectors(events, { factors: 4 });
    let isFirst = true;
    const vectorGet = async (...args: Parameters<typeof store.vectorGet>) => {
      if (isFirst) {
        isFirst = false;
        await engine.indexProduct('boots', 'boots', 'later', 'later');
      }
      return store.vectorGet(...args);
    };
    const slow = await openShop(handle(store, { vectorGet }));
    await slow.indexProduct('boots', 'boots', 'earlier', 'earlier');
    expect(await engine.getSimilarProducts('poems', 1)).toMatchObject([{ category: 'later' }]);
    expect(await engine.verify()).toMatchObject({ isClean: true });
  });

  it('brings a vector back when its product is met, and passes on what it cannot mend', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.trainItemVectors(events, { factors: 4 });
    const ids = async (): Promise<string[]> => {
      const { matches } = await store.vectorSearch('products~learned-1', [1, 0, 0, 0, 0, 0], 9);
      return matches.map(({ id }) => id).sort();
    };
    const before = await ids();
    for (const id of before) await store.vectorDelete('products~learned-1', id);
    expect(await engine.verify()).toMatchObject({ completed: 6, isClean: false });
    expect(await engine.recordInteraction('ann', 'boots')).toBe(true);
    expect(await ids()).toHaveLength(1);
    expect(await engine.repair()).toMatchObject({ completed: 5, isClean: false });
    expect(await ids()).toEqual(before);
    const vectorInsert = async (...args: Parameters<typeof store.vectorInsert>) => {
      if (args[0] !== 'products') throw new Error('disk full');
      return store.vectorInsert(...args);
    };
    const full = await openShop(handle(store, { vectorInsert }));
    await expect(full.indexProduct('boots', 'boots', '', 'shoes')).rejects.toThrow('disk full');
    await engine.repair();
    expect(await engine.verify()).toMatchObject({ isClean: true });
  });

  it('removes a product even when its learned vector cannot be removed', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.trainItemVectors(events, { factors: 4 });
    const vectorDelete = async (...args: Parameters<typeof store.vectorDelete>) => {
      if (args[0] !== 'products') throw new Error('gone away');
      return store.vectorDelete(...args);
    };
    const shop = await openShop(handle(store, { vectorDelete }));
    expect(await shop.removeProduct('poems')).toBe(true);
    expect(idsOf(await engine.getSimilarProducts('boots', 9))).not.toContain('poems');
  });

  it('refuses what teaches nothing, plans that make no sense, and stops when cancelled', async () => {
    const engine = await stockedShop();
    await expect(engine.trainItemVectors([])).rejects.toThrow('like at least two products');
    await expect(engine.trainItemVectors(events, { factors: 0 })).rejects.toThrow('factors is 0');
    await expect(engine.trainItemVectors(events, { contentShare: 1 })).rejects.toThrow('contentShare is 1');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(engine.trainItemVectors(events, { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    // Cancelled in the middle of learning: the first pause notices.
    const controller = new AbortController();
    async function* cancelling(): AsyncGenerator<TrainingEvent> {
      yield* events;
      controller.abort();
    }
    const cancelled = engine.trainItemVectors(cancelling(), { signal: controller.signal });
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    async function* silent(): AsyncGenerator<TrainingEvent> {
      yield* events;
      await new Promise(() => {});
    }
    const late = engine.trainItemVectors(silent(), { timeoutMs: 50 });
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    async function* later(): AsyncGenerator<TrainingEvent> {
      yield* events;
    }
    expect(await engine.trainItemVectors(later(), { factors: 4 })).toMatchObject({ products: 4 });
  });

  it.each([
    [
      'trainings',
      'not the trainings',
      '{"last":1,"active":{"number":1},"unfinished":null,"previous":null,"discarded":[]}',
    ],
    ['learned/1/0', 'not learned vectors', '[["boots"]]'],
  ])('leaves damaged records of %s as they are', async (name, message, damage) => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.trainItemVectors(events, { factors: 4 });
    const key = `recommendation:catalogue/products/${name}`;
    await store.put(key, damage);
    const rejected = expect(engine.indexProduct('boots', 'boots', '', 'shoes')).rejects;
    await rejected.toMatchObject({
      code: 'CORRUPT_RECORD',
      cause: { message: expect.stringContaining(message) },
    });
    expect(new TextDecoder().decode((await store.get(key)).value)).toBe(damage);
  });

  it('keeps all of a taste when the model is given a fingerprint', async () => {
    const store = createMemoryVectorStore();
    const { fingerprint: _fingerprint, ...unnamed } = angleModel;
    const engine = await openShop(store, {}, unnamed);
    await stock(engine);
    for (let event = 0; event < 30; event += 1) await engine.recordInteraction('ann', 'boots', { weight: 5 });
    for (let event = 0; event < 50; event += 1) await engine.recordInteraction('ann', 'poems');
    const before = await engine.getRecommendations('ann', 3);
    const named = await openShop(store);
    expect(await named.getRecommendations('ann', 3)).toEqual(before);
    expect(await engine.getRecommendations('ann', 3)).toEqual(before);
  });

  it('works on after a change of model, in a namespace of its own', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await engine.recordInteraction('ann', 'boots');
    await engine.trainItemVectors(events, { factors: 4 });
    await engine.getRecommendations('ann', 1);
    const model = {
      dimensions: 3,
      fingerprint: 'newer',
      embed: async (text: string) => [Number(text.includes('shoes')), Number(text.includes('books')), 0.1],
    };
    const next = await openShop(store, { namespace: 'products-2' }, model);
    await stock(next);
    expect((await next.getRecommendations('ann', 2)).map(({ category }) => category)).toEqual([
      'shoes',
      'shoes',
    ]);
    expect(await next.recordInteraction('ann', 'novel')).toBe(true);
    expect((await tasteOf(store, 'ann'))?.recent).toHaveLength(2);
  });
});
