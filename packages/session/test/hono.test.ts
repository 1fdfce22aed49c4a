import { getRequestListener } from '@hono/node-server';
import { InvalidArgumentError, type KvStore, UnavailableError } from '@norikv/store';
import { Hono } from 'hono';
import { streamText } from 'hono/streaming';
import { describe, expect, it } from 'vitest';
import { type Listening, listen } from '../../../test/listen.js';
import { type CookieOptions, honoSessions, type RequestSession } from '../src/hono.js';
import { createSessionId, type Profile, SessionManager, type StandardSchema } from '../src/index.js';
import { Browser, deferred } from './browser.js';
import { memoryStore } from './engines.js';

interface Site extends Listening {
  readonly slow: ReturnType<typeof deferred>;
  readonly slowHasBegun: ReturnType<typeof deferred>;
}

async function siteWith(sessions: SessionManager, cookie?: CookieOptions): Promise<Site> {
  const slow = deferred();
  const slowHasBegun = deferred();
  const app = new Hono<{ Variables: { session: RequestSession } }>();
  app.use(honoSessions(sessions, { cookie }));
  app.get('/login/:user', async (context) => {
    await context.get('session').signIn(context.req.param('user'), 'someone@example.com', ['user']);
    return context.text('welcome');
  });
  app.get('/relogin/:user', async (context) => {
    const session = context.get('session');
    await session.signIn(context.req.param('user'), 'someone@example.org', []);
    return context.text(session.data?.userId ?? 'nobody');
  });
  app.get('/promote', async (context) => {
    const session = context.get('session');
    const isUpdated = await session.update((data) => ({ ...data, roles: [...data.roles, 'admin'] }));
    const isRegenerated = await session.regenerate();
    return context.json([isUpdated, isRegenerated, session.data?.roles ?? null]);
  });
  app.get('/update', async (context) => {
    const isUpdated = await context.get('session').update((data) => ({ ...data, roles: ['changed'] }));
    return context.json([isUpdated, context.get('session').data?.roles]);
  });
  app.get('/regenerate', async (context) => context.json(await context.get('session').regenerate()));
  app.get('/roles', (context) => context.json(context.get('session').data?.roles ?? null));
  app.get('/stream/:call', (context) => {
    const session = context.get('session');
    return streamText(context, async (out) => {
      await out.write('');
      const calls: Record<string, () => Promise<unknown>> = {
        signIn: () => session.signIn('late', 'late@example.com', []),
        regenerate: () => session.regenerate(),
        signOut: () => session.signOut(),
      };
      const answer = calls[context.req.param('call')]?.();
      await out.write((await answer?.then(() => 'done', String)) ?? '');
    });
  });
  app.get('/slow', async (context) => {
    slowHasBegun.resolve();
    await slow.promise;
    return context.json(await context.get('session').update((data) => ({ ...data, roles: ['late'] })));
  });
  app.get('/logout', async (context) => {
    await context.get('session').signOut();
    return context.text('bye');
  });
  app.get('/logout-everywhere', async (context) => {
    return context.json(await context.get('session').signOutEverywhere());
  });
  app.get('/logout-others', async (context) => context.json(await context.get('session').signOutOthers()));
  app.get('/whoami', (context) => context.text(context.get('session').data?.userId ?? 'nobody'));
  app.onError((error, context) => context.text(error.message, 500));
  return Object.assign(await listen(getRequestListener(app.fetch)), { slow, slowHasBegun });
}

describe('the Hono middleware', () => {
  it('signs in, changes rights with a new id, and signs out', async () => {
    await using site = await siteWith(new SessionManager(memoryStore()));
    const browser = new Browser(site.url);
    expect(await browser.text('/whoami')).toBe('nobody');
    expect(browser.cookies.size).toBe(0);
    await browser.text('/login/alice');
    const before = browser.copy();
    expect(await browser.text('/whoami')).toBe('alice');
    expect(await browser.text('/promote')).toBe('[true,true,["user","admin"]]');
    expect(browser.cookies).not.toEqual(before.cookies);
    expect(await before.text('/whoami')).toBe('nobody');
    expect(await browser.text('/whoami')).toBe('alice');
    const signedIn = browser.copy();
    expect(await browser.text('/logout')).toBe('bye');
    expect(browser.cookies.size).toBe(0);
    expect(await signedIn.text('/whoami')).toBe('nobody');
    expect(await signedIn.text('/promote')).toBe('[false,false,null]');
  });

  it('leaves the cookie to the request that changed the id, where two try at once', async () => {
    await using site = await siteWith(new SessionManager(memoryStore()));
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    const answers = await Promise.all([browser.get('/promote'), browser.get('/promote')]);
    const cookies = answers.map((answer) => answer.headers.getSetCookie().length);
    expect(cookies.sort()).toEqual([0, 1]);
    expect(await browser.text('/whoami')).toBe('alice');
  });

  it('signs out everywhere, and everywhere else', async () => {
    await using site = await siteWith(new SessionManager(memoryStore()));
    const [phone, laptop, stranger] = [1, 2, 3].map(() => new Browser(site.url)) as [
      Browser,
      Browser,
      Browser,
    ];
    for (const browser of [phone, laptop]) await browser.text('/login/alice');
    await stranger.text('/login/bob');
    expect(await phone.text('/logout-others')).toBe('1');
    expect(await phone.text('/whoami')).toBe('alice');
    expect(await laptop.text('/whoami')).toBe('nobody');
    expect(await laptop.text('/logout-others')).toBe('null');
    await laptop.text('/login/alice');
    expect(await laptop.text('/logout-everywhere')).toBe('2');
    expect(await phone.text('/whoami')).toBe('nobody');
    expect(await phone.text('/logout-everywhere')).toBe('0');
    expect(await stranger.text('/whoami')).toBe('bob');
  });

  it('signing in again ends the session there was', async () => {
    const sessions = new SessionManager(memoryStore());
    await using site = await siteWith(sessions);
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    const before = browser.copy();
    await browser.text('/login/alice');
    expect(await before.text('/whoami')).toBe('nobody');
    expect(await sessions.list('alice')).toHaveLength(1);
  });

  it('keeps a log-out that a slow request overlaps', async () => {
    await using site = await siteWith(new SessionManager(memoryStore()));
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    const slowAnswer = browser.copy().text('/slow');
    await site.slowHasBegun.promise;
    await browser.copy().text('/logout');
    site.slow.resolve();
    expect(await slowAnswer).toBe('false');
    expect(await browser.text('/whoami')).toBe('nobody');
  });

  it('sets a cookie scripts cannot read and caches do not keep', async () => {
    await using site = await siteWith(new SessionManager(memoryStore()));
    const response = await fetch(`${site.url}/login/alice`);
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-id=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const other = await fetch(`${site.url}/whoami`);
    expect(other.headers.getSetCookie()).toEqual([]);
    expect(other.headers.get('cache-control')).toBeNull();
  });

  it('answers 503, not as to nobody, where the store does not answer; 500 for a damaged record', async () => {
    const kv = memoryStore();
    const sessions = new SessionManager(kv);
    await using site = await siteWith(sessions);
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    const { get, find } = kv;
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(kv, { get: down, find: down });
    expect((await browser.get('/whoami')).status).toBe(503);
    Object.assign(kv, {
      get,
      find: async () => ({ value: new Uint8Array([1]), version: { term: 1n, index: 1n } }),
    });
    expect((await browser.get('/whoami')).status).toBe(500);
    Object.assign(kv, { get, find });
    expect(await browser.text('/whoami')).toBe('alice');
  });

  it.each(['sign in anew', 'sign out'])('a visitor whose session cannot be read can %s', async (wish) => {
    const store = memoryStore();
    const strict: StandardSchema<Profile> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          Object(value).email.endsWith('.org')
            ? { value: value as Profile }
            : { issues: [{ message: 'use another e-mail' }] },
      },
    };
    const cases: [SessionManager, SessionManager, string | undefined][] = [
      [new SessionManager(store), new SessionManager(store), 'damage'],
      [new SessionManager(store), new SessionManager(store, undefined, { schema: strict }), undefined],
    ];
    for (const [before, now, damage] of cases) {
      const id = await before.create('alice', 'alice@example.com', ['user']);
      if (damage) await store.put(`session:id:${await before.handleOf(id)}`, damage);
      await using site = await siteWith(now);
      const browser = new Browser(site.url);
      browser.cookies.set('__Host-id', id);
      for (const path of ['/whoami', '/update', '/logout-everywhere']) {
        expect((await browser.get(path)).status).toBe(500);
      }
      if (wish === 'sign out') {
        expect(await browser.text('/logout')).toBe('bye');
        expect(browser.cookies.size).toBe(0);
        expect(await browser.text('/whoami')).toBe('nobody');
      } else {
        expect(await browser.text('/relogin/bob')).toBe('bob');
        expect(browser.cookies.get('__Host-id')).not.toBe(id);
        expect(await browser.text('/whoami')).toBe('bob');
      }
      expect(await before.validate(id)).toBe(false);
    }
  });

  it('answers 500 where no waiting helps, and nothing is told of a session', async () => {
    const store = memoryStore();
    await using site = await siteWith(new SessionManager(store));
    const wrong = (): Promise<never> => Promise.reject(new InvalidArgumentError('timeoutMs is too long'));
    Object.assign(store, { get: wrong, find: wrong });
    const cookie = `__Host-id=${createSessionId()}`;
    expect((await fetch(`${site.url}/whoami`, { headers: { cookie } })).status).toBe(500);
  });

  it('has the reason of a 503 in the context, for what logs errors', async () => {
    const store = memoryStore();
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(store, { get: down, find: down });
    const reasons: (Error | undefined)[] = [];
    const app = new Hono();
    app.use(async (context, next) => {
      await next();
      reasons.push(context.error);
    });
    app.use(honoSessions(new SessionManager(store)));
    await using site = await listen(getRequestListener(app.fetch));
    const cookie = `__Host-id=${createSessionId()}`;
    expect((await fetch(site.url, { headers: { cookie } })).status).toBe(503);
    expect(reasons).toEqual([expect.objectContaining({ message: 'down' })]);
  });

  it('wherever the store begins to fail, an error means that nothing was changed or that it is unknown', async () => {
    const memory = memoryStore();
    let passing = Number.POSITIVE_INFINITY;
    const store: KvStore = {
      capabilities: memory.capabilities,
      get: (...args) => failing(() => memory.get(...args)),
      put: (...args) => failing(() => memory.put(...args)),
      delete: (...args) => memory.delete(...args),
    };
    async function failing<Result>(call: () => Promise<Result>): Promise<Result> {
      passing -= 1;
      if (passing < 0) throw new UnavailableError('down', { retryable: false, outcome: 'not-applied' });
      return call();
    }
    const sessions = new SessionManager(store);
    await using site = await siteWith(sessions);
    for (const path of ['/login/bob', '/update', '/regenerate']) {
      let status = 503;
      for (let position = 0; status !== 200; position += 1) {
        const browser = new Browser(site.url);
        await browser.text('/login/alice');
        const before = browser.copy();
        passing = position;
        const response = await browser.get(path);
        passing = Number.POSITIVE_INFINITY;
        status = response.status;
        if (status === 200) continue;
        // The old id may be over by now; but nobody got a new one, or another session, along with an error.
        expect(browser.cookies).toEqual(before.cookies);
        expect(await browser.text('/whoami')).toMatch(/^(alice|nobody)$/);
        expect(await browser.text('/roles')).toMatch(/^(null|\["user"\])$/);
      }
    }
  });

  it('gives no id away for which the answer has no more room: while it streams', async () => {
    const sessions = new SessionManager(memoryStore());
    await using site = await siteWith(sessions);
    const browser = new Browser(site.url);
    const refused = /came when the response had begun/;
    expect(await browser.text('/stream/signIn')).toMatch(refused);
    expect(await sessions.list('late')).toEqual([]);
    await browser.text('/login/alice');
    expect(await browser.text('/stream/regenerate')).toMatch(refused);
    expect(await browser.text('/whoami')).toBe('alice');
    expect(await browser.text('/stream/signOut')).toBe('done');
    expect(await browser.text('/whoami')).toBe('nobody');
  });

  it('sets the cookie whoever makes the response, also of an error', async () => {
    const app = new Hono<{ Variables: { session: RequestSession } }>();
    app.use(honoSessions(new SessionManager(memoryStore())));
    app.use(async (context, next) => {
      await context.get('session').signIn('alice', 'alice@example.com', []);
      await next();
    });
    app.get('/raw', () => new Response('raw', { headers: { 'Set-Cookie': 'own=1' } }));
    app.get('/away', () => Response.redirect('http://localhost/', 302));
    app.get('/broken', () => {
      throw new Error('broken');
    });
    app.onError(() => new Response('sorry', { status: 500 }));
    await using site = await listen(getRequestListener(app.fetch));
    for (const path of ['/raw', '/away', '/broken', '/nowhere']) {
      const response = await fetch(site.url + path, { redirect: 'manual' });
      expect(response.headers.getSetCookie()).toHaveLength(path === '/raw' ? 2 : 1);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });

  it.each([
    [[undefined], 'sessions is undefined; use a SessionManager'],
    [[{}], 'sessions is [object Object]; use a SessionManager'],
    [[new SessionManager(memoryStore()), null], 'options is null'],
    [[new SessionManager(memoryStore()), { cookies: {} }], 'an option is "cookies"; use cookie'],
    [
      [new SessionManager(memoryStore()), { cookie: { httpOnly: false } }],
      'an option of cookie is "httpOnly"',
    ],
  ])('refuses what it cannot use (%#)', (given, message) => {
    expect(() => honoSessions(...(given as Parameters<typeof honoSessions>))).toThrow(message);
  });
});
