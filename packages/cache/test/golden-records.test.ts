import { bytesToString } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  putRecords,
  type Records,
  recordsAt,
  recordsLeftBy,
} from '../../testkit/test/golden-records/golden-records.js';
import { noriKVDriver as bentocacheDriver } from '../src/bentocache.js';
import { CachedClient, createCache } from '../src/index.js';
import { NoriKVKeyvStore } from '../src/keyv.js';
import { noriKVDriver as unstorageDriver } from '../src/unstorage.js';

/** What version 1.0 writes. Never change a line: add one beside it. */
const golden: Records = {
  'bentocache%2Fapp/v/7': '{"at":1735689600000,"fresh":60000,"stale":0,"epochs":{"n":"0"}}\nt{"value":1}',
  'keyv/v/users:7':
    '{"at":1735689600000,"fresh":60000,"stale":0,"epochs":{"n":"0","n/users":"0"}}\nt{"value":1}',
  plain: 'text',
  'unstorage/v/bytes':
    'hex 7b226174223a313733353638393630303030302c226672657368223a33313533363030303030302c227374616c65223a302c2265706f636873223a7b226e223a2230227d7d0a6200ff',
  'unstorage/v/home': '{"at":1735689600000,"fresh":60000,"stale":0,"epochs":{"n":"0"}}\nt<html>',
  'unstorage/v/json': '{"at":1735689600000,"fresh":31536000000,"stale":0,"epochs":{"n":"0"}}\nj{"a":1}',
  'users/#v/5c0e0ea421571c300b5df6aec0a118b5c3dc02e0683a546341d5efc689df2f58':
    '{"at":1735689600000,"fresh":60000,"stale":600000,"epochs":{"n":"0"}}\n1',
  'users/e/n/old': '1735689600000',
  'users/e/s/1': '1735689600000',
  'users/e/s/13': '1735689600000',
  'users/e/s/14': '1735689600000',
  'users/e/s/5': '1735689600000',
  'users/e/s/6': '1735689600000',
  'users/e/s/8': '1735689600000',
  'users/e/t/admins': '1735689600000',
  'users/v/7': '{"at":1735689600000,"fresh":60000,"stale":600000,"epochs":{"n":"0"}}\n{"name":"Ada"}',
  'users/v/eu/8':
    '{"at":1735689600000,"fresh":60000,"stale":600000,"epochs":{"n":"0","n/eu":"0"}}\n{"name":"Grace"}',
  'users/v/late':
    '{"at":1735689600000,"fresh":60000,"stale":600000,"epochs":{"n":"0","t/admins":"1.b"}}\n"yes"',
  'users/v/loading': '{"lease":"00000002-0000-4000-8000-000000000000"}\n',
  'users/v/nobody': '{"at":1735689600000,"fresh":1000,"stale":600000,"epochs":{"n":"0"},"absent":1}\n',
  'users/v/tagged':
    '{"at":1735689600000,"fresh":60000,"stale":600000,"epochs":{"n":"0","t/admins":"0","t/a%2Fb":"0"}}\n"yes"',
};

it('records are written as version 1.0 wrote them', async () => {
  const clock = new FakeClock();
  const options = { clock };
  const left = recordsLeftBy(createMemoryStore({ clock }), async (store) => {
    const users = createCache(store, { ...options, prefix: 'users', ttlMs: 60_000, graceMs: 600_000 });
    await users.set('7', { name: 'Ada' });
    await users.set('tagged', 'yes', { tags: ['admins', 'a/b'] });
    await users.getOrSet('nobody', () => undefined, { negativeTtlMs: 1_000 });
    await users.namespace('eu').set('8', { name: 'Grace' });
    await users.set('x'.repeat(2_000), 1);
    await users.invalidateTags(['admins']);
    await users.set('late', 'yes', { tags: ['admins'] });
    await users.namespace('old').clear();
    await users.delete('gone');
    const loading = users.getOrSet('loading', () => new Promise(() => {}), { hardTimeoutMs: 3_600_000 });
    loading.catch(() => {});
    const keyv = new NoriKVKeyvStore(store, { clock });
    keyv.namespace = 'users';
    await keyv.set('users:7', '{"value":1}', 60_000);
    await bentocacheDriver(store, { clock }).factory({ prefix: 'app' }).set('7', '{"value":1}', 60_000);
    await unstorageDriver(store, { clock }).setItem('home', '<html>', { ttl: 60 });
    await unstorageDriver(store, { clock }).setItemRaw('bytes', new Uint8Array([0, 255]));
    await unstorageDriver(store, { clock }).setItemRaw('json', { a: 1 });
    await new CachedClient<string>(store, 1_000, 10, { clock }).put('plain', 'text', (value) => value);
  });
  expect(await clock.run(left)).toEqual(golden);
});

it('records of version 1.0 are read for ever', async () => {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  await putRecords(store, golden);
  const users = createCache(store, { clock, prefix: 'users' });
  const none = (): never => expect.fail('it is there');
  expect(await users.get('7')).toEqual({ name: 'Ada' });
  expect(await users.get('tagged')).toBeUndefined();
  expect(await users.getOrSet('nobody', none)).toBeUndefined();
  expect(await users.namespace('eu').get('8')).toEqual({ name: 'Grace' });
  expect(await users.get('x'.repeat(2_000))).toBe(1);
  // Somebody is loading it, and is waited for.
  expect(await clock.run(users.getOrSet('loading', () => 'late', { maxWaitMs: 100 }))).toBe('late');
  expect(clock.monotonic()).toBeGreaterThanOrEqual(100);
  const keyv = new NoriKVKeyvStore(store, { clock });
  expect(await keyv.get('users:7')).toBe('{"value":1}');
  const driver = bentocacheDriver(store, { clock }).factory({ prefix: 'app' });
  expect(await driver.get('7')).toBe('{"value":1}');
  const storage = unstorageDriver(store, { clock });
  expect(await storage.getItem('home')).toBe('<html>');
  expect(await storage.getItemRaw('bytes')).toEqual(new Uint8Array([0, 255]));
  expect(await storage.getItemRaw('json')).toEqual({ a: 1 });
  expect(await new CachedClient<string>(store).get('plain', bytesToString)).toBe('text');
});

it('an epoch is the version of its record in base 36: a value of version 1.0 is valid while it is', async () => {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  const users = createCache(store, { clock, prefix: 'users' });
  await users.invalidateTags(['admins']);
  const { term, index } = (await store.get('users/e/t/admins')).version;
  const epoch = `${term.toString(36)}.${index.toString(36)}`;
  const header = `{"at":${clock.now()},"fresh":60000,"stale":0,"epochs":{"n":"0","t/admins":"${epoch}"}}`;
  await putRecords(store, { 'users/v/7': `${header}\n"yes"` });
  expect(await users.get('7')).toBe('yes');
  await users.invalidateTags(['admins']);
  expect(await users.get('7')).toBeUndefined();
});

it('a record of a newer form is a miss, and is overwritten', async () => {
  const store = createMemoryStore();
  await putRecords(store, { 'cache/v/7': '{"v":2,"until":1893456000000,"epochs":{"n":"0"}}\n"yes"' });
  const cache = createCache(store);
  expect(await cache.get('7')).toBeUndefined();
  expect(await cache.getOrSet('7', () => 'loaded')).toBe('loaded');
  expect(Object.values(await recordsAt(store, ['cache/v/7']))).toEqual([
    expect.stringMatching(/\n"loaded"$/),
  ]);
});
