import { UnavailableError } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import express, { type Request } from 'express';
import { parseRateLimit } from 'ratelimit-header-parser';
import { describe, expect, it } from 'vitest';
import { listen } from '../../../test/listen.js';
import { expressRateLimit, type HttpLimitOptions } from '../src/express.js';
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
});
