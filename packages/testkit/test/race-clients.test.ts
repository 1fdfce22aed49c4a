import type { KvStore } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import {
  checkLinearizability,
  countCalls,
  createMemoryStore,
  raceClients,
  seededRandom,
} from '../src/index.js';

const race = { random: seededRandom(1), keys: ['a', 'b'] };

describe('racing clients', () => {
  it('use every kind of call, on all keys and all handles', async () => {
    const memory = createMemoryStore();
    const handles = [countCalls(memory), countCalls(memory), countCalls(memory)];
    const history = [...(await raceClients(handles, race))];
    expect(history.length).toBe(96);
    expect(new Set(history.map(({ key }) => key)).size).toBe(2);
    const kinds = new Set(
      history.map(({ action }) =>
        action.kind === 'get' ? 'get' : `${action.kind} ${action.condition.kind}`,
      ),
    );
    expect([...kinds].sort()).toEqual([
      'delete always',
      'delete version',
      'get',
      'put absent',
      'put always',
      'put version',
    ]);
    for (const { calls } of handles) expect(calls.total).toBeGreaterThan(20);
    expect(checkLinearizability(history)).toEqual({ ok: true });
  });

  it('go on after an error of a store, with or without this family of classes, and stop at any other', async () => {
    const memory = createMemoryStore();
    const foreign = <T>(call: Promise<T>): Promise<T> =>
      call.catch((error: Error) => Promise.reject({ name: error.name, message: 'from another client' }));
    const wrapped: KvStore = {
      get: (key, options) => foreign(memory.get(key, options)),
      put: (key, value, options) => foreign(memory.put(key, value, options)),
      delete: (key, options) => foreign(memory.delete(key, options)),
    };
    const history = await raceClients([wrapped], race);
    expect([...history].some(({ result }) => result.kind === 'refused')).toBe(true);
    expect(checkLinearizability(history)).toEqual({ ok: true });
    const broken = { ...memory, get: () => Promise.reject(new TypeError('a bug')) };
    await expect(raceClients([broken], race)).rejects.toThrow('a bug');
  });

  it('need handles and keys', async () => {
    await expect(raceClients([], race)).rejects.toThrow(/handles is empty/);
    await expect(raceClients([createMemoryStore()], { ...race, keys: [] })).rejects.toThrow(/keys is empty/);
  });

  it('need a handle, a key, a client and an operation: without them any history is right', async () => {
    const stores = [createMemoryStore()];
    for (const none of [0, Number.NaN]) {
      await expect(raceClients(stores, { ...race, clients: none })).rejects.toThrow(/clients is/);
      await expect(raceClients(stores, { ...race, operationsPerClient: none })).rejects.toThrow(
        /operationsPerClient is/,
      );
    }
  });

  it.each([() => 1, () => Number.NaN, 'Math.random'])('need random numbers: %s', async (random) => {
    const racing = raceClients([createMemoryStore()], { ...race, random: random as () => number });
    await expect(racing).rejects.toThrow(/random.* is /);
  });

  it('read by find and by get', async () => {
    const store = countCalls(createMemoryStore());
    await raceClients([store], race);
    expect(store.calls.find).toBeGreaterThan(5);
    expect(store.calls.get).toBeGreaterThan(5);
  });
});
