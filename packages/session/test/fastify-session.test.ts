import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { bytesToString, UnavailableError } from '@norikv/store';
import fastify, { type FastifyInstance, type Session } from 'fastify';
import { describe, expect, it } from 'vitest';
import { NoriKVFastifySessionStore } from '../src/fastify-session.js';
import { type SessionEvent, SessionManager } from '../src/index.js';
import { hashOf } from '../src/session-id.js';
import { Browser, deferred } from './browser.js';
import { memoryStore } from './engines.js';

declare module 'fastify' {
  interface Session {
    userId?: string;
    visits?: number;
  }
}

const userIdOf = ({ userId }: Session): string | undefined => userId;

interface Site extends AsyncDisposable {
  readonly url: string;
  readonly slow: ReturnType<typeof deferred>;
  readonly slowHasBegun: ReturnType<typeof deferred>;
}

async function siteWith(store?: fastifySession.SessionStore): Promise<Site> {
  const app: FastifyInstance = fastify({ forceCloseConnections: true });
  const slow = deferred();
  const slowHasBegun = deferred();
  await app.register(fastifyCookie);
  await app.register(fastifySession, {
    secret: 'a secret with at least thirty-two characters',
    cookie: { secure: false },
    saveUninitialized: false,
    ...(store && { store }),
  });
  app.get('/regenerate', async ({ session }) => {
    await session.regenerate();
    return 'regenerated';
  });
  app.get<{ Params: { user: string } }>('/become/:user', async (request) => {
    request.session.userId = request.params.user;
    return 'welcome';
  });
  app.get('/logout', async ({ session }) => {
    await session.destroy();
    return 'bye';
  });
  app.get('/slow', async ({ session }) => {
    slowHasBegun.resolve();
    await slow.promise;
    session.visits = 100;
    return 'slow';
  });
  app.get('/whoami', async ({ session }) => session.userId ?? 'nobody');
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { url, slow, slowHasBegun, [Symbol.asyncDispose]: () => app.close() };
}

async function afterOverlappedLogout(store?: fastifySession.SessionStore): Promise<string> {
  await using site = await siteWith(store);
  const browser = new Browser(site.url);
  await browser.text('/become/alice');
  const slowAnswer = browser.copy().text('/slow');
  await site.slowHasBegun.promise;
  expect(await browser.copy().text('/logout')).toBe('bye');
  site.slow.resolve();
  expect(await slowAnswer).toBe('slow');
  return await browser.text('/whoami');
}

describe('a store for @fastify/session', () => {
  it('keeps a log-out that a slow request overlaps, which the stock store does not', async () => {
    expect(await afterOverlappedLogout()).toBe('alice');
    expect(await afterOverlappedLogout(new NoriKVFastifySessionStore(memoryStore()))).toBe('nobody');
  });

  it('logs in, gets a new id whose old one is over, and logs out', async () => {
    const store = new NoriKVFastifySessionStore(memoryStore());
    await using site = await siteWith(store);
    const browser = new Browser(site.url);
    await browser.text('/become/alice');
    expect(await browser.text('/whoami')).toBe('alice');
    const before = browser.copy();
    expect(await browser.text('/regenerate')).toBe('regenerated');
    expect(browser.cookies).not.toEqual(before.cookies);
    expect(await before.text('/whoami')).toBe('nobody');
    await browser.text('/become/alice');
    await browser.text('/logout');
    expect(await browser.text('/whoami')).toBe('nobody');
  });

  it('shares its users with a manager: listed, and logged out everywhere', async () => {
    const kv = memoryStore();
    const sessions = new SessionManager(kv);
    await using site = await siteWith(new NoriKVFastifySessionStore<Session>(kv, { userIdOf }));
    const [phone, laptop] = [new Browser(site.url), new Browser(site.url)];
    await Promise.all([phone.text('/become/alice'), laptop.text('/become/alice')]);
    expect(await sessions.list('alice')).toHaveLength(2);
    const slowAnswer = phone.copy().text('/slow');
    await site.slowHasBegun.promise;
    expect(await sessions.revokeAll('alice')).toBe(2);
    site.slow.resolve();
    await slowAnswer;
    expect(await phone.text('/whoami')).toBe('nobody');
    expect(await laptop.text('/whoami')).toBe('nobody');
    expect(await sessions.list('alice')).toEqual([]);
  });

  it.each(['session', 'user'])(
    'a browser the %s record of which is damaged can sign in anew',
    async (kind) => {
      const kv = memoryStore();
      const events: SessionEvent[] = [];
      const onEvent = (event: SessionEvent): void => void events.push(event);
      await using site = await siteWith(new NoriKVFastifySessionStore<Session>(kv, { userIdOf, onEvent }));
      const browser = new Browser(site.url);
      await browser.text('/become/alice');
      const [{ handle = '' } = {}] = await new SessionManager(kv).list('alice');
      const key = kind === 'user' ? `session:user:${hashOf('alice')}` : `session:id:${handle}`;
      await kv.put(key, 'damage');
      events.length = 0;
      expect(await browser.copy().text('/logout')).toBe('bye');
      const error = expect.objectContaining({ code: 'CORRUPT_RECORD' });
      expect(events).toEqual([{ kind: 'unreadable', handle, userId: undefined, error }]);
      const idle = browser.copy();
      expect(await idle.text('/whoami')).toBe('nobody');
      expect(idle.cookies.size).toBe(0);
      expect(await browser.text('/become/bob')).toBe('welcome');
      expect(await browser.text('/whoami')).toBe('bob');
      expect(bytesToString((await kv.get(key)).value)).toBe('damage');
    },
  );

  it('answers 503, not as to nobody, where the store does not answer', async () => {
    const kv = memoryStore();
    await using site = await siteWith(new NoriKVFastifySessionStore(kv));
    const browser = new Browser(site.url);
    await browser.text('/become/alice');
    const { get, find } = kv;
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(kv, { get: down, find: down });
    expect((await browser.get('/whoami')).status).toBe(503);
    Object.assign(kv, { get, find });
    expect(await browser.text('/whoami')).toBe('alice');
  });
});
