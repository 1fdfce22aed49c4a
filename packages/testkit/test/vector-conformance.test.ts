import type { KvStore, VectorStore } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { createMemoryVectorStore, defineVectorConformance, FakeClock } from '../src/index.js';

describe('the memory store keeps the contract of vectors', () => {
  defineVectorConformance({
    describe,
    it,
    async createStore() {
      const store = createMemoryVectorStore();
      return { store, close: () => store.close() };
    },
    reopen: async (target) => target,
  });
});

describe('options of vector calls', () => {
  const options = (wrong: object): never => wrong as never;
  it.each<[string, (store: KvStore & VectorStore) => Promise<unknown>]>([
    ['includeVectors', (store) => store.vectorSearch('n', [1], 1, options({ includeVectors: 'yes' }))],
    ['consistency', (store) => store.vectorGet('n', 'a', options({ consistency: 'strong' }))],
    ['idempotencyKey', (store) => store.vectorInsert('n', 'a', [1], options({ idempotencyKey: 7 }))],
    ['signal', (store) => store.vectorDelete('n', 'a', options({ signal: 5 }))],
    ['options', (store) => store.vectorInsert('n', 'a', [1], null as never)],
    ['options', (store) => store.vectorSearch('n', [1], 1, null as never)],
  ])('are refused by name: %s', async (name, call) => {
    await expect(call(createMemoryVectorStore())).rejects.toThrow(`${name} is `);
  });
});

type Flawed = KvStore & VectorStore;
type Flaw = (store: Flawed) => Partial<VectorStore>;

/** One way each to break the contract, and a test that must notice. */
const flaws: Record<string, Flaw> = {
  'a namespace is created once': () => ({ vectorCreateIndex: async () => true }),
  'a dropped namespace is gone, and one made in its place is empty': () => ({
    vectorDropIndex: async () => true,
  }),
  'a vector is kept as 32-bit floats': () => ({ vectorGet: async () => [0.1, -1e-40, 3.4e38, 1 / 3] }),
  'an insert replaces, and gives a version each time': () => ({
    vectorInsert: async () => ({ term: 1n, index: 1n }),
  }),
  'a delete says whether there was something, and it is not found any more': () => ({
    vectorDelete: async () => true,
  }),
  'an idempotency key makes a write happen once': (store) => ({
    async vectorInsert(namespace, id, vector, options) {
      const version = await store.vectorInsert(namespace, id, vector, options);
      if (options?.idempotencyKey && (await store.vectorGet(namespace, id)) === null) {
        await store.vectorInsert(namespace, id, vector);
      }
      return version;
    },
  }),
  'an idempotency key does not remember a failure': (store) => {
    const failures = new Map<string, unknown>();
    return {
      async vectorInsert(namespace, id, vector, options) {
        const { idempotencyKey } = options ?? {};
        if (idempotencyKey && failures.has(idempotencyKey)) throw failures.get(idempotencyKey);
        try {
          return await store.vectorInsert(namespace, id, vector, options);
        } catch (error) {
          if (idempotencyKey) failures.set(idempotencyKey, error);
          throw error;
        }
      },
    };
  },
  'names that look alike are different names': (store) => ({
    vectorInsert: (namespace, id, vector, options) =>
      store.vectorInsert(namespace, typeof id === 'string' ? id.normalize('NFC') : id, vector, options),
    vectorGet: (namespace, id, options) =>
      store.vectorGet(namespace, typeof id === 'string' ? id.normalize('NFC') : id, options),
  }),
  'options that are none': (store) => ({
    vectorInsert: (namespace, id, vector, options) => {
      const { ifNotExists: _ofPuts, ...rest } = { ...options } as Record<string, unknown>;
      return store.vectorInsert(namespace, id, vector, options && rest);
    },
  }),
  'calls whose signal has fired': (store) => ({
    vectorGet: (namespace, id, options) =>
      store.vectorGet(namespace, id, options?.signal?.aborted ? { ...options, signal: undefined } : options),
  }),
  'calls after the store was closed': (store) => ({
    vectorGet: (namespace, id, options) =>
      store.vectorGet(namespace, id, options).catch((error) => {
        if ((error as { code?: unknown }).code === 'CLOSED') return null;
        throw error;
      }),
  }),
  'what a caller changes afterwards does not matter': (store) => ({
    async vectorInsert(namespace, id, vector, options) {
      await Promise.resolve();
      return store.vectorInsert(namespace, id, vector, options);
    },
  }),
  'three euclidean distances worked out by hand': changedDistances((distance) => distance ** 2),
  'three cosine distances worked out by hand': changedDistances((distance) => 1 - distance),
  'three inner_product distances worked out by hand': changedDistances((distance) => -distance),
  'those at one distance come in the order of their ids, also at the edge': (store) => ({
    async vectorSearch(...call) {
      const found = await store.vectorSearch(...call);
      return { ...found, matches: found.matches.toReversed() };
    },
  }),
  'gives as many as there are, and their vectors if asked': (store) => ({
    vectorSearch: (namespace, query, k) => store.vectorSearch(namespace, query, k),
  }),
  'random cosine searches find what comparing with each vector finds': (store) => ({
    vectorInsert: (namespace, id, vector, options) =>
      id === 'id-7'
        ? store.vectorInsert(namespace, 'id-8', vector)
        : store.vectorInsert(namespace, id, vector, options),
  }),
  'what is no list of numbers': (store) => ({
    vectorInsert: (namespace, id, vector) => store.vectorInsert(namespace, id, Array.from(vector, Number)),
  }),
  'numbers that are not finite': (store) => ({
    vectorInsert: (namespace, id, vector) =>
      store.vectorInsert(
        namespace,
        id,
        Array.from(vector, (number) => (Number.isFinite(number) ? number : 0)),
      ),
  }),
};

describe('a memory store without idempotency keys keeps the rest', () => {
  defineVectorConformance({
    describe,
    it,
    async createStore() {
      const store = createMemoryVectorStore({ capabilities: { idempotency: 'none' } });
      return { store, peers: [store], close: () => store.close() };
    },
  });
});

describe('a store keeps the contract whose matches have their fields in another order, and others beside them', () => {
  defineVectorConformance({
    describe,
    it,
    async createStore() {
      const store = createMemoryVectorStore();
      const vectorSearch: VectorStore['vectorSearch'] = async (...call) => {
        const found = await store.vectorSearch(...call);
        const matches = found.matches.map(({ id, ...others }) => ({ score: 1, ...others, id }));
        return { ...found, matches };
      };
      return { store: { ...store, vectorSearch }, close: () => store.close() };
    },
  });
});

describe('the vector suite', () => {
  it.each(Object.entries(flaws))('%s: is noticed', async (name, flaw) => {
    const failed: string[] = [];
    const tests: Array<() => Promise<void>> = [];
    const define = (test: string, body: () => Promise<void>): void => {
      tests.push(() => body().catch(() => void failed.push(test)));
    };
    defineVectorConformance({
      describe: (_name, body) => body(),
      it: Object.assign(define, { skip: (_name: string, body: () => Promise<void>) => void body() }),
      async createStore() {
        const store = createMemoryVectorStore();
        return { store: { ...store, ...flaw({ ...store }) }, close: () => store.close() };
      },
    });
    for (const test of tests) await test();
    expect(failed).toContain(name);
  });

  it('refuses an option that is misspelt', () => {
    const wrong = { describe, it, createStore: () => Promise.reject(new Error('not run')), reOpen: 1 };
    expect(() => defineVectorConformance(wrong as never)).toThrow('an option is "reOpen"; use');
  });

  it('a store with vectors that is closed refuses them', async () => {
    const store = createMemoryVectorStore();
    await store.close();
    await expect(store.vectorGet('a', 'b')).rejects.toMatchObject({ code: 'CLOSED' });
    expect(store.capabilities.vector).toBe(true);
  });

  it('its vectors take the time that keys take: a call that ends before its answer may be applied', async () => {
    const clock = new FakeClock();
    const store = createMemoryVectorStore({ clock, latencyMs: 10 });
    await clock.run(() => store.vectorCreateIndex('n', 1, 'euclidean'));
    expect(clock.monotonic()).toBe(10);
    const late = { code: 'DEADLINE_EXCEEDED', outcome: 'unknown' };
    const insert = expect(store.vectorInsert('n', 'a', [1], { timeoutMs: 6 })).rejects.toMatchObject(late);
    const controller = new AbortController();
    const { signal } = controller;
    const cancelled = { code: 'CANCELLED', outcome: 'not-applied' };
    const get = expect(store.vectorGet('n', 'a', { signal })).rejects.toMatchObject(cancelled);
    await clock.advance(1);
    controller.abort();
    await get;
    await clock.advance(5);
    await insert;
    const search = clock.run(() => store.vectorSearch('n', [1], 1));
    expect((await search).matches).toEqual([{ id: 'a', distance: 0 }]);
  });

  it('its vectors forget an idempotency key after its retention, as keys do', async () => {
    const clock = new FakeClock();
    const store = createMemoryVectorStore({ clock, idempotencyRetentionMs: 100 });
    await store.vectorCreateIndex('n', 1, 'euclidean');
    const insert = (): Promise<unknown> => store.vectorInsert('n', 'a', [1], { idempotencyKey: 'id' });
    const first = await insert();
    await clock.advance(99);
    expect(await insert()).toEqual(first);
    await clock.advance(1);
    expect(await insert()).not.toEqual(first);
  });

  it('its vectors have no idempotency keys where keys have none', async () => {
    const store = createMemoryVectorStore({ capabilities: { idempotency: 'none' } });
    await store.vectorCreateIndex('n', 1, 'euclidean');
    const insert = store.vectorInsert('n', 'a', [1], { idempotencyKey: 'id' });
    await expect(insert).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(await store.vectorGet('n', 'a')).toBeNull();
  });
});

function changedDistances(change: (distance: number) => number): Flaw {
  return (store) => ({
    async vectorSearch(...call) {
      const found = await store.vectorSearch(...call);
      const matches = found.matches.map((match) => ({ ...match, distance: change(match.distance) }));
      return { ...found, matches };
    },
  });
}
