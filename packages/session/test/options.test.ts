import { find, type KvStore, systemClock, UnavailableError } from '@norikv/store';
import { FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { betterAuthStorage } from '../src/better-auth.js';
import { NoriKVSessionStore } from '../src/express-session.js';
import {
  type CreateOptions,
  type Profile,
  type SessionEvent,
  SessionManager,
  type StandardSchema,
} from '../src/index.js';
import { memoryStore } from './engines.js';
import { hour } from './world.js';

const wrong = [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e17, '5', null, {}];

const wrongOptions: readonly (readonly [options: object, message: string])[] = [
  ...['absoluteMs', 'maxSessions', 'maxDataBytes', 'deadlineMs'].flatMap((name) =>
    wrong.map((value) => [{ [name]: value }, name] as const),
  ),
  [{ absoluteMs: 999 }, 'absoluteMs is 999; use at least ttlMs, which is 1000'],
  [{ maxSessions: 1_001 }, 'maxSessions'],
  [{ maxDataBytes: 1_000_001 }, 'maxDataBytes'],
  [{ whenFull: 'ignore' }, 'whenFull is "ignore"; use "evict-oldest" or "refuse"'],
  [{ prefix: '' }, 'prefix is ""'],
  [{ prefix: 'a b' }, 'prefix is "a b"'],
  [{ prefix: 'x'.repeat(65) }, 'prefix'],
  [{ prefix: {} }, 'prefix is [object Object]'],
  [{ idleMs: 5 }, 'an option is "idleMs"; use schema, prefix, '],
  [{ schema: {} }, 'schema is [object Object]; use a schema'],
  [{ schema: null }, 'schema is null'],
  [{ clock: 5 }, 'clock is 5'],
  [{ clock: null }, 'clock is null'],
  [{ clock: {} }, 'clock.now is undefined; use a function'],
  [{ clock: { ...systemClock, startTimer: 5 } }, 'clock.startTimer is 5; use a function'],
  [{ now: () => 0 }, 'an option is "now"; use schema, prefix, '],
  [{ ttlMs: 5 }, 'an option is "ttlMs"; use schema, prefix, '],
  [{ onEvent: null }, 'onEvent is null; use a function'],
  [{ onEvent: 'log' }, 'onEvent is "log"'],
  [{ random: 5 }, 'random is 5; use a function'],
];

describe('options', () => {
  it.each(wrong)('ttlMs %o is refused', (value) => {
    expect(() => new SessionManager(memoryStore(), value as number)).toThrow(/^ttlMs is/);
  });

  it.each(wrongOptions)('%o is refused', (options, message) => {
    expect(() => new SessionManager(memoryStore(), 1_000, options)).toThrow(message);
  });

  it.each([null, 5, 'x'])('%j is refused in place of them', (options) => {
    const given = options as unknown as object;
    expect(() => new SessionManager(memoryStore(), 1_000, given)).toThrow(/^options is/);
    expect(() => new NoriKVSessionStore(memoryStore(), given)).toThrow(/^options is/);
    expect(() => betterAuthStorage(memoryStore(), given)).toThrow(/^options is/);
  });

  it('that a store or storage does not have are refused, with those that it has', () => {
    const store = memoryStore();
    const named = (option: string): object => ({ [option]: () => {} });
    expect(() => new NoriKVSessionStore(store, named('schema'))).toThrow(
      'an option is "schema"; use ttlMs, userIdOf, prefix, ',
    );
    expect(() => betterAuthStorage(store, named('onEvent'))).toThrow(
      'an option is "onEvent"; use prefix, deadlineMs, unsafeAllowNonAtomicCas, clock, random',
    );
  });

  it.each([null, 'userId'])('userIdOf %j is refused', (userIdOf) => {
    const options = { userIdOf: userIdOf as unknown as () => string };
    expect(() => new NoriKVSessionStore(memoryStore(), options)).toThrow('userIdOf is');
  });

  it.each([0, 5, true, null, [0]])('%j is no place for a generation', async (options) => {
    const sessions = new SessionManager(memoryStore());
    await sessions.revokeAll('u');
    const create = sessions.create('u', 'u@example.com', [], options as unknown as CreateOptions);
    await expect(create).rejects.toThrow('options is');
    expect(await sessions.list('u')).toEqual([]);
  });

  it.each([null, 5])('%j is refused as options of regenerate', async (options) => {
    const sessions = new SessionManager(memoryStore());
    const id = await sessions.create('u', 'u@example.com', []);
    await expect(sessions.regenerate(id, options as unknown as object)).rejects.toThrow(
      'options of regenerate is',
    );
    expect(await sessions.validate(id)).toBe(true);
  });

  it('a value of better-auth that is no text is refused, not stored as what cannot be read', async () => {
    const storage = betterAuthStorage(memoryStore());
    await storage.set('key', 'text', 60);
    await expect(storage.set('key', 5 as unknown as string, 60)).rejects.toThrow('value is 5');
    expect(await storage.get('key')).toBe('text');
  });

  it('a session that is damaged does not keep its user from signing in', async () => {
    const store = memoryStore();
    const sessions = new SessionManager(store, hour, { maxSessions: 2, clock: new FakeClock() });
    const [damaged, other] = [await sessions.create('u', 'u@x', []), await sessions.create('u', 'u@x', [])];
    await store.put(`session:id:${await sessions.handleOf(damaged)}`, 'damage');
    const id = await sessions.create('u', 'u@x', []);
    expect(await Promise.all([id, other].map((each) => sessions.validate(each)))).toEqual([true, true]);
    await expect(sessions.get(damaged)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  });

  it('a session that is damaged is left out of the list, told, and removed by a log-out', async () => {
    const store = memoryStore();
    const events: SessionEvent[] = [];
    const sessions = new SessionManager(store, hour, { onEvent: (event) => events.push(event) });
    const [damaged, other] = [await sessions.create('u', 'u@x', []), await sessions.create('u', 'u@x', [])];
    const handle = (await sessions.handleOf(damaged)) ?? '';
    const key = `session:id:${handle}`;
    const sound = await store.find(key);
    await store.put(key, 'damage');
    expect((await sessions.list('u')).map((each) => each.handle)).toEqual([await sessions.handleOf(other)]);
    expect(events.at(-1)).toMatchObject({ kind: 'unreadable', handle, error: { code: 'CORRUPT_RECORD' } });
    expect(await sessions.destroy(damaged)).toBe(true);
    expect(await store.find(key)).toBeNull();
    expect(await sessions.destroy(damaged)).toBe(false);
    // And one that somebody mended, but its user logged out everywhere.
    await store.put(key, sound?.value ?? '');
    expect(await sessions.revoke('u', handle)).toBe(true);
    expect(await sessions.validate(damaged)).toBe(false);
  });

  it('a log-out from a damaged session that the store does not answer throws, and can be repeated', async () => {
    const store = memoryStore();
    const sessions = new SessionManager(store);
    const id = await sessions.create('u', 'u@x', []);
    await store.put(`session:id:${await sessions.handleOf(id)}`, 'damage');
    const remove = store.delete;
    store.delete = () => Promise.reject(new UnavailableError('away'));
    await expect(sessions.destroy(id)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    store.delete = remove;
    expect(await sessions.destroy(id)).toBe(true);
    expect(await sessions.validate(id)).toBe(false);
  });

  it('a session that does not fit a narrower schema is left out of the list, told, and can be revoked', async () => {
    const store = memoryStore();
    const events: SessionEvent[] = [];
    const narrow: StandardSchema<Profile> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          Object(value).email === 'new@x'
            ? { value: value as Profile }
            : { issues: [{ message: 'use new@x', path: ['email'] }] },
      },
    };
    const before = new SessionManager(store, hour);
    const now = new SessionManager(store, hour, { schema: narrow, onEvent: (event) => events.push(event) });
    const old = await before.create('u', 'old@x', []);
    await now.create('u', 'new@x', []);
    expect((await now.list('u')).map(({ session }) => session.email)).toEqual(['new@x']);
    const handle = (await before.handleOf(old)) ?? '';
    expect(events.at(-1)).toMatchObject({ kind: 'unreadable', handle, error: { code: 'SESSION_DATA' } });
    expect(await now.revoke('u', handle)).toBe(true);
    expect(await before.validate(old)).toBe(false);
  });

  it('a schema that answers later fails a list, as it fails all else', async () => {
    const store = memoryStore();
    await new SessionManager(store, hour).create('u', 'u@x', []);
    const validate = async (value: unknown) => ({ value: value as Profile });
    const later: StandardSchema<Profile> = { '~standard': { version: 1, vendor: 'test', validate } };
    const sessions = new SessionManager(store, hour, { schema: later });
    await expect(sessions.list('u')).rejects.toThrow('The schema returned a promise');
  });

  it('a session that cannot be read for now is not taken for damaged', async () => {
    const store = memoryStore();
    let isAway = false;
    const client: KvStore = {
      ...store,
      find: async (key, options) => {
        if (isAway && String(key).includes(':id:')) throw new UnavailableError('away');
        return find(store, key, options);
      },
    };
    const sessions = new SessionManager(client, hour, { maxSessions: 1 });
    const id = await sessions.create('u', 'u@x', []);
    isAway = true;
    await expect(sessions.create('u', 'u@x', [])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    isAway = false;
    expect(await sessions.validate(id)).toBe(true);
  });

  it('undefined ones are defaults', () => {
    new SessionManager(memoryStore(), undefined, {
      prefix: undefined,
      absoluteMs: undefined,
      schema: undefined,
    });
  });

  it('an idle time longer than twelve hours is its own absolute time', () => {
    new SessionManager(memoryStore(), 7 * 86_400_000);
  });

  it('prefixes keep managers apart', async () => {
    const store = memoryStore();
    const [one, two] = ['a', 'b'].map((prefix) => new SessionManager(store, 1_000, { prefix }));
    const id = await one?.create('user', 'a@example.com', []);
    expect(await one?.validate(id)).toBe(true);
    expect(await two?.validate(id)).toBe(false);
    expect(await two?.list('user')).toEqual([]);
  });
});

describe('arguments', () => {
  const sessions = new SessionManager(memoryStore());

  it.each(['', undefined, null, 7, {}, '\ud800', 'x'.repeat(257)])(
    'the user id %o is refused',
    async (value) => {
      const userId = value as string;
      for (const call of [
        () => sessions.create(userId, 'a@example.com', []),
        () => sessions.list(userId),
        () => sessions.revoke(userId, 'handle'),
        () => sessions.revokeAll(userId),
        () => sessions.generation(userId),
      ]) {
        await expect(call()).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining('userId is'),
        });
      }
    },
  );

  it.each([
    [{ ttlMs: 0 }, 'ttlMs'],
    [{ absoluteMs: 1 }, 'absoluteMs'],
    [{ generation: -1 }, 'generation'],
    [{ ttl: 5 }, 'an option is "ttl"'],
  ])('a session with %o is refused', async (options, message) => {
    await expect(sessions.create('user', 'a@example.com', [], options as CreateOptions)).rejects.toThrow(
      message,
    );
  });

  it('a change that is no function is refused', async () => {
    await expect(sessions.update('', 5 as never)).rejects.toThrow('updateFn is 5; use a function');
  });

  it.each([-1, 60_001, Number.NaN, '5'])('an overlap of %o is refused', async (value) => {
    const id = await sessions.create('user', 'a@example.com', []);
    await expect(sessions.regenerate(id, { overlapMs: value as number })).rejects.toThrow('overlapMs is');
    expect(await sessions.validate(id)).toBe(true);
  });
});
