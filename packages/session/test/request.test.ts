import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { UnavailableError } from '@norikv/store';
import { countCalls } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { listen } from '../../../test/listen.js';
import { createSessionId, SessionManager } from '../src/index.js';
import { type CookieOptions, requestSessions } from '../src/request.js';
import { Browser } from './browser.js';
import { memoryStore } from './engines.js';

const alice = ['alice', 'alice@example.com', ['user']] as const;

/** A server without a framework, for either HTTP. */
function handlerOf(sessions: SessionManager, cookie?: CookieOptions) {
  const open = requestSessions(sessions, { cookie });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const session = await open(request.headers.cookie);
    if (request.url === '/login') await session.signIn(...alice);
    if (request.url === '/logout') await session.signOut();
    response.setHeader('Set-Cookie', 'own=1');
    for (const [name, value] of session.headers()) response.appendHeader(name, value);
    response.end(session.data?.userId ?? 'nobody');
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error) => {
      response.statusCode = error.statusCode ?? 500;
      response.end(error.code);
    });
  };
}

describe('requestSessions', () => {
  it('serves node:http, beside other cookies', async () => {
    await using site = await listen(handlerOf(new SessionManager(memoryStore())));
    const browser = new Browser(site.url);
    expect(await browser.text('/')).toBe('nobody');
    const response = await browser.get('/login');
    expect(response.headers.getSetCookie()).toEqual(['own=1', expect.stringMatching(/^__Host-id=/)]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await browser.text('/')).toBe('alice');
    expect(await browser.text('/logout')).toBe('nobody');
    expect([...browser.cookies.keys()]).toEqual(['own']);
  });

  it('serves HTTP/2, where each cookie may be a field of its own', async () => {
    const sessions = new SessionManager(memoryStore());
    const handler = handlerOf(sessions);
    const server = http2.createServer((request, response) => {
      handler(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const ask = async (cookie: readonly string[]): Promise<string> => {
      const stream = client.request({ ':path': '/', cookie: [...cookie] });
      let text = '';
      for await (const part of stream.setEncoding('utf8')) text += part;
      return text;
    };
    const id = await sessions.create(...alice);
    expect(await ask(['theme=dark', `__Host-id=${id}`])).toBe('alice');
    expect(await ask([`__Host-id=${id}`, `__Host-id=${createSessionId()}`])).toBe('nobody');
    client.close();
    server.close();
    await once(server, 'close');
  });

  it('serves what takes a Request and gives a Response, and asks the store for nobody who has no cookie', async () => {
    const store = countCalls(memoryStore());
    const open = requestSessions(new SessionManager(store));
    const visitor = await open(new Request('http://localhost/').headers.get('cookie'));
    expect(visitor.data).toBeNull();
    expect(store.calls.total).toBe(0);
    expect(visitor.headers()).toEqual([]);
    const session = await open(null);
    await session.signIn(...alice);
    const { headers } = new Response('welcome', { headers: session.headers() });
    expect(headers.getSetCookie()).toHaveLength(1);
    const cookie = headers.getSetCookie()[0]?.split(';')[0];
    expect((await open(cookie)).data?.userId).toBe('alice');
  });

  it('gives no id away after the headers were asked for, and gives the same ones again', async () => {
    const sessions = new SessionManager(memoryStore());
    const session = await requestSessions(sessions)(null);
    await session.signIn(...alice);
    const headers = session.headers();
    await expect(session.signIn(...alice)).rejects.toThrow('signIn came when the response had begun');
    await expect(session.regenerate()).rejects.toThrow('regenerate came when the response had begun');
    expect(session.headers()).toEqual(headers);
    expect(await sessions.list('alice')).toHaveLength(1);
  });

  it('throws what a framework answers 503 to, where the store does not answer', async () => {
    const store = memoryStore();
    const open = requestSessions(new SessionManager(store));
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(store, { get: down, find: down });
    const caught = await open(`__Host-id=${createSessionId()}`).catch((error: unknown) => error);
    expect(caught).toMatchObject({
      code: 'SESSION_UNAVAILABLE',
      statusCode: 503,
      cause: { message: 'down' },
    });
  });

  it.each([[{ cookie: 'id=a' }], [['id=a']], [new Headers()]])(
    'has no use for %o as cookies',
    async (cookies) => {
      const open = requestSessions(new SessionManager(memoryStore()));
      await expect(open(cookies as unknown as string)).rejects.toThrow('use the Cookie header, or nothing');
    },
  );
});
