import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performServerHandshake } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { createMemoryStore } from '@norikv/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { settingsOf } from '../src/config.js';
import { Session } from '../src/session.js';
import { UnaryCall } from '../src/unary-call.js';
import { encode, methods } from '../src/wire.js';
import { connect, failure } from './support/clients.js';
import { answer, PlainHttp2Server } from './support/http2-server.js';
import { FaultyNetwork } from './support/network.js';
import { Authority, createServer as createNorikvServer } from './support/server.js';

afterEach(() => {
  vi.useRealTimers();
});

const version = { term: 1n, index: 1n };
const read = encode(methods.get.output, { version });
const request = { path: methods.get.path, bytes: Buffer.alloc(0), metadata: {}, timeoutMs: 10_000 };

it('a connection that has used up its stream identifiers takes no further call and lets the last ones end', async () => {
  await using server = await PlainHttp2Server.start((stream) => answer(stream, read));
  let ends = 0;
  const settings = settingsOf({ nodes: [server.address] });
  const session = await new Promise<Session>((resolve) => {
    const onEnd = (): void => {
      ends += 1;
    };
    const events = { onUp: () => resolve(made), onEnd };
    const made = new Session(server.address, undefined, settings, events, 3);
  });
  const calls = [1, 2, 3].map(() => new UnaryCall(session, request));
  expect(session.isUp).toBe(false);
  expect(ends).toBe(1);
  for (const { end } of calls) expect((await end).status.code).toBe(0);
  await expect.poll(() => server.sessions[0]?.destroyed).toBe(true);
  expect(ends).toBe(1);
});

it('a server that never says a word is given up after a while, and tried again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.resume()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const address = `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  const connecting = connect(address, { maxConnectionsPerNode: 1, timeout: 60_000 });
  await vi.waitFor(() => expect(sockets).toHaveLength(1));
  const [first] = sockets;
  if (!first) return;
  const closed = once(first, 'close');
  vi.advanceTimersByTime(20_000);
  await closed;
  await vi.waitFor(() => {
    vi.advanceTimersByTime(100);
    expect(sockets).toHaveLength(2);
  });
  vi.advanceTimersByTime(60_000);
  expect((await failure(connecting)).code).toBe('UNAVAILABLE');
  server.close();
  for (const socket of sockets) socket.destroy();
});

it('a connection at rest is not probed', async () => {
  await using server = await PlainHttp2Server.start((stream) => answer(stream, read));
  await using client = await connect(server.address, { maxConnectionsPerNode: 1, keepAliveMs: 20 });
  await client.get('key');
  let probes = 0;
  server.sessions[0]?.on('ping', () => {
    probes += 1;
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(probes).toBe(0);
});

describe('a server with a call under way is probed', () => {
  const probing = { maxConnectionsPerNode: 1, keepAliveMs: 50, keepAliveTimeoutMs: 100 };

  it('and left if it does not answer', async () => {
    await using server = await PlainHttp2Server.start(() => {});
    await using network = await FaultyNetwork.to(Number(server.address.split(':')[1]));
    await using client = await connect(network.address, { ...probing, timeout: 60_000 });
    network.weather = 'half open';
    const error = await failure(client.put('key', 'x'));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
  });

  it('and not left if it only thinks for long', async () => {
    await using server = await PlainHttp2Server.start((stream) => {
      setTimeout(() => answer(stream, read), 600);
    });
    await using client = await connect(server.address, probing);
    const controller = new AbortController();
    expect(await client.get('key', { signal: controller.signal })).toMatchObject({ version });
    expect(server.sessions).toHaveLength(1);
  });
});

it('a server over TLS that does not say it speaks HTTP/2 is none', async () => {
  const authority = new Authority('the test authority');
  const server = createTlsServer(authority.issue('localhost'), (socket) => {
    const session = performServerHandshake(socket).on('error', () => {});
    session.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'grpc-status': '12' }, { endStream: true });
    });
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const address = `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  const tls = { ca: authority.cert };
  await expect(connect(address, { tls, timeout: 300 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  server.close();
});

it('a connection at rest keeps no process alive', async () => {
  await using server = await createNorikvServer(createMemoryStore(), { port: 0 });
  const program = fileURLToPath(new URL('./support/forgetful-client.ts', import.meta.url));
  const flags = ['--conditions=@norikv/source', '--import', 'tsx', program, server.address];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
}, 90_000);
