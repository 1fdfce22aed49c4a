import { Server } from 'node:net';
import { NoriKVClient } from '@norikv/client';
import { createMemoryStore } from '@norikv/testkit';
import { expect, it, vi } from 'vitest';
import { type Health, HealthServer } from '../src/http.js';
import { createServer } from '../src/index.js';

async function listening(health: Health): Promise<HealthServer> {
  const http = await HealthServer.listen({ host: '127.0.0.1', port: 0 });
  http.health = health;
  return http;
}

it('shows health, readiness and metrics', async () => {
  const server = await createServer(createMemoryStore(), { port: 0 });
  await using http = await listening(server);
  const get = async (path: string, method = 'GET'): Promise<[number, string]> => {
    const response = await fetch(`http://${http.address}${path}`, { method });
    return [response.status, await response.text()];
  };
  expect(await get('/healthz')).toEqual([200, 'ok\n']);
  expect(await get('/health')).toEqual([200, 'ok\n']);
  expect(await get('/readyz?full')).toEqual([200, 'ready\n']);
  expect((await get('/kv/key'))[0]).toBe(404);
  expect((await get('/healthz', 'POST'))[0]).toBe(405);
  const [, metrics] = await get('/metrics');
  expect(metrics).toContain('# TYPE norikv_calls_total counter\n');
  expect(metrics).toMatch(/^norikv_calls_in_flight 0$/m);
  await server.close();
  expect(await get('/readyz')).toEqual([503, 'not ready\n']);
  expect((await get('/healthz'))[0]).toBe(200);
});

it('is neither alive nor ready where only a new start can help', async () => {
  const check = (): Promise<never> => Promise.reject(new Error('MDB_PANIC'));
  await using http = await listening({ isReady: true, check, metrics: async () => '' });
  expect((await fetch(`http://${http.address}/healthz`)).status).toBe(503);
  expect((await fetch(`http://${http.address}/readyz`)).status).toBe(503);
});

it('shows the other figures when one cannot be had, as none of the system can without file descriptors', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  await using http = await listening(server);
  await using client = new NoriKVClient({ nodes: [server.address], watchCluster: false });
  await client.connect();
  const rss = vi.spyOn(process.memoryUsage, 'rss').mockImplementation(() => {
    throw new Error('EMFILE: too many open files, uv_resident_set_memory');
  });
  try {
    const text = await (await fetch(`http://${http.address}/metrics`)).text();
    expect(text).toMatch(/^norikv_resident_memory_bytes NaN$/m);
    expect(text).toMatch(/^norikv_calls_in_flight 0$/m);
    const figures = await client.getServerStats();
    expect(figures).toMatchObject({ norikv_resident_memory_bytes: Number.NaN, norikv_watchers: 0 });
  } finally {
    rss.mockRestore();
  }
});

it('goes on where a connection cannot be accepted, as none can without file descriptors', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen');
  try {
    await using http = await listening({ isReady: true, metrics: async () => '' });
    for (const server of listen.mock.contexts as Server[]) server.emit('error', new Error('accept EMFILE'));
    expect(listen).toHaveBeenCalledOnce();
    expect((await fetch(`http://${http.address}/readyz`)).status).toBe(200);
  } finally {
    listen.mockRestore();
  }
});

it('listens on IPv6, too, where there is any', async () => {
  const http = await HealthServer.listen({ host: '::1', port: 0 }).catch(() => undefined);
  if (http) expect(http.address).toMatch(/^\[::1\]:\d+$/);
  await http?.close();
});
