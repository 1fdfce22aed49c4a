import { type EmbeddedStore, openEmbedded } from '@norikv/embedded';
import { type Clock, systemClock } from '@norikv/store';
import { type FaultyStore, withFaults } from '@norikv/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Accounts } from '../src/accounts.js';
import { FrontDoor } from '../src/front-door.js';
import { type Listening, serveExpress, serveHono } from '../src/servers.js';
import { Visitor } from '../src/visitor.js';

const accounts = new Accounts();
await accounts.add('alice', 'correct horse');
await accounts.add('bob', 'battery staple');

let embedded: EmbeddedStore;
let store: FaultyStore;
let areAttemptsDown = false;
let laterMs = 0;
let door: FrontDoor;
let servers: Record<'express' | 'hono', Listening>;
beforeEach(async () => {
  laterMs = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + laterMs,
    monotonic: () => systemClock.monotonic() + laterMs,
  };
  embedded = await openEmbedded();
  areAttemptsDown = false;
  store = withFaults(embedded, {
    decide: ({ key }) =>
      areAttemptsDown && String(key).startsWith('attempts:') ? 'lost-request' : undefined,
  });
  door = new FrontDoor(store, accounts, { clock, timeoutMs: 5_000 });
  servers = { express: await serveExpress(door), hono: await serveHono(door) };
});
afterEach(async () => {
  vi.restoreAllMocks();
  await servers.express[Symbol.asyncDispose]();
  await servers.hono[Symbol.asyncDispose]();
  await embedded.close();
});

describe.each(['express', 'hono'] as const)('the %s server', (name) => {
  const url = (path = ''): string => servers[name].url + path;

  it('knows who is logged in, until the visitor logs out', async () => {
    const visitor = new Visitor();
    expect(await visitor.nameAt(url())).toBeUndefined();
    expect(await visitor.logIn(url(), 'alice', 'correct horse')).toBe(200);
    expect(await visitor.nameAt(url())).toBe('alice');
    expect(await new Visitor().nameAt(url())).toBeUndefined();
    expect((await visitor.post(url('/logout'))).status).toBe(204);
    expect(await visitor.nameAt(url())).toBeUndefined();
    expect(await visitor.jar.getCookies(url())).toEqual([]);
  });

  it('does not open to a cookie that was copied before the logout', async () => {
    const [visitor, copy] = [new Visitor(), new Visitor()];
    await visitor.logIn(url(), 'alice', 'correct horse');
    const [cookie] = await visitor.jar.getCookies(url());
    await copy.jar.setCookie(String(cookie), url());
    expect(await copy.nameAt(url())).toBe('alice');
    await visitor.post(url('/logout'));
    expect(await copy.nameAt(url())).toBeUndefined();
  });

  it('sets a cookie that scripts and other sites do not get, and nothing caches', async () => {
    const visitor = new Visitor();
    const response = await visitor.post(url('/login'), { name: 'alice', password: 'correct horse' });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.getSetCookie()).toHaveLength(1);
    const [cookie] = await visitor.jar.getCookies(url());
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'lax', path: '/' });
  });

  it('gives a new id at each login, whatever id the visitor came with', async () => {
    const visitor = new Visitor();
    const ids = new Set<string>();
    for (const _ of [1, 2, 3]) {
      await visitor.logIn(url(), 'alice', 'correct horse');
      ids.add(await visitor.jar.getCookieString(url()));
    }
    expect(ids.size).toBe(3);
    const planted = new Visitor();
    const cookieName = (await visitor.jar.getCookieString(url())).split('=')[0];
    await planted.jar.setCookie(`${cookieName}=${'A'.repeat(43)}`, url());
    await planted.logIn(url(), 'alice', 'correct horse');
    expect(await planted.jar.getCookieString(url())).not.toContain('A'.repeat(43));
  });

  it('logs out everywhere, at both servers, and lets the user in again', async () => {
    const [here, there, bob] = [new Visitor(), new Visitor(), new Visitor()];
    await here.logIn(url(), 'alice', 'correct horse');
    for (const server of Object.values(servers)) {
      await there.logIn(server.url, 'alice', 'correct horse');
      await bob.logIn(server.url, 'bob', 'battery staple');
    }
    const response = await here.post(url('/logout-everywhere'));
    expect(await response.json()).toEqual({ ended: 3 });
    expect(await here.nameAt(url())).toBeUndefined();
    for (const server of Object.values(servers)) {
      expect(await there.nameAt(server.url)).toBeUndefined();
      expect(await bob.nameAt(server.url)).toBe('bob');
    }
    expect(await here.logIn(url(), 'alice', 'correct horse')).toBe(200);
    expect(await here.nameAt(url())).toBe('alice');
    expect((await new Visitor().post(url('/logout-everywhere'))).status).toBe(401);
  });

  it('lets no login in that checked its password before somebody logged out everywhere', async () => {
    const isRight = accounts.isRight.bind(accounts);
    const spy = vi.spyOn(accounts, 'isRight').mockImplementation(async (...credentials) => {
      const answer = await isRight(...credentials);
      await door.sessions.revokeAll('alice');
      return answer;
    });
    const visitor = new Visitor();
    expect(await visitor.logIn(url(), 'alice', 'correct horse')).toBe(503);
    spy.mockRestore();
    expect(await visitor.nameAt(url())).toBeUndefined();
    expect(await visitor.logIn(url(), 'alice', 'correct horse')).toBe(200);
  });

  it('refuses even the right password after five wrong ones, and says when to come back', async () => {
    const visitor = new Visitor();
    const attempt = async (password: string): Promise<number> => visitor.logIn(url(), 'alice', password);
    for (const password of ['1', '2', '3', '4', '5']) expect(await attempt(password)).toBe(401);
    const denied = await visitor.post(url('/login'), { name: 'alice', password: 'correct horse' });
    expect(denied.status).toBe(429);
    expect(denied.headers.get('content-type')).toContain('application/problem+json');
    expect(denied.headers.get('retry-after')).toMatch(/^(900|8\d\d)$/);
    expect(await denied.json()).toMatchObject({ status: 429, 'violated-policies': ['account'] });
    expect(await visitor.logIn(url(), 'bob', 'battery staple')).toBe(200);
    laterMs = 900_000;
    expect(await attempt('correct horse')).toBe(200);
  });

  it('forgives what went wrong before a login that worked', async () => {
    const visitor = new Visitor();
    for (const password of ['1', '2', '3', 'correct horse', '5', '6', '7', '8', 'correct horse']) {
      expect(await visitor.logIn(url(), 'alice', password)).not.toBe(429);
    }
  });

  it('refuses an address that tries many names', async () => {
    const visitor = new Visitor();
    for (let number = 0; number < 20; number += 1) {
      expect(await visitor.logIn(url(), `user-${number}`, 'guess')).toBe(401);
    }
    expect(await visitor.logIn(url(), 'alice', 'correct horse')).toBe(429);
  });

  it('lets exactly five of many guesses at once be tried', async () => {
    const guesses = await Promise.all(
      Array.from({ length: 19 }, (_, guess) => new Visitor().logIn(url(), 'alice', `guess ${guess}`)),
    );
    expect(guesses.filter((status) => status === 401)).toHaveLength(5);
    expect(guesses.filter((status) => status === 429)).toHaveLength(14);
  });

  it.each([
    {},
    { name: 'alice' },
    { name: ['alice'], password: {} },
    null,
    'text',
    { name: '', password: 'x' },
    { name: '\ud800', password: 'x' },
    { name: 'alice', password: '\ud800' },
  ])('has no use for %j', async (body) => {
    expect((await new Visitor().post(url('/login'), body)).status).toBe(400);
  });

  it('says of a body that is too large that it is, and that is no fault of the server', async () => {
    const body = { name: 'alice', password: 'x'.repeat(3_000) };
    expect((await new Visitor().post(url('/login'), body)).status).toBe(413);
  });

  it('lets nobody try while attempts cannot be counted', async () => {
    areAttemptsDown = true;
    expect(await new Visitor().logIn(url(), 'alice', 'guess')).toBe(503);
  });

  it('lets nobody in, and logs nobody out, while the store does not answer', async () => {
    const visitor = new Visitor();
    await visitor.logIn(url(), 'alice', 'correct horse');
    store.faults.outage();
    expect(await visitor.logIn(url(), 'alice', 'correct horse')).toBe(503);
    expect((await visitor.get(url('/me'))).status).toBe(503);
    expect((await visitor.post(url('/logout'))).status).toBe(503);
    store.faults.stop();
    expect(await visitor.nameAt(url())).toBe('alice');
  });
});
