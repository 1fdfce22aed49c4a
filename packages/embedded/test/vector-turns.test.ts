import { seededRandom } from '@norikv/testkit';
import { afterEach, expect, test, vi } from 'vitest';
import { CoarseRows } from '../src/vectors/coarse-rows.js';
import { GraphWorker } from '../src/vectors/graph-worker.js';
import { Pacer } from '../src/vectors/pacer.js';
import { VectorRows } from '../src/vectors/vector-rows.js';
import { WasmMatrix } from '../src/vectors/wasm-matrix.js';
import { newPath, openTestStore } from './support/folders.js';
import { settledGraph } from './support/graphs.js';
import { randomVector } from './support/vector-oracle.js';

// How long work holds the event loop up is bounded by how much is done between two looks at the time: here it
// is counted, so that it does not depend on the machine.

const dimensions = 512;
const count = 6_000;

afterEach(() => vi.restoreAllMocks());

/** Counts what is done between two looks, all of which give way to the event loop. */
class WorkMeter {
  #sinceLook = { scanned: 0, loaded: 0, compared: 0, settled: 0 };
  readonly most: { scanned: number; loaded: number; compared: number; settled: number } = {
    ...this.#sinceLook,
  };
  rests = 0;

  constructor() {
    const meter = this;
    vi.spyOn(Pacer.prototype, 'isDue').mockImplementation(() => {
      meter.look();
      return true;
    });
    const { rest } = Pacer.prototype;
    vi.spyOn(Pacer.prototype, 'rest').mockImplementation(function (this: Pacer) {
      meter.rests += 1;
      return rest.call(this);
    });
    const { set, at, settle } = VectorRows.prototype;
    vi.spyOn(VectorRows.prototype, 'set').mockImplementation(function (this: VectorRows, stored) {
      meter.#sinceLook.loaded += 1;
      set.call(this, stored);
    });
    vi.spyOn(VectorRows.prototype, 'settle').mockImplementation(function (this: VectorRows, ...args) {
      meter.#sinceLook.settled += 1;
      settle.apply(this, args);
    });
    vi.spyOn(VectorRows.prototype, 'at').mockImplementation(function (this: VectorRows, row) {
      meter.#sinceLook.compared += 1;
      return at.call(this, row);
    });
    const { measure } = WasmMatrix.prototype;
    vi.spyOn(WasmMatrix.prototype, 'measure').mockImplementation(function (this: WasmMatrix, ...args) {
      meter.#sinceLook.scanned += args[3] * this.stride;
      return measure.apply(this, args);
    });
    const { measure: measureCoarsely } = CoarseRows.prototype;
    vi.spyOn(CoarseRows.prototype, 'measure').mockImplementation(function (this: CoarseRows, ...args) {
      meter.#sinceLook.scanned += args[2] * args[0].numbers.length;
      return measureCoarsely.apply(this, args);
    });
  }

  look(): void {
    for (const kind of ['scanned', 'loaded', 'compared', 'settled'] as const) {
      this.most[kind] = Math.max(this.most[kind], this.#sinceLook[kind]);
    }
    this.#sinceLook = { scanned: 0, loaded: 0, compared: 0, settled: 0 };
  }
}

test('loading, catching up, scanning and ordering give way after a bounded piece of work', async () => {
  const path = newPath();
  const writer = await openTestStore({ path });
  const random = seededRandom(1);
  const items = Array.from({ length: count }, (_, number) => ({
    id: `id-${number}`,
    vector: randomVector(random, dimensions),
  }));
  await writer.vectorCreateIndex('some', dimensions, 'cosine');
  await writer.vectorInsertMany('some', items);
  const reader = await openTestStore({ path });
  const query = items[0]?.vector ?? [];
  const meter = new WorkMeter();

  await reader.vectorSearch('some', query, 10);
  meter.look();
  expect(meter.most.loaded).toBeLessThanOrEqual(16);
  expect(meter.most.scanned).toBeGreaterThan(0);
  expect(meter.most.scanned).toBeLessThanOrEqual(2 ** 20);
  expect(meter.rests).toBeGreaterThan(count / 16 + (count * dimensions) / 2 ** 20);

  await writer.vectorInsertMany('some', items.slice(0, 1_000));
  await reader.vectorSearch('some', query, count);
  await reader.vectorSearch('some', query, count / 2, { filter: items.map(({ id }) => id) });
  meter.look();
  expect(meter.most.loaded).toBeLessThanOrEqual(16);
  // A row is looked at some times when it is loaded and once when it is measured again.
  expect(meter.most.compared).toBeLessThanOrEqual(128);
});

test('making a graph and taking it over give way after a bounded piece of work', async () => {
  const path = newPath();
  const store = await openTestStore({ path, hnswFrom: 1_000 });
  const random = seededRandom(2);
  const items = Array.from({ length: 2_000 }, (_, number) => ({
    id: `id-${number}`,
    vector: randomVector(random, 64),
  }));
  await store.vectorCreateIndex('some', 64, 'cosine', 'hnsw');
  await store.vectorInsertMany('some', items);
  const meter = new WorkMeter();
  const { ask } = GraphWorker.prototype;
  let handedOver = 0;
  vi.spyOn(GraphWorker.prototype, 'ask').mockImplementation(function (this: GraphWorker, order) {
    handedOver = Math.max(handedOver, order.vectors?.length ?? 0);
    return ask.call(this, order);
  });
  // What the library does at length, it does in a thread of its own: this one only maps the file.
  expect(await settledGraph(store, 'some', items[0]?.vector ?? [])).toMatchObject({ isServing: true });
  // What has changed goes into another one.
  await store.vectorInsertMany('some', items.slice(0, 300));
  expect(await settledGraph(store, 'some', items[0]?.vector ?? [])).toMatchObject({ vectors: 2_000 });
  meter.look();
  expect(handedOver).toBeGreaterThan(0);
  expect(handedOver).toBeLessThanOrEqual(2 ** 17);
  expect(meter.most.settled).toBeGreaterThan(0);
  expect(meter.most.settled).toBeLessThanOrEqual(256);
});
