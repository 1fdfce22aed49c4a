import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { type DistanceFunction, systemClock } from '@norikv/store';
import { seededRandom } from '@norikv/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type EmbeddedStore, openEmbedded, type VectorItem } from '../src/index.js';
import { sealGraphFile } from '../src/vectors/graph-file.js';
import { GraphFolder } from '../src/vectors/graph-folder.js';
import { GraphWorker } from '../src/vectors/graph-worker.js';
import { Pacer } from '../src/vectors/pacer.js';
import { VectorRows } from '../src/vectors/vector-rows.js';
import { newPath, openTestStore } from './support/folders.js';
import { expectNear, graphFiles, graphStats, settledGraph } from './support/graphs.js';
import { startProgram } from './support/programs.js';
import { nearestByHand, randomVector } from './support/vector-oracle.js';

const dimensions = 24;
const distances = ['euclidean', 'cosine', 'inner_product'] as const satisfies DistanceFunction[];

afterEach(() => {
  vi.doUnmock('usearch');
  vi.restoreAllMocks();
});

/** Vectors around centers, as those of texts are. */
function clustered(count: number, seed = 1): Map<string, number[]> {
  const random = seededRandom(seed);
  const centers = Array.from({ length: count / 20 }, () => randomVector(random, dimensions));
  return new Map(
    Array.from({ length: count }, (_, number) => [
      `id-${number}`,
      randomVector(random, dimensions, centers[number % centers.length]),
    ]),
  );
}

function itemsOf(vectors: ReadonlyMap<string, number[]>): VectorItem[] {
  return [...vectors].map(([id, vector]) => ({ id, vector }));
}

async function insertAll(
  store: EmbeddedStore,
  vectors: ReadonlyMap<string, number[]>,
  distance: DistanceFunction = 'cosine',
): Promise<number[]> {
  await store.vectorCreateIndex('some', dimensions, distance, 'hnsw');
  await store.vectorInsertMany('some', itemsOf(vectors));
  return vectors.get('id-0') ?? [];
}

describe.each(distances)('by %s', (distance) => {
  test('a graph finds the nearest of clustered vectors, with exact distances', async () => {
    const store = await openTestStore({ path: newPath(), hnswFrom: 1_000, hnswEf: 128 });
    const vectors = clustered(2_000);
    const query = await insertAll(store, vectors, distance);
    const stats = await settledGraph(store, 'some', query);
    expect(stats).toMatchObject({ isServing: true, vectors: 2_000, reason: undefined });
    expect(stats?.fileBytes).toBeGreaterThan(2_000 * dimensions * 4);
    const queries = [...vectors.values()].slice(0, 50);
    await expectNear(store, 'some', { vectors, distance, queries, k: 10 });
  });
});

test.each([1e-20, 1e-4, 1e13])('products of any size are told apart: vectors of some %d', async (size) => {
  const store = await openTestStore({ path: newPath(), hnswFrom: 1_000, hnswEf: 128 });
  const vectors = new Map(
    [...clustered(2_000)].map(([id, vector]) => [id, vector.map((number) => Math.fround(number * size))]),
  );
  const query = await insertAll(store, vectors, 'inner_product');
  expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true, vectors: 2_000 });
  const question = { vectors, distance: 'inner_product', k: 10 } as const;
  const queries = [...vectors.values()].slice(0, 25);
  await expectNear(store, 'some', { ...question, queries });
  const others = queries.map((vector) => vector.map((number) => Math.fround((number / size) * 1e-9)));
  await expectNear(store, 'some', { ...question, queries: others });
  // What is added goes into the graph as what was there did.
  const more = [...vectors].slice(0, 300).map(([id, vector]) => ({ id: `more-${id}`, vector }));
  await store.vectorInsertMany('some', more);
  for (const { id, vector } of more) vectors.set(id, vector);
  expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true, vectors: 2_300 });
  await expectNear(store, 'some', { ...question, queries });
});

test('a search with a filter, and one for a large part of the vectors, stay exact', async () => {
  const store = await openTestStore({ path: newPath(), hnswFrom: 500, hnswEf: 1 });
  const vectors = clustered(1_000);
  const query = await insertAll(store, vectors);
  expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true });
  const half = new Map([...vectors].filter(([id]) => Number(id.slice(3)) % 2 === 0));
  const { matches } = await store.vectorSearch('some', query, 40, { filter: (id) => half.has(id) });
  expect(matches).toEqual(nearestByHand(half, 'cosine', query, 40));
  expect((await store.vectorSearch('some', query, 1_000)).matches).toEqual(
    nearestByHand(vectors, 'cosine', query, 1_000),
  );
});

test('a search for many neighbours in many dimensions is a scan, as a graph would take too long', async () => {
  const store = await openTestStore({ path: newPath(), hnswFrom: 200, hnswEf: 1 });
  const random = seededRandom(4);
  const vectors = new Map(
    Array.from({ length: 300 }, (_, number) => [`id-${number}`, randomVector(random, 4_096)]),
  );
  await store.vectorCreateIndex('some', 4_096, 'cosine', 'hnsw');
  await store.vectorInsertMany('some', itemsOf(vectors));
  const query = vectors.get('id-0') ?? [];
  expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true });
  const { matches } = await store.vectorSearch('some', query, 150);
  expect(matches).toEqual(nearestByHand(vectors, 'cosine', query, 150));
});

test('a graph file that is deleted under a store is no trouble', async () => {
  const path = newPath();
  const store = await openTestStore({ path, hnswFrom: 500 });
  const vectors = clustered(1_000);
  const query = await insertAll(store, vectors);
  await settledGraph(store, 'some', query);
  for (const file of graphFiles(path)) rmSync(file);
  expect((await store.vectorSearch('some', query, 1)).matches).toMatchObject([{ id: 'id-0' }]);
  for (const [id, vector] of clustered(200, 8)) vectors.set(`new-${id}`, vector);
  await store.vectorInsertMany('some', itemsOf(vectors).slice(1_000));
  const stats = await settledGraph(store, 'some', query);
  expect(stats).toMatchObject({ isServing: true, vectors: 1_200, reason: undefined });
  expect(graphFiles(path)).toHaveLength(1);
});

test('what is written after a graph was built is found, what is deleted or replaced is not', async () => {
  const store = await openTestStore({ path: newPath(), hnswFrom: 500 });
  const vectors = clustered(1_000);
  const query = await insertAll(store, vectors);
  await settledGraph(store, 'some', query);
  // The nearest go one after the other: the graph must never give them back.
  for (let round = 0; round < 12; round++) {
    const [nearest] = (await store.vectorSearch('some', query, 1)).matches;
    const id = nearest?.id ?? 'nothing';
    if (round % 3 === 0)
      await store.vectorInsert(
        'some',
        id,
        query.map((number) => -number),
      );
    else await store.vectorDelete('some', id);
    if (round % 3 === 0)
      vectors.set(
        id,
        query.map((number) => -number),
      );
    else vectors.delete(id);
    expect((await store.vectorSearch('some', query, 5)).matches).toEqual(
      nearestByHand(vectors, 'cosine', query, 5),
    );
  }
  await store.vectorInsert('some', 'new', query);
  expect((await store.vectorSearch('some', query, 1)).matches).toEqual([{ id: 'new', distance: 0 }]);
  expect(await graphStats(store, 'some')).toMatchObject({ isServing: true, vectors: 988 });
});

test('a graph is carried on with what has changed, and built anew when half has been replaced', async () => {
  const path = newPath();
  const store = await openTestStore({ path, hnswFrom: 500 });
  const vectors = clustered(1_000);
  const query = await insertAll(store, vectors);
  await settledGraph(store, 'some', query);
  const [first = ''] = graphFiles(path);
  const replacements = [...clustered(1_000, 2)];
  const keysIn: number[] = [];
  for (let from = 0; from < 1_000; from += 100) {
    const changed = new Map(replacements.slice(from, from + 100));
    for (const [id, vector] of changed) vectors.set(id, vector);
    await store.vectorInsertMany('some', itemsOf(changed));
    expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true, vectors: 1_000 });
    const [file = '', ...others] = graphFiles(path);
    expect(others).toEqual([]);
    expect(file).not.toBe(first);
    keysIn.push(keyCountOf(file));
    const asked = replacements[from]?.[1] ?? [];
    expect((await store.vectorSearch('some', asked, 5)).matches).toEqual(
      nearestByHand(vectors, 'cosine', asked, 5),
    );
  }
  expect(keysIn).toEqual([1_100, 1_200, 1_300, 1_400, 1_000, 1_100, 1_200, 1_300, 1_400, 1_000]);
});

/** How many keys a graph file has, used or not. */
function keyCountOf(file: string): number {
  return Number(/"count":(\d+)/.exec(readFileSync(file, 'latin1'))?.[1]);
}

test('deleting from a graph ends no process, which the library would if it opened what is left', async () => {
  const path = newPath();
  const ends = async (...args: string[]): Promise<unknown> => {
    const program = startProgram('delete-from-graph', args);
    const lines = await program.rest();
    expect([await program.exited, program.errors()]).toEqual([0, '']);
    return JSON.parse(lines.at(-1) ?? 'null');
  };
  expect(await ends(newPath(), 'between')).toEqual({ isServing: true, vectors: 512 });
  const reason = 'Error: Too many vectors were deleted while the graph was made';
  expect(await ends(path, 'meanwhile')).toEqual({ isServing: false, vectors: 0, reason });
  expect(await ends(path, 'after')).toEqual({ isServing: true, vectors: 610 });
});

test('a graph that is being made holds the vectors also if they are all read again meanwhile', async () => {
  const path = newPath();
  const [store, writer] = [await openTestStore({ path, hnswFrom: 500 }), await openTestStore({ path })];
  const vectors = clustered(600);
  const query = await insertAll(store, vectors);
  await settledGraph(store, 'some', query);
  const replaced = itemsOf(clustered(600, 2)).slice(0, 300);
  const added = itemsOf(clustered(600, 3)).map(({ id, vector }) => ({ id: `new-${id}`, vector }));
  await store.vectorInsertMany('some', [...replaced, ...added]);
  const { ask } = GraphWorker.prototype;
  let searching: Promise<unknown> | undefined;
  await new Promise<void>((begun) => {
    vi.spyOn(GraphWorker.prototype, 'ask').mockImplementationOnce(async function (this: GraphWorker, order) {
      await ask.call(this, order);
      // More than the log of changes holds.
      const [item = { id: 'none', vector: query }] = added;
      await writer.vectorInsertMany(
        'some',
        Array.from({ length: 17_000 }, () => item),
      );
      const looks = vi.spyOn(Pacer.prototype, 'isDue').mockReturnValue(true);
      searching = store.vectorSearch('some', query, 1);
      while (looks.mock.calls.length < 9) await new Promise((resolve) => setImmediate(resolve));
      looks.mockRestore();
      begun();
    });
    void store.vectorSearch('some', query, 1);
  });
  await searching;
  const stats = await settledGraph(store, 'some', query);
  // One was written again after it went in.
  expect(stats).toMatchObject({ isServing: true, vectors: 1_199, reason: undefined });
});

test('a graph that serves goes on while no newer one can be made', async () => {
  let nowMs = 0;
  const clock = { ...systemClock, monotonic: () => nowMs };
  const store = await openTestStore({ path: newPath(), hnswFrom: 500, clock });
  const vectors = clustered(1_000);
  const query = await insertAll(store, vectors);
  await settledGraph(store, 'some', query);
  const claim = vi.spyOn(GraphFolder.prototype, 'claim');
  claim.mockRejectedValueOnce(new Error('ENOSPC: no space left on device'));
  for (const [id, vector] of clustered(100, 2)) vectors.set(`new-${id}`, vector);
  await store.vectorInsertMany('some', itemsOf(vectors).slice(1_000));
  for (nowMs of [0, 59_000]) {
    const stats = await settledGraph(store, 'some', query);
    expect(stats).toMatchObject({ isServing: true, vectors: 1_000, reason: expect.stringMatching(/ENOSPC/) });
    expect(stats?.fileBytes).toBeGreaterThan(0);
  }
  const queries = [...vectors.values()].slice(950, 1_050);
  await expectNear(store, 'some', { vectors, distance: 'cosine', queries, k: 5 });
  nowMs = 61_000;
  const later = await settledGraph(store, 'some', query);
  expect(later).toMatchObject({ isServing: true, vectors: 1_100, reason: undefined });
});

test('a newer graph that cannot be taken over leaves the vectors to the scan', async () => {
  const store = await openTestStore({ path: newPath(), hnswFrom: 500 });
  const vectors = clustered(1_000);
  const query = await insertAll(store, vectors);
  await settledGraph(store, 'some', query);
  for (const [id, vector] of clustered(100, 2)) vectors.set(`new-${id}`, vector);
  await store.vectorInsertMany('some', itemsOf(vectors).slice(1_000));
  vi.spyOn(VectorRows.prototype, 'settle').mockImplementationOnce(() => {
    throw new RangeError('Array buffer allocation failed');
  });
  const reason = 'RangeError: Array buffer allocation failed';
  expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: false, vectors: 0, reason });
  expect((await store.vectorSearch('some', query, 5)).matches).toEqual(
    nearestByHand(vectors, 'cosine', query, 5),
  );
});

test('the next to open the store takes over the graph, and so does another that has it open', async () => {
  const path = newPath();
  const options = { path, hnswFrom: 500 };
  const first = await openTestStore(options);
  const query = await insertAll(first, clustered(1_000));
  await settledGraph(first, 'some', query);
  const files = graphFiles(path);
  const second = await openTestStore(options);
  expect(await settledGraph(second, 'some', query)).toMatchObject({ isServing: true, vectors: 1_000 });
  expect(graphFiles(path)).toEqual(files);
  // One that the first made in between is taken over as well.
  await first.vectorInsertMany(
    'some',
    itemsOf(new Map([...clustered(200, 3)].map(([id, each]) => [`x${id}`, each]))),
  );
  await settledGraph(first, 'some', query);
  const newer = graphFiles(path);
  expect(newer).not.toEqual(files);
  expect(await settledGraph(second, 'some', query)).toMatchObject({ isServing: true, vectors: 1_200 });
  expect(graphFiles(path)).toEqual(newer);
});

test('a graph that another finishes at the last moment is taken over, and not built again', async () => {
  const path = newPath();
  const [first, second] = [
    await openTestStore({ path, hnswFrom: 500 }),
    await openTestStore({ path, hnswFrom: 500 }),
  ];
  const query = await insertAll(first, clustered(600));
  const { claim } = GraphFolder.prototype;
  let files: string[] = [];
  vi.spyOn(GraphFolder.prototype, 'claim').mockImplementationOnce(async function (
    this: GraphFolder,
    ...args
  ) {
    expect(await settledGraph(first, 'some', query)).toMatchObject({ isServing: true });
    files = graphFiles(path);
    return claim.apply(this, args);
  });
  expect(await settledGraph(second, 'some', query)).toMatchObject({ isServing: true, vectors: 600 });
  expect(graphFiles(path)).toEqual(files);
});

test('a graph that is taken over finds no vector that was replaced in between', async () => {
  const path = newPath();
  const vectors = clustered(1_000);
  const first = await openEmbedded({ path, hnswFrom: 500 });
  const query = await insertAll(first, vectors);
  await settledGraph(first, 'some', query);
  await first.close();
  const files = graphFiles(path);
  const second = await openEmbedded({ path });
  const replaced = [...vectors.keys()].slice(0, 20);
  for (const id of replaced)
    vectors.set(
      id,
      query.map((number) => -number - 0.01 * replaced.indexOf(id)),
    );
  await second.vectorInsertMany('some', itemsOf(vectors).slice(0, 20));
  await second.close();
  const store = await openTestStore({ path, hnswFrom: 500 });
  expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true, vectors: 980 });
  expect(graphFiles(path)).toEqual(files);
  const queries = [query, ...[...vectors.values()].slice(0, 100)];
  await expectNear(store, 'some', { vectors, distance: 'cosine', queries, k: 5 });
});

describe('a graph file that is', () => {
  const damages: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
    ['cut short', (bytes) => bytes.subarray(0, bytes.length - 100)],
    ['cut to nothing', () => Buffer.alloc(0)],
    ['cut in its head', (bytes) => bytes.subarray(0, 30)],
    ['flipped in the graph', (bytes) => flipped(bytes, 5_000)],
    ['flipped in an id', (bytes) => flipped(bytes, bytes.indexOf('id-500') + 4)],
    ['flipped in its facts', (bytes) => flipped(bytes, bytes.indexOf('"count"') + 9)],
    ['flipped in its checksum', (bytes) => flipped(bytes, bytes.length - 1)],
    ['of more places than the library has room for', (bytes) => withPlaces(bytes, 801)],
    ['of another kind', () => Buffer.from('no graph at all, but long enough to be looked at')],
    ['of another format', (bytes) => resealed(bytes, 'usearch 2.25.3', 'usearch 9.99.9')],
    ['of other dimensions', (bytes) => resealed(bytes, `"dimensions":${dimensions}`, '"dimensions":99')],
    ['of another distance', (bytes) => resealed(bytes, '"cosine"', '"cosene"')],
  ];

  test('is not completed if nobody could open it', async () => {
    const file = newPath('graph');
    const places = 2;
    writeFileSync(file, Buffer.of(places, 0, 0, 0));
    const keys = { ids: ['one'], versions: [1, 1], removed: 1, scale: 1 };
    const sealing = sealGraphFile(file, keys, { dimensions, distance: 'cosine' });
    await expect(sealing).rejects.toThrow('Too many vectors were deleted');
  });

  test.each(damages)('%s is built again', async (_name, damage) => {
    const path = newPath();
    const vectors = clustered(600);
    const first = await openEmbedded({ path, hnswFrom: 500 });
    const query = await insertAll(first, vectors);
    await settledGraph(first, 'some', query);
    await first.close();
    const [file = ''] = graphFiles(path);
    const bytes = readFileSync(file);
    const bad = damage(Buffer.from(bytes));
    expect(bad.equals(bytes)).toBe(false);
    writeFileSync(file, bad);
    const store = await openTestStore({ path, hnswFrom: 500 });
    expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true, vectors: 600 });
    const [made = '', ...others] = graphFiles(path);
    expect(others).toEqual([]);
    expect(made).not.toBe(file);
    for (const asked of [...vectors.values()].slice(0, 20)) {
      expect((await store.vectorSearch('some', asked, 5)).matches).toEqual(
        nearestByHand(vectors, 'cosine', asked, 5),
      );
    }
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  return bytes;
}

/** Puts another text of the same length into a file and makes its checksum right again. */
function resealed(bytes: Buffer, text: string, other: string): Buffer {
  const at = bytes.lastIndexOf(text);
  expect(at).toBeGreaterThan(0);
  expect(other).toHaveLength(text.length);
  bytes.write(other, at);
  return withChecksum(bytes);
}

/** Says so at the head, where the library does. */
function withPlaces(bytes: Buffer, places: number): Buffer {
  expect(bytes.readUInt32LE()).toBe(600);
  bytes.writeUInt32LE(places);
  return withChecksum(bytes);
}

function withChecksum(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4);
  return bytes;
}

test('a graph of a store that was here before is not taken for that of this one', async () => {
  const path = newPath();
  for (const seed of [5, 6]) {
    const store = await openEmbedded({ path, hnswFrom: 500 });
    // The same ids, and other neighbours.
    const vectors = new Map(
      [...clustered(600, seed).values()].map((vector, number) => [`id-${(number * seed) % 601}`, vector]),
    );
    const query = await insertAll(store, vectors);
    await settledGraph(store, 'some', query);
    expect((await store.vectorSearch('some', query, 5)).matches).toEqual(
      nearestByHand(vectors, 'cosine', query, 5),
    );
    expect(graphFiles(path)).toHaveLength(1);
    await store.close();
    // All but the graphs goes.
    for (const name of ['norikv.mdb', 'norikv.mdb-lock', 'norikv.mdb-gate']) {
      rmSync(`${path}/${name}`, { recursive: true, force: true });
    }
  }
});

test('graphs of dropped namespaces are removed, also by the next to open the store', async () => {
  const path = newPath();
  const store = await openTestStore({ path, hnswFrom: 500 });
  const query = await insertAll(store, clustered(600));
  await settledGraph(store, 'some', query);
  const [file = ''] = graphFiles(path);
  const bytes = readFileSync(file);
  await store.vectorDropIndex('some');
  while (graphFiles(path).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await expect(store.vectorSearch('some', query, 1)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  writeFileSync(file, bytes);
  await (await openTestStore({ path })).stats();
  while (graphFiles(path).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  // A later one of the same name has nothing of it.
  const again = clustered(600, 7);
  await insertAll(store, again);
  await settledGraph(store, 'some', query);
  expect((await store.vectorSearch('some', query, 5)).matches).toEqual(
    nearestByHand(again, 'cosine', query, 5),
  );
});

describe('where there is no graph', () => {
  test.each([
    ['the library is not installed', { path: 'new', hnswFrom: 500 }, false, /install it/],
    ['there are too few vectors', { path: 'new' }, false, undefined],
    ['the store has no path', { hnswFrom: 500 }, undefined, undefined],
  ] as const)('because %s, the scan serves', async (name, options, isServing, reason) => {
    if (name.includes('library')) {
      vi.doMock('usearch', () => {
        throw new Error('usearch is not here');
      });
    }
    const store = await openTestStore('path' in options ? { ...options, path: newPath() } : options);
    const vectors = clustered(600);
    const query = await insertAll(store, vectors);
    const stats = await settledGraph(store, 'some', query);
    expect(stats?.isServing).toBe(isServing);
    if (reason) expect(`${stats?.reason}`).toMatch(reason);
    else expect(stats?.reason).toBeUndefined();
    expect((await store.vectorSearch('some', query, 9)).matches).toEqual(
      nearestByHand(vectors, 'cosine', query, 9),
    );
  });

  test('because its folder takes no files, the scan serves, and it is tried again after a minute', async () => {
    const path = newPath();
    let nowMs = 0;
    const clock = { ...systemClock, monotonic: () => nowMs };
    const store = await openTestStore({ path, hnswFrom: 500, clock });
    writeFileSync(`${path}/.graphs`, 'in the way');
    const vectors = clustered(600);
    const query = await insertAll(store, vectors);
    expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: false });
    rmSync(`${path}/.graphs`);
    nowMs = 59_000;
    expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: false });
    nowMs = 61_000;
    expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true, reason: undefined });
  });
});

test('closing does not wait for a graph that is being built, and leaves nothing of it', async () => {
  const path = newPath();
  const store = await openEmbedded({ path, hnswFrom: 500 });
  const query = await insertAll(store, clustered(4_000));
  const { ask } = GraphWorker.prototype;
  let orders = 0;
  vi.spyOn(GraphWorker.prototype, 'ask').mockImplementation(function (this: GraphWorker, order) {
    orders += 1;
    return ask.call(this, order);
  });
  await store.vectorSearch('some', query, 1);
  while (orders === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await graphStats(store, 'some')).toMatchObject({ isServing: false, isBuilding: true });
  expect(graphFiles(path)).toHaveLength(1);
  await store.close();
  expect(graphFiles(path)).toEqual([]);
});

test('closing waits for what is left of a graph whose namespace was dropped', async () => {
  const path = newPath();
  const store = await openEmbedded({ path, hnswFrom: 500 });
  const query = await insertAll(store, clustered(600));
  const { claim } = GraphFolder.prototype;
  let goOn = (): void => undefined;
  const claiming = new Promise<void>((begun) => {
    vi.spyOn(GraphFolder.prototype, 'claim').mockImplementationOnce(async function (
      this: GraphFolder,
      ...args
    ) {
      begun();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return claim.apply(this, args);
    });
  });
  await store.vectorSearch('some', query, 1);
  await claiming;
  await store.vectorDropIndex('some');
  await expect(store.vectorSearch('some', query, 1)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  let isClosed = false;
  const closing = store.close().then(() => {
    isClosed = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isClosed).toBe(false);
  goOn();
  await closing;
  expect(graphFiles(path)).toEqual([]);
});

test('a graph that cannot be read once it is built is given up for a while', async () => {
  const path = newPath();
  const store = await openTestStore({ path, hnswFrom: 500 });
  const vectors = clustered(600);
  const query = await insertAll(store, vectors);
  const { publish } = GraphFolder.prototype;
  vi.spyOn(GraphFolder.prototype, 'publish').mockImplementation(async function (this: GraphFolder, ...args) {
    const file = await publish.apply(this, args);
    writeFileSync(file, 'torn');
    return file;
  });
  const stats = await settledGraph(store, 'some', query);
  expect(stats).toMatchObject({ isServing: false, reason: 'Error: The graph that was built cannot be read' });
  expect((await store.vectorSearch('some', query, 5)).matches).toEqual(
    nearestByHand(vectors, 'cosine', query, 5),
  );
});

test('a graph stays when a store that was far behind has read all vectors again', async () => {
  const path = newPath();
  const [store, writer] = [await openTestStore({ path, hnswFrom: 500 }), await openTestStore({ path })];
  const vectors = clustered(1_000);
  const query = await insertAll(store, vectors);
  await settledGraph(store, 'some', query);
  const files = graphFiles(path);
  const items = itemsOf(vectors).slice(0, 10);
  // More than the log of changes holds.
  await writer.vectorInsertMany(
    'some',
    Array.from({ length: 17_000 }, (_, number) => items[number % 10] ?? { id: 'none', vector: query }),
  );
  expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true, vectors: 990 });
  expect(graphFiles(path)).toEqual(files);
  await expectNear(store, 'some', { vectors, distance: 'cosine', queries: [query], k: 5 });
});

test('vectors that are deleted or come while a graph is built are right afterwards', async () => {
  const store = await openTestStore({ path: newPath(), hnswFrom: 500 });
  const vectors = clustered(2_000);
  const query = await insertAll(store, vectors);
  await store.vectorSearch('some', query, 1);
  const later = [...clustered(400, 9)];
  for (const [number, [, vector]] of later.entries()) {
    const id = `id-${number * 5}`;
    if (number % 2 === 0) {
      await store.vectorDelete('some', id);
      vectors.delete(id);
    } else {
      await store.vectorInsert('some', id, vector);
      vectors.set(id, vector);
    }
    if (number % 20 === 0) await store.vectorSearch('some', query, 1);
  }
  expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true });
  const queries = [...vectors.values()].slice(0, 100);
  await expectNear(store, 'some', { vectors, distance: 'cosine', queries, k: 5 });
});

test('vectors too long or too short for 32 bits are scanned', async () => {
  const store = await openTestStore({ path: newPath(), hnswFrom: 500 });
  const vectors = clustered(600);
  vectors.set(
    'long',
    randomVector(seededRandom(1), dimensions).map((number) => number * 1e30),
  );
  const query = await insertAll(store, vectors, 'euclidean');
  expect(await settledGraph(store, 'some', query)).toMatchObject({ isServing: true });
  expect((await store.vectorSearch('some', query, 7)).matches).toEqual(
    nearestByHand(vectors, 'euclidean', query, 7),
  );
});

test.each([
  ['hnswFrom', 0],
  ['hnswFrom', 1.5],
  ['hnswEf', -1],
  ['hnswEf', '64'],
])('%s of %s is refused by name', async (name, value) => {
  await expect(openEmbedded({ [name]: value } as never)).rejects.toThrow(name);
});
