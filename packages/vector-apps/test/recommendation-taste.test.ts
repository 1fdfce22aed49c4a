import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decay } from '../src/recommendation/decay.js';
import {
  directionOf,
  emptyTaste,
  type Interaction,
  rebuilt,
  type Taste,
  type TasteRules,
  withInteraction,
} from '../src/recommendation/taste.js';
import { tasteCodec } from '../src/recommendation/taste-codec.js';

const day = 86_400_000;
const space = { model: 'm', training: 0 };
const rules: TasteRules = { halfLives: { longMs: 30 * day, shortMs: day }, recentSize: 5, seenSize: 4 };
const vectors: Readonly<Record<string, readonly number[]>> = {
  a: [1, 0],
  b: [0, 1],
  c: [0.6, 0.8],
  d: [-0.8, 0.6],
};

function add(taste: Taste, interaction: Interaction, by: TasteRules = rules): Taste {
  const [id] = interaction;
  return withInteraction(taste, interaction, `#${id}`, vectors[id] ?? [], by);
}

const addAll = (interactions: readonly Interaction[], by: TasteRules = rules): Taste =>
  interactions.reduce((taste, one) => add(taste, one, by), emptyTaste(space));

const interaction: fc.Arbitrary<Interaction> = fc.tuple(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.integer({ min: 0, max: 100 }).map((days) => days * day),
  fc.constantFrom(1, 3, 5, -4),
);

function expectSame(left: Taste, right: Taste): void {
  expect(left.recent).toEqual(right.recent);
  expect(left.seen).toEqual(right.seen);
  for (const sum of ['long', 'short'] as const) {
    expect(left.sums[sum].weight).toBeCloseTo(right.sums[sum].weight, 6);
    for (const place of [0, 1]) {
      expect(left.sums[sum].vector[place] ?? 0).toBeCloseTo(right.sums[sum].vector[place] ?? 0, 5);
    }
  }
}

describe('a taste', () => {
  it('is the same in whatever order events come, and however often it is stored between', () => {
    fc.assert(
      fc.property(
        fc.array(interaction, { maxLength: 12 }).chain((list) =>
          fc.record({
            list: fc.constant(list),
            shuffled: fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
            storedEvery: fc.integer({ min: 1, max: 4 }),
          }),
        ),
        ({ list, shuffled, storedEvery }) => {
          const stored = shuffled.reduce((taste, one, place) => {
            const next = add(taste, one);
            return place % storedEvery === 0 ? tasteCodec.decode(tasteCodec.encode(next)) : next;
          }, emptyTaste(space));
          expectSame(stored, addAll(list));
        },
      ),
    );
  });

  it('adds up what each event weighs by its age', () => {
    const { sums } = addAll([
      ['a', 0, 2],
      ['b', 30 * day, 5],
      ['a', 15 * day, -4],
    ]);
    expect(sums.epochMs).toBe(30 * day);
    expect(sums.long.weight).toBeCloseTo(1 + 5, 9);
    expect(sums.long.vector[0]).toBeCloseTo(2 / 2 - 4 * Math.SQRT1_2, 9);
    expect(sums.long.vector[1]).toBeCloseTo(5, 9);
    expect(sums.short.vector[0]).toBeCloseTo(2 * 2 ** -30 - 4 * 2 ** -15, 9);
    expect(decay(0, day, day)).toBe(0.5);
  });

  it('stays finite for events any time apart', () => {
    const taste = addAll([
      ['a', 0, 1],
      ['b', 8.64e15, 1],
      ['c', 0, 1],
    ]);
    expect([...taste.sums.long.vector, ...taste.sums.short.vector].every(Number.isFinite)).toBe(true);
    expect(directionOf(taste, 0.5)).toEqual(Float32Array.of(0, 1));
  });

  it('is made again in another space from what it remembers', () => {
    fc.assert(
      fc.property(fc.array(interaction, { maxLength: rules.recentSize }), (list) => {
        const taste = addAll(list);
        const again = rebuilt(taste, { model: 'm', training: 1 }, (id) => vectors[id], rules);
        expect(again.space.training).toBe(1);
        expectSame(again, taste);
      }),
    );
    const gone = rebuilt(
      addAll([
        ['a', 1, 1],
        ['b', 1, 1],
      ]),
      space,
      (id) => (id === 'a' ? [1, 0] : undefined),
      rules,
    );
    expect(directionOf(gone, 0.5)).toEqual(Float32Array.of(1, 0));
  });

  it('remembers the latest events and sightings only, each product once', () => {
    const taste = addAll(['a', 'b', 'c', 'd', 'e', 'a'].map((id, place): Interaction => [id, place, 1]));
    expect(taste.recent.map(([id]) => id)).toEqual(['a', 'e', 'd', 'c', 'b']);
    expect(taste.seen).toEqual([
      ['#a', 5],
      ['#e', 4],
      ['#d', 3],
      ['#c', 2],
    ]);
    expect(addAll([['a', 9, 1]], { ...rules, seenSize: 0 }).seen).toEqual([]);
  });

  it('has a direction once the user liked something', () => {
    expect(directionOf(emptyTaste(space), 0.3)).toBeUndefined();
    expect(directionOf(addAll([['a', 1, -4]]), 0.3)).toBeUndefined();
    const mixed = addAll([
      ['a', 0, 1],
      ['b', 10 * day, 1],
    ]);
    const [atPresent, inGeneral] = [directionOf(mixed, 1), directionOf(mixed, 0)];
    expect(atPresent?.[1]).toBeGreaterThan(inGeneral?.[1] ?? 1);
    expect(Math.hypot(...(inGeneral ?? []))).toBeCloseTo(1, 6);
  });

  it('has none where likes and dislikes cancel out', () => {
    expect(
      directionOf(
        addAll([
          ['a', 1, 4],
          ['a', 1, -4],
        ]),
        0.3,
      ),
    ).toBeUndefined();
  });

  it.each([
    ['text', 'novel'],
    ['a foreign record', '{"space":{"model":"m"}}'],
    [
      'an event without a time',
      '{"space":{"model":"m","training":0},"epochMs":0,"recent":[["a"]],"seen":[]}',
    ],
    [
      'a sighting without a time',
      '{"space":{"model":"m","training":0},"epochMs":0,"recent":[],"seen":[["a"]]}',
    ],
    [
      'a sum without a weight',
      '{"space":{"model":"m","training":0},"epochMs":0,"recent":[],"seen":[],"long":{"vector":""}}',
    ],
    [
      'half a number',
      '{"space":{"model":"m","training":0},"epochMs":0,"recent":[],"seen":[],"long":{"weight":1,"vector":"AAA="}}',
    ],
  ])('is not read from %s', (_, text) => {
    expect(() => tasteCodec.decode(new TextEncoder().encode(text))).toThrow();
  });
});
