import { promisify } from 'node:util';
import { bytesToString, UnavailableError } from '@norikv/store';
import { countCalls, FakeClock } from '@norikv/testkit';
import express from 'express';
import session, { MemoryStore } from 'express-session';
import { describe, expect, it, vi } from 'vitest';
import { type Listening, listen } from '../../../test/listen.js';
import { NoriKVSessionStore } from '../src/express-session.js';
import { createSessionId, type SessionEvent, SessionManager, type StandardSchema } from '../src/index.js';
import { hashOf } from '../src/session-id.js';
import { Browser, deferred } from './browser.js';
import { memoryStore } from './engines.js';
import { hour } from './world.js';

declare module 'express-session' {
  interface SessionData {
    userId?: string;
    visits?: number;
  }
}

const userIdOf = ({ userId }: session.SessionData): string | undefined => userId;

interface Site extends Listening {
  readonly slow: ReturnType<typeof deferred>;
  readonly slowHasBegun: ReturnType<typeof deferred>;
}

/** A site with a log-in, a log-out and a request that takes its time and changes the session. */
async function siteWith(store: session.Store): Promise<Site> {
  const app = express();
  app.set('env', 'test');
  const slow = deferred();
  const slowHasBegun = deferred();
  const genid = (): string => createSessionId();
  app.use(session({ store, secret: 'not a secret', resave: false, saveUninitialized: false, genid }));
  app.get('/login/:user', (request, response, next) => {
    request.session.regenerate((error) => {
      if (error) return next(error);
      request.session.userId = request.params.user;
      response.send('welcome');
    });
  });
  app.get('/logout', (request, response, next) => {
    request.session.destroy((error) => {
      if (error) return next(error);
      response.send('bye');
    });
  });
  app.get('/slow', async (request, response) => {
    slowHasBegun.resolve();
    await slow.promise;
    request.session.visits = 100;
    response.send('slow');
  });
  app.get('/visit', (request, response) => {
    request.session.visits = (request.session.visits ?? 0) + 1;
    response.send(String(request.session.visits));
  });
  app.get('/reload', (request, response, next) => {
    request.session.visits = 1_000;
    request.session.reload((error) => {
      if (error) return next(error);
      response.send(String(request.session.visits));
    });
  });
  app.get('/remember', (request, response) => {
    request.session.cookie.maxAge = hour;
    response.send('for an hour');
  });
  app.get('/save', (request, response) => {
    request.session.save();
    response.send('saved');
  });
  app.get('/whoami', (request, response) => {
    response.send(request.session.userId ?? 'nobody');
  });
  return Object.assign(await listen(app), { slow, slowHasBegun });
}

/** What the site says after a log-out that a slow request overlapped. */
async function afterOverlappedLogout(store: session.Store): Promise<string> {
  await using site = await siteWith(store);
  const browser = new Browser(site.url);
  await browser.text('/login/alice');
  const slowAnswer = browser.copy().text('/slow');
  await site.slowHasBegun.promise;
  expect(await browser.copy().text('/logout')).toBe('bye');
  site.slow.resolve();
  expect(await slowAnswer).toBe('slow');
  return await browser.text('/whoami');
}

describe('a store for express-session', () => {
  it('keeps a log-out that a slow request overlaps, which the stock store does not', async () => {
    expect(await afterOverlappedLogout(new MemoryStore())).toBe('alice');
    expect(await afterOverlappedLogout(new NoriKVSessionStore(memoryStore()))).toBe('nobody');
  });

  it('logs in with a new id, counts visits and logs out', async () => {
    const store = new NoriKVSessionStore(memoryStore());
    await using site = await siteWith(store);
    const browser = new Browser(site.url);
    expect(await browser.text('/visit')).toBe('1');
    const anonymous = browser.copy();
    await browser.text('/login/alice');
    expect(browser.cookies).not.toEqual(anonymous.cookies);
    expect(await browser.text('/whoami')).toBe('alice');
    expect(await anonymous.text('/whoami')).toBe('nobody');
    expect(await browser.text('/visit')).toBe('1');
    expect(await browser.text('/visit')).toBe('2');
    await browser.text('/logout');
    expect(await browser.text('/whoami')).toBe('nobody');
  });

  it('reloads, remembers and loads outside of a request', async () => {
    const clock = new FakeClock({ nowMs: Date.now() });
    const store = new NoriKVSessionStore<session.SessionData>(memoryStore({ clock }), { clock });
    await using site = await siteWith(store);
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    await browser.text('/visit');
    expect(await browser.text('/reload')).toBe('1');
    expect(await browser.text('/save')).toBe('saved');
    const [cookie = ''] = browser.cookies.values();
    const sid = decodeURIComponent(cookie).replace(/^s:(.+)\..*$/, '$1');
    const load = promisify(store.load.bind(store));
    await browser.text('/remember');
    // express-session sends the body before it has kept the session.
    const loaded = await vi.waitFor(async () => {
      const remembered = await load(sid);
      // express-session sets it to what is left of it, a moment later.
      expect(remembered?.cookie.originalMaxAge).toBeGreaterThan(hour - 1_000);
      return remembered;
    }, 10_000);
    expect(loaded).toMatchObject({ userId: 'alice', visits: 1 });
    expect(loaded?.cookie.expires).toBeInstanceOf(Date);
    await clock.advance(hour - 1_000);
    expect(await browser.text('/whoami')).toBe('alice');
    await clock.advance(hour - 1_000);
    expect(await browser.text('/whoami')).toBe('alice');
    await clock.advance(hour);
    expect(await browser.text('/whoami')).toBe('nobody');
    expect(await load(sid)).toBeUndefined();
    const content = {
      cookie: { ...loaded?.cookie, expires: null } as session.Cookie,
      userId: 'alice',
      visits: 2,
    };
    store.set('another', content);
    await vi.waitFor(async () => expect(await load('another')).toMatchObject({ visits: 2 }), 10_000);
    store.touch('another', content);
    store.destroy('another');
    await vi.waitFor(async () => expect(await load('another')).toBeUndefined(), 10_000);
  });

  it('tells the callback why a session cannot be loaded, whoever is at fault', async () => {
    const store = new NoriKVSessionStore<session.SessionData>(memoryStore());
    await promisify(store.set.bind(store))('sid', { cookie: {} as session.Cookie });
    const load = promisify(store.load.bind(store));
    await expect(load('sid')).rejects.toThrow('hand it to session() of express-session first');
    const genid = (request: express.Request): string => request.get('x-request-id') ?? '';
    session({ store, genid, secret: 'not a secret', resave: false, saveUninitialized: false });
    await expect(load('sid')).rejects.toThrow('request.get is not a function');
    session({ store, secret: 'not a secret', resave: false, saveUninitialized: false });
    expect(await load('sid')).toMatchObject({ cookie: { path: '/', httpOnly: true } });
  });

  it('shares its users with a manager: listed, and logged out everywhere', async () => {
    const kv = memoryStore();
    const sessions = new SessionManager(kv);
    await using site = await siteWith(new NoriKVSessionStore(kv, { userIdOf }));
    const [phone, laptop, other] = [1, 2, 3].map(() => new Browser(site.url)) as [Browser, Browser, Browser];
    await Promise.all([phone.text('/login/alice'), laptop.text('/login/alice'), other.text('/login/bob')]);
    expect(await sessions.list('alice')).toHaveLength(2);
    expect(await sessions.revokeAll('alice')).toBe(2);
    expect(await phone.text('/whoami')).toBe('nobody');
    expect(await laptop.text('/whoami')).toBe('nobody');
    expect(await other.text('/whoami')).toBe('bob');
    expect(await sessions.list('alice')).toEqual([]);
  });

  it('shares its sessions with a manager: who is signed in to one that is changed stays so', async () => {
    const kv = memoryStore();
    const sessions = new SessionManager<object>(kv);
    await using site = await siteWith(new NoriKVSessionStore(kv, { userIdOf }));
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    const [cookie = ''] = browser.cookies.values();
    const sid = decodeURIComponent(cookie).replace(/^s:(.+)\..*$/, '$1');
    expect(await sessions.update(sid, (data) => ({ ...data, visits: 41 }))).toBe(true);
    expect(await browser.text('/whoami')).toBe('alice');
    expect(await browser.text('/visit')).toBe('42');
  });

  it('finds a session of which a manager with a schema left out the cookie, with the one that new sessions get', async () => {
    const kv = memoryStore();
    const schema: StandardSchema<object> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => ({ value: { visits: Object(value).visits } }),
      },
    };
    const sessions = new SessionManager<object>(kv, hour, { schema });
    const store = new NoriKVSessionStore<session.SessionData>(kv, { userIdOf });
    await using site = await siteWith(store);
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    const [cookie = ''] = browser.cookies.values();
    const sid = decodeURIComponent(cookie).replace(/^s:(.+)\..*$/, '$1');
    expect(await sessions.update(sid, (data) => ({ ...data, visits: 41 }))).toBe(true);
    expect(await promisify(store.load.bind(store))(sid)).toMatchObject({
      userId: 'alice',
      cookie: { path: '/' },
    });
    expect(await browser.text('/whoami')).toBe('alice');
    expect(await browser.text('/visit')).toBe('42');
    expect(await browser.text('/visit')).toBe('43');
  });

  it('knows whose a session is that began before it was told, from its next request on', async () => {
    const kv = memoryStore();
    const sessions = new SessionManager<object>(kv);
    await using before = await siteWith(new NoriKVSessionStore(kv));
    const earlier = new Browser(before.url);
    await earlier.text('/login/alice');
    await using site = await siteWith(new NoriKVSessionStore(kv, { userIdOf }));
    const browser = new Browser(site.url);
    for (const [name, value] of earlier.cookies) browser.cookies.set(name, value);
    expect(await browser.text('/whoami')).toBe('alice');
    expect(await sessions.revokeAll('alice')).toBe(1);
    expect(await browser.text('/whoami')).toBe('nobody');
  });

  it('a slow request does not begin a session anew that is over by now', async () => {
    const clock = new FakeClock({ nowMs: Date.now() });
    await using site = await siteWith(new NoriKVSessionStore(memoryStore({ clock }), { clock, ttlMs: hour }));
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    const slowAnswer = browser.copy().text('/slow');
    await site.slowHasBegun.promise;
    await clock.advance(hour);
    site.slow.resolve();
    expect(await slowAnswer).toBe('slow');
    expect(await browser.text('/whoami')).toBe('nobody');
  });

  it('a slow request does not begin one anew that nothing is left of, however many others there were', async () => {
    const clock = new FakeClock();
    const store = new NoriKVSessionStore<session.SessionData>(memoryStore({ clock }), { clock, ttlMs: hour });
    const get = promisify(store.get.bind(store));
    const set = promisify(store.set.bind(store));
    const destroy = promisify(store.destroy.bind(store));
    await set('sid', { cookie: { originalMaxAge: null } as session.Cookie, userId: 'alice' });
    const loaded = (await get('sid')) as session.SessionData;
    for (let number = 0; number <= 10_000; number += 1) await destroy(`other ${number}`);
    await clock.advance(hour);
    await set('sid', loaded);
    expect(await get('sid')).toBeNull();
  });

  it('a page costs two store calls, the use of a session included, until it is time to write that', async () => {
    const clock = new FakeClock({ nowMs: Date.now() });
    const store = countCalls(memoryStore({ clock }));
    await using site = await siteWith(new NoriKVSessionStore(store, { clock, ttlMs: hour, userIdOf }));
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    await browser.text('/whoami');
    store.reset();
    expect(await browser.text('/whoami')).toBe('alice');
    expect(store.calls.total).toBe(2);
    await clock.advance(hour / 5);
    expect(await browser.text('/whoami')).toBe('alice');
    await vi.waitFor(() => expect(store.calls.total).toBeGreaterThan(4), 10_000);
    await clock.advance(hour - 1_000);
    expect(await browser.text('/whoami')).toBe('alice');
  });

  it('a slow request does not undo logging out everywhere', async () => {
    const kv = memoryStore();
    await using site = await siteWith(new NoriKVSessionStore(kv, { userIdOf }));
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    const slowAnswer = browser.copy().text('/slow');
    await site.slowHasBegun.promise;
    await new SessionManager(kv).revokeAll('alice');
    site.slow.resolve();
    expect(await slowAnswer).toBe('slow');
    expect(await browser.text('/whoami')).toBe('nobody');
    expect(await new SessionManager(kv).list('alice')).toEqual([]);
  });

  describe.each(['session', 'user'])('a browser the %s record of which is damaged', (kind) => {
    const open = async () => {
      const kv = memoryStore();
      const events: SessionEvent[] = [];
      const onEvent = (event: SessionEvent): void => void events.push(event);
      const site = await siteWith(new NoriKVSessionStore<session.SessionData>(kv, { userIdOf, onEvent }));
      const browser = new Browser(site.url);
      await browser.text('/login/alice');
      const [{ handle = '' } = {}] = await new SessionManager(kv).list('alice');
      const key = kind === 'user' ? `session:user:${hashOf('alice')}` : `session:id:${handle}`;
      const sound = (await kv.get(key)).value;
      await kv.put(key, 'damage');
      events.length = 0;
      return { kv, site, browser, key, handle, sound, events };
    };

    it('passes for one nobody is signed in with, which is told; mended, it is as it was', async () => {
      const { kv, site, browser, key, handle, sound, events } = await open();
      await using _site = site;
      const cookies = new Map(browser.cookies);
      expect(await browser.text('/whoami')).toBe('nobody');
      const error = expect.objectContaining({ code: 'CORRUPT_RECORD' });
      expect(events).toEqual([{ kind: 'unreadable', handle, userId: undefined, error }]);
      expect(browser.cookies).toEqual(cookies);
      expect(bytesToString((await kv.get(key)).value)).toBe('damage');
      await kv.put(key, sound);
      expect(await browser.text('/whoami')).toBe('alice');
    });

    it('can be used to sign in anew, which ends what could not be read', async () => {
      const { kv, site, browser, key, sound } = await open();
      await using _site = site;
      const before = browser.copy();
      expect(await browser.text('/login/bob')).toBe('welcome');
      expect(await browser.text('/whoami')).toBe('bob');
      if (kind === 'user') await kv.put(key, sound);
      expect(await before.text('/whoami')).toBe('nobody');
      expect(await new SessionManager(kv).list('alice')).toEqual([]);
    });

    it('can be used to log out, at once, so that nobody is signed in when it is mended', async () => {
      const { kv, site, browser, key, sound } = await open();
      await using _site = site;
      expect(await browser.text('/logout')).toBe('bye');
      if (kind === 'user') await kv.put(key, sound);
      else expect(await kv.find(key)).toBeNull();
      expect(await browser.text('/whoami')).toBe('nobody');
    });

    it('keeps what it does next in a session of its own', async () => {
      const { site, browser } = await open();
      await using _site = site;
      const before = browser.copy();
      expect(await browser.text('/visit')).toBe('1');
      expect(await browser.text('/visit')).toBe('2');
      expect(browser.cookies).not.toEqual(before.cookies);
      expect(await browser.text('/logout')).toBe('bye');
      expect(await before.text('/whoami')).toBe('nobody');
    });
  });

  it('answers 503, not as to nobody, where the store does not answer', async () => {
    const kv = memoryStore();
    await using site = await siteWith(new NoriKVSessionStore(kv));
    const browser = new Browser(site.url);
    await browser.text('/login/alice');
    const { get, find } = kv;
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(kv, { get: down, find: down });
    expect((await browser.get('/whoami')).status).toBe(503);
    Object.assign(kv, { get, find });
    expect(await browser.text('/whoami')).toBe('alice');
  });
});
