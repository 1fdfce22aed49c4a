import { runInNewContext } from 'node:vm';
import type { KvStore } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock, withFaults, withLyingServer } from '@norikv/testkit';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import Keyv from 'keyv';
import Keyv6 from 'keyv6';
import { createStorage } from 'unstorage';
import { describe, expect, it } from 'vitest';
import { noriKVDriver as bentocacheDriver } from '../src/bentocache.js';
import { NoriKVKeyv6Store, NoriKVKeyvStore } from '../src/keyv.js';
import { createNextCacheHandler } from '../src/next.js';
import { pause } from '../src/pause.js';
import { noriKVDriver as unstorageDriver } from '../src/unstorage.js';

describe('the Keyv 5 adapter', () => {
  it('keeps the namespaces of several Keyv apart that share one adapter', async () => {
    const store = new NoriKVKeyvStore(createMemoryStore());
    const [a, b, ab] = ['a', 'b', 'a:b'].map((namespace) => new Keyv({ store, namespace }));
    for (const keyv of [a, b, ab]) await keyv?.set('key', keyv.namespace);
    await a?.clear();
    // The Keyv made last wrote its namespace to the adapter: clear means that one.
    expect(await Promise.all([a, b, ab].map((keyv) => keyv?.get('key')))).toEqual(['a', 'b', undefined]);
  });

  it('keeps namespaces apart where Keyv puts none before the key, and clears one', async () => {
    const memory = createMemoryStore();
    const [users, orders] = ['users', 'orders'].map(
      (namespace) => new Keyv({ store: new NoriKVKeyvStore(memory), namespace, useKeyPrefix: false }),
    );
    for (const keyv of [users, orders]) {
      await keyv?.set('7', keyv.namespace);
      // As another Keyv would write it that puts the namespace before the key `7`.
      await keyv?.set(`${keyv.namespace}:7`, 'prefixed');
    }
    await users?.clear();
    expect(await users?.getMany(['7', 'users:7'])).toEqual([undefined, undefined]);
    expect(await orders?.getMany(['7', 'orders:7'])).toEqual(['orders', 'prefixed']);
    expect(await orders?.delete('7')).toBe(true);
    expect(await orders?.has('7')).toBe(false);
  });

  it('knows no namespace for a Keyv that takes it from the adapter, as its documentation says', async () => {
    const memory = createMemoryStore();
    const store = new NoriKVKeyvStore(memory);
    const keyv = new Keyv({ store, useKeyPrefix: false });
    store.namespace = undefined;
    await keyv.set('7', 'Ada');
    expect(await new NoriKVKeyvStore(memory).has('7')).toBe(true);
    await keyv.clear();
    expect(await keyv.get('7')).toBeUndefined();
  });

  it('finds the namespace of a long key of colons, in no time', async () => {
    const adapter = new NoriKVKeyvStore(createMemoryStore());
    const [, keyv] = ['users:old', 'users'].map((namespace) => new Keyv({ store: adapter, namespace }));
    const keys = Array.from({ length: 20 }, (_, position) => `${position}${':'.repeat(16_000)}`);
    const startedAt = performance.now();
    await keyv?.setMany(keys.map((key) => ({ key, value: key })));
    expect(await keyv?.getMany(keys)).toEqual(keys);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await keyv?.clear();
    expect(await keyv?.get(`${keys[0]}`)).toBeUndefined();
  });

  it('reads and writes many, and says what is there', async () => {
    const keyv = new Keyv({ store: new NoriKVKeyvStore(createMemoryStore()) });
    await keyv.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2, ttl: 60_000 },
    ]);
    expect(await keyv.getMany(['a', 'b', 'c'])).toEqual([1, 2, undefined]);
    expect(await keyv.hasMany(['a', 'c'])).toEqual([true, false]);
    expect(await keyv.deleteMany(['a', 'b'])).toBe(true);
    await keyv.disconnect();
  });

  it('keeps values that are not serialized', async () => {
    const store = new NoriKVKeyvStore(createMemoryStore());
    for (const value of [{ deep: [1] }, null, true, new Uint8Array([0, 255])]) {
      await store.set('key', value);
      expect(await store.get('key')).toEqual(value);
    }
    await store.set('key', 'gone', 0);
    expect(await store.has('key')).toBe(false);
  });

  it('costs one call for a read or a write, two for a removal, one for a clear', async () => {
    const counted = countCalls(createMemoryStore());
    const store = new NoriKVKeyvStore(counted);
    await store.set('warm', 'up');
    for (const [work, calls] of [
      [() => store.set('key', 'value'), 1],
      [() => store.get('key'), 1],
      [() => store.delete('key'), 2],
      [() => store.clear(), 1],
    ] as const) {
      counted.reset();
      await work();
      expect(counted.calls.total).toBe(calls);
    }
  });

  it('says that there was a value, also where the reply to its removal was lost', async () => {
    const clock = new FakeClock();
    const faulty = withFaults(createMemoryStore({ clock }), { clock });
    const store = new NoriKVKeyvStore(faulty, { clock });
    await store.set('key', 'value');
    faulty.faults.next('delete', 'lost-reply');
    expect(await clock.run(store.delete('key'))).toBe(true);
    expect(await store.delete('key')).toBe(false);
  });

  it('takes a value that is damaged for none, and removes it', async () => {
    const memory = createMemoryStore();
    const store = new NoriKVKeyvStore(memory);
    await store.set('key', { a: 1 });
    const { value } = await memory.get('keyv/v/key');
    await memory.put('keyv/v/key', value.subarray(0, -1));
    expect(await store.get('key')).toBeUndefined();
    expect(await store.delete('key')).toBe(false);
    expect(await memory.find('keyv/v/key')).toBeNull();
  });

  it('throws what the store throws', async () => {
    const faulty = withFaults(createMemoryStore());
    faulty.faults.outage();
    await expect(new NoriKVKeyvStore(faulty).get('key')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('sees a clear of another process within the bound', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const [one, other] = [0, 1].map(() => new NoriKVKeyvStore(store, { clock, maxStalenessMs: 300 }));
    await one?.set('key', 'value');
    expect(await other?.get('key')).toBe('value');
    await one?.clear();
    expect(await one?.get('key')).toBeUndefined();
    await clock.advance(301);
    expect(await other?.get('key')).toBeUndefined();
  });
});

describe('the Keyv 6 adapter', () => {
  it('keeps namespaces apart, expires, and clears one namespace', async () => {
    const clock = new FakeClock({ nowMs: Date.now() });
    const memory = createMemoryStore({ clock });
    const [a, b] = ['a', 'b'].map(
      (namespace) => new Keyv6({ store: new NoriKVKeyv6Store(memory, { clock }), namespace }),
    );
    await a?.set('key', { of: 'a' }, 60_000);
    await b?.set('key', { of: 'b' });
    expect(await a?.get('key')).toEqual({ of: 'a' });
    await a?.setMany([
      { key: 'one', value: 1 },
      { key: 'other', value: 2 },
    ]);
    expect(await a?.has('one')).toBe(true);
    expect(await a?.hasMany(['one', 'none'])).toEqual([true, false]);
    expect(await a?.deleteMany(['one', 'other'])).toEqual([true, true]);
    await clock.advance(120_000);
    expect(await a?.get('key')).toBeUndefined();
    await a?.set('key', 'again');
    await a?.clear();
    expect([await a?.get('key'), await b?.get('key')]).toEqual([undefined, { of: 'b' }]);
  });

  it('takes a time that is over for a removal, and works without a namespace', async () => {
    const store = new NoriKVKeyv6Store(createMemoryStore());
    expect(store.capabilities).toEqual({ expires: true });
    await store.set('key', 'value');
    await store.set('key', 'value', Date.now() - 1);
    expect(await store.get('key')).toBeUndefined();
    await store.set('key', 'value');
    expect(await store.hasMany(['key', 'none'])).toEqual([true, false]);
    expect(store.on('error', () => {})).toBe(store);
  });
});

describe('the bentocache driver', () => {
  it('pulls, and has namespaces inside namespaces', async () => {
    const driver = bentocacheDriver(createMemoryStore()).factory({});
    const inner = driver.namespace('users').namespace('7');
    await inner.set('name', 'Ada', 60_000);
    expect(await driver.get('users:7:name')).toBe('Ada');
    expect([await inner.pull('name'), await inner.pull('name')]).toEqual(['Ada', undefined]);
    await inner.set('name', 'Ada');
    expect(await inner.deleteMany(['name', 'none'])).toBe(true);
    await inner.set('name', 'Ada');
    await driver.namespace('users').clear();
    expect(await inner.get('name')).toBeUndefined();
    await driver.disconnect();
  });

  it('serves two instances of bentocache with memory over one store', async () => {
    const store = createMemoryStore();
    const start = (): BentoCache<{ main: ReturnType<typeof bentostore> }> =>
      new BentoCache({
        default: 'main',
        stores: { main: bentostore().useL1Layer(memoryDriver()).useL2Layer(bentocacheDriver(store)) },
      });
    const [one, other] = [start(), start()];
    expect(await one.getOrSet({ key: 'user', factory: () => 'Ada', ttl: '1h' })).toBe('Ada');
    expect(await other.getOrSet({ key: 'user', factory: () => 'Grace', ttl: '1h' })).toBe('Ada');
    await one.namespace('users').set({ key: '7', value: { name: 'Ada' } });
    expect(await start().namespace('users').get({ key: '7' })).toEqual({ name: 'Ada' });
    await one.clear();
    expect(await start().get({ key: 'user' })).toBeUndefined();
    await Promise.all([one, other].map((cache) => cache.disconnectAll()));
  });
});

describe('the unstorage driver', () => {
  it('serves a storage', async () => {
    const clock = new FakeClock();
    const driver = unstorageDriver(createMemoryStore({ clock }), { clock, prefix: 'pages' });
    const storage = createStorage({ driver });
    await storage.setItem('home', { html: '<p>' }, { ttl: 60 });
    await storage.setItemRaw('image', new Uint8Array([1, 255]));
    expect(await storage.getItem('home')).toEqual({ html: '<p>' });
    expect(await storage.getItemRaw('image')).toEqual(new Uint8Array([1, 255]));
    expect(await storage.getItem('none')).toBeNull();
    expect([await storage.hasItem('home'), await storage.hasItem('none')]).toEqual([true, false]);
    await storage.setItemRaw('text', new TextEncoder().encode('\uFEFFplain'));
    expect(await storage.getItem('text')).toBe('\uFEFFplain');
    await storage.setItem('for good', 'kept', { ttl: 0 });
    await clock.advance(1_000);
    expect(await storage.getItem('for good')).toBe('kept');
    await storage.removeItem('image');
    expect(await storage.hasItem('image')).toBe(false);
    for (const ttl of [Number.NaN, -1]) {
      await storage.setItem('odd', 'text', { ttl }).catch(() => {});
      await clock.advance(1);
      expect(await storage.getItem('odd')).toBeNull();
    }
    expect(await storage.getKeys()).toEqual([]);
    await expect(driver.clear('other:')).rejects.toThrow('the part "other:" cannot be cleared alone');
    await clock.advance(60_000);
    expect(await storage.getItem('home')).toBeNull();
    await storage.clear();
    expect(await storage.hasItem('text')).toBe(false);
  });

  it.each<[string, unknown]>([
    ['an ArrayBuffer', new Uint8Array([1, 255]).buffer],
    ['shared memory', sharedBytes([1, 255])],
    ['a Buffer', Buffer.from([1, 255])],
    ['a part of a buffer', new DataView(new Uint8Array([0, 1, 255, 0]).buffer, 1, 2)],
    ['numbers of two bytes', new Uint16Array(new Uint8Array([1, 255]).buffer)],
    ['a Uint8Array of another realm', runInNewContext('new Uint8Array([1, 255])')],
    ['an ArrayBuffer of another realm', runInNewContext('new Uint8Array([1, 255]).buffer')],
  ])('keeps the bytes of a value: %s', async (_name, value) => {
    const storage = createStorage({ driver: unstorageDriver(createMemoryStore()) });
    await storage.setItemRaw('image', value);
    expect(await storage.getItemRaw('image')).toEqual(new Uint8Array([1, 255]));
  });
});

function sharedBytes(bytes: readonly number[]): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}

describe('options of the adapters', () => {
  const memory = createMemoryStore();
  it.each<[string, (options: never) => unknown]>([
    ['Keyv 5', (options) => new NoriKVKeyvStore(memory, options)],
    ['Keyv 6', (options) => new NoriKVKeyv6Store(memory, options)],
    ['bentocache', (options) => bentocacheDriver(memory, options)],
    ['unstorage', (options) => unstorageDriver(memory, options)],
    ['Next.js', (options) => createNextCacheHandler(() => memory, options)],
  ])('are checked where they are given: %s', (_name, make) => {
    expect(() => make(null as never)).toThrow('options is null; use an object, or leave it out');
    expect(() => make({ maxTtlMs: 0.5 } as never)).toThrow('maxTtlMs is 0.5');
    expect(() => make({ prefix: '' } as never)).toThrow('prefix is empty');
    expect(() => make({ namespace: 'a' } as never)).toThrow('an option is "namespace"; use prefix, ');
    expect(() => make({ clock: {} } as never)).toThrow('clock.now is undefined; use a function');
  });

  it('an opener that is none is refused', () => {
    expect(() => createNextCacheHandler(memory as never)).toThrow(
      'openStore is [object Object]; use a function',
    );
  });
});

describe('the Next.js cache handler', () => {
  const page = {
    kind: 'APP_PAGE',
    html: '<p>',
    rscData: Buffer.from([0, 255]),
    segmentData: new Map([['/a', Buffer.from('a')]]),
    headers: { 'x-next-cache-tags': 'layout,home' },
  };

  function start(store: KvStore, clock = new FakeClock()) {
    return new (createNextCacheHandler(() => store, { clock, prefix: 'build-1' }))();
  }

  it('keeps pages with their buffers and maps, for every instance', async () => {
    const store = createMemoryStore();
    const handler = start(store);
    await handler.set('/home', page, {});
    const found = await start(store).get('/home');
    expect(found?.value).toEqual(page);
    expect(found?.lastModified).toBe(new FakeClock().now());
    await handler.set('/home', null);
    expect(await handler.get('/home')).toBeNull();
    handler.resetRequestCache();
  });

  it('drops what has a revalidated tag: its own, one of its headers, or one of the page around it', async () => {
    const clock = new FakeClock();
    const handler = start(createMemoryStore({ clock }), clock);
    const fetched = { kind: 'FETCH', data: { body: '1' } };
    for (const [data, tags, context, revalidated] of [
      [fetched, ['user'], {}, 'user'],
      [page, [], {}, 'home'],
      [fetched, [], { softTags: ['_N_T_/layout'] }, '_N_T_/layout'],
      [fetched, [], { tags: ['late'] }, ['late', 'other']],
    ] as const) {
      await handler.set('key', data, { tags });
      await clock.advance(10);
      expect(await handler.get('key', context)).not.toBeNull();
      await handler.revalidateTag(revalidated);
      expect(await handler.get('key', context)).toBeNull();
      await clock.advance(10);
      await handler.set('key', data, { tags });
      await clock.advance(10);
      expect(await handler.get('key', context)).not.toBeNull();
    }
  });

  it('keeps a page dropped when a revalidation that began before another one arrives after it', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const far = start(withFaults(store, { clock, latencyMs: 400 }), clock);
    const [near, other] = [start(store, clock), start(store, clock)];
    const earlier = far.revalidateTag('_N_T_/home');
    await clock.advance(50);
    await other.set('/home', page);
    await clock.advance(50);
    await near.revalidateTag('_N_T_/home');
    await clock.run(earlier);
    await clock.advance(2_000);
    for (const handler of [far, near, other]) {
      expect(await clock.run(handler.get('/home', { softTags: ['_N_T_/home'] }))).toBeNull();
    }
  });

  it('drops what has a tag whose record is damaged, until the tag is revalidated', async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const handler = start(store, clock);
    const read = (): Promise<unknown> => handler.get('/home', { softTags: ['_N_T_/home'] });
    await handler.set('/home', page);
    await store.put('build-1/e/t/_N_T_%2Fhome', 'damaged');
    await clock.advance(2_000);
    expect(await read()).toBeNull();
    await handler.revalidateTag('_N_T_/home');
    await clock.advance(2_000);
    expect(await read()).toBeNull();
    await handler.set('/home', page);
    expect(await read()).not.toBeNull();
  });

  it('drops what has a revalidated tag that is forgotten for ten thousand others while a slow one is looked at', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const find: typeof memory.find = async (key, options) => {
      if (key === 'build-1/e/t/slow') await pause(clock, 500);
      return String(key).startsWith('build-1/e/t/other') ? null : memory.find(key, options);
    };
    const handler = start({ ...memory, find }, clock);
    const read = (...softTags: string[]): Promise<unknown> => handler.get('/home', { softTags });
    await handler.set('/home', page);
    await clock.advance(10);
    await start(memory, clock).revalidateTag('revalidated');
    expect(await read('revalidated')).toBeNull();
    const slow = read('revalidated', 'slow');
    for (const half of [0, 5_000]) {
      await clock.run(read(...Array.from({ length: 5_000 }, (_, position) => `other ${half + position}`)));
    }
    expect(await clock.run(slow)).toBeNull();
  });

  it('revalidates a tag for a read and a write', async () => {
    const store = countCalls(createMemoryStore());
    await start(store).revalidateTag('home');
    expect(store.calls).toMatchObject({ total: 2, put: 1 });
  });

  it('does not open the store again and again where it cannot be used', async () => {
    let opened = 0;
    const handler = new (createNextCacheHandler(() => {
      opened += 1;
      return withLyingServer(createMemoryStore());
    }))();
    for (let request = 0; request < 3; request += 1) expect(await handler.get('/home')).toBeNull();
    await expect(handler.revalidateTag('home')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(opened).toBe(1);
  });

  it('makes a store a miss that takes long to open, and does not open it twice', async () => {
    const clock = new FakeClock();
    const opening: ((store: KvStore) => void)[] = [];
    const open = (): Promise<KvStore> => new Promise((resolve) => opening.push(resolve));
    const handler = new (createNextCacheHandler(open, { clock, storeTimeoutMs: 100 }))();
    expect(await clock.run(handler.get('/home'))).toBeNull();
    await expect(clock.run(handler.revalidateTag('home'))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    opening[0]?.(createMemoryStore({ clock }));
    await handler.set('/home', page);
    expect(await handler.get('/home')).not.toBeNull();
    expect(opening).toHaveLength(1);
  });

  it('makes a store that is down a miss, opens it again later, and tells that a tag was not revalidated', async () => {
    const memory = createMemoryStore();
    const failures = [new Error('not yet'), new Error('not yet')];
    const Handler = createNextCacheHandler(() => {
      const failure = failures.shift();
      if (failure) throw failure;
      return memory;
    });
    const handler = new Handler();
    expect(await handler.get('/home')).toBeNull();
    await expect(handler.revalidateTag('home')).rejects.toThrow('not yet');
    await handler.set('/home', page);
    expect((await handler.get('/home'))?.value).toEqual(page);
    await handler.set('/loop', { method() {} });
    expect(await handler.get('/loop')).toBeNull();
    await memory.close();
    expect(await handler.get('/home')).toBeNull();
  });
});
