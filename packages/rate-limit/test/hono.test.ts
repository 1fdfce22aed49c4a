import { getRequestListener } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { UnavailableError } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { type Context, Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { listen } from '../../../test/listen.js';
import { type HonoLimitOptions, honoRateLimit } from '../src/hono.js';
import { clientAddress, RateLimiter } from '../src/index.js';
import { statuses } from './statuses.js';

const limits = { maxRequests: 3, windowMs: 3_600_000, name: 'api' };
const identify = (context: Context): string => clientAddress(getConnInfo(context).remote.address);

function appWith(limiter: RateLimiter, options: Partial<HonoLimitOptions<Context>> = {}): Hono {
  const app = new Hono();
  app.use(honoRateLimit(limiter, { limits, identify, ...options }));
  app.get('/', (context) => context.text('hello'));
  app.onError((error, context) => context.text(error.message, 500));
  return app;
}

describe('honoRateLimit', () => {
  it('answers 429 with headers and a problem document from the limit on', async () => {
    const app = appWith(new RateLimiter(createMemoryStore()));
    await using server = await listen(getRequestListener(app.fetch));
    const first = await fetch(server.url);
    expect(await first.text()).toBe('hello');
    expect(first.headers.get('ratelimit')).toBe('"api";r=2;t=1200');
    expect(await statuses(server.url, 2)).toEqual([200, 200]);
    const denied = await fetch(server.url);
    expect(denied.status).toBe(429);
    expect(denied.headers.get('content-type')).toBe('application/problem+json');
    expect(denied.headers.get('retry-after')).toBe(
      /t=(\d+)/.exec(denied.headers.get('ratelimit') ?? '')?.[1],
    );
    expect(await denied.json()).toMatchObject({ 'violated-policies': ['api'] });
  });

  it('skips, and passes errors of its options on', async () => {
    const app = appWith(new RateLimiter(createMemoryStore()), {
      skip: (context) => context.req.header('x-user') === 'admin',
      identify: (context) => context.req.header('x-user') ?? '',
    });
    await using server = await listen(getRequestListener(app.fetch));
    expect(await statuses(server.url, 4, { 'x-user': 'admin' })).toEqual([200, 200, 200, 200]);
    expect(await statuses(server.url, 1)).toEqual([500]);
  });

  it('shows what a request has', async () => {
    const app = new Hono();
    const limiter = new RateLimiter(createMemoryStore());
    app.get(
      '/:room',
      honoRateLimit(limiter, {
        limits,
        identify: ({ req }) => `${req.header('x-user')} ${req.param('room')}`,
        skip: ({ req }) => req.method === 'HEAD' || req.path === '/free',
      }),
      (context) => context.text('hello'),
    );
    await using server = await listen(getRequestListener(app.fetch));
    expect(await statuses(`${server.url}/a`, 4, { 'x-user': 'ada' })).toEqual([200, 200, 200, 429]);
    expect(await statuses(`${server.url}/b`, 1, { 'x-user': 'ada' })).toEqual([200]);
    expect(await statuses(`${server.url}/free`, 4)).toEqual([200, 200, 200, 200]);
  });

  it('answers 503 where the store is down and the policy is closed', async () => {
    const store = createMemoryStore();
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(store, { get: down, find: down, put: down });
    const app = appWith(new RateLimiter(store, { onFailure: 'closed', timeoutMs: 50 }));
    await using server = await listen(getRequestListener(app.fetch));
    expect(await statuses(server.url, 1)).toEqual([503]);
  });

  it('answers 503 to what a check in a handler throws, too', async () => {
    const store = createMemoryStore();
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(store, { get: down, find: down, put: down });
    const limiter = new RateLimiter(store, { onFailure: 'closed', timeoutMs: 50 });
    const app = new Hono();
    app.get('/', async (context) => context.json(await limiter.checkLimit('a', limits)));
    await using server = await listen(getRequestListener(app.fetch));
    const response = await fetch(server.url);
    expect([response.status, await response.text()]).toEqual([503, 'Service Unavailable']);
  });

  it('tells the standing whoever makes the response; a denial further in has the last word', async () => {
    const limiter = new RateLimiter(createMemoryStore());
    for (const headers of ['draft', 'legacy'] as const) {
      const app = appWith(limiter, { headers });
      app.get('/raw', () => new Response('raw'));
      app.get('/away', () => Response.redirect('http://localhost/', 302));
      app.get('/broken', () => {
        throw new Error('broken');
      });
      app.onError(() => new Response('sorry', { status: 500 }));
      const inner = honoRateLimit(new RateLimiter(createMemoryStore()), {
        identify,
        headers,
        limits: { maxRequests: 1, windowMs: 1_000, name: 'inner' },
      });
      app.get('/inner', inner, () => new Response('inner'));
      await using server = await listen(getRequestListener(app.fetch));
      const name = { draft: 'ratelimit', legacy: 'x-ratelimit-limit' }[headers];
      await limiter.reset('127.0.0.1');
      for (const path of ['/', '/raw', '/away']) {
        const response = await fetch(server.url + path, { redirect: 'manual' });
        expect(response.headers.get(name)).toMatch(headers === 'draft' ? /^"api";r=/ : /^3$/);
      }
      await limiter.reset('127.0.0.1');
      for (const [path, status] of [
        ['/broken', 500],
        ['/inner', 200],
        ['/inner', 429],
      ] as const) {
        const response = await fetch(server.url + path);
        expect(response.status).toBe(status);
        const own = {
          draft: path === '/inner' ? /^"inner";r=0/ : /^"api"/,
          legacy: path === '/inner' ? /^1$/ : /^3$/,
        };
        expect(response.headers.get(name)).toMatch(own[headers]);
      }
    }
  });

  it('leaves the reason of a 503 in the context, and needs to be told who is limited', async () => {
    const store = createMemoryStore();
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(store, { get: down, find: down, put: down });
    const limiter = new RateLimiter(store, { onFailure: 'closed', timeoutMs: 50 });
    const reasons: (Error | undefined)[] = [];
    const app = new Hono();
    app.use(async (context, next) => {
      await next();
      reasons.push(context.error);
    });
    app.use(honoRateLimit(limiter, { limits, identify }));
    await using server = await listen(getRequestListener(app.fetch));
    expect(await statuses(server.url, 1)).toEqual([503]);
    expect(reasons).toEqual([expect.objectContaining({ code: 'RATE_LIMIT_UNAVAILABLE' })]);
    expect(() => honoRateLimit(limiter, { limits } as HonoLimitOptions<Context>)).toThrow('identify');
  });
});
