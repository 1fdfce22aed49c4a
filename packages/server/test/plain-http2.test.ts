import { once } from 'node:events';
import { constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { decode, encode, frameOf, methods, status, watchCluster } from '@norikv/client/wire';
import type { KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ClusterService } from '../src/cluster-service.js';
import { Decompressor } from '../src/decompress.js';
import { Guard } from '../src/guard.js';
import { IncomingCall } from '../src/incoming-call.js';
import { createServer, type NoriKVServer } from '../src/index.js';
import { serverSettings } from '../src/options.js';
import { Router } from '../src/router.js';
import { Transport } from '../src/transport.js';
import { type PlainEnd, PlainHttp2Client } from './support/plain-http2.js';

const store = createMemoryStore();
let server: NoriKVServer;
let client: PlainHttp2Client;
beforeAll(async () => {
  await store.put('key', 'value');
  server = await createServer(store, { port: 0 });
  client = new PlainHttp2Client(server.address);
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await server.close(0);
});

afterEach(() => {
  vi.useRealTimers();
});

/** What a client of HTTP/2 begins with: the magic words, and settings. */
const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

const get = encode(methods.get.input, { key: Buffer.from('key') });

function compressed(bytes: Buffer): Buffer {
  const frame = frameOf(bytes);
  frame[0] = 1;
  return frame;
}

function refused(end: PlainEnd): unknown {
  const { 'grpc-status': code, 'grpc-message': text, 'norikv-outcome': outcome } = end.trailers;
  return { code: Number(code), text, outcome };
}

function value({ body }: PlainEnd): string {
  return Buffer.from(decode(methods.get.output, body.subarray(5)).value).toString();
}

it('a caller over a long way sends more than 64 KiB in a round trip', async () => {
  await using far = new PlainHttp2Client(server.address);
  await expect.poll(() => far.session.state.remoteWindowSize).toBe(2 ** 20);
  expect(far.session.remoteSettings.initialWindowSize).toBe(2 ** 20);
});

describe('what is no call', () => {
  it.each([
    ['another method', { ':method': 'PUT' }],
    ['no content type', { 'content-type': '' }],
    ['another content type', { 'content-type': 'application/json' }],
    ['one that only begins alike', { 'content-type': 'application/grpc-web' }],
  ])('%s: 415', async (_what, headers) => {
    expect((await client.call(methods.get.path, frameOf(get), headers)).http).toBe(415);
  });

  it.each(['application/grpc', 'application/grpc+proto', 'application/grpc;charset=utf-8'])(
    '%s is one',
    async (type) => {
      const end = await client.call(methods.get.path, frameOf(get), { 'content-type': type });
      expect(end).toMatchObject({ http: 200, trailers: { 'grpc-status': '0' } });
      expect(value(end)).toBe('value');
    },
  );
});

describe('a request that is not one message', () => {
  const { INVALID_ARGUMENT, RESOURCE_EXHAUSTED } = status;
  const long = Buffer.concat([Buffer.from([0, 0, 0x40, 0, 1]), Buffer.alloc(100_000)]);
  it.each([
    ['nothing', Buffer.alloc(0), INVALID_ARGUMENT, 'the request is not one whole message'],
    ['half of one', frameOf(get).subarray(0, 6), INVALID_ARGUMENT, 'the request is not one whole message'],
    ['two', Buffer.concat([frameOf(get), frameOf(get)]), INVALID_ARGUMENT, 'the request has two messages'],
    [
      'one and a half',
      Buffer.concat([frameOf(get), frameOf(get).subarray(0, 3)]),
      INVALID_ARGUMENT,
      'the request is not one whole message',
    ],
    ['a frame of no kind', Buffer.from([9, 0, 0, 0, 0]), INVALID_ARGUMENT, 'a frame begins with 9'],
    ['one too long', long, RESOURCE_EXHAUSTED, 'a message has 4194305 bytes; use at most 4194304'],
  ])('%s: refused, not applied', async (_what, bytes, code, text) => {
    const end = await client.call(methods.put.path, bytes);
    expect(refused(end)).toEqual({ code, text, outcome: 'not-applied' });
  });

  it('is refused as soon as it is too long, without its end', async () => {
    const end = await client.call(methods.put.path, long, {}, true);
    expect(refused(end)).toMatchObject({ code: RESOURCE_EXHAUSTED });
    expect(end.reset).toBe(constants.NGHTTP2_NO_ERROR);
  });
});

describe('a compressed request', () => {
  it.each([
    ['gzip', gzipSync(get)],
    ['deflate', deflateSync(get)],
  ])('by %s is served', async (encoding, bytes) => {
    const end = await client.call(methods.get.path, compressed(bytes), { 'grpc-encoding': encoding });
    expect(value(end)).toBe('value');
  });

  it.each([
    [
      'nothing known',
      compressed(get),
      'snappy',
      status.UNIMPLEMENTED,
      'snappy is no compression this server knows',
    ],
    ['nothing named', compressed(get), '', status.UNIMPLEMENTED, 'none is no compression this server knows'],
    ['what it is not', compressed(get), 'gzip', status.INVALID_ARGUMENT, 'the message is not gzip'],
    [
      'gzip, and a bomb',
      compressed(gzipSync(Buffer.alloc(64 * 2 ** 20))),
      'gzip',
      status.RESOURCE_EXHAUSTED,
      'a message has more than 4194304 bytes',
    ],
  ])('by %s is refused, not applied', async (_what, bytes, encoding, code, text) => {
    const headers = encoding === '' ? {} : { 'grpc-encoding': encoding };
    const end = await client.call(methods.put.path, bytes, headers);
    expect(refused(end)).toEqual({ code, text, outcome: 'not-applied' });
    if (code === status.UNIMPLEMENTED) {
      expect(end.trailers['grpc-accept-encoding']).toBe('identity,gzip,deflate');
    }
  });
});

it('what it does not serve it names, in short', async () => {
  const end = await client.call(`/norikv.v1.Kv/${'x'.repeat(10_000)}`, frameOf(get));
  expect(refused(end)).toMatchObject({ code: status.UNIMPLEMENTED, outcome: 'not-applied' });
  expect(end.trailers['grpc-message']).toHaveLength(512);
});

it('headers beyond all measure end their own call', async () => {
  const call = (length: number): Promise<PlainEnd> =>
    client.call(methods.get.path, frameOf(get), { 'x-long': 'x'.repeat(length) });
  expect((await call(17_000)).reset).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  expect(value(await call(15_000))).toBe('value');
});

describe('a deadline', () => {
  it('is kept by the server, whatever the client does', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const silent: KvStore = {
      get: (_key, options) => {
        signals.push(options?.signal);
        return new Promise((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => reject(new Error('given up')));
        });
      },
      put: (...call) => store.put(...call),
      delete: (...call) => store.delete(...call),
    };
    await using slow = await createServer(silent, { port: 0 });
    await using caller = new PlainHttp2Client(slow.address);
    const end = await caller.call(methods.get.path, frameOf(get), { 'grpc-timeout': '1000m' });
    expect(refused(end)).toEqual({
      code: status.DEADLINE_EXCEEDED,
      text: 'the deadline of the call is over',
      outcome: undefined,
    });
    expect(signals[0]?.aborted).toBe(true);
    // It counts as what its caller was told.
    await expect.poll(() => slow.metrics()).toMatch(/Get",code="DEADLINE_EXCEEDED"\} 1$/m);
    void caller.call(methods.get.path, frameOf(get));
    await expect.poll(() => signals.length).toBe(2);
    await slow.close(0);
    expect(signals[1]?.aborted).toBe(true);
  });

  it('ends a stream that has begun with its status', async () => {
    const end = await client.call(watchCluster.path, frameOf(Buffer.alloc(0)), { 'grpc-timeout': '1000m' });
    expect(end.body.length).toBeGreaterThan(5);
    expect(end.trailers['grpc-status']).toBe(`${status.DEADLINE_EXCEEDED}`);
  });

  it('that is no time is refused', async () => {
    const end = await client.call(methods.put.path, frameOf(get), { 'grpc-timeout': 'soon' });
    expect(refused(end)).toEqual({
      code: status.INVALID_ARGUMENT,
      text: 'grpc-timeout is soon, which is no time',
      outcome: 'not-applied',
    });
  });
});

it('10,000 calls cut off as soon as they are made harm nobody else', async () => {
  for (let round = 0; round < 20; round++) {
    await using hasty = new PlainHttp2Client(server.address);
    await once(hasty.session, 'remoteSettings');
    for (let call = 0; call < 500 && !hasty.session.destroyed; call++) {
      const stream = hasty.session.request({
        ':method': call % 3 === 0 ? 'GET' : 'POST',
        ':path': methods.get.path,
      });
      stream.on('error', () => {});
      if (call % 2 === 0) stream.end(frameOf(get));
      if (call % 5 === 0) await new Promise(setImmediate);
      if (!stream.destroyed) stream.close(constants.NGHTTP2_CANCEL);
    }
  }
  expect(value(await client.call(methods.get.path, frameOf(get)))).toBe('value');
  await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 0$/m);
}, 240_000);

it('a caller that does not answer to a probe is let go, and one that does is not', async () => {
  const transport = new Transport(undefined, () => {}, { everyMs: 50, timeoutMs: 2_000 });
  const port = await transport.listen({ host: '127.0.0.1', port: 0 });
  const alive = new PlainHttp2Client(`127.0.0.1:${port}`);
  await once(alive.session, 'remoteSettings');
  const dead = connect(port, '127.0.0.1').resume();
  const gone = once(dead, 'close');
  dead.write(preface);
  await gone;
  expect(alive.session.destroyed).toBe(false);
  await alive[Symbol.asyncDispose]();
  await transport.close();
});

it('a caller whose answer to a probe waits behind other work of the server is not let go', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const transport = new Transport(undefined, () => {}, { everyMs: 30_000, timeoutMs: 10_000 });
  const port = await transport.listen({ host: '127.0.0.1', port: 0 });
  await using alive = new PlainHttp2Client(`127.0.0.1:${port}`);
  await once(alive.session, 'remoteSettings');
  const probed = once(alive.session, 'ping');
  vi.advanceTimersByTime(30_000);
  await probed;
  // The answer has been sent, and nothing has been read since.
  await new Promise(setImmediate);
  vi.advanceTimersByTime(10_000);
  await new Promise((resolve) => alive.session.ping(resolve));
  expect(alive.session.destroyed).toBe(false);
  transport.destroy();
  await transport.close();
});

it('a caller that says goodbye and does not hang up is probed no more', async () => {
  const transport = new Transport(undefined, () => {}, { everyMs: 20, timeoutMs: 10_000 });
  const port = await transport.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const goodbye = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const received: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => received.push(bytes));
  socket.on('error', () => {});
  const ended = once(socket, 'end');
  socket.write(Buffer.concat([preface, Buffer.from(goodbye)]));
  await ended;
  const length = Buffer.concat(received).length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(Buffer.concat(received).length).toBe(length);
  transport.destroy();
  await transport.close();
  socket.destroy();
});

it('a call whose caller has just gone is answered to nobody, without harm', async () => {
  let calls = 0;
  const guard = new Guard(serverSettings({}));
  const router = new Router(guard);
  router.add(methods.get.path, () => {
    throw new Error('a call that is over was served');
  });
  const transport = new Transport(undefined, (stream, headers) => {
    const call = new IncomingCall(stream, headers, 60_000, {
      guard,
      decompressor: new Decompressor(),
      patienceMs: 60_000,
    });
    stream.on('error', () => {});
    stream.destroy();
    router.route(stream, headers);
    router.route(stream, { ...headers, ':method': 'GET' });
    call.write(get);
    call.end(get);
    call.refuse({ code: status.INTERNAL, details: '', trailers: {} });
    call.end();
    calls += 1;
  });
  const port = await transport.listen({ host: '127.0.0.1', port: 0 });
  await using caller = new PlainHttp2Client(`127.0.0.1:${port}`);
  for (let count = 0; count < 3; count++) await caller.call(methods.get.path, frameOf(get));
  expect(calls).toBe(3);
  transport.destroy();
  await transport.close();
});

it('connections that have not spoken yet end with the server', async () => {
  const waiting = await createServer(createMemoryStore(), { port: 0 });
  const sockets: Socket[] = [];
  for (let count = 0; count < 3; count++) {
    const socket = connect(waiting.port, '127.0.0.1').resume();
    socket.on('error', () => {});
    await once(socket, 'connect');
    sockets.push(socket);
  }
  const ends = sockets.map((socket) => once(socket, 'close'));
  await waiting.close(50);
  await Promise.all(ends);
});

it('the view of the cluster is made once, however many clients come back at the same time', async () => {
  const guard = new Guard(serverSettings({}));
  let views = 0;
  const cluster = new ClusterService(guard, () => {
    views += 1;
    return { nodeId: 'alone', address: '127.0.0.1:7447', totalShards: 16 };
  });
  const router = new Router(guard);
  router.addStream(watchCluster.path, cluster.watch);
  const transport = new Transport(undefined, (stream, headers) => router.route(stream, headers));
  const port = await transport.listen({ host: '127.0.0.1', port: 0 });
  await using caller = new PlainHttp2Client(`127.0.0.1:${port}`);
  const watches = [1, 2, 3].map(() => caller.call(watchCluster.path, frameOf(Buffer.alloc(0))));
  await expect.poll(() => cluster.watchers).toBe(3);
  cluster.close();
  for (const { body } of await Promise.all(watches)) {
    expect(decode(watchCluster.output, body.subarray(5)).shards).toHaveLength(16);
  }
  expect(views).toBe(1);
  transport.destroy();
  await transport.close();
});

it('a watcher who does not take the end of its stream is cut off', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const guard = new Guard(serverSettings({}));
  const view = { nodeId: 'alone', address: '127.0.0.1:7447', totalShards: 16 };
  const cluster = new ClusterService(guard, () => view);
  const router = new Router(guard, 1_000);
  router.addStream(watchCluster.path, cluster.watch);
  const transport = new Transport(undefined, (stream, headers) => router.route(stream, headers));
  const port = await transport.listen({ host: '127.0.0.1', port: 0 });
  await using caller = new PlainHttp2Client(`127.0.0.1:${port}`);
  const taken = once(caller.session, 'localSettings');
  caller.session.settings({ initialWindowSize: 0 });
  await taken;
  const end = caller.call(watchCluster.path, frameOf(Buffer.alloc(0)), { 'grpc-timeout': '5S' });
  while (cluster.watchers === 0) await new Promise(setImmediate);
  vi.advanceTimersByTime(4_999);
  expect(cluster.watchers).toBe(1);
  vi.advanceTimersByTime(1);
  expect(cluster.watchers).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect((await end).reset).toBe(constants.NGHTTP2_CANCEL);
  transport.destroy();
  await transport.close();
});
