import type { DistanceFunction } from '@norikv/store';
import { seededRandom } from '@norikv/testkit';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openTestStore } from './support/folders.js';
import { nearestByHand, randomVector } from './support/vector-oracle.js';

const distances = ['euclidean', 'cosine', 'inner_product'] as const satisfies DistanceFunction[];

afterEach(() => vi.unstubAllGlobals());

describe.each(['wasm', 'typescript'] as const)('the scan in %s', (kind) => {
  describe.each(distances)('by %s', (distance) => {
    test.each(['uniform', 'clustered'])('finds exactly the nearest of 3,000 %s vectors', async (shape) => {
      if (kind === 'typescript') vi.stubGlobal('WebAssembly', undefined);
      const store = await openTestStore();
      const random = seededRandom(7);
      const centers = Array.from({ length: 20 }, () => randomVector(random, 45));
      const vectors = new Map<string, number[]>();
      for (let number = 0; number < 3_000; number++) {
        const center = shape === 'clustered' ? centers[number % centers.length] : undefined;
        vectors.set(`id-${number}`, randomVector(random, 45, center));
      }
      await store.vectorCreateIndex('many', 45, distance);
      await store.vectorInsertMany(
        'many',
        [...vectors].map(([id, vector]) => ({ id, vector })),
      );
      for (let round = 0; round < 20; round++) {
        const query = randomVector(random, 45, shape === 'clustered' ? centers[round] : undefined);
        const { matches } = await store.vectorSearch('many', query, 10);
        expect(matches).toEqual(nearestByHand(vectors, distance, query, 10));
      }
      const { vectors: figures } = await store.stats();
      expect(figures.namespaces[0]?.searchedBy).toBe(kind);
    });
  });
});

// Small, vanishing and overflowing numbers, many of them equal, in few dimensions and in many.
const number = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 1e-45, -1e-38, 1e-20, 3e38, -3e38, 1e19, 16_777_216, 16_777_217),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -2, max: 2 }),
);

test('random writes and searches with numbers at the edges answer as comparing with each does', {
  timeout: 600_000,
}, async () => {
  const store = await openTestStore();
  let namespaces = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...distances),
      fc.constantFrom(1, 2, 3, 4, 5, 17, 64),
      fc.infiniteStream(number),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 12 }),
      async (distance, dimensions, numbers, count, k) => {
        const namespace = `random-${namespaces++}`;
        const next = (): number[] => {
          const vector = Array.from({ length: dimensions }, () => Number(numbers.next().value));
          if (distance === 'cosine' && vector.every((each) => Math.fround(each) === 0)) vector[0] = 1;
          return vector;
        };
        const vectors = new Map<string, number[]>();
        await store.vectorCreateIndex(namespace, dimensions, distance);
        for (let write = 0; write < count; write++) {
          const id = `${write % 23}`;
          if (write % 5 === 4) {
            expect(await store.vectorDelete(namespace, id)).toBe(vectors.delete(id));
          } else {
            vectors.set(id, next());
            await store.vectorInsert(namespace, id, vectors.get(id) ?? []);
          }
          if (write % 7 === 6) {
            const query = next();
            const { matches } = await store.vectorSearch(namespace, query, k);
            expect(matches).toEqual(nearestByHand(vectors, distance, query, k));
          }
        }
        const query = next();
        const { matches } = await store.vectorSearch(namespace, query, k);
        expect(matches).toEqual(nearestByHand(vectors, distance, query, k));
      },
    ),
    { numRuns: 100 },
  );
});

describe.each(distances)('where 32 bits are not enough, by %s', (distance) => {
  test.each([
    ['vanish', 1e-30],
    ['overflow', 1e30],
    ['nearly equal', 1],
  ])('numbers that %s are told apart', async (_name, scale) => {
    const store = await openTestStore();
    const random = seededRandom(3);
    const base = randomVector(random, 64);
    const vectors = new Map<string, number[]>();
    // In one row of numbers that differ by a millionth, 32-bit sums are in disorder.
    for (let row = 0; row < 1_500; row++) {
      vectors.set(
        `id-${row}`,
        base.map((each) => Math.fround(each * scale * (1 + random() * 1e-6))),
      );
    }
    await store.vectorCreateIndex('near', 64, distance);
    await store.vectorInsertMany(
      'near',
      [...vectors].map(([id, vector]) => ({ id, vector })),
    );
    const query = base.map((each) => Math.fround(each * scale));
    for (const k of [1, 10, 700]) {
      const { matches } = await store.vectorSearch('near', query, k);
      expect(matches).toEqual(nearestByHand(vectors, distance, query, k));
    }
  });
});

test.each(distances)(
  'vectors whose %s distances differ only by rounding come in their true order',
  async (distance) => {
    const store = await openTestStore();
    const random = seededRandom(11);
    const base = randomVector(random, 64);
    // The same numbers in other orders: 32-bit sums of them differ in the last places.
    const vectors = new Map(
      Array.from({ length: 1_500 }, (_, row) => {
        const order = base.map((each) => ({ each, place: random() }));
        return [`id-${row}`, order.sort((one, other) => one.place - other.place).map(({ each }) => each)];
      }),
    );
    await store.vectorCreateIndex('permuted', 64, distance);
    await store.vectorInsertMany(
      'permuted',
      [...vectors].map(([id, vector]) => ({ id, vector })),
    );
    const query = new Array<number>(64).fill(distance === 'euclidean' ? 0 : 1);
    const { matches } = await store.vectorSearch('permuted', query, 20);
    expect(matches).toEqual(nearestByHand(vectors, distance, query, 20));
  },
);

test.each([
  ['inner_product', 1e6, 1e-7],
  ['inner_product', 1, 1e-10],
  ['cosine', 1e6, 1e-7],
] as const)(
  'by %s, those at one distance come in the order of their ids: vectors of %d, queries of %d',
  async (...given) => {
    const [distance, size, querySize] = given;
    const store = await openTestStore();
    const random = seededRandom(11);
    const some = (share: number, number: number): number[] =>
      Array.from({ length: 33 }, (_, place) => (place === 0 || random() < share ? number : 0));
    await store.vectorCreateIndex('some', 33, distance);
    // Large enough for the scan of rounded vectors.
    const vectors = new Map(
      Array.from({ length: 2_200 }, (_, row) => [`id-${row}`, some(0.3, size * (1 + (row % 6)))]),
    );
    await store.vectorInsertMany(
      'some',
      [...vectors].map(([id, vector]) => ({ id, vector })),
    );
    for (let search = 0; search < 40; search++) {
      const query = some(0.5, querySize);
      const k = 1 + (search % 20);
      const { matches } = await store.vectorSearch('some', query, k);
      expect(matches).toEqual(nearestByHand(vectors, distance, query, k));
    }
  },
);

describe('a filter', () => {
  test.each(['array', 'set'])('(%s) is taken as it is when the search is called', async (kind) => {
    const store = await openTestStore();
    await store.vectorCreateIndex('some', 1, 'euclidean');
    await store.vectorInsert('some', 'a', [1]);
    await store.vectorInsert('some', 'b', [2]);
    const ids = kind === 'set' ? new Set(['a']) : ['a'];
    const searching = store.vectorSearch('some', [1], 2, { filter: ids });
    if (ids instanceof Set) ids.add('b');
    else ids.push('b');
    expect((await searching).matches.map(({ id }) => id)).toEqual(['a']);
  });

  const vectors = new Map<string, number[]>();
  const random = seededRandom(5);
  for (let row = 0; row < 2_000; row++) vectors.set(`id-${row}`, randomVector(random, 40));

  test.each([
    ['a tenth', (id: string) => id.endsWith('3')],
    ['half', (id: string) => Number(id.slice(3)) % 2 === 0],
    ['three', (id: string) => ['id-1', 'id-1000', 'id-77'].includes(id)],
    ['none', () => false],
  ])('that lets %s through gives exactly the nearest of those', async (_name, lets) => {
    const store = await openTestStore();
    await store.vectorCreateIndex('some', 40, 'cosine');
    await store.vectorInsertMany(
      'some',
      [...vectors].map(([id, vector]) => ({ id, vector })),
    );
    const allowed = new Map([...vectors].filter(([id]) => lets(id)));
    const query = randomVector(random, 40);
    const expected = nearestByHand(allowed, 'cosine', query, 12);
    const ids = [...allowed.keys(), 'id of nothing', [...allowed.keys()][0] ?? 'none'];
    for (const filter of [lets, ids, new Set(ids)]) {
      const { matches } = await store.vectorSearch('some', query, 12, { filter });
      expect(matches).toEqual(expected);
    }
  });

  test('that throws, or is none, ends the search alone', async () => {
    const store = await openTestStore();
    await store.vectorCreateIndex('some', 1, 'euclidean');
    await store.vectorInsert('some', 'a', [1]);
    const filter = (): boolean => {
      throw new TypeError('of the caller');
    };
    await expect(store.vectorSearch('some', [1], 1, { filter })).rejects.toThrow('of the caller');
    const later = (async () => false) as never;
    await expect(store.vectorSearch('some', [1], 1, { filter: later })).rejects.toThrow('filter()');
    await expect(store.vectorSearch('some', [1], 1, { filter: 7 as never })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect((await store.vectorSearch('some', [1], 1)).matches).toHaveLength(1);
  });
});
