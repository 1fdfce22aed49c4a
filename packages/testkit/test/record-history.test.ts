import { type KvStore, UnavailableError } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import {
  checkLinearizability,
  createMemoryStore,
  FakeClock,
  History,
  recordHistory,
  withFaults,
} from '../src/index.js';

describe('recording a client', () => {
  it('keeps what it asked and was told, in one order of calls and returns', async () => {
    const clock = new FakeClock();
    const history = new History();
    const memory = createMemoryStore({ clock, latencyMs: 10 });
    const [alice, bob] = ['alice', 'bob'].map((name) => recordHistory(memory, history, name));
    const version = clock.run(Promise.resolve(alice?.put('key', new Uint8Array([0, 255]))));
    await clock.run(Promise.all([version, bob?.get('key').catch(() => {})]));
    await clock.run(Promise.resolve(bob?.delete('key', { ifMatchVersion: await version })));
    const entry = { value: '\0ÿ', version: await version };
    expect([...history]).toEqual([
      {
        client: 'alice',
        key: 'key',
        action: { kind: 'put', value: '\0ÿ', condition: { kind: 'always' } },
        result: { kind: 'written', version: await version },
        invokedAt: 0,
        returnedAt: 2,
      },
      {
        client: 'bob',
        key: 'key',
        action: { kind: 'get' },
        result: { kind: 'found', entry },
        invokedAt: 1,
        returnedAt: 3,
      },
      {
        client: 'bob',
        key: 'key',
        action: { kind: 'delete', condition: { kind: 'version', version: await version } },
        result: { kind: 'deleted', existed: true },
        invokedAt: 4,
        returnedAt: 5,
      },
    ]);
    expect(checkLinearizability(history)).toEqual({ ok: true });
  });

  it('leaves a write open whose outcome is unknown, or that never returned', async () => {
    const history = new History();
    const memory = createMemoryStore();
    const store = withFaults(memory);
    store.faults.next('put', 'lost-reply');
    await recordHistory(store, history, 'a')
      .put('key', 'value')
      .catch(() => {});
    const broken = { ...memory, put: () => Promise.reject(new Error('no code, no outcome')) };
    await recordHistory(broken, history, 'b')
      .put('key', 'value')
      .catch(() => {});
    const stuck = { ...memory, put: () => new Promise<never>(() => {}) };
    void recordHistory(stuck, history, 'c').put('key', 'value');
    await Promise.resolve();
    expect([...history].map(({ client, result, returnedAt }) => [client, result.kind, returnedAt])).toEqual([
      ['a', 'unknown', Number.POSITIVE_INFINITY],
      ['b', 'unknown', Number.POSITIVE_INFINITY],
      ['c', 'unknown', Number.POSITIVE_INFINITY],
    ]);
  });

  it('drops a call that had no effect and gave no answer', async () => {
    const history = new History();
    const failing = { ...createMemoryStore(), get: () => Promise.reject(new UnavailableError('down')) };
    const store = recordHistory(failing, history, 'a');
    const signal = AbortSignal.abort();
    for (const call of [store.get('key'), store.put('key', 'value', { signal }), store.put('', 'value')]) {
      await expect(call).rejects.toThrow();
    }
    expect(history.size).toBe(0);
  });

  it('keeps a lost condition with what the store said, and a missing key', async () => {
    const history = new History();
    const store = recordHistory(createMemoryStore(), history, 'a');
    const version = await store.put('key', 'value');
    await store.put('key', 'late', { ifNotExists: true }).catch(() => {});
    await store.delete('absent', { ifMatchVersion: version }).catch(() => {});
    await store.find?.('absent');
    await store.get('absent').catch(() => {});
    expect([...history].slice(1).map(({ result }) => result)).toEqual([
      { kind: 'refused', actual: { value: 'value', version } },
      { kind: 'refused', actual: null },
      { kind: 'missing' },
      { kind: 'missing' },
    ]);
  });

  it('refuses what the model does not know', async () => {
    const store = recordHistory(createMemoryStore(), new History(), 'a');
    await expect(store.put('key', 'value', { ttlMs: 1 })).rejects.toThrow(/ttlMs/);
    await expect(store.delete('key', { idempotencyKey: 'id' })).rejects.toThrow(/idempotencyKey/);
  });

  it('knows a client that answers with an entry of nulls where there is none', async () => {
    const history = new History();
    const client = { ...createMemoryStore(), get: async () => ({ value: null, version: null }) };
    const store = recordHistory(client as unknown as KvStore, history, 'a');
    await store.get('key');
    expect([...history].map(({ result }) => result)).toEqual([{ kind: 'missing' }]);
  });
});
