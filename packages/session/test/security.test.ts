import { createHash } from 'node:crypto';
import { bytesToString, type KvStore, UnavailableError } from '@norikv/store';
import { countCalls, createMemoryStore, withLyingServer } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createSessionId, isSessionId, type SessionEvent, SessionManager } from '../src/index.js';
import { memoryStore } from './engines.js';
import { times } from './processes.js';

const alice = ['alice@example.com', ['user']] as [string, string[]];

/** Everything that was ever written, keys and values, as text. */
function recorded(store: KvStore): { readonly store: KvStore; readonly written: string[][] } {
  const written: string[][] = [];
  return {
    written,
    store: {
      capabilities: store.capabilities,
      get: (...args) => store.get(...args),
      delete: (...args) => store.delete(...args),
      put(key, value, options) {
        written.push([key, value].map((part) => (typeof part === 'string' ? part : bytesToString(part))));
        return store.put(key, value, options);
      },
    },
  };
}

describe('ids', () => {
  it('are 256 random bits in an alphabet for cookies, and never the same', () => {
    const ids = times(10_000, createSessionId);
    expect(new Set(ids).size).toBe(ids.length);
    const ones = Array.from({ length: 256 }, () => 0);
    for (const id of ids) {
      expect(isSessionId(id)).toBe(true);
      const bytes = Buffer.from(id, 'base64url');
      expect(bytes).toHaveLength(32);
      for (const bit of ones.keys())
        ones[bit] = (ones[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1);
    }
    // Each bit is set in half of them, give or take seven standard deviations.
    for (const count of ones) expect(Math.abs(count - 5_000)).toBeLessThan(350);
  });

  it('do not come from a random source that can be foreseen', async () => {
    const random = (): number => 0.5;
    const sessions = new SessionManager(memoryStore(), 60_000, { random });
    const ids = await Promise.all(times(5, () => sessions.create('alice', ...alice)));
    expect(new Set(ids).size).toBe(5);
  });

  const good = createSessionId();
  it.each([
    undefined,
    null,
    '',
    'x',
    good.slice(1),
    `${good}A`,
    `${good.slice(0, 42)}B`,
    `${good.slice(0, 42)}=`,
    `${good.slice(0, 42)}\n`,
    `\u0000${good.slice(1)}`,
    good.replace(/^./, '+'),
    good.replace(/^./, 'é'),
    'a'.repeat(1_000_000),
    '__proto__',
    "' or 1=1 --",
    7,
    {},
    [good],
  ])('that have not the form are refused before the store is asked (%#)', async (value) => {
    const store = countCalls(memoryStore());
    const sessions = new SessionManager(store);
    const id = value as string;
    expect(await sessions.get(id)).toBeNull();
    expect(await sessions.validate(id)).toBe(false);
    expect(await sessions.update(id, (data) => data)).toBe(false);
    expect(await sessions.destroy(id)).toBe(false);
    expect(await sessions.regenerate(id)).toBeNull();
    expect(await sessions.revokeOthers(id)).toBeNull();
    expect(await sessions.handleOf(id)).toBeNull();
    expect(store.calls.total).toBe(0);
  });

  it('that are unknown never become a session and leave nothing behind', async () => {
    const { store, written } = recorded(memoryStore());
    const sessions = new SessionManager(store);
    const id = createSessionId();
    await sessions.get(id);
    await sessions.update(id, (data) => data);
    await sessions.regenerate(id);
    await sessions.destroy(id);
    await sessions.revokeOthers(id);
    expect(written).toEqual([]);
    expect(await sessions.validate(id)).toBe(false);
  });
});

describe('what is stored', () => {
  it('has the SHA-256 of an id, never the id, and nothing of a user in a key', async () => {
    const { store, written } = recorded(memoryStore());
    const sessions = new SessionManager(store);
    const id = await sessions.create('alice', ...alice);
    const newId = (await sessions.regenerate(id, { overlapMs: 1_000 })) ?? '';
    await sessions.update(newId, (data) => ({ ...data, roles: [] }));
    await sessions.destroy(newId);
    const everything = JSON.stringify(written);
    expect(everything).not.toContain(id);
    expect(everything).not.toContain(newId);
    const keys = written.map(([key]) => key);
    expect(keys.join()).not.toMatch(/alice|example/);
    const hash = createHash('sha256').update(id).digest('base64url');
    expect(keys).toContain(`session:id:${hash}`);
  });

  it('does not let in who reads it: a key or a handle is no id', async () => {
    const { store, written } = recorded(memoryStore());
    const sessions = new SessionManager(store);
    await sessions.create('alice', ...alice);
    for (const [key = ''] of written) expect(await sessions.get(key.split(':').at(-1))).toBeNull();
  });

  it('says no more of a session that ended than when, and what took its place', async () => {
    const { store, written } = recorded(memoryStore());
    const sessions = new SessionManager(store);
    const id = await sessions.create('alice', ...alice);
    await sessions.destroy(id);
    const tombstone = written.findLast(([key]) => key?.includes(':id:'))?.[1] ?? '';
    expect(tombstone).toContain('"ended"');
    expect(tombstone).not.toContain('alice');
  });

  it.each(['', '{', '[]', 'null', '7', '{}', '{"kind":"live"}', '{"kind":"ended"}', 'norikv:9 {}\n{}'])(
    'is left alone and refused where it is "%s", until its visitor logs out',
    async (text) => {
      const store = memoryStore();
      const sessions = new SessionManager(store);
      const id = await sessions.create('alice', ...alice);
      const key = `session:id:${createHash('sha256').update(id).digest('base64url')}`;
      await store.put(key, text);
      for (const call of [
        () => sessions.get(id),
        () => sessions.validate(id),
        () => sessions.update(id, (data) => data),
        () => sessions.regenerate(id),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
      }
      expect(bytesToString((await store.get(key)).value)).toBe(text);
      expect(await sessions.destroy(id)).toBe(true);
      expect(await sessions.get(id)).toBeNull();
      const userKey = `session:user:${createHash('sha256').update('alice').digest('base64url')}`;
      await store.put(userKey, text);
      await expect(sessions.create('alice', ...alice)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
      await expect(sessions.revokeAll('alice')).rejects.toMatchObject({ key: userKey });
      expect(bytesToString((await store.get(userKey)).value)).toBe(text);
      await store.delete(userKey);
      expect(await sessions.validate(await sessions.create('alice', ...alice))).toBe(true);
    },
  );

  it.each([
    { kind: 'live', createdAt: 0, lastSeenAt: 0, idleMs: 1, expiresAt: 1e99, data: {} },
    { kind: 'live', createdAt: -1, lastSeenAt: 0, idleMs: 1, expiresAt: 1, data: {} },
    { kind: 'live', createdAt: 0, lastSeenAt: 0, idleMs: '1', expiresAt: 1, data: {} },
    { kind: 'live', createdAt: 0, lastSeenAt: 0, idleMs: 1, expiresAt: 1, data: [] },
    { kind: 'live', userId: 7, createdAt: 0, lastSeenAt: 0, idleMs: 1, expiresAt: 1, data: {} },
    { kind: 'ended', endedAt: 0, replacedBy: 7 },
    { kind: 'ended', endedAt: 0, followUntil: 'soon' },
    { generation: -1, sessions: [] },
    { generation: 0, sessions: {} },
    { generation: 0, sessions: [7] },
    { generation: 0, sessions: [{ key: 'k', handle: 7, createdAt: 0, expiresAt: 0, namedAt: 0 }] },
    { generation: 0, sessions: [{ key: 'k', handle: 'k', createdAt: 0, expiresAt: 0 }] },
  ])('is refused where it is %j', async (record) => {
    const store = memoryStore();
    const sessions = new SessionManager(store);
    const id = await sessions.create('alice', ...alice);
    const part = 'generation' in record ? ['user', 'alice'] : ['id', id];
    const key = `session:${part[0]}:${createHash('sha256')
      .update(part[1] ?? '')
      .digest('base64url')}`;
    await store.put(key, JSON.stringify(record));
    await expect(sessions.get(id)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  });

  it.each([1, 2])('leads nowhere where it leads back to itself, by %i steps', async (steps) => {
    const memory = memoryStore();
    const ids = times(steps, createSessionId);
    const keys = ids.map((id) => createHash('sha256').update(id).digest('base64url'));
    for (const [position, key] of keys.entries()) {
      const replacedBy = keys[(position + 1) % steps];
      const tombstone = { kind: 'ended', endedAt: 0, replacedBy, followUntil: Date.now() + 60_000 };
      await memory.put(`session:id:${key}`, JSON.stringify(tombstone));
    }
    // It would be read for ever, and no timer could end that.
    const store = countCalls(memory);
    const guarded: KvStore = {
      capabilities: memory.capabilities,
      get: (...args) => (store.calls.total > 50 ? Promise.reject(new Error('for ever')) : store.get(...args)),
      put: (...args) => store.put(...args),
      delete: (...args) => store.delete(...args),
    };
    const sessions = new SessionManager(guarded);
    for (const id of ids) {
      expect(await sessions.get(id)).toBeNull();
      expect(await sessions.destroy(id)).toBe(false);
    }
  });

  it('cannot change prototypes, whoever wrote it', async () => {
    const store = memoryStore();
    const sessions = new SessionManager(store);
    const id = await sessions.create('alice', ...alice);
    const key = `session:id:${createHash('sha256').update(id).digest('base64url')}`;
    const now = Date.now();
    const times = `"createdAt":${now},"lastSeenAt":${now},"idleMs":60000,"expiresAt":${now + 60_000}`;
    const data = '{"email":"e","roles":[{"__proto__":{"isAdmin":true}}],"__proto__":{"isAdmin":true}}';
    await store.put(key, `{"kind":"live","userId":"alice",${times},"data":${data}}`);
    const session = await sessions.get(id);
    expect(Object.keys(session ?? {})).not.toContain('__proto__');
    const copy = Object.assign({}, session, session?.roles[0]) as { readonly isAdmin?: boolean };
    expect(copy.isAdmin).toBeUndefined();
  });
});

describe('a fixed id', () => {
  it('is worthless after the sign-in: not even an overlap carries rights over unless asked for', async () => {
    const sessions = new SessionManager(memoryStore());
    const planted = await sessions.create('guest', ...alice);
    const id = await sessions.regenerate(planted);
    expect(await sessions.validate(id)).toBe(true);
    expect(await sessions.validate(planted)).toBe(false);
  });
});

describe('where the store does not answer', () => {
  it('nobody is let in and nobody is taken for signed out: everything throws', async () => {
    const store = memoryStore();
    const id = await new SessionManager(store, 60_000).create('alice', ...alice);
    const sessions = new SessionManager(store, 60_000, { deadlineMs: 50 });
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(store, { get: down, find: down, put: down });
    for (const call of [
      () => sessions.get(id),
      () => sessions.validate(id),
      () => sessions.update(id, (data) => data),
      () => sessions.destroy(id),
      () => sessions.regenerate(id),
      () => sessions.create('alice', ...alice),
      () => sessions.list('alice'),
      () => sessions.revoke('alice', 'handle'),
      () => sessions.revokeAll('alice'),
      () => sessions.revokeOthers(id),
      () => sessions.generation('alice'),
      () => sessions.handleOf(id),
    ]) {
      await expect(call()).rejects.toMatchObject({ outcome: expect.any(String) });
    }
  });

  it('a user record that cannot be read lets nobody in', async () => {
    const store = memoryStore();
    const id = await new SessionManager(store).create('alice', ...alice);
    const find = store.find.bind(store);
    Object.assign(store, {
      find: (key: string) =>
        key.includes(':user:') ? Promise.reject(new UnavailableError('down')) : find(key),
    });
    await expect(new SessionManager(store).get(id)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('a store without the guarantees', () => {
  it('is refused, unless the caller says so', () => {
    const offered = memoryStore().capabilities;
    for (const name of ['atomicCas', 'createIfAbsent', 'linearizableReads', 'durableAck'] as const) {
      const store = withLyingServer(createMemoryStore(), { capabilities: { ...offered, [name]: false } });
      expect(() => new SessionManager(store)).toThrow(name);
      new SessionManager(store, 1_000, { unsafeAllowNonAtomicCas: true });
    }
    const forgetful = withLyingServer(createMemoryStore(), { capabilities: { ...offered, ttl: 'none' } });
    expect(() => new SessionManager(forgetful)).toThrow('ttl');
  });
});

describe('what leaves the process', () => {
  it('names sessions by handles, and no event has an id', async () => {
    const events: SessionEvent[] = [];
    const onEvent = (event: SessionEvent): void => {
      events.push(event);
    };
    const sessions = new SessionManager(memoryStore(), 60_000, { onEvent, maxSessions: 2 });
    const ids = [await sessions.create('alice', ...alice), await sessions.create('alice', ...alice)];
    ids.push((await sessions.regenerate(ids[1])) ?? '');
    ids.push(await sessions.create('alice', ...alice));
    await sessions.destroy(ids[2]);
    await sessions.revokeAll('alice');
    const told = events.map((event) => (event.kind === 'ended' ? event.reason : event.kind));
    expect(told).toEqual([
      'created',
      'created',
      'regenerated',
      'created',
      'evicted',
      'created',
      'destroyed',
      'revoked',
    ]);
    for (const id of ids) expect(JSON.stringify(events)).not.toContain(id);
  });

  it('a listener that throws changes nothing', async () => {
    const onEvent = (): never => {
      throw new Error('broken listener');
    };
    const sessions = new SessionManager(memoryStore(), 60_000, { onEvent });
    expect(await sessions.validate(await sessions.create('alice', ...alice))).toBe(true);
  });

  it('no error names the id or the data', async () => {
    const sessions = new SessionManager(memoryStore(), 60_000, { maxDataBytes: 100 });
    const id = await sessions.create('alice', ...alice);
    const secret = 'secret'.repeat(100);
    const error = await sessions.update(id, (data) => ({ ...data, email: secret })).catch(String);
    expect(error).toMatch(/bytes long/);
    expect(error).not.toContain('secret');
    expect(error).not.toContain(id);
  });
});
