import { InvalidArgumentError, type Key, type KvStore, UnavailableError } from '@norikv/store';
import { countCalls, FakeClock, type MemoryStore, withLyingServer } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type Callback, NoriKVSessionStore } from '../src/express-session.js';
import { NoriKVFastifySessionStore } from '../src/fastify-session.js';
import {
  createSessionId,
  type SessionEvent,
  SessionManager,
  type SessionManagerOptions,
  type StandardSchema,
} from '../src/index.js';
import { hashOf } from '../src/session-id.js';
import { type WebSession, type WebSessionOptions, WebSessions } from '../src/web-sessions.js';
import { memoryStore } from './engines.js';
import { describeOnEngines, hour, minute, type World } from './world.js';

interface Stored extends WebSession {
  readonly userId?: string | undefined;
  readonly visits?: number;
}

const day = 24 * hour;
const browser = { originalMaxAge: null, expires: null };

function sessionsIn(
  { store, clock }: Pick<World, 'store' | 'clock'>,
  options: WebSessionOptions<Stored> = {},
): WebSessions<Stored> {
  const userIdOf = ({ userId }: Stored): string | undefined => userId;
  return new WebSessions<Stored>(store, { clock, userIdOf, ...options }, 'test');
}

describeOnEngines('sessions of a web framework', (open) => {
  it('are saved, found, touched and ended', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = sessionsIn(world);
    const cookie = { originalMaxAge: hour, expires: new Date(clock.now() + hour) };
    expect(await sessions.find('sid')).toBeUndefined();
    await sessions.save('sid', { cookie, visits: 1 }, false);
    const found = await sessions.find('sid');
    const data = { cookie: { originalMaxAge: hour, expires: cookie.expires.toJSON() }, visits: 1 };
    expect(found?.session).toMatchObject({ idleMs: hour, data });
    store.reset();
    await sessions.touch('sid', { cookie }, found?.session);
    expect(store.calls.total).toBe(0);
    for (let count = 0; count < 4; count += 1) {
      await clock.advance(50 * minute);
      await sessions.touch(
        'sid',
        { cookie: { ...cookie, expires: new Date(clock.now() + hour) } },
        found?.session,
      );
      expect((await sessions.find('sid'))?.session.data).toMatchObject({ visits: 1 });
    }
    await sessions.end('sid');
    expect(await sessions.find('sid')).toBeUndefined();
    await sessions.save('sid', { cookie: browser, visits: 2 }, false);
    await sessions.touch('sid', { cookie: browser }, undefined);
    expect(await sessions.find('sid')).toBeUndefined();
  });

  it('are told of as created once, and as ended once, with and without a user', async () => {
    await using world = await open();
    for (const userId of [undefined, 'alice']) {
      const events: SessionEvent[] = [];
      const sessions = sessionsIn(world, { onEvent: (event) => void events.push(event) });
      const sid = `sid of ${userId}`;
      for (const visits of [1, 2]) await sessions.save(sid, { cookie: browser, userId, visits }, false);
      for (const _ of [1, 2]) await sessions.end(sid);
      await sessions.save(sid, { cookie: browser, userId, visits: 3 }, false);
      const handle = hashOf(sid);
      expect(events).toEqual([
        { kind: 'created', handle, userId },
        { kind: 'ended', handle, userId, reason: 'destroyed' },
      ]);
    }
  });

  it('that two processes begin at once are created once', async () => {
    await using world = await open();
    const events: SessionEvent[] = [];
    const onEvent = (event: SessionEvent): void => void events.push(event);
    const begin = { cookie: browser, userId: 'alice' };
    await Promise.all(
      [1, 2].map((visits) =>
        sessionsIn({ clock: world.clock, store: countCalls(world.store) }, { onEvent }).save(
          'sid',
          { ...begin, visits },
          false,
        ),
      ),
    );
    expect(events).toEqual([{ kind: 'created', handle: hashOf('sid'), userId: 'alice' }]);
  });

  it('are saved with one write once their user names them', async () => {
    await using world = await open();
    const sessions = sessionsIn(world);
    const session = { cookie: browser, userId: 'alice' };
    await sessions.save('sid', { ...session, visits: 1 }, false);
    world.store.reset();
    await sessions.save('sid', { ...session, visits: 2 }, true);
    expect(world.store.calls.put).toBe(1);
  });

  it('live as long as their cookie, or a day', async () => {
    await using world = await open();
    const { clock } = world;
    const sessions = sessionsIn(world);
    await sessions.save('browser', { cookie: browser }, false);
    await sessions.save('none', {} as Stored, false);
    await sessions.save('fixed', { cookie: { expires: new Date(clock.now() + hour).toJSON() } }, false);
    await sessions.save(
      'long',
      { cookie: { originalMaxAge: 90 * day, expires: new Date(clock.now() + day) } },
      false,
    );
    await clock.advance(hour);
    expect(await sessions.find('fixed')).toBeUndefined();
    await clock.advance(day - hour - 1);
    expect(await sessions.find('browser')).toBeDefined();
    expect(await sessions.find('none')).toBeDefined();
    await clock.advance(1);
    expect(await sessions.find('browser')).toBeUndefined();
    expect(await sessions.find('long')).toBeDefined();
  });

  it.each<[string, WebSession['cookie']]>([
    ['its date', { originalMaxAge: null, expires: new Date('9999-12-31') }],
    ['its age', { originalMaxAge: 1e15, expires: new Date(8.64e15) }],
  ])('live for ten years if their cookie, by %s, lasts longer', async (_name, cookie) => {
    await using world = await open();
    const sessions = sessionsIn(world);
    await sessions.save('sid', { cookie, visits: 1 }, false);
    await sessions.save('sid', { cookie, visits: 2 }, true);
    const found = await sessions.find('sid');
    const tenYears = 10 * 366 * day;
    const expiresAt = world.clock.now() + tenYears;
    expect(found?.session).toMatchObject({ idleMs: tenYears, expiresAt, data: { visits: 2 } });
    await sessions.touch('sid', { cookie }, found?.session);
  });

  it('end when they are saved or touched with a cookie that has expired', async () => {
    await using world = await open();
    const { clock } = world;
    const sessions = sessionsIn(world);
    const expired = { cookie: { expires: new Date(clock.now() - 1) } };
    for (const sid of ['saved', 'touched']) await sessions.save(sid, { cookie: browser }, false);
    await sessions.save('saved', expired, true);
    await sessions.touch('touched', expired, undefined);
    expect(await sessions.find('saved')).toBeUndefined();
    expect(await sessions.find('touched')).toBeUndefined();
  });

  it('take a new idle time from their cookie', async () => {
    await using world = await open();
    const { clock } = world;
    const sessions = sessionsIn(world);
    const cookieFor = (ms: number) => ({ originalMaxAge: ms, expires: new Date(clock.now() + ms) });
    await sessions.save('sid', { cookie: cookieFor(minute), userId: 'alice' }, false);
    const found = await sessions.find('sid');
    await sessions.touch('sid', { cookie: cookieFor(hour) }, found?.session);
    await clock.advance(hour - 1);
    expect(await sessions.find('sid')).toBeDefined();
    await sessions.save('sid', { cookie: cookieFor(30 * day), userId: 'alice' }, true);
    await clock.advance(29 * day);
    expect(await sessions.find('sid')).toBeDefined();
  });

  it.each([undefined, 'alice'])('of %s last longer once only their cookie does', async (userId) => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = sessionsIn(world);
    const manager = new SessionManager(store, day, { clock });
    const cookieFor = (ms: number) => ({ originalMaxAge: ms, expires: new Date(clock.now() + ms) });
    await sessions.save('sid', { cookie: cookieFor(hour), userId, visits: 1 }, false);
    const found = await sessions.find('sid');
    await sessions.save('sid', { cookie: cookieFor(hour), userId, visits: 2 }, true);
    await sessions.touch('sid', { cookie: cookieFor(30 * day), userId }, found?.session);
    for (const passed of [2, 27]) {
      await clock.advance(passed * day);
      await manager.create('alice', 'a@example.com', []);
      const data = { cookie: { originalMaxAge: 30 * day }, visits: 2 };
      expect((await sessions.find('sid'))?.session.data).toMatchObject(data);
    }
    await clock.advance(2 * day);
    expect(await sessions.find('sid')).toBeUndefined();
  });

  it.each([undefined, 'alice'])(
    'of %s go on where their cookie becomes shorter, as long as one that begins with it',
    async (userId) => {
      await using world = await open();
      const { clock } = world;
      const sessions = sessionsIn(world);
      const cookieFor = (ms: number) => ({ originalMaxAge: ms, expires: new Date(clock.now() + ms) });
      for (const sid of ['saved', 'touched'])
        await sessions.save(sid, { cookie: cookieFor(30 * day), userId, visits: 1 }, false);
      await clock.advance(10 * day);
      const saved = { cookie: cookieFor(hour), userId, visits: 2 };
      await sessions.save('saved', saved, true);
      const touched = await sessions.find('touched');
      await sessions.touch('touched', { cookie: cookieFor(hour), userId }, touched?.session);
      const expiresAt = clock.now() + day;
      for (let hours = 0; hours < 24; hours += 0.5) {
        for (const sid of ['saved', 'touched']) {
          const found = await sessions.find(sid);
          const data = { visits: sid === 'saved' ? 2 : 1, cookie: { originalMaxAge: hour } };
          expect(found?.session).toMatchObject({ idleMs: hour, expiresAt, data });
          const cookie = cookieFor(hour);
          await sessions.touch(sid, { cookie, userId }, found?.session);
          if (hours % 6 === 1) await sessions.save(sid, { ...data, userId, cookie }, true);
        }
        await clock.advance(hour / 2);
      }
      for (const sid of ['saved', 'touched']) expect(await sessions.find(sid)).toBeUndefined();
    },
  );

  it("that say of whom they are later than they begin are their users' once they are in use", async () => {
    await using world = await open();
    const { store, clock } = world;
    const manager = new SessionManager<object>(store, day, { clock });
    const stored = { cookie: browser, userId: 'alice', visits: 1 };
    await sessionsIn(world, { userIdOf: () => undefined }).save('sid', stored, false);
    await clock.advance(minute);
    const first = await sessionsIn(world).find('sid');
    for (const [userId, sessions] of [
      ['alice', sessionsIn(world)],
      ['number 7', sessionsIn(world, { userIdOf: () => 'number 7' })],
    ] as const) {
      const found = await sessions.find('sid');
      await sessions.touch('sid', stored, found?.session);
      const { expiresAt } = first?.session ?? {};
      expect((await sessions.find('sid'))?.session).toMatchObject({ userId, expiresAt, data: { visits: 1 } });
      expect(await manager.list(userId)).toHaveLength(1);
    }
    expect(await manager.list('alice')).toEqual([]);
    await sessionsIn(world).touch('sid', stored, first?.session);
    expect(await manager.revokeAll('number 7')).toBe(1);
    await sessionsIn(world).touch('sid', stored, first?.session);
    expect(await manager.list('alice')).toEqual([]);
  });

  it('of which it cannot be said whose they are fail no request that does not change them', async () => {
    await using world = await open();
    const events: SessionEvent[] = [];
    const error = new Error('no user');
    const userIdOf = (): never => {
      throw error;
    };
    const sessions = sessionsIn(world, { userIdOf, onEvent: (event) => void events.push(event) });
    await sessionsIn(world).save('sid', { cookie: browser }, false);
    await sessions.touch('sid', { cookie: browser }, (await sessions.find('sid'))?.session);
    expect(events).toEqual([{ kind: 'upkeep-failed', error }]);
  });

  it('that are over stay over, also for a cookie that lasts longer', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = sessionsIn(world);
    const cookieFor = (ms: number) => ({ originalMaxAge: ms, expires: new Date(clock.now() + ms) });
    await sessions.save('sid', { cookie: cookieFor(hour), userId: 'alice' }, false);
    const found = await sessions.find('sid');
    await new SessionManager(store, day, { clock }).revokeAll('alice');
    await sessions.touch('sid', { cookie: cookieFor(30 * day) }, found?.session);
    expect(await sessions.find('sid')).toBeUndefined();
  });

  it('that were loaded are not made anew when they are over', async () => {
    await using world = await open();
    const { clock } = world;
    const sessions = sessionsIn(world, { ttlMs: minute });
    await sessions.save('sid', { cookie: browser }, false);
    await clock.advance(hour);
    await sessions.save('sid', { cookie: browser }, true);
    expect(await sessions.find('sid')).toBeUndefined();
  });

  it('know their user from the moment somebody signs in, until nobody is', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = sessionsIn(world);
    const manager = new SessionManager(store, day, { clock });
    const count = async (): Promise<number[]> => [
      (await manager.list('alice')).length,
      (await manager.list('bob')).length,
    ];
    await sessions.save('sid', { cookie: browser }, false);
    expect(await count()).toEqual([0, 0]);
    await sessions.save('sid', { cookie: browser, userId: 'alice' }, true);
    expect(await count()).toEqual([1, 0]);
    await sessions.save('sid', { cookie: browser, userId: 'bob' }, true);
    expect(await count()).toEqual([0, 1]);
    await manager.revokeAll('alice');
    expect(await sessions.find('sid')).toBeDefined();
    await sessions.save('sid', { cookie: browser }, true);
    expect(await count()).toEqual([0, 0]);
    await manager.revokeAll('bob');
    expect(await sessions.find('sid')).toBeDefined();
  });

  it('of nobody leave their room to the user they had', async () => {
    await using world = await open();
    const sessions = sessionsIn(world, { maxSessions: 1, whenFull: 'refuse' });
    await sessions.save('first', { cookie: browser, userId: 'alice' }, false);
    await sessions.save('first', { cookie: browser }, true);
    await sessions.save('second', { cookie: browser, userId: 'alice' }, false);
    expect(await sessions.find('second')).toBeDefined();
  });

  it('of a user that is logged out everywhere stay over, also for a cookie that now lasts longer', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = sessionsIn(world);
    await sessions.save('sid', { cookie: browser, userId: 'alice' }, false);
    await new SessionManager(store, day, { clock }).revokeAll('alice');
    const cookie = { originalMaxAge: 90 * day, expires: new Date(clock.now() + 90 * day) };
    for (const mustExist of [true, false]) {
      await sessions.save('sid', { cookie, userId: 'alice' }, mustExist);
      expect(await sessions.find('sid')).toBeUndefined();
    }
  });

  it('two first saves of one session at once are one session', async () => {
    await using world = await open();
    const { store, clock } = world;
    const sessions = sessionsIn(world);
    const save = (visits: number) =>
      sessions.save('sid', { cookie: browser, userId: 'alice', visits }, false);
    await Promise.all([save(1), save(2)]);
    expect((await sessions.find('sid'))?.session.data).toMatchObject({ userId: 'alice' });
    expect(await new SessionManager(store, day, { clock }).list('alice')).toHaveLength(1);
  });
});

describe('a manager that changes a session of a web framework', () => {
  const content = { cookie: browser, userId: 'number 7', createdAt: 'monday', lastAccessedAt: null };
  const sid = createSessionId();
  /** Leaves out what it does not know. */
  const schemaOf = (...names: string[]): StandardSchema<object> => ({
    '~standard': {
      version: 1,
      vendor: 'test',
      validate(value) {
        const missing = names.filter((name) => !Object.hasOwn(Object(value), name));
        if (missing.length > 0)
          return { issues: missing.map((name) => ({ message: `${name} is required` })) };
        const known = Object.entries(Object(value)).filter(([name]) =>
          [...names, 'cookie', 'a'].includes(name),
        );
        return { value: Object.fromEntries(known) };
      },
    },
  });

  it.each<[string, SessionManagerOptions<object>]>([
    ['without a schema', {}],
    ['with one that requires them', { schema: schemaOf('userId', 'createdAt') }],
    ['with one that leaves them out', { schema: schemaOf() }],
  ])('leaves the data of it that have names of the facts, %s', async (_name, options) => {
    const store = memoryStore();
    const sessions = new WebSessions<typeof content>(store, { userIdOf: () => 'alice' }, 'test');
    await sessions.save(sid, content, false);
    const manager = new SessionManager(store, hour, options);
    expect(await manager.get(sid)).toMatchObject({ userId: 'alice', createdAt: expect.any(Number) });
    expect(await manager.update(sid, (session) => ({ ...session, a: 1 }))).toBe(true);
    expect((await sessions.find(sid))?.session.data).toEqual({ ...content, a: 1 });
    await expect(manager.update(sid, () => ({ userId: 'number 7' }))).rejects.toThrow('use "alice"');
  });
});

describe('a session that ends while it is saved for the first time', () => {
  const userIdOf = ({ userId }: Stored): string | undefined => userId;

  it.each([{ cookie: browser }, { cookie: browser, userId: 'alice' }])('stays over (%j)', async (session) => {
    const store = memoryStore();
    const sessions = new WebSessions<Stored>(store, { userIdOf }, 'test');
    const saves = [1, 2].map(() => sessions.save('sid', session, false));
    await Promise.all([...saves, sessions.end('sid'), sessions.save('sid', session, false)]);
    expect(await sessions.find('sid')).toBeUndefined();
    expect(await new SessionManager(store).list('alice')).toEqual([]);
  });

  it('stays over where that save fails, and one after it does not', async () => {
    const store = memoryStore();
    const sessions = new WebSessions<Stored>(store, { userIdOf }, 'test');
    const { put } = store;
    Object.assign(store, {
      put: async () => {
        Object.assign(store, { put });
        throw new InvalidArgumentError('no');
      },
    });
    const session = { cookie: browser, userId: 'alice' };
    const failing = sessions.save('sid', session, false);
    const ending = sessions.end('sid');
    const late = sessions.save('sid', session, false);
    await expect(failing).rejects.toThrow('no');
    await Promise.all([ending, late]);
    await sessions.save('sid', session, false);
    expect(await sessions.find('sid')).toBeUndefined();
  });
});

describe('logging out everywhere without tidying up', () => {
  const long = { originalMaxAge: 90 * day, expires: new Date(Date.now() + 90 * day) };
  const userIdOf = ({ userId }: Stored): string | undefined => userId;

  /** Ends all sessions of alice, and fails at what is left of them. */
  async function revokeAll(store: MemoryStore): Promise<void> {
    const failing: KvStore = {
      capabilities: store.capabilities,
      get: (...args) => store.get(...args),
      delete: (...args) => store.delete(...args),
      put: (...args) =>
        String(args[0]).includes(':id:')
          ? Promise.reject(new InvalidArgumentError('no'))
          : store.put(...args),
    };
    expect(await new SessionManager(failing).revokeAll('alice')).toBe(1);
  }

  it('keeps late requests out', async () => {
    const store = memoryStore();
    const sessions = new WebSessions<Stored>(store, { userIdOf }, 'test');
    await sessions.save('sid', { cookie: browser, userId: 'alice' }, false);
    await revokeAll(store);
    for (const cookie of [browser, long]) {
      await sessions.save('sid', { cookie, userId: 'alice' }, false);
      await sessions.touch('sid', { cookie, userId: 'alice' }, undefined);
      expect(await sessions.find('sid')).toBeUndefined();
    }
  });

  it('keeps a request out that it overtakes', async () => {
    const store = memoryStore();
    await new WebSessions<Stored>(store, { userIdOf }, 'test').save(
      'sid',
      { cookie: browser, userId: 'alice' },
      false,
    );
    let looks = 0;
    const overtaken: KvStore = {
      capabilities: store.capabilities,
      delete: (...args) => store.delete(...args),
      put: (...args) => store.put(...args),
      async get(...args) {
        const entry = await store.get(...args);
        looks += 1;
        if (looks === 2) await revokeAll(store);
        return entry;
      },
    };
    const sessions = new WebSessions<Stored>(overtaken, { userIdOf }, 'test');
    await sessions.save('sid', { cookie: long, userId: 'alice' }, true);
    expect(looks).toBeGreaterThan(2);
    expect(await sessions.find('sid')).toBeUndefined();
  });
});

describe('a store that expires late', () => {
  it('does not keep a session alive, and no write revives one', async () => {
    const clock = new FakeClock();
    const memory = memoryStore({ clock });
    const store = withLyingServer(memory, { ignores: ['ttlMs'], capabilities: memory.capabilities });
    const userIdOf = ({ userId }: Stored): string | undefined => userId;
    const sessions = new WebSessions<Stored>(store, { clock, ttlMs: hour, userIdOf }, 'test');
    for (const session of [{ cookie: browser }, { cookie: browser, userId: 'alice' }]) {
      const sid = session.userId ?? 'nobody';
      await sessions.save(sid, session, false);
      await clock.advance(hour);
      expect(await sessions.find(sid)).toBeUndefined();
      await sessions.touch(sid, session, undefined);
      for (const mustExist of [true, false]) await sessions.save(sid, session, mustExist);
      expect(await sessions.find(sid)).toBeUndefined();
    }
  });
});

describe('what is left of a session', () => {
  it('keeps late requests out for as long as the session could have been idle', async () => {
    const clock = new FakeClock();
    const sessions = new WebSessions<Stored>(memoryStore({ clock }), { clock }, 'test');
    const long = { cookie: { originalMaxAge: 2 * day, expires: new Date(clock.now() + 2 * day) } };
    const short = { cookie: { originalMaxAge: 1_000, expires: new Date(clock.now() + 1_000) } };
    await sessions.save('long', long, false);
    await sessions.save('short', short, false);
    for (const sid of ['long', 'short']) await sessions.end(sid);
    const lateSave = async (sid: string): Promise<boolean> => {
      await sessions.save(sid, { cookie: browser }, false);
      return (await sessions.find(sid)) !== undefined;
    };
    await clock.advance(5 * minute - 1);
    expect(await lateSave('short')).toBe(false);
    await clock.advance(2 * day - 5 * minute);
    expect(await lateSave('long')).toBe(false);
  });

  it('under a user it had before does not end it', async () => {
    const clock = new FakeClock();
    const store = memoryStore({ clock });
    const userIdOf = ({ userId }: Stored): string | undefined => userId;
    const sessions = new WebSessions<Stored>(store, { clock, userIdOf }, 'test');
    const manager = new SessionManager(store, day, { clock });
    await sessions.save('sid', { cookie: browser, userId: 'alice' }, false);
    const put = store.put.bind(store);
    const alice = `session:user:${hashOf('alice')}`;
    Object.assign(store, {
      put: (...args: Parameters<typeof put>) =>
        args[0] === alice ? Promise.reject(new InvalidArgumentError('no')) : put(...args),
    });
    await sessions.save('sid', { cookie: browser, userId: 'bob' }, true);
    Object.assign(store, { put });
    expect(await manager.list('alice')).toEqual([]);
    await manager.revokeAll('alice');
    expect(await sessions.find('sid')).toBeDefined();
    expect(await manager.list('bob')).toHaveLength(1);
  });
});

describe('wrong input and a store that does not answer', () => {
  it('an id that is none is refused before the store is asked', async () => {
    const clock = new FakeClock();
    const store = countCalls(memoryStore({ clock }));
    const sessions = new WebSessions<Stored>(store, { clock }, 'test');
    for (const sid of ['', 'x'.repeat(257), '\ud800', undefined, 7] as string[]) {
      expect(await sessions.find(sid)).toBeUndefined();
      await sessions.touch(sid, { cookie: browser }, undefined);
      await sessions.end(sid);
      await expect(sessions.save(sid, { cookie: browser }, false)).rejects.toThrow('session id');
    }
    expect(store.calls.total).toBe(0);
  });

  it('a user with too many sessions is told so, not that the store is away', async () => {
    const userIdOf = ({ userId }: Stored): string | undefined => userId;
    const options = { userIdOf, maxSessions: 1, whenFull: 'refuse' } as const;
    const sessions = new WebSessions<Stored>(memoryStore(), options, 'test');
    await sessions.save('one', { cookie: browser, userId: 'alice' }, false);
    const save = sessions.save('two', { cookie: browser, userId: 'alice' }, false);
    await expect(save).rejects.toMatchObject({ code: 'SESSION_LIMIT' });
    await sessions.touch('one', {} as Stored, undefined);
    expect(await sessions.find('one')).toBeDefined();
  });

  it('what is no session, or too large, is refused', async () => {
    const sessions = new WebSessions<Stored>(memoryStore(), { maxDataBytes: 100 }, 'test');
    const large = { cookie: browser, userId: 'x'.repeat(100) };
    await expect(sessions.save('sid', large, false)).rejects.toThrow('bytes long');
    await expect(sessions.save('sid', [] as unknown as Stored, false)).rejects.toThrow('no object');
    const noTime = { cookie: { originalMaxAge: -1, expires: new Date(8.64e15) } };
    await expect(sessions.save('sid', noTime, false)).rejects.toThrow('maxAge of the cookie is -1');
  });

  it('is told apart from nobody being signed in', async () => {
    const store = memoryStore();
    const sessions = new WebSessions<Stored>(store, { deadlineMs: 50 }, 'test');
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(store, { get: down, find: down, put: down });
    for (const call of [
      () => sessions.find('sid'),
      () => sessions.save('sid', { cookie: browser }, false),
      () => sessions.touch('sid', { cookie: browser }, undefined),
      () => sessions.end('sid'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'SESSION_UNAVAILABLE', statusCode: 503 });
    }
  });

  it('a sign-in whose first save was taken back is not called saved later', async () => {
    const store = memoryStore();
    const userIdOf = ({ userId }: Stored): string | undefined => userId;
    const sessions = new WebSessions<Stored>(store, { userIdOf, deadlineMs: 500 }, 'test');
    const signedIn = { cookie: browser, userId: 'alice' };
    const save = (): Promise<void> => sessions.save('sid', signedIn, false);
    const { find, get, put } = store;
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    const isSession = (key: Key): boolean => String(key).startsWith('session:id:');
    const lose = { find: (key: Key) => (isSession(key) ? down() : find.call(store, key)), get: down };
    Object.assign(store, {
      put: async (...args: Parameters<typeof put>) => {
        const version = await put.apply(store, args);
        if (!isSession(args[0])) return version;
        Object.assign(store, lose);
        return down();
      },
    });
    await expect(save()).rejects.toMatchObject({ code: 'SESSION_UNAVAILABLE' });
    Object.assign(store, { find, get, put });
    await expect(save()).rejects.toThrow('taken back');
    expect(await sessions.find('sid')).toBeUndefined();
    await sessions.end('sid');
    await save();
  });

  it('and so is a record that is damaged, which no waiting mends', async () => {
    const store = memoryStore();
    const sessions = new WebSessions<Stored>(store, {}, 'test');
    await sessions.save('sid', { cookie: browser }, false);
    await store.put(`session:id:${hashOf('sid')}`, 'damaged');
    for (const call of [
      () => sessions.save('sid', { cookie: browser }, false),
      () => sessions.touch('sid', { cookie: browser }, undefined),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    }
    expect(await sessions.find('sid')).toBeUndefined();
    await sessions.end('sid');
    expect(await sessions.find('sid')).toBeUndefined();
    await sessions.save('sid', { cookie: browser }, false);
    expect(await sessions.find('sid')).toBeUndefined();
  });

  it.each([undefined, null, 'text'])(
    'a userIdOf that throws %j saves nothing, and says so',
    async (thrown) => {
      const userIdOf = (): string => {
        throw thrown;
      };
      const store = new NoriKVSessionStore<Stored>(memoryStore(), { userIdOf });
      const error = await new Promise((resolve) => store.set('sid', { cookie: browser }, resolve));
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: 'userIdOf threw no error' });
    },
  );

  it.each([NoriKVSessionStore, NoriKVFastifySessionStore])(
    'what a callback throws comes back to it, and ends no process (%o)',
    async (SessionStore) => {
      const store = new SessionStore<Stored>(memoryStore());
      const thrown = new Error('thrown by the callback');
      for (const call of [
        (callback: Callback) => store.set('sid', { cookie: browser }, callback),
        (callback: Callback) => store.get('sid', callback),
        (callback: Callback) => store.destroy('sid', callback),
      ]) {
        const told: unknown[] = [];
        await new Promise<void>((resolve) => {
          call((error) => {
            told.push(error);
            if (!error) throw thrown;
            resolve();
          });
        });
        expect(told).toEqual([null, thrown]);
      }
    },
  );

  it('a userIdOf that is asynchronous is refused, and its rejection ends no process', async () => {
    const userIdOf = (): string => Promise.reject(new Error('late')) as unknown as string;
    const sessions = new WebSessions<Stored>(memoryStore(), { userIdOf }, 'test');
    await expect(sessions.save('sid', { cookie: browser }, false)).rejects.toThrow(
      'userId is [object Promise]',
    );
  });
});
