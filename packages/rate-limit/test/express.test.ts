import { UnavailableError } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import express, { type NextFunction, type Request, type Response } from 'express';
import { parseRateLimit } from 'ratelimit-header-parser';
import { describe, expect, it, vi } from 'vitest';
import { listen } from '../../../test/listen.js';
import { expressRateLimit, type HttpLimitOptions } from '../src/express.js';
import { fastifyRateLimit } from '../src/fastify.js';
import { honoRateLimit } from '../src/hono.js';
import { RateLimiter, type RateLimiterOptions } from '../src/index.js';
import { statuses } from './statuses.js';

const limits = { maxRequests: 3, windowMs: 3_600_000, name: 'api' };

function appWith(options: Partial<HttpLimitOptions<Request>> = {}, limiterOptions: RateLimiterOptions = {}) {
  const store = createMemoryStore();
  const app = express();
  app.set('env', 'test');
  app.use(expressRateLimit<Request>(new RateLimiter(store, limiterOptions), { limits, ...options }));
  app.get('/', (_request, response) => {
    response.send('hello');
  });
  return { app, store };
}

describe('expressRateLimit', () => {
  it('answers 429 with headers and a problem document from the limit on', async () => {
    await using server = await listen(appWith({ headers: 'both' }).app);
    const first = await fetch(server.url);
    expect(first.status).toBe(200);
    expect(await first.text()).toBe('hello');
    expect(first.headers.get('ratelimit')).toBe('"api";r=2;t=1200');
    expect(await statuses(server.url, 2)).toEqual([200, 200]);
    const denied = await fetch(server.url);
    expect(denied.status).toBe(429);
    expect(denied.headers.get('content-type')).toBe('application/problem+json');
    expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(1_100);
    expect(denied.headers.get('x-ratelimit-limit')).toBe('3');
    expect(await denied.json()).toMatchObject({ status: 429, 'violated-policies': ['api'] });
  });

  it('shows what a request has', async () => {
    const app = express();
    const limiter = new RateLimiter(createMemoryStore());
    const limit = expressRateLimit(limiter, {
      limits,
      identify: (request) => request.get('x-user') ?? request.method,
      skip: ({ path }) => path === '/free',
    });
    app.get('/{:room}', limit, (_request, response) => void response.send('hello'));
    await using server = await listen(app);
    expect(await statuses(server.url, 4, { 'x-user': 'ada' })).toEqual([200, 200, 200, 429]);
    expect(await statuses(server.url, 1)).toEqual([200]);
    expect(await statuses(`${server.url}/free`, 4)).toEqual([200, 200, 200, 200]);
  });

  it('sends headers an independent parser reads', async () => {
    await using server = await listen(appWith({ headers: 'legacy' }).app);
    for (const remaining of [2, 1, 0, 0]) {
      const response = await fetch(server.url);
      expect(response.headers.has('ratelimit')).toBe(false);
      expect(parseRateLimit(response)).toMatchObject({ limit: 3, used: 3 - remaining, remaining });
    }
  });

  it('limits whom it is told to, by what it is told, and skips', async () => {
    const { app } = appWith({
      identify: ({ headers }) => String(headers['x-user']),
      limits: ({ headers }) => (headers['x-user'] === 'small' ? { ...limits, maxRequests: 1 } : limits),
      cost: ({ headers }) => Number(headers['x-cost'] ?? 1),
      skip: ({ headers }) => headers['x-user'] === 'admin',
    });
    await using server = await listen(app);
    expect(await statuses(server.url, 2, { 'x-user': 'small' })).toEqual([200, 429]);
    expect(await statuses(server.url, 2, { 'x-user': 'large', 'x-cost': '2' })).toEqual([200, 429]);
    expect(await statuses(server.url, 5, { 'x-user': 'admin' })).toEqual([200, 200, 200, 200, 200]);
  });

  it('tells who was decided about and how, whatever the hook throws, and no request that is skipped', async () => {
    const told: unknown[] = [];
    const { app } = appWith({
      limits: { ...limits, maxRequests: 1 },
      skip: ({ headers }) => headers['x-user'] === 'admin',
      onDecision: ({ headers }, { allowed, source }) => {
        told.push([headers['x-user'], allowed, source]);
        throw new Error('of the hook');
      },
    });
    await using server = await listen(app);
    expect(await statuses(server.url, 2, { 'x-user': 'ada' })).toEqual([200, 429]);
    expect(await statuses(server.url, 1, { 'x-user': 'admin' })).toEqual([200]);
    expect(told).toEqual([
      ['ada', true, 'store'],
      ['ada', false, 'store'],
    ]);
  });

  it('counts by the name of a limit: equal numbers without one are one count, with one they are not', async () => {
    const limiter = new RateLimiter(createMemoryStore());
    const { name: _, ...unnamed } = { ...limits, maxRequests: 1 };
    const app = express();
    const paths = { '/a': unnamed, '/b': unnamed, '/c': { ...unnamed, name: 'c' } };
    for (const [path, limit] of Object.entries(paths)) {
      app.get(path, expressRateLimit(limiter, { limits: limit }), (_request, response) => {
        response.end();
      });
    }
    await using server = await listen(app);
    const found = [];
    for (const path of Object.keys(paths)) found.push(...(await statuses(server.url + path, 1)));
    expect(found).toEqual([200, 429, 200]);
  });

  it('does not believe X-Forwarded-For by itself', async () => {
    await using server = await listen(appWith().app);
    const found = [];
    for (const host of [1, 2, 3, 4]) {
      found.push(...(await statuses(server.url, 1, { 'x-forwarded-for': `203.0.113.${host}` })));
    }
    expect(found).toEqual([200, 200, 200, 429]);
  });

  it('answers 503, not 429, where the store is down and the policy is closed; 200 where it is open', async () => {
    for (const [onFailure, status] of [
      ['closed', 503],
      ['open', 200],
    ] as const) {
      const { app, store } = appWith({}, { onFailure, timeoutMs: 50 });
      const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
      Object.assign(store, { get: down, find: down, put: down });
      await using server = await listen(app);
      expect(await statuses(server.url, 1)).toEqual([status]);
    }
  });

  it('lets nobody through where an option throws, whatever it throws', async () => {
    for (const thrown of [new Error('broken'), undefined, null, 'route', 'router']) {
      for (const name of ['identify', 'skip', 'limits', 'cost'] as const) {
        const { app } = appWith({ [name]: () => Promise.reject(thrown) });
        app.use((_error: unknown, _request: Request, response: Response, _next: NextFunction) => {
          response.status(500).end();
        });
        await using server = await listen(app);
        expect(await statuses(server.url, 1)).toEqual([500]);
      }
    }
  });

  it('lets a request go on whose answer has begun, and passes a denial of it on as an error', async () => {
    const limiter = new RateLimiter(createMemoryStore());
    const errors: string[] = [];
    const app = express();
    app.use((_request, response, next) => {
      response.write('early ');
      next();
    });
    app.use(expressRateLimit<Request>(limiter, { limits: { ...limits, maxRequests: 1 } }));
    app.use((_request, response) => {
      response.end('hello');
    });
    app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
      errors.push(error.message);
      response.end('denied');
    });
    await using server = await listen(app);
    const texts = [await (await fetch(server.url)).text(), await (await fetch(server.url)).text()];
    expect(texts).toEqual(['early hello', 'early denied']);
    expect(errors).toEqual([expect.stringContaining('its response has begun')]);
  });

  it('calls next once, also where that throws', async () => {
    const limiter = new RateLimiter(createMemoryStore());
    const middleware = expressRateLimit<{ ip: string }>(limiter, { limits });
    const next = vi.fn(() => {
      throw new Error('from further in');
    });
    const response = { headersSent: false, statusCode: 200, setHeader: () => {}, end: () => {} };
    await expect(middleware({ ip: '203.0.113.9' }, response, next)).rejects.toThrow('from further in');
    expect(next).toHaveBeenCalledTimes(1);
  });

  it('spends a permit on a client that hangs up, and nothing else happens', async () => {
    const { app, store } = appWith();
    const { put } = store;
    let isAsked = (): void => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    let goOn = (): void => {};
    const mayGoOn = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    Object.assign(store, {
      put: async (...args: Parameters<typeof put>) => {
        isAsked();
        await mayGoOn;
        return put.apply(store, args);
      },
    });
    await using server = await listen(app);
    const controller = new AbortController();
    const hungUp = fetch(server.url, { signal: controller.signal }).catch(({ name }: Error) => name);
    await asked;
    controller.abort();
    expect(await hungUp).toBe('AbortError');
    goOn();
    Object.assign(store, { put });
    expect(await statuses(server.url, 3)).toEqual([200, 200, 429]);
  });

  it('answers HEAD with a status and headers alone', async () => {
    await using server = await listen(appWith({ limits: { ...limits, maxRequests: 1 } }).app);
    await fetch(server.url);
    const denied = await fetch(server.url, { method: 'HEAD' });
    expect([denied.status, await denied.text()]).toEqual([429, '']);
    expect(denied.headers.get('retry-after')).toBe('3600');
  });
});

describe('options of a middleware', () => {
  it.each([
    [undefined, 'options is undefined; use { limits }'],
    [null, 'options is null; use { limits }'],
    ['fast', 'options is "fast"; use { limits }'],
    [{}, 'limit is undefined'],
    [{ limits: { maxRequests: 0, windowMs: 1 } }, 'maxRequests'],
    [{ limits, identify: 'ip' }, 'identify'],
    [{ limits, skip: true }, 'skip'],
    [{ limits, cost: 0 }, 'cost'],
    [{ limits, onDecision: true }, 'onDecision'],
    [{ limits, headers: 'Draft' }, 'headers is "Draft"; use "draft" or "legacy" or "both"'],
    [{ limits, keyGenerator: () => 'a' }, 'keyGenerator'],
  ])('%o are refused when it is made', (options, message) => {
    const limiter = new RateLimiter(createMemoryStore());
    const given = options as HttpLimitOptions<Request>;
    expect(() => expressRateLimit<Request>(limiter, given)).toThrow(message);
    expect(() => fastifyRateLimit(limiter, options as never)).toThrow(message);
    expect(() => honoRateLimit(limiter, options as never)).toThrow(message);
  });
});
