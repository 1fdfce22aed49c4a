import { getRequestListener } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { createMemoryStore } from '@norikv/testkit';
import express from 'express';
import fastify from 'fastify';
import { type Context, Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { type Listening, listen } from '../../../test/listen.js';
import { expressRateLimit } from '../src/express.js';
import { fastifyRateLimit } from '../src/fastify.js';
import { honoRateLimit } from '../src/hono.js';
import { clientAddress, RateLimiter } from '../src/index.js';
import { statuses } from './statuses.js';

const limits = { maxRequests: 2, windowMs: 3_600_000 };

/** Servers that trust all of 127.0.0.0/8, from where the tests ask, as their proxies. */
const servers: Readonly<Record<string, (limiter: RateLimiter) => Promise<Listening>>> = {
  async Express(limiter) {
    const app = express();
    app.set('env', 'test');
    app.set('trust proxy', 'loopback');
    app.use(expressRateLimit(limiter, { limits }), (_request, response) => void response.send('hello'));
    return listen(app);
  },
  async Fastify(limiter) {
    const app = fastify({ trustProxy: 'loopback' });
    app.addHook('onRequest', fastifyRateLimit(limiter, { limits }));
    app.get('/', async () => 'hello');
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    return { url, [Symbol.asyncDispose]: () => app.close() };
  },
  async Hono(limiter) {
    const app = new Hono();
    const identify = (context: Context): string => {
      const forwarded = context.req.header('x-forwarded-for')?.split(',') ?? [];
      return clientAddress([forwarded.at(-1), getConnInfo(context).remote.address]);
    };
    app.use(honoRateLimit(limiter, { limits, identify }));
    app.get('/', (context) => context.text('hello'));
    return listen(getRequestListener(app.fetch));
  },
};

describe.each(Object.entries(servers))('X-Forwarded-For of a trusted proxy, to %s', (_name, serve) => {
  const ask = async (url: string, ...values: string[]): Promise<number[]> => {
    const found = [];
    for (const value of values) found.push(...(await statuses(url, 1, { 'x-forwarded-for': value })));
    return found;
  };

  it('names the client, with or without a port', async () => {
    await using server = await serve(new RateLimiter(createMemoryStore()));
    const [one, other] = ['203.0.113.9', '203.0.113.10:4711'];
    expect(await ask(server.url, one, one, one, other)).toEqual([200, 200, 429, 200]);
  });

  it('that is no address is the proxy, whatever it says, and never a client of its own', async () => {
    await using server = await serve(new RateLimiter(createMemoryStore()));
    const values = ['unknown', '_hidden', 'garbage', '999.1.1.1', 'fe80::1]', '-'];
    expect(await ask(server.url, ...values)).toEqual([200, 200, 429, 429, 429, 429]);
    expect(await ask(server.url, '203.0.113.9')).toEqual([200]);
    expect(await statuses(server.url, 1)).toEqual([429]);
  });

  it('counts for the hop nearest to the client that is an address', async () => {
    await using server = await serve(new RateLimiter(createMemoryStore()));
    const hidden = 'unknown, 127.0.0.2';
    expect(await ask(server.url, hidden, hidden, hidden)).toEqual([200, 200, 429]);
    expect(await statuses(server.url, 1)).toEqual([200]);
  });
});
