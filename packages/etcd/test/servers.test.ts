import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToString, errorCode, find, isNoriKVError } from '@norikv/store';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EtcdOptions, type EtcdStore, openEtcd } from '../src/index.js';
import { canRunEtcd, needsEtcd, startCluster, type TestCluster } from './support/etcd.js';

const patientMs = 60_000;
const user = { username: 'user', password: 'secret' };

describe.skipIf(!canRunEtcd)(`a real server ${needsEtcd}`, () => {
  it('asks for a login, and knows rights by prefix', async () => {
    const cluster = await start();
    const anonymous = await open({ hosts: cluster.hosts, prefix: 'shop' });
    expect(await errorOf(openEtcd({ hosts: cluster.hosts, credentials: user }))).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('leave credentials out'),
    });
    await enableLogins(cluster, 'shop');
    expect(await errorOf(anonymous.put('key', 'value'))).toMatchObject({
      code: 'UNAUTHENTICATED',
      outcome: 'not-applied',
      message: expect.stringContaining('pass credentials'),
    });
    const wrong = { ...user, password: 'wrong' };
    expect(await errorOf(openEtcd({ hosts: cluster.hosts, credentials: wrong }))).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    const store = await open({ hosts: cluster.hosts, prefix: 'shop', credentials: user });
    const version = await store.put('key', 'value', { ttlMs: 60_000, idempotencyKey: 'id' });
    expect(await store.put('key', 'value', { idempotencyKey: 'id' })).toEqual(version);
    // Newer servers refuse it as early as the opening.
    const writeElsewhere = async (): Promise<unknown> =>
      (await open({ hosts: cluster.hosts, prefix: 'shop/b', credentials: user })).put('key', 'value');
    expect(errorCode(await errorOf(writeElsewhere()))).toBe('UNAUTHENTICATED');
    // A restart makes every token invalid.
    await cluster.members[0]?.signal('SIGTERM');
    cluster.members[0]?.start();
    expect(bytesToString((await store.get('key', { timeoutMs: patientMs })).value)).toBe('value');
  });

  it('takes a password that was changed, where credentials are a function', async () => {
    const cluster = await start();
    await open({ hosts: cluster.hosts });
    await enableLogins(cluster, 'shop');
    let credentials = user;
    const store = await open({ hosts: cluster.hosts, prefix: 'shop', credentials: () => credentials });
    await store.put('key', 'before');
    const changed = { ...user, password: 'changed' };
    const root = { name: 'root', password: 'root' };
    const { token } = await cluster.gateway<{ token: string }>('auth/authenticate', root);
    const change = { name: user.username, password: changed.password };
    await cluster.gateway('auth/user/changepw', change, { token });
    expect(errorCode(await errorOf(store.put('key', 'meanwhile')))).toBe('UNAUTHENTICATED');
    credentials = changed;
    await store.put('key', 'after', { timeoutMs: patientMs });
  });

  it('is reached by TLS', async () => {
    const cluster = await start(['--auto-tls']);
    const ca = await readWhenThere(join(cluster.folder, 'm0', 'fixtures', 'client', 'cert.pem'));
    const store = await open({ hosts: cluster.hosts, tls: { ca } });
    await store.put('key', 'value');
    const trusting = (): Promise<unknown> =>
      errorOf(openEtcd({ hosts: cluster.hosts, tls: { serverName: 'elsewhere' }, timeoutMs: 3_000 }));
    // A slow machine may not get as far as the certificate within the time.
    await expect.poll(trusting).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('certificate'),
    });
  });

  it('whose quota is full keeps what it acknowledged, and leaves the rest unknown', async () => {
    const cluster = await start(['--quota-backend-bytes', String(3 * 2 ** 20)]);
    const store = await open({ hosts: cluster.hosts });
    const kept: string[] = [];
    const errors: unknown[] = [];
    const fill = async (writer: number): Promise<void> => {
      for (let number = 0; number < 100 && errors.length < 8; number++) {
        const key = `${writer} ${number}`;
        try {
          await store.put(key, key.padEnd(60_000));
          kept.push(key);
        } catch (error) {
          errors.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, writer) => fill(writer)));
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors)
      expect(error).toMatchObject({ code: 'RESOURCE_EXHAUSTED', outcome: 'unknown' });
    expect(String(errors[0])).toContain('compact, defragment');
    for (const key of kept) expect(bytesToString((await store.get(key)).value).trimEnd()).toBe(key);
    expect(await store.delete(kept[0] ?? '')).toBe(true);
  });

  it('that takes smaller requests says so', async () => {
    const cluster = await start(['--max-request-bytes', '100000']);
    const store = await open({ hosts: cluster.hosts });
    expect(await errorOf(store.put('key', new Uint8Array(500_000)))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      outcome: 'not-applied',
      message: expect.stringContaining('--max-request-bytes'),
    });
  });

  it('keeps prefixes apart, whatever they are', async () => {
    const cluster = await start();
    const stores = await Promise.all(
      ['', 'a', 'a/', 'a/b', 'ae'].map((prefix) => open({ hosts: cluster.hosts, prefix })),
    );
    // Some of these would be one key if a prefix had no end: prefix a and key eb, prefix ae and key b.
    const keys = ['b', 'eb', 'ebb'];
    for (const key of keys) {
      for (const [place, store] of stores.entries()) await store.put(key, `${key} ${place}`);
    }
    for (const [place, store] of stores.entries()) {
      for (const key of keys) {
        expect(bytesToString((await store.get(key)).value)).toBe(`${key} ${place}`);
      }
      expect(await find(store, '/b')).toBe(null);
    }
  });

  it('a record is there for every clock within the skew, and can be created again after it', async () => {
    const cluster = await start();
    const maxClockSkewMs = 1_000;
    const nowMs = 1_800_000_000_000;
    let passedMs = 0;
    const clients = await Promise.all(
      [-500, 0, 500].map((aheadMs) => {
        const clock = { now: () => nowMs + passedMs + aheadMs, monotonic: () => passedMs, startTimer };
        return open({ hosts: cluster.hosts, maxClockSkewMs, clock });
      }),
    );
    for (const writer of clients) {
      passedMs += 100_000;
      const version = await writer.put('key', 'value', { ttlMs: 10_000 });
      passedMs += 10_000;
      for (const reader of clients) {
        expect(await find(reader, 'key')).not.toBe(null);
        expect(errorCode(await errorOf(reader.put('key', 'early', { ifNotExists: true })))).toBe(
          'ALREADY_EXISTS',
        );
      }
      passedMs += maxClockSkewMs + 1_001;
      for (const reader of clients) {
        expect(await find(reader, 'key')).toBe(null);
        expect(await errorOf(reader.put('key', 'late', { ifMatchVersion: version }))).toMatchObject({
          code: 'VERSION_MISMATCH',
          actual: null,
        });
      }
      expect(await writer.delete('key')).toBe(false);
    }
  });

  it('reads and conditions agree to the millisecond on what has expired', async () => {
    const cluster = await start();
    let nowMs = 1_800_000_000_000;
    const clock = { now: () => nowMs, monotonic: () => nowMs, startTimer };
    const store = await open({ hosts: cluster.hosts, maxClockSkewMs: 1_000, clock });
    await store.put('key', 'value', { ttlMs: 10_000 });
    nowMs += 11_000;
    expect(await find(store, 'key')).not.toBe(null);
    expect(errorCode(await errorOf(store.put('key', 'early', { ifNotExists: true })))).toBe('ALREADY_EXISTS');
    nowMs += 1;
    expect(await find(store, 'key')).toBe(null);
    await store.put('key', 'late', { ifNotExists: true });
  });

  it('a version that no key can have is another one', async () => {
    const cluster = await start();
    const store = await open({ hosts: cluster.hosts });
    const { term } = await store.put('key', 'value');
    for (const index of [-1n, 0n, 2n ** 63n, 2n ** 70n]) {
      const ifMatchVersion = { term, index };
      expect(await errorOf(store.put('key', 'new', { ifMatchVersion }))).toMatchObject({
        code: 'VERSION_MISMATCH',
        outcome: 'not-applied',
      });
    }
  });

  it('what is not a record of this package is refused, and can be overwritten', async () => {
    const cluster = await start();
    const store = await open({ hosts: cluster.hosts });
    await cluster.gateway('kv/put', { key: base64('norikv\0ekey'), value: base64('something else') });
    expect(errorCode(await errorOf(store.get('key')))).toBe('UNREADABLE_RECORD');
    await store.put('key', 'value');
    expect(bytesToString((await store.get('key')).value)).toBe('value');
  });

  it('compaction does not disturb anybody', async () => {
    const cluster = await start();
    const store = await open({ hosts: cluster.hosts });
    const version = await store.put('key', 'first');
    const { index } = await store.put('other', 'value');
    await cluster.gateway('kv/compaction', { revision: String(index), physical: true });
    await store.put('key', 'second', { ifMatchVersion: version });
    expect(bytesToString((await store.get('key')).value)).toBe('second');
  });
});

async function start(extra: readonly string[] = []): Promise<TestCluster> {
  const cluster = await startCluster(1, extra);
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  return cluster;
}

async function open(options: EtcdOptions): Promise<EtcdStore> {
  const store = await openEtcd({ timeoutMs: patientMs, ...options });
  onTestFinished(() => store.close());
  return store;
}

async function enableLogins(cluster: TestCluster, prefix: string): Promise<void> {
  const root = { name: 'root', password: 'root' };
  const range = { permType: 'READWRITE', key: base64(`${prefix}\0`), range_end: base64(`${prefix}\x01`) };
  await cluster.gateway('auth/user/add', root);
  await cluster.gateway('auth/role/add', { name: 'root' });
  await cluster.gateway('auth/user/grant', { user: 'root', role: 'root' });
  await cluster.gateway('auth/user/add', { name: user.username, password: user.password });
  await cluster.gateway('auth/role/add', { name: 'shop' });
  await cluster.gateway('auth/role/grant', { name: 'shop', perm: range });
  await cluster.gateway('auth/user/grant', { user: user.username, role: 'shop' });
  await cluster.gateway('auth/enable', {});
}

async function readWhenThere(file: string): Promise<string> {
  for (;;) {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function startTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (isNoriKVError(error)) return error;
    throw error;
  }
}
