import { stringToBytes } from '@norikv/store';
import { createMemoryVectorStore, FakeClock, seededRandom } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shardCodec } from '../src/recommendation/popularity-shard.js';
import type { Taste } from '../src/recommendation/taste.js';
import {
  countedShopStore,
  handle,
  noon,
  openShop,
  productIds,
  stateOf,
  stock,
  stockedShop,
  tasteOf,
} from './recommendation/shop.js';
import { faultyVectorStore } from './support/faulty-vector-store.js';

const shards = Array.from({ length: 16 }, (_, shard) => `recommendation:popularity/${shard}`);

/** What all counts of popularity come to. */
async function counted(store: Parameters<typeof tasteOf>[0]): Promise<number> {
  const states = await Promise.all(shards.map((key) => stateOf(store, key, shardCodec)));
  return states
    .flatMap((state) => [...(state?.products.values() ?? [])])
    .reduce((sum, { long }) => sum + long, 0);
}

/** The sums as numbers that can be compared. */
const sumsOf = (taste: Taste | undefined): number[] =>
  taste ? [taste.sums.long, taste.sums.short].flatMap(({ weight, vector }) => [weight, ...vector]) : [];

const at = noon;

describe('interactions of a user', () => {
  it('are all counted when 50 come at once, in at most 4 writes', async () => {
    const { store, counted: calls } = countedShopStore(createMemoryVectorStore({ latencyMs: 1 }));
    const engine = await stockedShop(store);
    calls.reset();
    await Promise.all(Array.from({ length: 50 }, () => engine.recordInteraction('ann', 'boots', { at })));
    expect((await tasteOf(store, 'ann'))?.sums.long.weight).toBe(50);
    expect(calls.callsTo('recommendation:user/ann').put).toBeLessThanOrEqual(2);
    expect(calls.calls.put).toBeLessThanOrEqual(4);
    expect(await counted(store)).toBe(50);
  });

  it('are all counted when they come from several processes', async () => {
    const store = createMemoryVectorStore({ latencyMs: 1 });
    await stockedShop(store);
    const engines = await Promise.all(Array.from({ length: 5 }, () => openShop(handle(store))));
    await Promise.all(
      Array.from({ length: 50 }, (_, place) =>
        engines[place % 5]?.recordInteraction('ann', productIds[place % 6] ?? '', { at }),
      ),
    );
    const taste = await tasteOf(store, 'ann');
    expect(taste?.sums.long.weight).toBe(50);
    expect(taste?.recent).toHaveLength(50);
    expect(taste?.seen).toHaveLength(6);
  });

  it('count once when they are repeated with their id, from any process', async () => {
    const store = createMemoryVectorStore();
    const [engine, other] = [await stockedShop(store), await openShop(handle(store))];
    const purchase = { type: 'purchase', eventId: 'order-17', at };
    await Promise.all([
      engine.recordInteraction('ann', 'boots', purchase),
      other.recordInteraction('ann', 'boots', purchase),
    ]);
    expect(await other.recordInteraction('ann', 'boots', purchase)).toBe(true);
    expect(await engine.recordInteraction('ben', 'boots', purchase)).toBe(true);
    expect((await tasteOf(store, 'ann'))?.sums.long.weight).toBe(5);
    expect(await counted(store)).toBe(10);
    await expect(other.recordInteraction('ann', 'novel', purchase)).rejects.toMatchObject({
      code: 'OPERATION_ID_REUSED',
    });
  });

  it('count once when replies are lost, and requests come late or twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), async (seed) => {
        const clock = new FakeClock();
        const random = seededRandom(seed);
        const base = createMemoryVectorStore({ clock });
        const setUp = await openShop(handle(base), { clock });
        await clock.run(() => stock(setUp));
        const rates = {
          'lost-reply': 0.15,
          'duplicated-delivery': 0.1,
          'delayed-delivery': 0.05,
          'lost-request': 0.1,
        };
        const { store, faults } = faultyVectorStore(base, { clock, random, latencyMs: 2, rates });
        const engines = await Promise.all(
          [store, handle(store)].map((one) =>
            clock.run(() => openShop(one, { clock, random })).catch(() => openShop(handle(base), { clock })),
          ),
        );
        const record = async (place: number): Promise<void> => {
          for (;;) {
            try {
              await engines[place % 2]?.recordInteraction('ann', productIds[place % 6] ?? '', {
                eventId: `e${place}`,
                at,
              });
              return;
            } catch {
              // As a caller does that got no answer: again, with the same id.
            }
          }
        };
        await clock.run(() => Promise.all(Array.from({ length: 12 }, (_, place) => record(place))));
        faults.stop();
        await clock.advance(10_000);
        const taste = await clock.run(() => tasteOf(base, 'ann'));
        expect(taste?.recent).toHaveLength(12);
        expect(taste?.sums.long.weight).toBe(12);
        expect(await clock.run(() => counted(base))).toBe(12);
      }),
      { numRuns: 15 },
    );
  });

  it('come to the same state in any order and any split over processes', async () => {
    const event = fc.record({
      product: fc.constantFrom(...productIds),
      type: fc.constantFrom('view', 'purchase', 'dislike'),
      ageMs: fc.integer({ min: 0, max: 40 }).map((days) => days * 86_400_000),
    });
    const runs = fc.array(event, { minLength: 1, maxLength: 10 }).chain((events) =>
      fc.record({
        events: fc.constant(events),
        shuffled: fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
        split: fc.array(fc.integer({ min: 0, max: 2 }), {
          minLength: events.length,
          maxLength: events.length,
        }),
        together: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(runs, async ({ events, shuffled, split, together }) => {
        const base = createMemoryVectorStore();
        await stockedShop(base);
        const engines = await Promise.all(Array.from({ length: 3 }, () => openShop(handle(base))));
        for (const { product, type, ageMs } of events) {
          await engines[0]?.recordInteraction('ann', product, { type, at: at - ageMs });
        }
        const writes = shuffled.map(
          ({ product, type, ageMs }, place) =>
            () =>
              engines[split[place] ?? 0]?.recordInteraction('ben', product, { type, at: at - ageMs }),
        );
        if (together) await Promise.all(writes.map((write) => write()));
        else for (const write of writes) await write();
        const [ann, ben] = [await tasteOf(base, 'ann'), await tasteOf(base, 'ben')];
        expect(ben?.recent).toEqual(ann?.recent);
        expect(ben?.seen).toEqual(ann?.seen);
        expect(ben?.sums.epochMs).toBe(ann?.sums.epochMs);
        const expected = sumsOf(ann);
        for (const [place, value] of sumsOf(ben).entries())
          expect(value).toBeCloseTo(expected[place] ?? 0, 4);
      }),
      { numRuns: 40 },
    );
  });

  it('need no clock that agrees: one far behind, or a little ahead, does no harm', async () => {
    const store = createMemoryVectorStore();
    const clocks = [-86_400_000, 0, 240_000].map((offset) => new FakeClock({ nowMs: at + offset }));
    await stockedShop(store);
    for (const clock of clocks) {
      const engine = await openShop(handle(store), { clock });
      expect(await clock.run(() => engine.recordInteraction('ann', 'boots'))).toBe(true);
    }
    const taste = await tasteOf(store, 'ann');
    expect(taste?.recent.map(([, atMs]) => atMs - at)).toEqual([240_000, 0, -86_400_000]);
    const { weight } = taste?.sums.short ?? { weight: 0 };
    expect(weight).toBeGreaterThan(2.4);
    expect(weight).toBeLessThan(2.5);
  });

  it('count for the user too when the product is removed before the user has moved to the vectors of a training', async () => {
    const memory = createMemoryVectorStore();
    const other = await stockedShop(memory);
    await other.recordInteraction('ann', 'boots', { at });
    const liked = ['u1', 'u2'].flatMap((userId) => productIds.map((productId) => ({ userId, productId })));
    await other.trainItemVectors(liked, { factors: 1 });
    const store = handle(memory, {
      async find(...call: Parameters<typeof memory.find>) {
        if (call[0] === 'recommendation:user/ann') await other.removeProduct('poems');
        return memory.find(...call);
      },
    });
    const engine = await openShop(store);
    expect(await engine.recordInteraction('ann', 'poems', { at })).toBe(true);
    const taste = await tasteOf(memory, 'ann');
    expect(taste?.recent.map(([productId]) => productId)).toEqual(['boots', 'poems']);
    expect(taste?.sums.long.weight).toBe(1);
    expect(await counted(memory)).toBe(2);
    expect(await engine.recordInteraction('ann', 'poems', { at })).toBe(false);
    expect(await counted(memory)).toBe(2);
  });

  it('end with an error that names the record when it is damaged, which stays as it is', async () => {
    const store = createMemoryVectorStore();
    const engine = await stockedShop(store);
    await store.put('recommendation:user/ann', stringToBytes('{"no": "taste"}'));
    await expect(engine.getRecommendations('ann', 1)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await expect(engine.recordInteraction('ann', 'boots')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  });

  it('stop when the caller cancels or time is over', async () => {
    const engine = await stockedShop();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(engine.recordInteraction('ann', 'boots', { signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await expect(engine.getRecommendations('ann', 1, { signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await expect(engine.getSimilarProducts('boots', 1, { signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});
