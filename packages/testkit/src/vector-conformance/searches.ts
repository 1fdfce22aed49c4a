import type { DistanceFunction, VectorMatch } from '@norikv/store';
import { ensure, equal } from '../conformance/assertions.js';
import { seededRandom } from '../seeded-random.js';
import type { VectorTest, VectorTrial } from './define-vector-conformance.js';
import { idsOf } from './helpers.js';

interface ByHand {
  readonly distance: DistanceFunction;
  readonly query: readonly number[];
  /** Nearest first. */
  readonly expected: Readonly<Record<string, number>>;
}

/** A function, so that whoever does not use the suite does not carry it. */
export function vectorSearches(): readonly VectorTest[] {
  const root2 = Math.SQRT2;
  const byHand: readonly ByHand[] = [
    {
      distance: 'euclidean',
      query: [3, 4],
      expected: { north: Math.sqrt(13), east: Math.sqrt(20), slanted: Math.sqrt(26.5) },
    },
    {
      distance: 'cosine',
      query: [1, 1],
      expected: { north: 1 - 1 / root2, east: 1 - 1 / root2, slanted: 1 },
    },
    { distance: 'inner_product', query: [2, 5], expected: { north: -10, east: -2, slanted: 1.5 } },
  ];
  const placed = { east: [1, 0], north: [0, 2], slanted: [0.5, -0.5] };
  return [
    ...byHand.map(
      (given): VectorTest => ({
        name: `three ${given.distance} distances worked out by hand`,
        async run(trial) {
          const namespace = trial.newNamespace();
          await trial.store.vectorCreateIndex(namespace, 2, given.distance);
          for (const [id, vector] of Object.entries(placed))
            await trial.store.vectorInsert(namespace, id, vector);
          const { matches, searchTimeUs } = await trial.store.vectorSearch(namespace, given.query, 3);
          equal(matches.length, 3, 'matches');
          ensure(searchTimeUs >= 0, 'the time is negative');
          for (const { id, distance } of matches) near(distance, given.expected[id] ?? Number.NaN, id);
          ensure(isSorted(matches), `not in order: ${JSON.stringify(matches)}`);
        },
      }),
    ),
    {
      name: 'cosine knows direction alone: 0, 1 and 2',
      async run(trial) {
        const namespace = trial.newNamespace();
        await trial.store.vectorCreateIndex(namespace, 2, 'cosine');
        await trial.store.vectorInsert(namespace, 'same', [1e15, 1e15]);
        await trial.store.vectorInsert(namespace, 'across', [1e-15, -1e-15]);
        await trial.store.vectorInsert(namespace, 'opposite', [-2, -2]);
        const { matches } = await trial.store.vectorSearch(namespace, [0.5, 0.5], 3);
        equal(
          matches.map(({ id }) => id),
          ['same', 'across', 'opposite'],
          'the order',
        );
        for (const [place, { distance }] of matches.entries()) near(distance, place, `place ${place}`);
      },
    },
    {
      name: 'those at one distance come in the order of their ids, also at the edge',
      async run(trial) {
        const namespace = trial.newNamespace();
        await trial.store.vectorCreateIndex(namespace, 1, 'euclidean');
        for (const id of ['d', 'b', 'a', 'c', 'B']) await trial.store.vectorInsert(namespace, id, [1]);
        await trial.store.vectorInsert(namespace, 'z', [0.5]);
        equal(await idsOf(trial, namespace, [0]), ['z', 'B', 'a', 'b', 'c', 'd'], 'all');
        equal(await idsOf(trial, namespace, [0], 3), ['z', 'B', 'a'], 'three');
      },
    },
    {
      name: 'gives as many as there are, and their vectors if asked',
      async run(trial) {
        const namespace = trial.newNamespace();
        await trial.store.vectorCreateIndex(namespace, 2, 'euclidean');
        equal((await trial.store.vectorSearch(namespace, [0, 0], 5)).matches, [], 'of nothing');
        await trial.store.vectorInsert(namespace, 'a', [0.5, 1]);
        const [plain] = (await trial.store.vectorSearch(namespace, [0.5, 0], 5)).matches;
        equal(plain, { id: 'a', distance: 1 }, 'without vectors');
        const [whole] = (await trial.store.vectorSearch(namespace, [0.5, 0], 5, { includeVectors: true }))
          .matches;
        equal(whole, { id: 'a', distance: 1, vector: [0.5, 1] }, 'with vectors');
      },
    },
    ...(['euclidean', 'cosine', 'inner_product'] as const).map(
      (distance): VectorTest => ({
        name: `random ${distance} searches find what comparing with each vector finds`,
        run: (trial) => compareWithAll(trial, distance),
      }),
    ),
  ];
}

async function compareWithAll(trial: VectorTrial, distance: DistanceFunction): Promise<void> {
  const namespace = trial.newNamespace();
  const random = seededRandom(distance.length);
  const vectorOf = (): number[] => Array.from({ length: 7 }, () => Math.fround(random() * 2 - 1));
  const vectors = new Map<string, number[]>();
  await trial.store.vectorCreateIndex(namespace, 7, distance, 'hnsw');
  for (let round = 0; round < 40; round++) {
    for (let write = 0; write < 5; write++) {
      const id = `id-${Math.floor(random() * 80)}`;
      if (random() < 0.25) {
        equal(await trial.store.vectorDelete(namespace, id), vectors.delete(id), 'the delete');
      } else {
        vectors.set(id, vectorOf());
        await trial.store.vectorInsert(namespace, id, vectors.get(id) ?? []);
      }
    }
    const query = vectorOf();
    const { matches } = await trial.store.vectorSearch(namespace, query, 10);
    const expected = [...vectors]
      .map(([id, vector]) => ({ id, distance: distanceOf(distance, query, vector) }))
      .sort((left, right) => left.distance - right.distance)
      .slice(0, 10);
    equal(
      matches.map(({ id }) => id),
      expected.map(({ id }) => id),
      `round ${round}`,
    );
    for (const [place, match] of matches.entries())
      near(match.distance, expected[place]?.distance ?? 0, match.id);
  }
}

function distanceOf(distance: DistanceFunction, one: readonly number[], other: readonly number[]): number {
  const dot = (left: readonly number[], right: readonly number[]): number =>
    left.reduce((sum, number, place) => sum + number * (right[place] ?? 0), 0);
  if (distance === 'inner_product') return -dot(one, other);
  if (distance === 'cosine') return 1 - dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
  return Math.hypot(...one.map((number, place) => number - (other[place] ?? 0)));
}

function near(actual: number, expected: number, what: string): void {
  const isNear = Math.abs(actual - expected) <= 1e-5 * Math.max(1, Math.abs(expected));
  ensure(isNear, `the distance of ${what}: expected about ${expected}, got ${actual}`);
}

function isSorted(matches: readonly VectorMatch[]): boolean {
  return matches.every(({ distance }, place) => distance >= (matches[place - 1]?.distance ?? -Infinity));
}
