import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import {
  constants,
  createServer as createHttp2Server,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { settingsOf } from '../src/config.js';
import { NoriKVClient } from '../src/index.js';
import { Session } from '../src/session.js';
import { UnaryCall } from '../src/unary-call.js';
import { encode, methods, status } from '../src/wire.js';
import { connect, failure } from './support/clients.js';
import { answer, head, PlainHttp2Server } from './support/http2-server.js';
import { FaultyNetwork } from './support/network.js';
import { RawServer } from './support/raw-server.js';
import { Authority, createServer as createNorikvServer } from './support/server.js';
import { sessionTo, socketTo } from './support/sessions.js';

afterEach(() => {
  vi.useRealTimers();
});

const version = { term: 1n, index: 1n };
const read = encode(methods.get.output, { version });
const request = { path: methods.get.path, bytes: Buffer.alloc(0), metadata: {}, timeoutMs: 10_000 };

it('a connection that has used up its stream identifiers takes no further call and lets the last ones end', async () => {
  await using server = await PlainHttp2Server.start((stream) => answer(stream, read));
  let ends = 0;
  const onEnd = (): void => {
    ends += 1;
  };
  const session = await sessionTo(server.address, onEnd, 3);
  const calls = [1, 2, 3].map(() => new UnaryCall(session, request));
  expect(session.isUp).toBe(false);
  expect(ends).toBe(1);
  for (const { end } of calls) expect((await end).status.code).toBe(0);
  await expect.poll(() => server.sessions[0]?.destroyed).toBe(true);
  expect(ends).toBe(1);
});

it('a connection over a long way carries more than 64 KiB in a round trip', async () => {
  await using server = await PlainHttp2Server.start((stream) => answer(stream, read));
  await using _client = await connect(server.address, { maxConnectionsPerNode: 1 });
  const [session] = server.sessions;
  await expect.poll(() => session?.state.remoteWindowSize).toBeGreaterThan(2 ** 20);
  expect(session?.remoteSettings.initialWindowSize).toBe(4 * 2 ** 20);
});

it('a connection that is ended in the moment in which it is made harms nobody', async () => {
  await using server = await PlainHttp2Server.start((stream) => answer(stream, read));
  const settings = settingsOf({ nodes: [server.address] });
  const socket = await socketTo(server.address);
  await new Promise<void>((resolve) => {
    const events = { onUp: () => {}, onEnd: () => resolve() };
    // HTTP/2 tells of the connection in the next tick.
    new Session(server.address, socket, settings, events).destroy();
  });
});

it('a server that never says a word is given up after a while, and tried again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.resume()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const address = `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  const config = { maxConnectionsPerNode: 1, watchCluster: false, timeout: 60_000 };
  await using client = new NoriKVClient({ nodes: [address], ...config });
  const connecting = client.connect();
  await vi.waitFor(() => expect(sockets).toHaveLength(1), { timeout: 15_000 });
  const [first] = sockets;
  if (!first) return;
  const closed = once(first, 'close');
  vi.advanceTimersByTime(20_000);
  await closed;
  await vi.waitFor(() => {
    vi.advanceTimersByTime(100);
    expect(sockets).toHaveLength(2);
  }, 15_000);
  vi.advanceTimersByTime(60_000);
  expect((await failure(connecting)).code).toBe('UNAVAILABLE');
  server.close();
  for (const socket of sockets) socket.destroy();
});

it('a connection that serves is not given up, and leaves no timer behind', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  await using server = await PlainHttp2Server.start((stream) => answer(stream, read));
  let ended = (): void => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const session = await sessionTo(server.address, () => ended());
  vi.advanceTimersByTime(3_600_000);
  expect(session.isUp).toBe(true);
  session.destroy();
  await end;
  expect(vi.getTimerCount()).toBe(0);
});

it('a server that does not answer the first question is asked again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let asked = 0;
  await using server = await new RawServer()
    .answer(methods.describe, () => (++asked === 1 ? 'silence' : { engine: 'a double' }))
    .answer(methods.get, () => ({ version }))
    .listen();
  const config = { maxConnectionsPerNode: 1, watchCluster: false, timeout: 600_000 };
  await using client = new NoriKVClient({ nodes: [server.address], ...config });
  const get = client.get('key');
  while (asked < 1) await new Promise(setImmediate);
  vi.advanceTimersByTime(5_000);
  while (asked < 2) {
    await new Promise(setImmediate);
    vi.advanceTimersByTime(10);
  }
  expect(await get).toMatchObject({ version });
});

it('a connection on which the first question is not answered is replaced', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await using server = await PlainHttp2Server.start((stream) => answer(stream, read));
  let asked = 0;
  server.isMute = ({ session }) => {
    asked += 1;
    return session === server.sessions[0];
  };
  const config = { maxConnectionsPerNode: 1, watchCluster: false, timeout: 600_000 };
  await using client = new NoriKVClient({ nodes: [server.address], ...config });
  const controller = new AbortController();
  const { signal } = controller;
  const end = client.get('key', { signal }).catch((error: unknown) => error);
  while (asked < 1) await new Promise(setImmediate);
  vi.advanceTimersByTime(5_000);
  for (let ms = 0; ms < 20_000 && server.sessions.length < 2; ms++) {
    await new Promise(setImmediate);
    vi.advanceTimersByTime(1);
  }
  if (server.sessions.length < 2) controller.abort();
  expect(await end).toMatchObject({ version });
  await expect.poll(() => server.sessions[0]?.destroyed).toBe(true);
});

it.each([0, 1])(
  'a connection on which nothing is answered, be it the one numbered %i, keeps no call from the other',
  async (mute) => {
    await using server = await PlainHttp2Server.start((stream) => answer(stream, read));
    server.isMute = ({ session }) => session === server.sessions[mute];
    await using client = new NoriKVClient({ nodes: [server.address], watchCluster: false, timeout: 2_000 });
    const calls = [client.get('first'), client.get('second', { timeoutMs: 1_500 })];
    for (const entry of await Promise.all(calls)) expect(entry).toMatchObject({ version });
    expect(server.sessions).toHaveLength(2);
  },
);

it('a connection at rest is not probed', async () => {
  await using server = await PlainHttp2Server.start((stream) => answer(stream, read));
  await using client = await connect(server.address, { maxConnectionsPerNode: 1, keepAliveMs: 20 });
  await client.get('key');
  let probes = 0;
  server.sessions[0]?.on('ping', () => {
    probes += 1;
  });
  // Its stream may end a little later than the call.
  const probesInAWhile = async (): Promise<number> => {
    const before = probes;
    await new Promise((resolve) => setTimeout(resolve, 150));
    return probes - before;
  };
  await expect.poll(probesInAWhile).toBe(0);
});

describe('a server with a call under way is probed', () => {
  const probing = { maxConnectionsPerNode: 1, keepAliveMs: 50, keepAliveTimeoutMs: 2_000 };

  it('and left if it does not answer', async () => {
    await using server = await PlainHttp2Server.start(() => {});
    await using network = await FaultyNetwork.to(Number(server.address.split(':')[1]));
    await using client = await connect(network.address, { ...probing, timeout: 60_000 });
    network.weather = 'half open';
    const error = await failure(client.put('key', 'x'));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(error.message).toContain('nothing came for 2000 ms after a probe');
  });

  it('and not left if it only thinks for long', async () => {
    await using server = await PlainHttp2Server.start((stream) => {
      setTimeout(() => answer(stream, read), 3_000);
    });
    await using client = await connect(server.address, { ...probing, timeout: 60_000 });
    const controller = new AbortController();
    expect(await client.get('key', { signal: controller.signal })).toMatchObject({ version });
    expect(server.sessions).toHaveLength(1);
  });
});

it('is probed as seldom as it is told, be it more seldom than a timer of Node can', async () => {
  await using server = await PlainHttp2Server.start((stream) => {
    setTimeout(() => answer(stream, read), 100);
  });
  const keepAliveMs = Number.MAX_SAFE_INTEGER;
  await using client = await connect(server.address, { maxConnectionsPerNode: 1, keepAliveMs });
  let probes = 0;
  server.sessions[0]?.on('ping', () => {
    probes += 1;
  });
  await client.get('key');
  expect(probes).toBe(0);
});

/** A server that takes nothing of a request's body. */
async function unreading(
  onStream: (stream: ServerHttp2Stream) => void,
): Promise<{ address: string } & AsyncDisposable> {
  const server = createHttp2Server({ settings: { initialWindowSize: 0 } });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session.on('close', () => sessions.delete(session))));
  server.on('stream', (stream) => onStream(stream.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return {
    address: `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

it('a call that is answered before its request has been read leaves nothing behind', async () => {
  const frame = (type: number, flags: number, id: number, payload: string | Buffer): Buffer => {
    const bytes = Buffer.concat([Buffer.alloc(9), Buffer.from(payload)]);
    bytes.writeUIntBE(bytes.length - 9, 0, 3);
    bytes.writeUIntBE(type * 256 + flags, 3, 2);
    bytes.writeUInt32BE(id, 5);
    return bytes;
  };
  // Of Node's own server the end of an answer is the end of the stream; here frames are all there is.
  const [headersType, resetType, settingsType] = [1, 3, 4];
  const noWindow = Buffer.from([0, 4, 0, 0, 0, 0]);
  const exhausted = Buffer.from('\x88\x00\x0bgrpc-status\x018', 'latin1');
  let resets = 0;
  const server = createServer((socket) => {
    let rest = Buffer.alloc(0);
    let isBegun = false;
    socket.on('error', () => {});
    socket.write(frame(settingsType, 0, 0, noWindow));
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      if (!isBegun) rest = rest.subarray(24);
      isBegun = true;
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const [type, id] = [rest[3], rest.readUInt32BE(5)];
        rest = rest.subarray(9 + rest.readUIntBE(0, 3));
        if (type === headersType) socket.write(frame(headersType, 5, id, exhausted));
        if (type === resetType) resets += 1;
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const address = `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  const session = await sessionTo(address, () => {});
  const bytes = Buffer.alloc(100_000);
  const calls = Array.from({ length: 20 }, () => new UnaryCall(session, { ...request, bytes }));
  for (const { end } of calls) expect((await end).status.code).toBe(status.RESOURCE_EXHAUSTED);
  await expect.poll(() => resets).toBe(20);
  session.destroy();
  server.close();
});

it('a call whose stream the server leaves open beyond its answer ends it at the deadline', async () => {
  const closed: number[] = [];
  await using server = await PlainHttp2Server.start((stream) => {
    stream.once('close', () => closed.push(stream.rstCode));
    stream.respond({ ':status': 503 });
  });
  await using client = await connect(server.address, { retry: { maxAttempts: 1 } });
  expect(await failure(client.put('key', 'x', { timeoutMs: 2_000 }))).toMatchObject({ code: 'UNAVAILABLE' });
  await expect.poll(() => closed).toEqual([constants.NGHTTP2_CANCEL]);
});

it('a connection with many calls that nobody waits for, and that cannot be reset, is replaced', async () => {
  await using server = await unreading(() => {});
  let ends = 0;
  const session = await sessionTo(server.address, () => {
    ends += 1;
  });
  const call = (): UnaryCall => new UnaryCall(session, request);
  const awaited = call();
  let abandoned = 0;
  // 800 are reset; time passes, and a few more may be.
  while (session.isUp && abandoned < 5_000) {
    call().cancel();
    abandoned += 1;
  }
  expect(ends).toBe(1);
  expect(abandoned).toBeGreaterThanOrEqual(900);
  let hasEnded = false;
  void awaited.end.then(() => {
    hasEnded = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(hasEnded).toBe(false);
  // The last one somebody waits for: with it the connection goes.
  awaited.cancel();
  expect((await awaited.end).status.code).toBe(status.UNAVAILABLE);
});

it.each([
  ['answers no more is replaced, with 100 of them given up in 10 s', false, 2],
  ['answers now and then is kept', true, 1],
])(
  'a connection on which a server of calls with streams of their own %s',
  async (_what, answers, sessions) => {
    let isAnswered = false;
    await using server = await PlainHttp2Server.start((stream) => {
      if (isAnswered || stream.session !== server.sessions[0]) answer(stream, read);
    });
    let aheadMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs };
    await using client = await connect(server.address, { maxConnectionsPerNode: 1, exchange: false, clock });
    const giveUp = (count: number): Promise<unknown> =>
      Promise.all(Array.from({ length: count }, () => failure(client.get('key', { timeoutMs: 30 }))));
    await giveUp(50);
    isAnswered = answers;
    if (answers) await client.get('key');
    isAnswered = false;
    aheadMs = 10_000;
    await giveUp(49);
    expect(server.sessions).toHaveLength(1);
    await giveUp(1);
    isAnswered = true;
    expect(await client.get('key')).toMatchObject({ version });
    expect(server.sessions).toHaveLength(sessions);
  },
);

it('a connection that is replaced ends with its last call, though the cluster is watched on it', async () => {
  const watches: ServerHttp2Stream[] = [];
  await using server = await PlainHttp2Server.start((stream) => {
    stream.respond(head);
    watches.push(stream);
  });
  const config = { nodes: [server.address], maxConnectionsPerNode: 1, timeout: 20_000 };
  await using client = new NoriKVClient(config);
  await client.connect();
  await expect.poll(() => watches).toHaveLength(1);
  server.sessions[0]?.goaway();
  await expect.poll(() => server.sessions[0]?.destroyed).toBe(true);
  await expect.poll(() => watches).toHaveLength(2);
  expect(server.sessions).toHaveLength(2);
});

it('a server that accepts and hangs up is tried ever less often, however many calls wait', async () => {
  let connections = 0;
  const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.write(emptySettings, () => socket.end());
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const nodes = [`127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`];
  await using client = new NoriKVClient({ nodes, maxConnectionsPerNode: 1, watchCluster: false });
  for (let call = 0; call < 100; call++) await failure(client.get('key', { timeoutMs: 5 }));
  expect(connections).toBeLessThan(30);
  server.close();
});

it('a server that has served, and hangs up from now on, is tried ever less often, too', async () => {
  await using good = await PlainHttp2Server.start((stream) => answer(stream, read));
  const sockets: Socket[] = [];
  const server = createServer(async (socket) => {
    sockets.push(socket.on('error', () => {}));
    if (sockets.length > 1) return void socket.end();
    const through = await socketTo(good.address);
    socket.pipe(through.on('error', () => {})).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const address = `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  await using client = await connect(address, { maxConnectionsPerNode: 1 });
  sockets[0]?.destroy();
  await expect.poll(() => client.getStats().nodes[0]?.ready).toBe(0);
  for (let call = 0; call < 100; call++) await failure(client.get('key', { timeoutMs: 5 }));
  expect(sockets.length).toBeGreaterThan(1);
  expect(sockets.length).toBeLessThan(30);
  server.close();
});

it('a client that is closed while it connects leaves no connection behind', async () => {
  await using server = await PlainHttp2Server.start((stream) => answer(stream, read));
  const client = new NoriKVClient({ nodes: [server.address], maxConnectionsPerNode: 1 });
  const connecting = failure(client.connect());
  await client.close();
  expect(await connecting).toMatchObject({ code: 'CLOSED' });
  await using _next = await connect(server.address, { maxConnectionsPerNode: 1 });
  expect(server.sockets).toHaveLength(1);
});

it('a client that is closed does not wait for a server that says nothing', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await using server = await new RawServer().answer(methods.describe, () => 'silence').listen();
  const client = new NoriKVClient({ nodes: [server.address], watchCluster: false });
  const put = failure(client.put('key', 'x', { timeoutMs: 600_000 }));
  while (server.calls.length === 0) await new Promise(setImmediate);
  let isClosed = false;
  const closed = client.close().then(() => {
    isClosed = true;
  });
  // Less than the time that a server has to answer the first question.
  for (let ms = 0; ms < 4_000 && !isClosed; ms++) {
    await new Promise(setImmediate);
    vi.advanceTimersByTime(1);
  }
  expect(isClosed).toBe(true);
  await closed;
  expect(await put).toMatchObject({ code: 'CLOSED', outcome: 'not-applied' });
});

it('a server that speaks HTTP/1, such as that of health and metrics, is named as the wrong one', async () => {
  const server = createHttpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const nodes = [`127.0.0.1:${(server.address() as AddressInfo).port}`];
  await using client = new NoriKVClient({ nodes, timeout: 500, watchCluster: false });
  const told = async (): Promise<string> => (await failure(client.connect())).message;
  await expect.poll(told, { timeout: 20_000 }).toContain('it does not speak HTTP/2: is the port right');
  server.close();
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
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 180_000 });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
}, 240_000);
