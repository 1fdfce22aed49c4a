import { bytesToString, UnsupportedError } from '@norikv/store';
import { createMemoryStore, FakeClock, withFaults } from '@norikv/testkit';
import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type BetterAuthStorage, betterAuthStorage } from '../src/better-auth.js';
import { hashOf } from '../src/session-id.js';
import { memoryStore } from './engines.js';
import { times } from './processes.js';
import { hour, minute, second } from './world.js';

const token = (letter: string): string => letter.repeat(32);

function listOf(...letters: string[]): string {
  return JSON.stringify(letters.map((letter) => ({ token: token(letter), expiresAt: Date.now() + hour })));
}

function siteWith(secondaryStorage: BetterAuthStorage, session: BetterAuthOptions['session'] = {}) {
  const tables = { user: [], session: [], account: [], verification: [] };
  return betterAuth({
    secret: 'a secret with at least thirty-two characters',
    baseURL: 'http://localhost:3000',
    database: memoryAdapter(tables),
    secondaryStorage,
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    session,
  });
}

function physicalOf(key: string): string {
  return `better-auth:${hashOf(key)}`;
}

const account = { email: 'alice@example.com', password: 'correct horse battery' };

async function signIn(auth: ReturnType<typeof siteWith>): Promise<Headers> {
  const { headers } = await auth.api.signInEmail({ body: account, returnHeaders: true });
  const cookies = headers.getSetCookie().map((line) => line.split(';')[0]);
  return new Headers({ cookie: cookies.join('; ') });
}

describe('under better-auth', () => {
  it('signs in ten times at once and lists every session', async () => {
    const auth = siteWith(betterAuthStorage(memoryStore()));
    await auth.api.signUpEmail({ body: { ...account, name: 'Alice' } });
    const browsers = await Promise.all(times(10, () => signIn(auth)));
    const [headers = new Headers()] = browsers;
    expect((await auth.api.getSession({ headers }))?.user.email).toBe(account.email);
    expect(await auth.api.listSessions({ headers })).toHaveLength(11);
    await auth.api.revokeOtherSessions({ headers });
    expect(await auth.api.listSessions({ headers })).toHaveLength(1);
    await auth.api.signOut({ headers });
    for (const browser of browsers) expect(await auth.api.getSession({ headers: browser })).toBeNull();
  });
});

describe('a session that is renewed while another device signs in', () => {
  afterEach(() => void vi.useRealTimers());

  it('is listed for as long as it was renewed for, and signed out with all others', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const storage = betterAuthStorage(memoryStore());
    let isSlow = false;
    let reach = (): void => {};
    let go = (): void => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const going = new Promise<void>((resolve) => {
      go = resolve;
    });
    const auth = siteWith(
      {
        ...storage,
        async set(key, value, ttl) {
          if (isSlow && key.startsWith('active-sessions-')) {
            isSlow = false;
            reach();
            await going;
          }
          return storage.set(key, value, ttl);
        },
      },
      { expiresIn: 100, updateAge: 0 },
    );
    const pass = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);
    await auth.api.signUpEmail({ body: { ...account, name: 'Alice' } });
    const phone = await signIn(auth);
    pass(50 * second);
    // It has read the list, in which the phone is as it was.
    isSlow = true;
    const signingIn = signIn(auth);
    await reached;
    expect(await auth.api.getSession({ headers: phone })).not.toBeNull();
    go();
    const laptop = await signingIn;
    pass(60 * second);
    expect(await auth.api.listSessions({ headers: laptop })).toHaveLength(2);
    await auth.api.revokeOtherSessions({ headers: laptop });
    expect(await auth.api.getSession({ headers: phone })).toBeNull();
  });
});

describe('a session of which the record is damaged', () => {
  const open = async () => {
    const store = memoryStore();
    const auth = siteWith(betterAuthStorage(store));
    await auth.api.signUpEmail({ body: { ...account, name: 'Alice' } });
    const { token } = await auth.api.signInEmail({ body: account });
    const [own, other] = [await signIn(auth), await signIn(auth)];
    await store.put(physicalOf(token), 'damage');
    return { auth, own, other };
  };

  it('keeps nobody from signing in anew, or out', async () => {
    const { auth, own, other } = await open();
    expect((await auth.api.getSession({ headers: await signIn(auth) }))?.user.email).toBe(account.email);
    await auth.api.signOut({ headers: own });
    expect(await auth.api.getSession({ headers: own })).toBeNull();
    expect(await auth.api.getSession({ headers: other })).not.toBeNull();
  });

  it.each<[string, (auth: ReturnType<typeof siteWith>, headers: Headers) => Promise<unknown>]>([
    ['everywhere', (auth, headers) => auth.api.revokeSessions({ headers })],
    [
      'everywhere by a new password',
      (auth, headers) => {
        const passwords = { currentPassword: account.password, newPassword: 'another battery horse' };
        return auth.api.changePassword({ headers, body: { ...passwords, revokeOtherSessions: true } });
      },
    ],
  ])('is signed out with all others %s', async (_, signOut) => {
    const { auth, own, other } = await open();
    await signOut(auth, own);
    for (const headers of [own, other]) expect(await auth.api.getSession({ headers })).toBeNull();
  });
});

describe('a sign-out under better-auth', () => {
  it('that loses any one call of the store is a sign-out', async () => {
    const memory = memoryStore();
    let passing = Number.POSITIVE_INFINITY;
    const store = withFaults(memory, {
      decide: () => {
        passing -= 1;
        return passing === -1 ? 'lost-request' : undefined;
      },
    });
    const auth = siteWith(betterAuthStorage(store));
    await auth.api.signUpEmail({ body: { ...account, name: 'Alice' } });
    let isFaulty = true;
    for (let position = 0; isFaulty; position += 1) {
      const headers = await signIn(auth);
      passing = position;
      await auth.api.signOut({ headers });
      isFaulty = passing < 0;
      passing = Number.POSITIVE_INFINITY;
      expect(await auth.api.getSession({ headers })).toBeNull();
    }
  });
});

describe('the storage', () => {
  it('keeps values for their time, and none for ever by mistake', async () => {
    const clock = new FakeClock();
    const storage = betterAuthStorage(memoryStore({ clock }), { clock });
    expect(await storage.get('key')).toBeNull();
    await storage.set('key', 'value', 10);
    await storage.set('lasting', 'value');
    await clock.advance(9_999);
    expect(await storage.get('key')).toBe('value');
    await clock.advance(1);
    expect(await storage.get('key')).toBeNull();
    expect(await storage.get('lasting')).toBe('value');
    await storage.set('lasting', 'value', 0);
    expect(await storage.get('lasting')).toBeNull();
    await expect(storage.set('key', 'value', Number.NaN)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('does not bring a deleted session back, but everything else', async () => {
    const clock = new FakeClock();
    const storage = betterAuthStorage(memoryStore({ clock }), { clock });
    for (const key of [token('a'), 'verification:reset']) {
      await storage.set(key, 'first', 3_600);
      await storage.delete(key);
      await storage.delete(key);
      await storage.set(key, 'second', 3_600);
    }
    expect(await storage.get(token('a'))).toBeNull();
    expect(await storage.get('verification:reset')).toBe('second');
    await clock.advance(hour - second);
    await storage.set(token('a'), 'third', 3_600);
    expect(await storage.get(token('a'))).toBeNull();
  });

  it('a session that is deleted before it was written is not written', async () => {
    const storage = betterAuthStorage(memoryStore());
    await storage.delete(token('a'));
    await storage.set(token('a'), 'late', 3_600);
    expect(await storage.get(token('a'))).toBeNull();
    expect(await storage.getAndDelete(token('a'))).toBeNull();
  });

  it('merges lists: only what was deleted leaves them', async () => {
    const storage = betterAuthStorage(memoryStore());
    const key = 'active-sessions-user';
    const listed = async (): Promise<string> =>
      (JSON.parse((await storage.get(key)) ?? '[]') as { token: string }[])
        .map(({ token }) => token[0])
        .sort()
        .join('');
    await Promise.all([storage.set(key, listOf('a'), 3_600), storage.set(key, listOf('b'), 3_600)]);
    expect(await listed()).toBe('ab');
    await storage.set(key, listOf('b', 'c'), 3_600);
    expect(await listed()).toBe('abc');
    await storage.delete(token('a'));
    await storage.set(key, listOf('a', 'b'), 3_600);
    expect(await listed()).toBe('bc');
    for (const letter of ['b', 'c']) await storage.delete(token(letter));
    await storage.delete(key);
    expect(await storage.get(key)).toBeNull();
    await storage.delete(key);
    await storage.set(key, 'no list', 3_600);
    await storage.set(key, '7', 3_600);
    expect(await storage.get(key)).toBeNull();
  });

  it('keeps the later time of each session in a list, and none that is over by its time', async () => {
    const clock = new FakeClock();
    const storage = betterAuthStorage(memoryStore({ clock }), { clock });
    const key = 'active-sessions-user';
    const now = clock.now();
    const list = (...entries: [letter: string, lastingMs: number][]) =>
      entries.map(([letter, lastingMs]) => ({ token: token(letter), expiresAt: now + lastingMs }));
    const write = (...entries: [letter: string, lastingMs: number][]): Promise<void> =>
      storage.set(key, JSON.stringify(list(...entries)), 60);
    const read = async (): Promise<unknown> => JSON.parse((await storage.get(key)) ?? '[]');
    await write(['a', hour], ['b', minute]);
    await write(['a', minute], ['b', 2 * hour], ['c', second]);
    expect(await read()).toEqual(list(['c', second], ['a', hour], ['b', 2 * hour]));
    await clock.advance(second);
    await write(['c', second], ['d', second]);
    expect(await read()).toEqual(list(['a', hour], ['b', 2 * hour]));
    await storage.delete(token('a'));
    await write(['a', 2 * hour]);
    expect(await read()).toEqual(list(['b', 2 * hour]));
    await clock.advance(2 * hour - second);
    expect(await read()).toEqual([]);
  });

  it('gives a value to one of those that take it', async () => {
    const storage = betterAuthStorage(memoryStore());
    await storage.set('code', '123456', 60);
    const taken = await Promise.all(times(5, () => storage.getAndDelete('code')));
    expect(taken.filter((value) => value !== null)).toEqual(['123456']);
  });

  it('counts up, keeps the time of the first, and starts anew after it', async () => {
    const clock = new FakeClock();
    const storage = betterAuthStorage(memoryStore({ clock }), { clock });
    expect(await Promise.all(times(3, () => storage.increment('ip', 10)))).toEqual([1, 2, 3]);
    await clock.advance(9_999);
    expect(await storage.increment('ip', 10)).toBe(4);
    await clock.advance(1);
    expect(await storage.increment('ip', 10)).toBe(1);
    await clock.advance(minute);
  });

  it('keeps nobody counted for longer where a clock is, or was, ahead', async () => {
    const clock = new FakeClock();
    const storage = betterAuthStorage(memoryStore({ clock }), { clock });
    clock.jumpWallClock(hour);
    expect(await storage.increment('ip', 10)).toBe(1);
    clock.jumpWallClock(-hour);
    expect(await storage.increment('ip', 10)).toBe(2);
    await clock.advance(9_999);
    expect(await storage.increment('ip', 10)).toBe(3);
    await clock.advance(10_000);
    expect(await storage.increment('ip', 10)).toBe(1);
    await clock.advance(minute);
  });

  it('reads again until its time is over, unless that is of no use', async () => {
    const clock = new FakeClock();
    const store = withFaults(memoryStore({ clock }), { clock, decide: () => 'lost-request' });
    const storage = betterAuthStorage(store, { clock, deadlineMs: 1_000 });
    const beganAt = clock.monotonic();
    await expect(clock.run(storage.get('key'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const waitedMs = clock.monotonic() - beganAt;
    expect(waitedMs).toBeGreaterThan(800);
    expect(waitedMs).toBeLessThanOrEqual(1_000);
    const refusing = memoryStore({ clock });
    Object.assign(refusing, { find: undefined, get: () => Promise.reject(new UnsupportedError('no')) });
    await expect(betterAuthStorage(refusing, { clock }).get('key')).rejects.toThrow('no');
  });

  it('counts only what is a count, and keeps one that has no end', async () => {
    const storage = betterAuthStorage(memoryStore());
    for (const text of ['text', '', ' ', '1e3', '0x10', '1.5', '-5', 'Infinity', '9007199254740993']) {
      await storage.set('key', text);
      const increment = storage.increment('key', 10);
      await expect(increment).rejects.toThrow('value under the key is "text"');
      await expect(increment).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(await storage.get('key')).toBe(text);
    }
    await storage.set('lasting', '5');
    expect(await storage.increment('lasting', 10)).toBe(6);
    expect(await storage.get('lasting')).toBe('6');
    for (const ttl of [0, -1, undefined, Number.NaN]) {
      await expect(storage.increment('other', ttl as number)).rejects.toThrow(`ttl is ${ttl}`);
    }
  });

  it.each(['damage', 'norikv:2 {}\n{}'])(
    'ends what cannot be read, for ever if it is a session: %j',
    async (text) => {
      for (const end of [
        (storage: BetterAuthStorage, key: string) => storage.delete(key),
        (storage: BetterAuthStorage, key: string) => storage.set(key, 'value', 0),
      ]) {
        const store = memoryStore();
        const storage = betterAuthStorage(store);
        for (const key of [token('a'), 'verification:reset']) {
          await store.put(physicalOf(key), text);
          await expect(storage.get(key)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
          await Promise.all([end(storage, key), end(betterAuthStorage(store), key)]);
          expect(await storage.get(key)).toBeNull();
          await storage.set(key, 'late', 3_600);
        }
        expect(await storage.get(token('a'))).toBeNull();
        expect(await storage.get('verification:reset')).toBe('late');
      }
    },
  );

  it('ends nothing where the store does not answer, also of what cannot be read', async () => {
    const memory = memoryStore();
    await memory.put(physicalOf(token('a')), 'damage');
    const store = withFaults(memory, {
      decide: ({ operation }) => (operation === 'put' ? 'lost-request' : undefined),
    });
    await expect(betterAuthStorage(store).delete(token('a'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(bytesToString((await memory.get(physicalOf(token('a')))).value)).toBe('damage');
  });

  it('ends nothing but what could not be read by a copy of that call which comes late', async () => {
    const store = memoryStore();
    const storage = betterAuthStorage(store);
    await store.put(physicalOf('key'), 'damage');
    const put = store.put.bind(store);
    const copies: (() => Promise<unknown>)[] = [];
    Object.assign(store, {
      put: (...args: Parameters<typeof put>) => {
        copies.push(() => put(...args));
        return put(...args);
      },
    });
    await storage.delete('key');
    await storage.set('key', 'later');
    expect(copies.length).toBeGreaterThan(1);
    // What is left of an ended value may have expired by then, and the later one was created.
    const refused = { code: expect.stringMatching(/^(VERSION_MISMATCH|ALREADY_EXISTS)$/) };
    for (const deliver of copies) await expect(deliver()).rejects.toMatchObject(refused);
    expect(await storage.get('key')).toBe('later');
  });

  it('ends a damaged session for ever, also where somebody else who ends it gets no further', async () => {
    const memory = memoryStore();
    const storage = betterAuthStorage(memory);
    await memory.put(physicalOf(token('a')), 'damage');
    let isDown = false;
    let looks = 0;
    const faulty = withFaults(memory, { decide: () => (isDown ? 'lost-request' : undefined) });
    const { find, put } = faulty;
    Object.assign(faulty, {
      find: async (...args: Parameters<NonNullable<typeof find>>) => {
        looks += 1;
        if (looks === 2) await storage.delete(token('a'));
        return find?.apply(faulty, args);
      },
      put: async (...args: Parameters<typeof put>) => {
        const version = await put.apply(faulty, args);
        isDown = true;
        return version;
      },
    });
    await expect(betterAuthStorage(faulty, { deadlineMs: 50 }).delete(token('a'))).rejects.toThrow();
    expect([looks >= 2, isDown]).toEqual([true, true]);
    await storage.set(token('a'), 'late', 3_600);
    expect(await storage.get(token('a'))).toBeNull();
  });

  it('has ended what cannot be read where somebody removes it meanwhile', async () => {
    const memory = memoryStore();
    await memory.put(physicalOf('key'), 'damage');
    const store = withFaults(memory, {});
    const { find } = store;
    let looks = 0;
    Object.assign(store, {
      find: async (...args: Parameters<NonNullable<typeof find>>) => {
        looks += 1;
        if (looks === 2) await memory.delete(args[0]);
        return find?.apply(store, args);
      },
    });
    await betterAuthStorage(store).delete('key');
    expect(await memory.find?.(physicalOf('key'))).toBeNull();
  });

  it('does not take a list that cannot be read for an empty one', async () => {
    const store = memoryStore();
    const storage = betterAuthStorage(store);
    const key = 'active-sessions-user';
    await store.put(physicalOf(key), 'damage');
    for (const call of [
      () => storage.get(key),
      () => storage.set(key, listOf('a'), 3_600),
      () => storage.delete(key),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'CORRUPT_RECORD', key: physicalOf(key) });
    }
    expect(bytesToString((await store.get(physicalOf(key))).value)).toBe('damage');
  });

  it('refuses a store without the guarantees, and records of others', async () => {
    expect(() => betterAuthStorage(createMemoryStore())).toThrow('durableAck');
    const store = memoryStore();
    const storage = betterAuthStorage(store);
    await storage.set('key', 'value');
    const put = store.put.bind(store);
    let physical = '';
    Object.assign(store, {
      put: (...args: Parameters<typeof put>) => {
        physical = String(args[0]);
        return put(...args);
      },
    });
    await storage.set('key', 'other');
    expect(physical).not.toContain('key');
    for (const text of ['[]', '{}', '{"value":1}', '{"expiresAt":-1}', 'x']) {
      await put(physical, text);
      await expect(storage.get('key')).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    }
  });
});
