import { bytesToString, UnavailableError } from '@norikv/store';
import { FakeClock } from '@norikv/testkit';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { type CookieOptions, honoSessions, type RequestSession } from '../src/hono.js';
import { type CreateOptions, SessionManager, type StandardSchema } from '../src/index.js';
import { requestSessions } from '../src/request.js';
import { hashOf } from '../src/session-id.js';
import { memoryStore } from './engines.js';
import { hour, minute, second } from './world.js';

type Visit = (session: RequestSession) => unknown;

/** A browser that keeps one cookie, and a site that does in each request what it is told. */
function visitorOf(sessions: SessionManager, cookie?: CookieOptions) {
  let kept = '';
  const given: (string | undefined)[] = [];
  return {
    /** The `Max-Age` of each cookie it was given. */
    given,
    async visit(work: Visit): Promise<Response> {
      const app = new Hono<{ Variables: { session: RequestSession } }>();
      app.use(honoSessions(sessions, { cookie }));
      app.get('/', async (context) => context.json((await work(context.get('session'))) ?? null));
      const response = await app.request('/', { headers: { cookie: kept } });
      for (const header of response.headers.getSetCookie()) {
        kept = header.split(';')[0] ?? '';
        given.push(/Max-Age=(\d+)/.exec(header)?.[1]);
      }
      return response;
    },
  };
}

const alice = ['alice', 'alice@example.com', ['user']] as const;
const signIn =
  (options: CreateOptions = {}): Visit =>
  (session) =>
    session.signIn(...alice, options);

describe('RequestSession', () => {
  it.each<[string, Visit]>([
    ['signIn', signIn()],
    ['update', (session) => session.update((data) => ({ ...data, roles: [] }))],
    ['regenerate', (session) => session.regenerate()],
    ['signOut', (session) => session.signOut()],
    ['signOutEverywhere', (session) => session.signOutEverywhere()],
    ['signOutOthers', (session) => session.signOutOthers()],
    ['handle', (session) => session.handle()],
  ])('is a 503 where the store stops to answer before %s', async (_name, work) => {
    const store = memoryStore();
    const visitor = visitorOf(new SessionManager(store));
    await visitor.visit(signIn());
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    const response = await visitor.visit((session) => {
      Object.assign(store, { get: down, find: down, put: down, delete: down });
      return work(session);
    });
    expect(response.status).toBe(503);
    expect(visitor.given).toHaveLength(1);
  });

  it.each<[string, Visit]>([
    ['signOut', (session) => session.signOut()],
    ['signOutEverywhere', (session) => session.signOutEverywhere()],
  ])('is nobody after %s, and the browser loses the cookie', async (_name, work) => {
    const { visit, given } = visitorOf(new SessionManager(memoryStore()));
    await visit(signIn());
    const left = await visit(async (session) => {
      await work(session);
      return [session.data, await session.handle()];
    });
    expect(await left.json()).toEqual([null, null]);
    expect(given.at(-1)).toBe('0');
  });

  it('stays that of who was signed in where a sign-in is refused', async () => {
    const sessions = new SessionManager(memoryStore());
    const { visit, given } = visitorOf(sessions);
    await visit(signIn());
    const refused = await visit(async (session) => {
      const error = await session.signIn('bob', 'bob@example.com', [], { generation: 7 }).catch(String);
      return [error, session.data?.userId];
    });
    expect(await refused.json()).toEqual([expect.stringContaining('SignInRevokedError'), 'alice']);
    const still = await visit((session) => session.data?.userId);
    expect([await still.json(), given.length]).toEqual(['alice', 1]);
  });

  it.each(['evict-oldest', 'refuse'] as const)(
    'signs in again where its user has all sessions there may be, and ends no other one (%s)',
    async (whenFull) => {
      const clock = new FakeClock();
      const options = { clock, maxSessions: 2, whenFull };
      const sessions = new SessionManager(memoryStore({ clock }), hour, options);
      const [phone, laptop] = [visitorOf(sessions), visitorOf(sessions)];
      for (const { visit } of [phone, laptop, laptop, laptop]) {
        expect((await visit(signIn())).status).toBe(200);
        await clock.advance(2 * minute);
      }
      expect(await sessions.list('alice')).toHaveLength(2);
      for (const { visit } of [phone, laptop])
        expect(await (await visit((session) => session.data?.userId)).json()).toBe('alice');
    },
  );

  it.each([
    ['evict-oldest', 10_000],
    ['refuse', 10_000],
    ['evict-oldest', 0],
    ['refuse', 0],
  ] as const)(
    'signs in again in the room of its session, though that just got a new id (%s, overlap of %i ms)',
    async (whenFull, overlapMs) => {
      const clock = new FakeClock();
      const store = memoryStore({ clock });
      const sessions = new SessionManager(store, hour, { clock, maxSessions: 2, whenFull });
      const phone = await sessions.create(...alice);
      await clock.advance(2 * minute);
      let laptop = await sessions.create(...alice);
      const session = await requestSessions(sessions)(`__Host-id=${laptop}`);
      for (const _ of ['once', 'and again'])
        laptop = (await sessions.regenerate(laptop, { overlapMs })) ?? '';
      await session.signIn(...alice);
      expect(await Promise.all([phone, laptop].map((id) => sessions.validate(id)))).toEqual([true, false]);
      expect(await sessions.list('alice')).toHaveLength(2);
    },
  );

  it('signs in again where what its session became is damaged, and ends that', async () => {
    const store = memoryStore();
    const sessions = new SessionManager(store, hour, { maxSessions: 1, whenFull: 'refuse' });
    const former = await sessions.create(...alice);
    const session = await requestSessions(sessions)(`__Host-id=${former}`);
    const renewed = (await sessions.regenerate(former)) ?? '';
    await store.put(`session:id:${hashOf(renewed)}`, 'damage');
    await session.signIn(...alice);
    expect([await sessions.validate(renewed), (await sessions.list('alice')).length]).toEqual([false, 1]);
  });

  it('ends only what was too much before where it signs in again', async () => {
    const clock = new FakeClock();
    const store = memoryStore({ clock });
    const several = new SessionManager(store, hour, { clock });
    const ids: string[] = [];
    for (const _ of ['tablet', 'phone', 'laptop']) {
      ids.push(await several.create(...alice));
      await clock.advance(2 * minute);
    }
    const sessions = new SessionManager(store, hour, { clock, maxSessions: 2 });
    const laptop = await requestSessions(sessions)(`__Host-id=${ids[2]}`);
    await laptop.signIn(...alice);
    const alive = await Promise.all(ids.map((id) => sessions.validate(id)));
    expect(alive).toEqual([false, true, false]);
    expect(await sessions.list('alice')).toHaveLength(2);
  });

  it('signs in again where its data no longer fit, and its user has all sessions there may be', async () => {
    const options = { maxSessions: 1, whenFull: 'refuse' } as const;
    const store = memoryStore();
    const id = await new SessionManager(store, hour, options).create(...alice);
    const validate: StandardSchema<{ n: number }>['~standard']['validate'] = (value) => {
      const { n } = Object(value);
      return typeof n === 'number' ? { value: { n } } : { issues: [{ message: 'no number' }] };
    };
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
    const sessions = new SessionManager<{ n: number }>(store, hour, { ...options, schema });
    const session = await requestSessions(sessions)(`__Host-id=${id}`);
    expect(() => session.data).toThrow('no number');
    await session.signIn('alice', { n: 1 });
    expect([session.data?.n, (await sessions.list('alice')).length]).toEqual([1, 1]);
    expect(await sessions.validate(id)).toBe(false);
  });

  it('leaves no new session behind where the former one could not be ended', async () => {
    const store = memoryStore();
    const sessions = new SessionManager(store);
    const { visit } = visitorOf(sessions);
    await visit(signIn());
    const { put } = store;
    let failures = 0;
    store.put = (key, value, options) => {
      const text = typeof value === 'string' ? value : bytesToString(value);
      const isEnding = text.includes('"kind":"ended"');
      if (!isEnding || failures > 0) return put(key, value, options);
      failures += 1;
      return Promise.reject(new UnavailableError('down', { retryable: false, outcome: 'not-applied' }));
    };
    const response = await visit((session) => session.signIn('bob', 'bob@example.com', []));
    expect([response.status, failures]).toEqual([503, 1]);
    expect(await sessions.list('bob')).toEqual([]);
    expect(await sessions.list('alice')).toHaveLength(1);
  });

  it('passes on what no waiting helps against, and what is thrown by the function of an update', async () => {
    const sessions = new SessionManager(memoryStore());
    const { visit } = visitorOf(sessions);
    const messages: unknown[] = [];
    const refused = (work: Visit): Visit => {
      return async (session) => messages.push(await Promise.resolve(work(session)).catch(String));
    };
    await visit(refused((session) => session.signIn('', 'alice@example.com', [])));
    await visit(signIn());
    await visit((session) => session.signOutEverywhere());
    await visit(refused(signIn({ generation: 0 })));
    await visit(signIn({ generation: await sessions.generation('alice') }));
    const forbid = (): never => {
      throw new Error('forbidden');
    };
    await visit(refused((session) => session.update(forbid)));
    expect(messages).toEqual([
      expect.stringContaining('userId is ""'),
      expect.stringContaining('SignInRevokedError'),
      'Error: forbidden',
    ]);
  });

  it('has a cookie for as long as the sign-in chose, also under a new id, and else for as long as all have', async () => {
    const clock = new FakeClock();
    const sessions = new SessionManager(memoryStore({ clock }), hour, { clock });
    for (const [maxAgeMs, usual] of [
      [undefined, undefined],
      [hour, '3600'],
    ] as const) {
      const { visit, given } = visitorOf(sessions, { maxAgeMs });
      await visit(signIn());
      await visit(signIn({ ttlMs: minute }));
      await visit((session) => session.regenerate());
      await visit(signIn({ ttlMs: 24 * hour }));
      await clock.advance(second);
      await visit((session) => session.regenerate());
      await visit(signIn({ ttlMs: minute, absoluteMs: 2 * minute }));
      expect(given).toEqual([usual, usual, usual, '86400', '86399', '120']);
    }
  });

  it.each<[string, Visit, Visit]>([
    ['update', (session) => session.update((data) => data), (session) => session.regenerate()],
    ['update', (session) => session.update((data) => data), (session) => session.signOut()],
    ['regenerate', (session) => session.regenerate(), (session) => session.regenerate()],
  ])('signs out everywhere where %s came too late', async (_name, late, earlier) => {
    const sessions = new SessionManager(memoryStore());
    const open = requestSessions(sessions);
    const { id } = await sessions.signIn(...alice);
    await sessions.create(...alice);
    const [first, second] = [await open(`__Host-id=${id}`), await open(`__Host-id=${id}`)];
    await earlier(first);
    expect([await late(second), second.data]).toEqual([false, null]);
    const count = (await sessions.list('alice')).length;
    expect(await second.signOutEverywhere()).toBe(count);
    expect(await sessions.list('alice')).toEqual([]);
    expect(await second.signOutEverywhere()).toBe(0);
  });

  it('ends the session its id once led to, where nobody is known to sign out everywhere', async () => {
    const sessions = new SessionManager(memoryStore());
    const id = await sessions.create(...alice);
    await sessions.regenerate(id);
    const session = await requestSessions(sessions)(`__Host-id=${id}`);
    expect([session.data, await session.signOutEverywhere()]).toEqual([null, 1]);
    expect(await sessions.list('alice')).toEqual([]);
  });

  it.each([
    ['one after the other', false],
    ['at once', true],
  ])('has one new id where two requests renew it, %s, and the other one goes on', async (_name, isAtOnce) => {
    const clock = new FakeClock();
    const sessions = new SessionManager(memoryStore({ clock }), hour, { clock });
    const open = requestSessions(sessions);
    const id = await sessions.create(...alice);
    const requests = [await open(`__Host-id=${id}`), await open(`__Host-id=${id}`)];
    const renewals = [];
    for (const request of requests) {
      const renewal = request.regenerate({ overlapMs: 5 * second });
      renewals.push(renewal);
      if (!isAtOnce) await renewal;
    }
    expect(await Promise.all(renewals)).toEqual([true, true]);
    expect(requests.map(({ data }) => data?.userId)).toEqual(['alice', 'alice']);
    const [header, ...others] = requests
      .flatMap((request) => request.headers())
      .filter(([name]) => name === 'Set-Cookie');
    expect(others).toEqual([]);
    expect(await requests.at(-1)?.update((data) => ({ ...data, roles: ['changed'] }))).toBe(true);
    await clock.advance(6 * second);
    expect((await open(header?.[1].split(';')[0])).data?.roles).toEqual(['changed']);
  });

  it('gets a new id that no older one leads to, whoever renews it with an overlap', async () => {
    const sessions = new SessionManager(memoryStore());
    const open = requestSessions(sessions);
    const id = await sessions.create(...alice);
    const [renewing, promoting, late] = [
      await open(`__Host-id=${id}`),
      await open(`__Host-id=${id}`),
      await open(`__Host-id=${id}`),
    ];
    await renewing.regenerate({ overlapMs: minute });
    expect(await promoting.regenerate()).toBe(true);
    expect((await open(`__Host-id=${id}`)).data).toBeNull();
    expect([await late.regenerate({ overlapMs: minute }), late.data]).toEqual([false, null]);
    expect(await sessions.list('alice')).toHaveLength(1);
  });

  it('does not pass for renewed where rights change, as long as an older id leads to the session', async () => {
    const sessions = new SessionManager(memoryStore());
    const open = requestSessions(sessions);
    const id = await sessions.create(...alice);
    const [renewing, promoting] = [await open(`__Host-id=${id}`), await open(`__Host-id=${id}`)];
    const renewal = renewing.regenerate({ overlapMs: minute });
    const isPromoted = await promoting.regenerate();
    await renewal;
    expect(promoting.data !== null).toBe(isPromoted);
    expect(await sessions.validate(id)).toBe(!isPromoted);
  });

  it('hands out data that nobody can change without a word', async () => {
    const { visit } = visitorOf(new SessionManager(memoryStore()));
    const push: Visit = (session) => {
      expect(() => session.data?.roles.push('admin')).toThrow('not extensible');
      return session.data?.roles;
    };
    for (const work of [
      signIn(),
      () => {},
      (session: RequestSession) => session.update((data) => ({ ...data, roles: ['user'] })),
    ]) {
      const response = await visit(async (session) => {
        await work(session);
        return push(session);
      });
      expect(await response.json()).toEqual(['user']);
    }
  });

  it('knows its handle, to mark it in a list', async () => {
    const sessions = new SessionManager(memoryStore());
    const [phone, laptop] = [visitorOf(sessions), visitorOf(sessions)];
    for (const { visit } of [phone, laptop]) await visit(signIn());
    const handleOf = async ({ visit }: typeof phone) => (await visit((session) => session.handle())).json();
    const handles = (await sessions.list('alice')).map(({ handle }) => handle);
    expect([await handleOf(phone), await handleOf(laptop)]).toEqual(handles);
    expect(await handleOf(visitorOf(sessions))).toBeNull();
  });
});
