import { bytesToString, errorCode, find, type KvStore, type Outcome } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, FakeClock, type Fault, seededRandom, withFaults } from '../src/index.js';

async function textAt(store: KvStore, key: string): Promise<string | null> {
  const entry = await find(store, key);
  return entry && bytesToString(entry.value);
}

async function failure(call: Promise<unknown>): Promise<readonly [string | undefined, Outcome]> {
  try {
    await call;
  } catch (error) {
    return [errorCode(error), (error as { outcome: Outcome }).outcome];
  }
  throw new Error('the call succeeded');
}

describe('a scripted fault', () => {
  it('loses the request: nothing is applied', async () => {
    const memory = createMemoryStore();
    const store = withFaults(memory);
    store.faults.next('put', 'lost-request');
    expect(await failure(store.put('key', 'value'))).toEqual(['UNAVAILABLE', 'unknown']);
    expect(await textAt(memory, 'key')).toBeNull();
    expect(store.faults.injected['lost-request']).toBe(1);
  });

  it('loses the reply: the write is applied', async () => {
    const memory = createMemoryStore();
    const store = withFaults(memory);
    store.faults.next('put', undefined, 'lost-reply');
    store.faults.next('delete', 'lost-reply');
    await store.put('key', 'first');
    expect(await failure(store.put('key', 'second'))).toEqual(['UNAVAILABLE', 'unknown']);
    expect(await textAt(memory, 'key')).toBe('second');
    expect(await failure(store.delete('key'))).toEqual(['UNAVAILABLE', 'unknown']);
    expect(await textAt(memory, 'key')).toBeNull();
  });

  it('loses a refusal like any other reply, but no error that is none', async () => {
    const store = withFaults(createMemoryStore());
    await store.put('key', 'value');
    store.faults.next('put', 'lost-reply', 'lost-reply');
    store.faults.next('get', 'lost-reply');
    expect((await failure(store.put('key', 'value', { ifNotExists: true })))[0]).toBe('UNAVAILABLE');
    expect((await failure(store.get('absent')))[0]).toBe('UNAVAILABLE');
    expect((await failure(store.put('', 'value')))[0]).toBe('INVALID_ARGUMENT');
  });

  it('delays the request: a retry goes first', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const store = withFaults(memory, { clock, delayMs: 30 });
    const version = await store.put('key', 'start');
    store.faults.next('put', 'delayed-delivery');
    const key = new TextEncoder().encode('key');
    const value = new TextEncoder().encode('late');
    const late = store.put(key, value);
    value.fill(0);
    key.fill(0);
    expect(await failure(late)).toEqual(['UNAVAILABLE', 'unknown']);
    await store.put('key', 'retry', { ifMatchVersion: version });
    expect(store.faults.undelivered).toBe(1);
    await clock.advance(30);
    expect(await textAt(memory, 'key')).toBe('late');
    expect(store.faults.undelivered).toBe(0);
  });

  it('sends late what was asked for, whatever becomes of the options', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const store = withFaults(memory, { clock, latencyMs: 10 });
    await memory.put('key', 'kept');
    const options: { ifNotExists?: boolean } = { ifNotExists: true };
    const put = failure(store.put('key', 'late', options));
    delete options.ifNotExists;
    await clock.advance(10);
    expect(await put).toEqual(['ALREADY_EXISTS', 'not-applied']);
    expect(await textAt(memory, 'key')).toBe('kept');
  });

  it('has a time that is a number, or its call fails and nothing hangs', async () => {
    const broken = (() => undefined) as unknown as () => number;
    const late = withFaults(createMemoryStore(), { delayMs: broken });
    late.faults.next('put', 'delayed-delivery');
    await expect(late.put('key', 'value')).rejects.toThrow(/delayMs answered undefined; use/);
    expect(late.faults.undelivered).toBe(0);
    const slow = createMemoryStore({ latencyMs: () => Number.NaN });
    await expect(slow.put('key', 'value')).rejects.toThrow(/latencyMs answered NaN; use/);
  });

  it('delivers a request twice', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const store = withFaults(memory, { clock, delayMs: () => 30 });
    store.faults.next('put', 'duplicated-delivery', 'duplicated-delivery');
    const version = await store.put('key', 'twice');
    await store.put('key', 'conditional', { ifMatchVersion: version });
    await memory.delete('key');
    await clock.advance(30);
    expect(await textAt(memory, 'key')).toBe('twice');
    expect(store.faults.injected['duplicated-delivery']).toBe(2);
  });

  it('reports a mismatch that the write itself caused', async () => {
    const memory = createMemoryStore();
    const store = withFaults(memory);
    store.faults.next('put', 'own-mismatch', 'own-mismatch');
    store.faults.next('delete', 'own-mismatch');
    const create = store.put('key', 'first', { ifNotExists: true });
    expect(await create.catch((error) => [errorCode(error), error.actual])).toEqual([
      'ALREADY_EXISTS',
      undefined,
    ]);
    const { version } = await memory.get('key');
    const put = store.put('key', 'second', { ifMatchVersion: version });
    expect(await put.catch((error) => [errorCode(error), error.actual])).toEqual([
      'VERSION_MISMATCH',
      undefined,
    ]);
    expect(await textAt(memory, 'key')).toBe('second');
    const current = (await memory.get('key')).version;
    expect((await failure(store.delete('key', { ifMatchVersion: current })))[0]).toBe('VERSION_MISMATCH');
    expect(await textAt(memory, 'key')).toBeNull();
  });

  it('of its own mismatch does nothing where nothing can mismatch', async () => {
    const store = withFaults(createMemoryStore());
    store.faults.next('put', 'own-mismatch', 'own-mismatch');
    await store.put('key', 'value');
    const options = { ifMatchVersion: (await store.get('key')).version, idempotencyKey: 'id' };
    await store.put('key', 'again', options);
    expect(store.faults.injected['own-mismatch']).toBe(1);
  });

  it('passes an error of the store on', async () => {
    const memory = createMemoryStore();
    let sent = 0;
    const store = withFaults({
      ...memory,
      put: (key, value, options) => {
        sent += 1;
        return sent === 1 ? memory.put(key, value, options) : Promise.reject(new Error('broken'));
      },
    });
    store.faults.next('put', 'own-mismatch');
    await expect(store.put('key', 'value', { ifNotExists: true })).rejects.toThrow('broken');
  });

  it('fails a read without touching the store', async () => {
    const store = withFaults(createMemoryStore());
    await store.put('key', 'value');
    const faults: Fault[] = ['lost-request', 'lost-reply', 'delayed-delivery'];
    store.faults.next('get', ...faults, 'duplicated-delivery');
    for (const read of [store.get('key'), find(store, 'key'), store.get('key')]) {
      expect(await failure(read)).toEqual(['UNAVAILABLE', 'not-applied']);
    }
    expect(bytesToString((await store.get('key')).value)).toBe('value');
    expect(store.faults.undelivered).toBe(0);
  });
});

describe('an outage', () => {
  it('fails every call for its time', async () => {
    const clock = new FakeClock();
    const store = withFaults(createMemoryStore({ clock }), { clock, outageMs: 100 });
    store.faults.next('put', 'outage');
    expect(await failure(store.put('key', 'value'))).toEqual(['UNAVAILABLE', 'unknown']);
    await clock.advance(99);
    expect(await failure(store.get('key'))).toEqual(['UNAVAILABLE', 'not-applied']);
    await clock.advance(1);
    expect(await textAt(store, 'key')).toBeNull();
    expect(store.faults.injected.outage).toBe(2);
  });

  it('does not hold back what is on its way', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const store = withFaults(memory, { clock, delayMs: 50 });
    store.faults.next('put', 'delayed-delivery');
    expect(await failure(store.put('key', 'value'))).toEqual(['UNAVAILABLE', 'unknown']);
    store.faults.outage(200);
    await clock.advance(50);
    expect(await textAt(memory, 'key')).toBe('value');
  });

  it('can be begun and ended by hand', async () => {
    const clock = new FakeClock();
    const store = withFaults(createMemoryStore({ clock }), { clock });
    store.faults.outage(10);
    await expect(store.delete('key')).rejects.toThrow(/injected fault: outage/);
    await clock.advance(10);
    await store.put('key', 'value');
    store.faults.outage();
    await clock.advance(1_000_000);
    await expect(store.get('key')).rejects.toThrow(/outage/);
    store.faults.stop();
    await store.get('key');
  });
});

describe('latency of the wrapper', () => {
  it('lies half before the store acts and half after; a signal ends the wait only', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const store = withFaults(memory, { clock, latencyMs: 10 });
    const controller = new AbortController();
    const put = failure(store.put('key', 'value', { signal: controller.signal, timeoutMs: 50 }));
    await clock.advance(4);
    controller.abort();
    expect(await put).toEqual(['CANCELLED', 'unknown']);
    await clock.advance(1);
    expect(await textAt(memory, 'key')).toBe('value');
    expect(await failure(store.get('key', { signal: AbortSignal.abort() }))).toEqual([
      'CANCELLED',
      'not-applied',
    ]);
    await clock.advance(10);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('faults by chance', () => {
  it('come as often as their rates say, the same for the same seed', async () => {
    const run = async (): Promise<Readonly<Record<Fault, number>>> => {
      const rates = { 'lost-request': 0.1, 'lost-reply': 0.2, 'own-mismatch': 0.3, outage: undefined };
      const store = withFaults(createMemoryStore(), { random: seededRandom(1), rates });
      for (let call = 0; call < 2_000; call++)
        await store.put(`${call}`, '', { ifNotExists: true }).catch(() => {});
      return store.faults.injected;
    };
    const injected = await run();
    expect(Math.abs(injected['lost-request'] - 200)).toBeLessThan(60);
    expect(Math.abs(injected['lost-reply'] - 400)).toBeLessThan(80);
    expect(Math.abs(injected['own-mismatch'] - 600)).toBeLessThan(100);
    expect(await run()).toEqual(injected);
  });

  it('give way to scripted ones and to the hook, and stop', async () => {
    const seen: unknown[] = [];
    const store = withFaults(createMemoryStore(), {
      rates: { 'lost-reply': 1 },
      decide: ({ operation, key, value, options, number }) => {
        seen.push([operation, key, value, options, number]);
        return operation === 'put' ? 'lost-request' : undefined;
      },
    });
    store.faults.next('put', undefined);
    await store.put('key', 'value', { ttlMs: 5 });
    await expect(store.put('key', 'value', { ttlMs: 5 })).rejects.toThrow(/lost-request/);
    await expect(store.delete('key')).rejects.toThrow(/lost-reply/);
    expect(seen).toEqual([
      ['put', 'key', 'value', { ttlMs: 5 }, 2],
      ['delete', 'key', undefined, {}, 3],
    ]);
    store.faults.next('get', 'lost-request');
    store.faults.stop();
    expect(await find(store, 'key')).toBeNull();
  });

  it('reach no call with a wrong limit', async () => {
    const store = withFaults(createMemoryStore(), { latencyMs: 1 });
    store.faults.next('put', 'lost-reply');
    for (const wrong of [{ signal: 5 }, { timeoutMs: 0 }, null]) {
      await expect(store.put('key', 'value', wrong as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    expect(store.faults.injected['lost-reply']).toBe(0);
  });

  it('are called by their names, also by the hook', async () => {
    const misspelt = withFaults(createMemoryStore(), { decide: () => 'lost-replies' as never });
    await expect(misspelt.put('key', 'value')).rejects.toThrow(
      'decide answered "lost-replies"; use lost-request',
    );
    expect(Object.values(misspelt.faults.injected)).toEqual([0, 0, 0, 0, 0, 0]);
    const { faults } = withFaults(createMemoryStore());
    expect(() => faults.next('put', 'lost-replies' as never)).toThrow(
      'fault is "lost-replies"; use lost-request',
    );
    expect(() => faults.next('find' as never, 'outage')).toThrow(
      'operation is "find"; use get, put or delete',
    );
    expect(() => faults.outage(Number.NaN)).toThrow('durationMs is NaN');
  });

  it('have rates that are chances', () => {
    const memory = createMemoryStore();
    expect(() => withFaults(memory, { rates: { outage: -1 } })).toThrow(/rates\["outage"\] is -1/);
    expect(() => withFaults(memory, { rates: { outage: 0.6, 'lost-reply': 0.6 } })).toThrow(/sum to 1.2/);
    const misspelt = { 'lost-replies': 0.1 } as object;
    expect(() => withFaults(memory, { rates: misspelt })).toThrow(/rates has "lost-replies"/);
  });

  it('are chosen by functions', () => {
    const memory = createMemoryStore();
    expect(() => withFaults(memory, { random: 0.5 as never })).toThrow(/random is 0.5; use a function/);
    expect(() => withFaults(memory, { decide: 'outage' as never })).toThrow(
      /decide is "outage"; use a function/,
    );
  });

  it('have rates that are numbers', () => {
    const memory = createMemoryStore();
    expect(() => withFaults(memory, { rates: { outage: '0.5' as never } })).toThrow(
      /rates\["outage"\] is "0.5"/,
    );
    expect(() => withFaults(memory, { rates: 5 as never })).toThrow(/rates is 5/);
  });
});
