import type { Change } from '@norikv/cas-retry';
import { systemClock } from '@norikv/store';
import { createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallBudget } from '../src/core/call-budget.js';
import { diversified } from '../src/core/ranking.js';
import { Popularity, type PopularityOptions, snapshotOf } from '../src/recommendation/popularity.js';
import {
  count,
  type PopularityShard,
  shardCodec,
  shardSize,
} from '../src/recommendation/popularity-shard.js';
import { countedShopStore, stateOf } from './recommendation/shop.js';

const day = 86_400_000;
const halfLives = { longMs: 30 * day, shortMs: day };
const options: PopularityOptions = {
  prefix: 'p:',
  halfLives,
  maxAgeMs: 1_000,
  concurrency: 16,
  clock: systemClock,
  random: Math.random,
};
const budget = new CallBudget({}, systemClock);

type Event = readonly [productId: string, weight: number, atMs: number];

function counted(events: readonly Event[]): PopularityShard | undefined {
  let shard: PopularityShard | undefined;
  for (const [productId, weight, atMs] of events) {
    const change: Change<PopularityShard, null> = count(productId, weight, atMs, halfLives)(shard, 0);
    shard = change.state;
  }
  return shard;
}

describe('popularity', () => {
  it('is the same in whatever order events come', () => {
    const event: fc.Arbitrary<Event> = fc.tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.constantFrom(1, 3, 5),
      fc.integer({ min: 0, max: 60 }).map((days) => days * day),
    );
    fc.assert(
      fc.property(
        fc
          .array(event, { maxLength: 12 })
          .chain((events) =>
            fc.tuple(
              fc.constant(events),
              fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
            ),
          ),
        ([events, shuffled]) => {
          const [one, other] = [counted(events), counted(shuffled)];
          expect(other?.epochMs).toBe(one?.epochMs);
          for (const [id, { long, short }] of one?.products ?? []) {
            expect(other?.products.get(id)?.long).toBeCloseTo(long, 9);
            expect(other?.products.get(id)?.short).toBeCloseTo(short, 9);
          }
        },
      ),
    );
  });

  it('keeps what is wanted most, and lets new products in', () => {
    const hits = ['hit-1', 'hit-2'].flatMap((id): Event[] => [
      [id, 5, 0],
      [id, 5, 0],
    ]);
    const tail = Array.from(
      { length: shardSize * 3 },
      (_, place): Event => [`tail-${place}`, 1, place * 1_000],
    );
    const { products } = counted([...hits, ...tail]) ?? { products: new Map() };
    expect(products.size).toBe(shardSize);
    expect(products.has('hit-1') && products.has('hit-2')).toBe(true);
    expect(products.has(`tail-${shardSize * 3 - 1}`)).toBe(true);
    expect(products.has('tail-0')).toBe(false);
  });

  it('ranks by demand at present and over a long time, and drops what nobody wants any more', () => {
    const snapshot = snapshotOf(
      new Map([
        ['old', { long: 9, short: 0.01 }],
        ['new', { long: 3, short: 3 }],
        ['tie', { long: 3, short: 3 }],
        ['gone', { long: 0.2, short: 0 }],
      ]),
    );
    expect(snapshot.trending).toEqual(['new', 'tie']);
    expect(snapshot.popular).toEqual(['old', 'new', 'tie']);
    expect(snapshot.scoreOf('old')).toBe(1);
    expect(snapshot.scoreOf('new')).toBeCloseTo(Math.log(4) / Math.log(10), 9);
    expect(snapshot.scoreOf('new', 'trending')).toBe(1);
    expect(snapshot.scoreOf('unknown')).toBe(0);
    expect(snapshotOf(new Map()).scoreOf('unknown')).toBe(0);
  });

  it.each([
    [{ days: 1 / 24 }, ['a', 'b', 'c', 'e', 'd']],
    [{ days: 30 }, ['d', 'a', 'b', 'c', 'e']],
    [{ days: 800 }, ['d', 'a', 'b', 'c', 'e']],
    // Nothing that small is left of those in its record.
    [{ days: 4_000 }, ['d', 'e']],
  ])('is not forgotten for one event from a clock that was ahead (%j)', async ({ days }, trending) => {
    const clock = new FakeClock();
    const popularity = new Popularity(createMemoryVectorStore({ clock }), { ...options, maxAgeMs: 0, clock });
    const meet = (productId: string, weight: number, atMs: number, userId = 'u'): Promise<unknown> =>
      popularity.count({ userId, productId, weight, atMs, eventId: undefined }, budget);
    await meet('a', 9, clock.now());
    await meet('b', 6, clock.now());
    await meet('d', 1, clock.now() + days * day);
    await meet('c', 3, clock.now());
    await meet('e', 2, clock.now(), 'whose record is another');
    const snapshot = await popularity.snapshot(budget);
    expect(snapshot.trending).toEqual(trending);
    expect(snapshot.popular.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
    for (const id of snapshot.popular) expect(snapshot.scoreOf(id)).toBeGreaterThan(0);
    expect(snapshot.scoreOf(snapshot.popular[0] ?? '')).toBe(1);
  });

  it('spreads a product that everybody meets over all records, and a user over one', async () => {
    const store = createMemoryVectorStore();
    const popularity = new Popularity(store, options);
    await Promise.all(
      Array.from({ length: 200 }, (_, user) =>
        popularity.count(
          { userId: `u${user}`, productId: 'hit', weight: 1, atMs: 0, eventId: undefined },
          budget,
        ),
      ),
    );
    await popularity.count(
      { userId: 'u1', productId: 'hit', weight: -4, atMs: 0, eventId: undefined },
      budget,
    );
    const states = await Promise.all(
      Array.from({ length: 16 }, (_, shard) => stateOf(store, `p:popularity/${shard}`, shardCodec)),
    );
    const shares = states.map((state) => state?.products.get('hit')?.long ?? 0);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(200);
    expect(Math.max(...shares)).toBeLessThan(40);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    const { popular } = await popularity.snapshot(budget);
    expect(popular).toEqual(['hit']);
  });

  it('is read once for all who ask at the same time, and again when it is old', async () => {
    const clock = new FakeClock();
    const { store, counted: calls } = countedShopStore(createMemoryVectorStore({ clock, latencyMs: 1 }));
    const popularity = new Popularity(store, { ...options, clock });
    const read = (): Promise<unknown> => clock.run(() => popularity.snapshot(new CallBudget({}, clock)));
    await clock.run(() =>
      Promise.all(Array.from({ length: 5 }, () => popularity.snapshot(new CallBudget({}, clock)))),
    );
    expect(calls.calls.total).toBe(16);
    await clock.advance(900);
    await read();
    expect(calls.calls.total).toBe(16);
    await clock.advance(100);
    await read();
    expect(calls.calls.total).toBe(32);
  });

  it('does not let one caller fail for another who gave up', async () => {
    const clock = new FakeClock();
    const popularity = new Popularity(createMemoryVectorStore({ clock, latencyMs: 50 }), {
      ...options,
      concurrency: 8,
      clock,
    });
    const impatient = new AbortController();
    const outcomes = clock.run(() =>
      Promise.allSettled([
        popularity.snapshot(new CallBudget({ signal: impatient.signal }, clock)),
        popularity.snapshot(new CallBudget({}, clock)),
        Promise.resolve().then(() => impatient.abort()),
      ]),
    );
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('is waited for no longer than a call may last, also while another call reads it', async () => {
    const clock = new FakeClock();
    const store = createMemoryVectorStore({ clock, latencyMs: 1_000 });
    const popularity = new Popularity(store, { ...options, clock });
    const patient = popularity.snapshot(new CallBudget({}, clock));
    const controller = new AbortController();
    for (const [limits, code] of [
      [{ timeoutMs: 100 }, 'DEADLINE_EXCEEDED'],
      [{ signal: controller.signal }, 'CANCELLED'],
    ] as const) {
      const hurried = popularity.snapshot(new CallBudget(limits, clock));
      if ('signal' in limits) controller.abort();
      await expect(clock.run(hurried)).rejects.toMatchObject({ code });
      expect(clock.monotonic()).toBe(100);
    }
    expect((await clock.run(patient)).popular).toEqual([]);
  });

  it.each(['[]', '{"epochMs":0}', '{"epochMs":0,"products":[["a",1]]}'])('is not read from %s', (text) => {
    expect(() => shardCodec.decode(new TextEncoder().encode(text))).toThrow(/popularity/);
  });

  it('survives being stored', () => {
    const shard = counted([
      ['a', 1, 5],
      ['b', 3, 7],
    ]);
    expect(shard && shardCodec.decode(shardCodec.encode(shard))).toEqual(shard);
  });
});

describe('diversity', () => {
  const items = [
    { id: 'a', score: 1, vector: [1, 0] },
    { id: 'b', score: 0.99, vector: [1, 0.01] },
    { id: 'c', score: 0.5, vector: [0, 1] },
    { id: 'd', score: 0.5, vector: [0, 0] },
  ];
  const pick = (k: number, diversity: number): string[] =>
    diversified(items, k, diversity).map(({ id }) => id);

  it('goes from the order of scores to that of differences', () => {
    expect(pick(4, 0)).toEqual(['a', 'b', 'c', 'd']);
    expect(pick(2, 0.5)).toEqual(['a', 'c']);
    expect(pick(3, 1)).toEqual(['a', 'c', 'd']);
    expect(pick(9, 0.5)).toHaveLength(4);
  });

  it('takes what is contrary to those picked for more different than what has nothing to do with them', () => {
    const contrary = { id: 'z', score: 0.5, vector: [-1, 0] };
    expect(diversified([...items, contrary], 2, 0.5).map(({ id }) => id)).toEqual(['a', 'z']);
    expect(diversified([...items, contrary], 3, 1).map(({ id }) => id)).toEqual(['a', 'z', 'c']);
  });
});
