import { UnavailableError } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { fastifyRateLimit } from '../src/fastify.js';
import { RateLimiter } from '../src/index.js';
import { statuses } from './statuses.js';

const limits = { maxRequests: 3, windowMs: 3_600_000, name: 'api' };

describe('fastifyRateLimit', () => {
  it('answers 429 with headers and a problem document from the limit on', async () => {
    const app = fastify();
    app.addHook('onRequest', fastifyRateLimit(new RateLimiter(createMemoryStore()), { limits }));
    app.get('/', async () => 'hello');
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    expect(await statuses(url, 3)).toEqual([200, 200, 200]);
    const denied = await fetch(url);
    expect(denied.status).toBe(429);
    expect(denied.headers.get('content-type')).toContain('application/problem+json');
    expect(denied.headers.get('ratelimit-policy')).toBe('"api";q=3;w=3600');
    expect(await denied.json()).toMatchObject({ 'violated-policies': ['api'] });
    await app.close();
  });

  it('limits whom it is told to, and skips', async () => {
    const app = fastify();
    const hook = fastifyRateLimit(new RateLimiter(createMemoryStore()), {
      limits,
      identify: (request: { ip: string; url: string }) => request.url,
      skip: ({ url }) => url === '/health',
    });
    app.get('/health', { onRequest: hook }, async () => 'hello');
    app.get('/*', { onRequest: hook }, async () => 'hello');
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    expect(await statuses(`${url}/a`, 4)).toEqual([200, 200, 200, 429]);
    expect(await statuses(`${url}/b`, 1)).toEqual([200]);
    expect(await statuses(`${url}/health`, 4)).toEqual([200, 200, 200, 200]);
    await app.close();
  });

  it('is made where a route wants it, and shows what a request has', async () => {
    const app = fastify();
    const limiter = new RateLimiter(createMemoryStore());
    app.get('/a', { onRequest: fastifyRateLimit(limiter, { limits }) }, async () => 'hello');
    app.get(
      '/b',
      { onRequest: fastifyRateLimit(limiter, { limits, identify: ({ headers }) => `${headers['x-user']}` }) },
      async () => 'hello',
    );
    app.get(
      '/c',
      { preHandler: [fastifyRateLimit(limiter, { limits, identify: ({ method, url }) => method + url })] },
      async () => 'hello',
    );
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    expect(await statuses(`${url}/a`, 4)).toEqual([200, 200, 200, 429]);
    expect(await statuses(`${url}/b`, 4, { 'x-user': 'ada' })).toEqual([200, 200, 200, 429]);
    expect(await statuses(`${url}/c`, 1)).toEqual([200]);
    await app.close();
  });

  it('answers 503 where the store is down and the policy is closed', async () => {
    const store = createMemoryStore();
    const down = (): Promise<never> => Promise.reject(new UnavailableError('down', { retryable: false }));
    Object.assign(store, { get: down, find: down, put: down });
    const app = fastify();
    const limiter = new RateLimiter(store, { onFailure: 'closed', timeoutMs: 50 });
    app.addHook('preHandler', fastifyRateLimit(limiter, { limits }));
    app.get('/', async () => 'hello');
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    expect(await statuses(url, 1)).toEqual([503]);
    await app.close();
  });
});
