import type { VectorSearchResult } from '@norikv/store';
import { seededRandom } from '@norikv/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openEmbedded, restoreBackup } from '../src/index.js';
import { Pacer } from '../src/vectors/pacer.js';
import { VectorTable } from '../src/vectors/vector-table.js';
import { newFolder, newPath, openTestStore } from './support/folders.js';
import { changeRaw, flipBits } from './support/raw-store.js';
import { randomVector } from './support/vector-oracle.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test('many vectors are inserted together, and the later of two with one id stays', async () => {
  const store = await openTestStore({ path: newPath() });
  await store.vectorCreateIndex('many', 700, 'euclidean');
  const random = seededRandom(1);
  const items = Array.from({ length: 1_300 }, (_, number) => ({
    id: `id-${number % 1_299}`,
    vector: randomVector(random, 700),
  }));
  const versions = await store.vectorInsertMany('many', items);
  expect(new Set(versions.map(({ index }) => index)).size).toBe(1_300);
  expect(await store.vectorGet('many', 'id-0')).toEqual(items[1_299]?.vector);
  expect((await store.stats()).vectors.vectors).toBe(1_299);
  expect(await store.vectorInsertMany('many', [])).toEqual([]);
});

test('if one of many vectors is bad, none is inserted', async () => {
  const store = await openTestStore();
  await store.vectorCreateIndex('many', 1, 'cosine');
  for (const bad of [
    { id: 'b', vector: [Number.NaN] },
    { id: '', vector: [1] },
    { id: 'b', vector: [0] },
  ]) {
    const items = [{ id: 'a', vector: [1] }, bad];
    await expect(store.vectorInsertMany('many', items)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
  await expect(store.vectorInsertMany('none', [{ id: 'a', vector: [1] }])).rejects.toThrow('"none"');
  expect(await store.vectorGet('many', 'a')).toBeNull();
});

test('an array of vectors can be emptied once its insert has been called', async () => {
  const store = await openTestStore();
  await store.vectorCreateIndex('many', 2, 'euclidean');
  const waiting = [
    { id: 'a', vector: [1, 2] },
    { id: 'b', vector: [3, 4] },
  ];
  const inserting = store.vectorInsertMany('many', waiting);
  waiting.length = 0;
  expect(await inserting).toHaveLength(2);
  expect(await store.vectorGet('many', 'b')).toEqual([3, 4]);
});

test.each([
  ['items', undefined],
  ['items', { id: 'a', vector: [1, 2] }],
  ['items[1]', [{ id: 'a', vector: [1, 2] }, null]],
  ['items[0]', 'text'],
])('what holds no vectors to insert is refused by name: %s is %j', async (name, items) => {
  const store = await openTestStore();
  await store.vectorCreateIndex('many', 2, 'euclidean');
  await expect(store.vectorInsertMany('many', items as never)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(`${name} is `),
  });
  expect((await store.stats()).vectors.vectors).toBe(0);
});

test('if one vector of a later group does not fit, none of the groups before it is inserted', async () => {
  const store = await openTestStore();
  await store.vectorCreateIndex('many', 2, 'cosine');
  const good = Array.from({ length: 600 }, (_, number) => ({ id: `${number}`, vector: [1, number] }));
  for (const vector of [[1], [0, 0]]) {
    const inserting = store.vectorInsertMany('many', [...good, { id: 'bad', vector }]);
    await expect(inserting).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      outcome: 'not-applied',
      message: expect.stringContaining('items[600].vector'),
    });
  }
  expect((await store.stats()).vectors.vectors).toBe(0);
});

test('an insert of many breaks off if its namespace is made anew with other dimensions', async () => {
  const store = await openTestStore();
  await store.vectorCreateIndex('many', 2, 'euclidean');
  const items = Array.from({ length: 3_000 }, (_, number) => ({ id: `${number}`, vector: [1, 2] }));
  const inserting = store.vectorInsertMany('many', items);
  while ((await store.stats()).vectors.vectors === 0);
  void store.vectorDropIndex('many');
  void store.vectorCreateIndex('many', 3, 'euclidean');
  await expect(inserting).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    outcome: 'unknown',
    message: expect.stringContaining('has 3 dimensions'),
  });
  expect((await store.stats()).vectors.vectors).toBe(0);
});

test('an insert of many that breaks off says that some may be in', async () => {
  const store = await openTestStore();
  await store.vectorCreateIndex('many', 2, 'euclidean');
  const controller = new AbortController();
  const items = Array.from({ length: 3_000 }, (_, number) => ({ id: `${number}`, vector: [1, 2] }));
  const inserting = store.vectorInsertMany('many', items, { signal: controller.signal });
  while ((await store.stats()).vectors.vectors === 0);
  controller.abort();
  await expect(inserting).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
});

test('one who is far behind in the log of changes reads everything again', async () => {
  const path = newPath();
  const [writer, reader] = [await openTestStore({ path }), await openTestStore({ path })];
  await writer.vectorCreateIndex('busy', 1, 'euclidean');
  await writer.vectorInsert('busy', 'gone', [5]);
  expect((await reader.vectorSearch('busy', [0], 3)).matches).toHaveLength(1);
  await writer.vectorDelete('busy', 'gone');
  const round = Array.from({ length: 6_000 }, (_, number) => ({ id: `id-${number}`, vector: [number] }));
  for (let times = 0; times < 3; times++) await writer.vectorInsertMany('busy', round);
  const { matches } = await reader.vectorSearch('busy', [0], 10_000);
  expect(matches.map(({ id }) => id)).toEqual(round.map(({ id }) => id));
  await writer.vectorInsert('busy', 'last', [-1]);
  expect((await reader.vectorSearch('busy', [-1], 1)).matches).toEqual([{ id: 'last', distance: 0 }]);
});

test('an insert of many has no idempotency key, and does not take one for nothing', async () => {
  const store = await openTestStore();
  await store.vectorCreateIndex('space', 1, 'euclidean');
  const options: object = { idempotencyKey: 'once' };
  const insert = store.vectorInsertMany('space', [{ id: 'a', vector: [1] }], options);
  await expect(insert).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('"idempotencyKey"'),
  });
  expect(await store.vectorGet('space', 'a')).toBeNull();
});

test('what a dropped namespace left behind is removed, also by the next to open the store', async () => {
  const path = newPath();
  const first = await openEmbedded({ path });
  await first.vectorCreateIndex('old', 2, 'cosine');
  const items = Array.from({ length: 1_200 }, (_, number) => ({ id: `${number}`, vector: [1, number] }));
  await first.vectorInsertMany('old', items);
  await first.vectorDropIndex('old');
  await first.close();
  let left: unknown[] = ['not looked yet'];
  while (left.length > 0) {
    const next = await openEmbedded({ path });
    expect((await next.stats()).vectors.vectors).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await next.close();
    for (const table of ['vectors', 'vector-changes', 'vector-namespaces'] as const) {
      await changeRaw(path, table, (raw) => {
        left = table === 'vectors' ? [...raw.getKeys()] : [...left, ...raw.getKeys()];
      });
    }
  }
  expect(left).toEqual([]);
});

test('what could not be removed after one drop is removed after the next', async () => {
  const store = await openTestStore({ path: newPath() });
  const clear = vi.spyOn(VectorTable.prototype, 'clear').mockImplementationOnce(() => {
    throw new Error('not now');
  });
  for (const name of ['first', 'second']) {
    await store.vectorCreateIndex(name, 1, 'euclidean');
    await store.vectorInsert(name, 'a', [1]);
  }
  await store.vectorDropIndex('first');
  while (clear.mock.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await store.vectorDropIndex('second');
  const ended = (): number => clear.mock.results.filter(({ value }) => value === false).length;
  while (ended() < 2) await new Promise((resolve) => setTimeout(resolve, 1));
});

test('a search that loads vectors and scans them lets the event loop turn', async () => {
  const path = newPath();
  const first = await openTestStore({ path });
  await first.vectorCreateIndex('large', 64, 'euclidean');
  const random = seededRandom(9);
  const items = Array.from({ length: 30_000 }, (_, number) => ({
    id: `id-${number}`,
    vector: randomVector(random, 64),
  }));
  await first.vectorInsertMany('large', items);
  const store = await openTestStore({ path });
  let turns = 0;
  const count = setInterval(() => {
    turns += 1;
  }, 0);
  const query = randomVector(random, 64);
  const { matches } = await store.vectorSearch('large', query, 25_000, { includeVectors: true });
  const filter = new Set(items.map(({ id }) => id));
  expect((await store.vectorSearch('large', query, 25_000, { filter })).matches).toHaveLength(25_000);
  clearInterval(count);
  expect(matches).toHaveLength(25_000);
  // Loading, measuring, ordering: some 200 ms of work on any machine.
  expect(turns).toBeGreaterThan(5);
});

test('a namespace that is dropped while it is loaded is not found: never half of it', async () => {
  const path = newPath();
  const [writer, reader] = [await openTestStore({ path }), await openTestStore({ path })];
  await writer.vectorCreateIndex('some', 1, 'euclidean');
  await writer.vectorInsertMany(
    'some',
    Array.from({ length: 100 }, (_, number) => ({ id: `${number}`, vector: [number] })),
  );
  // It is time to rest at every look, and at the second rest the namespace goes.
  vi.spyOn(Pacer.prototype, 'isDue').mockReturnValue(true);
  let rests = 0;
  vi.spyOn(Pacer.prototype, 'rest').mockImplementation(async () => {
    rests += 1;
    if (rests === 2) await writer.vectorDropIndex('some');
  });
  await expect(reader.vectorSearch('some', [0], 1)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  expect(rests).toBeGreaterThan(2);
});

test('a namespace that is dropped while a search takes over its changes is forgotten by both', async () => {
  const store = await openTestStore();
  await store.vectorCreateIndex('some', 1, 'euclidean');
  await store.vectorSearch('some', [0], 1);
  const items = Array.from({ length: 100 }, (_, number) => ({ id: `${number}`, vector: [number] }));
  await store.vectorInsertMany('some', items);
  vi.spyOn(Pacer.prototype, 'isDue').mockReturnValue(true);
  let rests = 0;
  vi.spyOn(Pacer.prototype, 'rest').mockImplementation(async () => {
    rests += 1;
    if (rests === 2) await store.vectorDropIndex('some');
  });
  await expect(store.vectorSearch('some', [0], 1)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  expect(rests).toBeGreaterThanOrEqual(2);
  expect((await store.stats()).vectors.memoryBytes).toBe(0);
});

test('a search sees one state, whatever is written while it rests', async () => {
  const path = newPath();
  const [writer, reader] = [await openTestStore({ path }), await openTestStore({ path })];
  await writer.vectorCreateIndex('some', 1, 'euclidean');
  const items = Array.from({ length: 200 }, (_, number) => ({ id: `${number}`, vector: [0] }));
  await writer.vectorInsertMany('some', items);
  await reader.vectorSearch('some', [0], 1);
  const filter = new Set([...items.map(({ id }) => id), 'first', 'second']);
  let version = 0;
  const isDue = vi.spyOn(Pacer.prototype, 'isDue').mockReturnValue(true);
  vi.spyOn(Pacer.prototype, 'rest').mockImplementation(async () => {
    if (version === 40) return;
    version += 1;
    // First one, then the other: a search that has the second has the first.
    await writer.vectorInsert('some', 'first', [version]);
    await writer.vectorInsert('some', 'second', [version]);
  });
  for (let round = 0; version < 40; round++) {
    const { matches } = await reader.vectorSearch('some', [0], 300, {
      filter: round % 4 < 2 ? filter : (id) => filter.has(id),
    });
    const placeOf = (id: string): number => matches.find((match) => match.id === id)?.distance ?? 0;
    expect(placeOf('first')).toBeGreaterThanOrEqual(placeOf('second'));
    expect(placeOf('first') - placeOf('second')).toBeLessThanOrEqual(1);
    isDue.mockReturnValue(round % 2 === 0);
  }
});

test('searches at one time do not change the vectors under each other', async () => {
  const store = await openTestStore();
  await store.vectorCreateIndex('some', 1, 'euclidean');
  const items = Array.from({ length: 300 }, (_, number) => ({ id: `${number}`, vector: [number] }));
  await store.vectorInsertMany('some', items);
  await store.vectorSearch('some', [0], 1);
  let deleted = 0;
  vi.spyOn(Pacer.prototype, 'isDue').mockReturnValue(true);
  const searches: Promise<VectorSearchResult>[] = [];
  const search = (): void => void searches.push(store.vectorSearch('some', [0], 300));
  vi.spyOn(Pacer.prototype, 'rest').mockImplementation(async () => {
    if (deleted === 100) return;
    await store.vectorDelete('some', `${deleted++}`);
    if (deleted % 5 === 0) search();
  });
  search();
  while (searches.length < 20) await new Promise((resolve) => setTimeout(resolve, 1));
  for (const { matches } of await Promise.all(searches)) {
    // Deleted from the lowest on: what is found begins somewhere and has no gaps.
    const first = matches[0]?.distance ?? Number.NaN;
    const expected = items.slice(first).map(({ id }) => ({ id, distance: Number(id) }));
    expect(matches).toEqual(expected);
  }
  expect(deleted).toBe(100);
});

describe('a search with limits', () => {
  test('ends at once and leaves the others alone', async () => {
    const store = await openTestStore();
    await store.vectorCreateIndex('some', 64, 'euclidean');
    const random = seededRandom(4);
    const items = Array.from({ length: 20_000 }, (_, number) => ({
      id: `id-${number}`,
      vector: randomVector(random, 64),
    }));
    await store.vectorInsertMany('some', items);
    const controller = new AbortController();
    const query = randomVector(random, 64);
    const cancelled = store.vectorSearch('some', query, 20_000, { signal: controller.signal });
    const late = store.vectorSearch('some', query, 20_000, { timeoutMs: 1 });
    const good = store.vectorSearch('some', query, 3, { timeoutMs: 60_000 });
    setImmediate(() => controller.abort(new Error('enough')));
    const [first, second] = await Promise.allSettled([cancelled, late]);
    expect(first).toMatchObject({ reason: { code: 'CANCELLED', outcome: 'not-applied' } });
    expect(second).toMatchObject({ reason: { code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' } });
    expect((await good).matches).toHaveLength(3);
  });

  test.each([
    ['includeVectors', { includeVectors: 1 }],
    ['consistency', { consistency: 'now' }],
    ['timeoutMs', { timeoutMs: 0 }],
  ])('refuses a bad %s by name', async (name, options) => {
    const store = await openTestStore();
    const search = store.vectorSearch('some', [1], 1, options as never);
    await expect(search).rejects.toThrow(name);
  });
});

test.each([
  ['text', 'vector is "text"'],
  [[1, '2'], 'vector[1] is "2"'],
  [null, 'vector is null'],
])('a vector that is %s is refused by name', async (vector, message) => {
  const store = await openTestStore();
  await expect(store.vectorInsert('some', 'a', vector as never)).rejects.toThrow(message);
});

describe('closing', () => {
  test('lets calls under way end, the first one too, and refuses later ones', async () => {
    const path = newPath();
    const store = await openEmbedded({ path });
    const calls = [store.vectorCreateIndex('some', 1, 'euclidean'), store.vectorDropIndex('none')];
    await store.close();
    expect(await Promise.all(calls)).toEqual([true, false]);
    await expect(store.vectorSearch('some', [1], 1)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(store.vectorInsert('some', 'a', [1])).rejects.toMatchObject({ code: 'CLOSED' });
    const again = await openTestStore({ path });
    expect((await again.vectorSearch('some', [1], 1)).matches).toEqual([]);
  });
});

test('figures tell what vectors take on the disk and in memory', async () => {
  const store = await openTestStore({ path: newPath() });
  await store.vectorCreateIndex('small', 2, 'cosine');
  await store.vectorCreateIndex('large', 100, 'euclidean', 'hnsw');
  await store.vectorInsertMany(
    'large',
    Array.from({ length: 1_000 }, (_, number) => ({ id: `${number}`, vector: new Array(100).fill(number) })),
  );
  const before = (await store.stats()).vectors;
  expect(before).toMatchObject({ vectors: 1_000, memoryBytes: 0, memoryBytesPerVector: 0 });
  await store.vectorSearch('large', new Array(100).fill(1), 1);
  const { namespaces, ...after } = (await store.stats()).vectors;
  expect(after.diskBytesPerVector).toBeGreaterThan(400);
  expect(after.memoryBytesPerVector).toBeGreaterThan(400);
  expect(namespaces).toEqual([
    {
      namespace: 'large',
      dimensions: 100,
      distance: 'euclidean',
      indexType: 'hnsw',
      vectors: 1_000,
      memoryBytes: after.memoryBytes,
      searchedBy: 'wasm',
      hnsw: { isServing: false, isBuilding: false, vectors: 0, fileBytes: 0, reason: undefined },
    },
    {
      namespace: 'small',
      dimensions: 2,
      distance: 'cosine',
      indexType: 'brute_force',
      vectors: 0,
      memoryBytes: 0,
      searchedBy: undefined,
      hnsw: undefined,
    },
  ]);
});

test('a namespace that outgrows the memory is refused, then scanned without WebAssembly', async () => {
  const store = await openTestStore();
  await store.vectorCreateIndex('large', 4_096, 'euclidean');
  await store.vectorCreateIndex('small', 1, 'euclidean');
  const vector = new Array(4_096).fill(1);
  const insert = (from: number, to: number): Promise<unknown> => {
    const items = Array.from({ length: to - from }, (_, number) => ({ id: `${from + number}`, vector }));
    return store.vectorInsertMany('large', items);
  };
  await insert(0, 20);
  const { Memory, Module, Instance }: Platform = Reflect.get(globalThis, 'WebAssembly');
  class SmallMemory extends Memory {
    constructor(size: MemorySize) {
      super({ ...size, maximum: 12 });
    }
  }
  vi.stubGlobal('WebAssembly', { Memory: SmallMemory, Module, Instance });
  const found = { matches: [{ id: '0', distance: 0 }] };
  expect(await store.vectorSearch('large', vector, 1)).toMatchObject(found);
  await insert(20, 60);
  const refused = { code: 'RESOURCE_EXHAUSTED' };
  await expect(store.vectorSearch('large', vector, 1)).rejects.toMatchObject(refused);
  expect((await store.vectorSearch('small', [1], 1)).matches).toEqual([]);
  expect(await store.vectorSearch('large', vector, 1)).toMatchObject(found);
  expect((await store.stats()).vectors.namespaces[0]).toMatchObject({
    vectors: 60,
    searchedBy: 'typescript',
  });
});

describe('damage', () => {
  test.each([
    ['vectors', 60],
    ['vector-namespaces', 40],
  ] as const)('in %s is noticed, and nothing wrong is found', async (table, at) => {
    const path = newPath();
    const store = await openEmbedded({ path });
    await store.vectorCreateIndex('some', 16, 'euclidean');
    await store.vectorInsert('some', 'a', new Array(16).fill(1));
    await store.close();
    await flipBits(path, table, at);
    const again = await openTestStore({ path });
    const damaged = { code: 'DAMAGED_STORE' };
    await expect(again.vectorSearch('some', new Array(16).fill(1), 1)).rejects.toMatchObject(damaged);
    await expect(again.vectorGet('some', 'a')).rejects.toMatchObject(damaged);
    if (table === 'vectors') {
      await again.vectorInsert('some', 'a', new Array(16).fill(2));
      expect(await again.vectorGet('some', 'a')).toEqual(new Array(16).fill(2));
    }
  });
});

test('a backup holds the vectors', async () => {
  const store = await openTestStore({ path: newPath() });
  await store.vectorCreateIndex('some', 2, 'cosine');
  await store.vectorInsert('some', 'a', [1, 2]);
  const file = `${newFolder()}/copy`;
  await store.backup(file);
  const path = newPath();
  await restoreBackup(file, path);
  const restored = await openTestStore({ path });
  expect((await restored.vectorSearch('some', [1, 2], 1)).matches).toEqual([{ id: 'a', distance: 0 }]);
});

test('nothing of vectors is made in a store without them', async () => {
  const path = newPath();
  const store = await openEmbedded({ path });
  await expect(store.vectorGet('some', 'a')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  expect((await store.stats()).vectors.diskBytes).toBe(0);
  await store.close();
  let tables: string[] = [];
  await changeRaw(path, undefined, (root) => {
    tables = [...root.getKeys()].map((key) => Buffer.from(key).toString());
  });
  expect(tables.filter((name) => name.startsWith('vector'))).toEqual([]);
  expect(tables.length).toBeGreaterThan(0);
});

interface MemorySize {
  readonly initial: number;
  readonly maximum: number;
}

interface Platform {
  readonly Memory: new (size: MemorySize) => object;
  readonly Module: unknown;
  readonly Instance: unknown;
}
