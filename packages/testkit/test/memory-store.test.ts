import { errorCode, find, type KvStore, type Outcome } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, FakeClock } from '../src/index.js';

async function failure(call: Promise<unknown>): Promise<{ code: string | undefined; outcome: Outcome }> {
  try {
    await call;
  } catch (error) {
    return { code: errorCode(error), outcome: (error as { outcome: Outcome }).outcome };
  }
  throw new Error('the call succeeded');
}

describe('latency', () => {
  it('lies half before the store acts and half after', async () => {
    const clock = new FakeClock();
    const latencies = [10, 8, 12];
    const store = createMemoryStore({ clock, latencyMs: () => latencies.shift() ?? 0 });
    let answeredAt = 0;
    const put = store.put('key', 'value').then(() => {
      answeredAt = clock.monotonic();
    });
    const earlier = store.find('key');
    const later = store.find('key');
    await clock.run(Promise.all([put, earlier, later]));
    expect([await earlier, answeredAt]).toEqual([null, 10]);
    expect(await later).not.toBeNull();
    expect(clock.pendingTimers).toBe(0);
  });

  it('is asked for each call', async () => {
    const clock = new FakeClock();
    const latencies = [4, 20];
    const store = createMemoryStore({ clock, latencyMs: () => latencies.shift() ?? 0 });
    await clock.run(() => store.put('key', 'value'));
    expect(clock.monotonic()).toBe(4);
    await clock.run(() => store.get('key'));
    expect(clock.monotonic()).toBe(24);
    await store.get('key');
    expect(clock.monotonic()).toBe(24);
  });

  it('of zero needs no timer', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    await store.put('key', 'value', { ttlMs: 10, timeoutMs: 5, signal: new AbortController().signal });
    expect(clock.pendingTimers).toBe(0);
  });

  it('delays errors like answers', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock, latencyMs: 10 });
    expect((await failure(clock.run(() => store.get('key')))).code).toBe('KEY_NOT_FOUND');
    expect(clock.monotonic()).toBe(10);
  });
});

describe('leaving a call in flight', () => {
  it('may take longer than a timer of JavaScript can wait', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock, latencyMs: 10 });
    await clock.run(() => store.put('key', 'value', { timeoutMs: 2 ** 40 }));
    expect(clock.pendingTimers).toBe(0);
  });

  const calls: [string, Outcome, (store: KvStore, options: object) => Promise<unknown>][] = [
    ['put', 'unknown', (store, options) => store.put('key', 'value', options)],
    ['delete', 'unknown', (store, options) => store.delete('key', options)],
    ['get', 'not-applied', (store, options) => store.get('key', options)],
    ['find', 'not-applied', (store, options) => find(store, 'key', options)],
  ];

  it.each(calls)('by a signal: %s has the outcome %s', async (_name, outcome, call) => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock, latencyMs: 10 });
    const controller = new AbortController();
    const left = failure(call(store, { signal: controller.signal, timeoutMs: 1_000 }));
    await clock.advance(3);
    controller.abort();
    expect(await left).toEqual({ code: 'CANCELLED', outcome });
    await clock.advance(100);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(calls)('by a time limit: %s has the outcome %s', async (_name, outcome, call) => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock, latencyMs: 10 });
    const left = failure(call(store, { timeoutMs: 3 }));
    await clock.advance(3);
    expect(await left).toEqual({ code: 'DEADLINE_EXCEEDED', outcome });
  });

  it('does not call the request back', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock, latencyMs: 10 });
    await failure(clock.run(() => store.put('key', 'value', { timeoutMs: 1 })));
    await clock.advance(10);
    expect(await clock.run(() => store.find('key'))).not.toBeNull();
  });
});

describe('closing', () => {
  it('waits for calls in flight and refuses later ones', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock, latencyMs: 10 });
    const put = store.put('key', 'value');
    const closed = store[Symbol.asyncDispose]();
    await expect(store.get('key')).rejects.toThrow('closed');
    await clock.run(closed);
    expect(clock.monotonic()).toBe(10);
    expect(await put).toEqual({ term: 1n, index: 1n });
  });
});

describe('options', () => {
  it.each<[string, (store: KvStore, options: never) => Promise<unknown>]>([
    ['get', (store, options) => store.get('key', options)],
    ['find', (store, options) => find(store, 'key', options)],
    ['put', (store, options) => store.put('key', 'value', options)],
    ['delete', (store, options) => store.delete('key', options)],
  ])('of a call are an object: %s', async (_name, call) => {
    for (const wrong of [null, 5_000]) {
      await expect(call(createMemoryStore(), wrong as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: `options is ${wrong}; use an object, or leave it out`,
      });
    }
  });

  it('a lost condition tells what the key holds, unless switched off', async () => {
    for (const mismatchCarriesEntry of [true, false]) {
      const store = createMemoryStore({ mismatchCarriesEntry });
      const version = await store.put('key', 'old');
      const entry = await store.put('key', 'new').then(() => store.get('key'));
      const carried = mismatchCarriesEntry ? entry : undefined;
      const actualOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error) => error.actual);
      expect(await actualOf(store.put('key', 'late', { ifMatchVersion: version }))).toEqual(carried);
      expect(await actualOf(store.put('key', 'late', { ifNotExists: true }))).toEqual(carried);
      expect(await actualOf(store.delete('key', { ifMatchVersion: version }))).toEqual(carried);
      const absent = await actualOf(store.put('absent', 'late', { ifMatchVersion: version }));
      expect(absent).toBe(mismatchCarriesEntry ? null : undefined);
    }
  });

  it('an idempotency key is forgotten after its retention', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock, idempotencyRetentionMs: 100 });
    const first = await store.put('key', 'value', { idempotencyKey: 'id' });
    await clock.advance(99);
    expect(await store.put('key', 'value', { idempotencyKey: 'id' })).toEqual(first);
    await clock.advance(1);
    expect(await store.put('key', 'value', { idempotencyKey: 'id' })).not.toEqual(first);
  });

  it('are checked', () => {
    expect(() => createMemoryStore({ latencyMs: -1 })).toThrow(/latencyMs is -1/);
    expect(() => createMemoryStore({ idempotencyRetentionMs: 0 })).toThrow(/idempotencyRetentionMs is 0/);
  });

  it('wall-clock jumps do not touch expiry', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    await store.put('key', 'value', { ttlMs: 1_000 });
    clock.jumpWallClock(3_600_000);
    expect(await store.find('key')).not.toBeNull();
    clock.jumpWallClock(-7_200_000);
    await clock.advance(1_000);
    expect(await store.find('key')).toBeNull();
  });

  it('knows its capabilities by name', () => {
    const misspelt = { tll: 'none' } as object;
    expect(() => createMemoryStore({ capabilities: misspelt })).toThrow(/a capability is "tll"; use engine/);
  });
});
