import { getRequestListener } from '@hono/node-server';
import { bytesToString } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import express, { type Request } from 'express';
import fastify from 'fastify';
import { type Context, Hono } from 'hono';
import { describe, expect, it, vi } from 'vitest';
import { listen } from '../../../test/listen.js';
import { type ExpressTenantRequest, expressTenant } from '../src/express.js';
import { fastifyTenant } from '../src/fastify.js';
import { honoTenant } from '../src/hono.js';
import { TenantContext, TenantError, TenantManager, type TenantResolution } from '../src/index.js';

async function twoTenants(): Promise<TenantManager> {
  const manager = new TenantManager(createMemoryStore(), { plans: { free: { maxValueBytes: 100 } } });
  for (const id of ['acme', 'widgets', 'asleep']) {
    await manager.create(id, id, 'free');
    await (await manager.getClient(id)).put('config', `${id}-config`);
  }
  await manager.suspend('asleep');
  return manager;
}

/** Answers with the configuration of the current tenant, some time later. */
async function configOf<Incoming>(context: TenantContext<Incoming>): Promise<string> {
  await new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
  const { client, metadata } = context.current();
  return `${metadata.name}: ${bytesToString((await client.get('config')).value)}`;
}

/** Writes more than the current tenant may. */
async function tooMuch<Incoming>(context: TenantContext<Incoming>): Promise<string> {
  await context.current().client.put('large', 'x'.repeat(101));
  return 'written';
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(url: string, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(url, { headers });
  return { status: response.status, text: await response.text() };
}

const header = { name: 'X-Tenant-Id', trusted: true } as const;

const frameworks: Readonly<
  Record<
    string,
    (resolution: TenantResolution<unknown>, use: (url: string) => Promise<void>) => Promise<void>
  >
> = {
  async express(resolution, use) {
    const context = new TenantContext<Request & ExpressTenantRequest>(await twoTenants(), resolution);
    const app = express();
    app.use(expressTenant(context));
    app.get('/', async (request: Request & ExpressTenantRequest, response) => {
      const text = await configOf(context);
      expect(request.tenantMetadata?.id).toBe(request.tenantClient?.getTenantId());
      response.send(text);
    });
    app.get('/too-much', async (_request, response) => void response.send(await tooMuch(context)));
    await using server = await listen(app);
    await use(server.url);
  },
  async fastify(resolution, use) {
    const context = new TenantContext(await twoTenants(), resolution);
    const app = fastify();
    app.addHook('onRequest', fastifyTenant(context));
    app.get('/', () => configOf(context));
    app.get('/too-much', () => tooMuch(context));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    await use(url);
    await app.close();
  },
  async hono(resolution, use) {
    const context = new TenantContext<Context>(await twoTenants(), resolution);
    const app = new Hono();
    app.use(honoTenant(context));
    app.get('/', async (request) => request.text(await configOf(context)));
    app.get('/too-much', async (request) => request.text(await tooMuch(context)));
    await using server = await listen(getRequestListener(app.fetch));
    // Hono itself answers errors here, and prints those it knows nothing of.
    vi.spyOn(console, 'error').mockReturnValue();
    await use(server.url);
  },
};

describe.each(Object.entries(frameworks))('the %s middleware', (_name, run) => {
  it('gives each of many requests at once its own tenant, and answers 400, 403, 404 and 429', async () => {
    await run({ header }, async (url) => {
      const ids = Array.from({ length: 40 }, (_, number) => (number % 3 === 0 ? 'acme' : 'widgets'));
      const answers = await Promise.all(ids.map((id) => ask(url, { 'x-tenant-id': id })));
      expect(answers.map(({ text }) => text)).toEqual(ids.map((id) => `${id}: ${id}-config`));
      expect((await ask(url, {})).status).toBe(400);
      expect((await ask(url, { 'x-tenant-id': '' })).status).toBe(400);
      expect((await ask(url, { 'x-tenant-id': 'none' })).status).toBe(404);
      expect((await ask(url, { 'x-tenant-id': 'asleep' })).status).toBe(403);
      expect((await ask(`${url}/too-much`, { 'x-tenant-id': 'acme' })).status).toBe(429);
    });
  });

  it('takes the host of a list, and refuses a claim for another tenant', async () => {
    let claimed: string | undefined = 'acme';
    await run({ claim: () => claimed, hosts: { '127.0.0.1': 'acme' } }, async (url) => {
      expect((await ask(url, {})).text).toBe('acme: acme-config');
      claimed = 'widgets';
      expect((await ask(url, {})).status).toBe(403);
      claimed = undefined;
      expect((await ask(url, {})).status).toBe(400);
    });
    await run({ hosts: { 'other.example': 'acme' } }, async (url) => {
      expect((await ask(url, { 'x-tenant-id': 'acme' })).status).toBe(400);
    });
  });

  it('passes on what is not about tenants', async () => {
    const claim = (): never => {
      throw new Error('the session store is down');
    };
    await run({ claim }, async (url) => {
      expect((await ask(url, {})).status).toBe(500);
    });
  });
});

it('in Hono, an onError of the app sees what is wrong, and can answer as without one', async () => {
  const app = new Hono();
  app.use(honoTenant(new TenantContext<Context>(await twoTenants(), { header })));
  app.onError((error) => (error instanceof TenantError ? error.getResponse() : new Response()));
  const answer = await app.request('/', { headers: { 'x-tenant-id': 'asleep' } });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toEqual({ error: 'Tenant suspended: asleep' });
});

describe('TenantContext', () => {
  it('refuses to trust a header that is not said to be trusted, and to find tenants by nothing', async () => {
    const manager = await twoTenants();
    const untrusted = { header: { name: 'X-Tenant-Id' } } as unknown as TenantResolution<unknown>;
    expect(() => new TenantContext(manager, untrusted)).toThrow('any client can send it');
    const refused = [
      ['X-Tenant-Id', 'header is "X-Tenant-Id"; use an object'],
      [{ name: undefined, trusted: true }, 'header.name is undefined; use well-formed text'],
      [{ header: 'X-Tenant-Id', trusted: true }, 'an option of header is "header"; use name, trusted'],
    ] as const;
    for (const [header, message] of refused) {
      expect(() => new TenantContext(manager, { header } as never)).toThrow(message);
    }
    for (const resolution of [{}, { hosts: {} }]) {
      expect(() => new TenantContext(manager, resolution)).toThrow('claim, hosts and header are missing');
    }
  });

  it.each([
    [
      { claim: () => 'acme', host: { 'acme.example': 'acme' } },
      'an option of resolution is "host"; use claim, hosts, header',
    ],
    [{ claim: 'acme' }, 'claim is "acme"; use a function'],
    [{ hosts: { 'Acme.example': 'acme' } }, 'a name in hosts is "Acme.example"; use "acme.example"'],
    [{ hosts: { 'acme.example:80': 'acme' } }, 'a name in hosts is "acme.example:80"; use "acme.example"'],
    [{ hosts: ['acme.example'] }, 'hosts is [object Array]'],
    [null, 'resolution is null'],
  ])('refuses what would find no tenant, in silence: %o', async (resolution, message) => {
    const manager = await twoTenants();
    expect(() => new TenantContext(manager, resolution as never)).toThrow(message);
  });

  it('runs work without a request as a tenant, and has none outside', async () => {
    const context = new TenantContext(await twoTenants(), { header });
    expect(() => context.current()).toThrow('no tenant here');
    expect(await context.runAs('acme', () => configOf(context))).toBe('acme: acme-config');
    await expect(context.runAs('none', () => configOf(context))).rejects.toThrow('Tenant not found: none');
    expect(() => context.current()).toThrow('no tenant here');
  });

  it('compares hosts in lower case and without a port', async () => {
    const context = new TenantContext(await twoTenants(), { hosts: { 'acme.example': 'acme' } });
    const view = (host: string | undefined) => ({ request: undefined, host, header: () => undefined });
    expect((await context.resolve(view('Acme.Example:8080'))).metadata.id).toBe('acme');
    for (const host of [undefined, 'acme.example.evil', '__proto__', 'xacme.example']) {
      await expect(context.resolve(view(host))).rejects.toMatchObject({ code: 'TENANT_REQUIRED' });
    }
  });
});

describe('a claim that throws what is no error', () => {
  it.each([undefined, null, 'route', 'router'])('lets nobody through: %s', async (thrown) => {
    const claim = (): Promise<string> => Promise.reject(thrown);
    const context = new TenantContext(await twoTenants(), { claim });
    const expressApp = express();
    expressApp.use(expressTenant<Request & ExpressTenantRequest>(context as never));
    expressApp.get('/', (_request, response) => void response.send('through'));
    await using server = await listen(expressApp);
    expect((await ask(server.url, {})).status).toBe(500);
    const fastifyApp = fastify();
    fastifyApp.addHook('onRequest', fastifyTenant(context));
    fastifyApp.get('/', () => 'through');
    expect((await fastifyApp.inject('/')).statusCode).toBe(500);
    await fastifyApp.close();
    const honoApp = new Hono();
    honoApp.use(honoTenant(context));
    honoApp.get('/', (request) => request.text('through'));
    honoApp.onError((_error, request) => request.text('error', 500));
    const answer = await Promise.resolve(honoApp.request('/')).then(
      ({ status }) => status,
      () => 500,
    );
    expect(answer).toBe(500);
  });
});
