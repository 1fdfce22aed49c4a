import { find, type KvStore } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { countCalls, createMemoryStore } from '../src/index.js';

describe('counting calls', () => {
  it('counts each method, failed calls included, in total and per key', async () => {
    const store = countCalls(createMemoryStore());
    await store.put('a', 'value');
    await store.get('a');
    await find(store, 'a');
    await store.delete('a');
    await expect(store.get(new Uint8Array([0x62]))).rejects.toThrow();
    expect(store.calls).toEqual({ get: 2, find: 1, put: 1, delete: 1, total: 5 });
    expect(store.callsTo('b')).toEqual({ get: 1, find: 0, put: 0, delete: 0, total: 1 });
    expect(store.callsTo('c').total).toBe(0);
  });

  it('starts anew on reset, in the same object', async () => {
    const store = countCalls(createMemoryStore());
    const { calls } = store;
    await store.put('a', 'value');
    store.reset();
    expect([calls.total, store.callsTo('a').total]).toEqual([0, 0]);
    await store.put('a', 'value');
    expect(calls.put).toBe(1);
  });

  it('offers what the wrapped store offers', async () => {
    const memory = createMemoryStore();
    const plain: KvStore = { get: memory.get, put: memory.put, delete: memory.delete };
    const store = countCalls(plain);
    expect(store.find).toBeUndefined();
    expect(store.capabilities).toBeUndefined();
    expect(await find(store, 'absent')).toBeNull();
    expect(store.calls.get).toBe(1);
    expect(countCalls(memory).capabilities).toBe(memory.capabilities);
  });

  it('leaves a key that is none to the store', async () => {
    const store = countCalls(createMemoryStore());
    await expect(store.put(5 as never, 'value')).rejects.toThrow(/key is 5; use a string/);
    expect(store.calls.put).toBe(1);
  });
});
