import { EventEmitter, once } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { encode, frameOf, methods, status, watchCluster } from '@norikv/client/wire';
import { type KvStore, systemClock } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { collectGarbage } from '../../testkit/test/collect-garbage.js';
import type { Call } from '../src/call.js';
import { Decompressor, type Packed } from '../src/decompress.js';
import { FailureLog } from '../src/failure-log.js';
import { Guard } from '../src/guard.js';
import { HeldBytes } from '../src/held-bytes.js';
import { IncomingCall } from '../src/incoming-call.js';
import { createServer, type NoriKVServer } from '../src/index.js';
import type { LogEntry } from '../src/log.js';
import { Metrics } from '../src/metrics.js';
import { serverSettings } from '../src/options.js';
import { readMessage } from '../src/request-body.js';
import { Router } from '../src/router.js';
import type { Refusal } from '../src/statuses.js';
import { Transport } from '../src/transport.js';
import { unaryHandler } from '../src/unary-handler.js';
import { type PlainEnd, PlainHttp2Client } from './support/plain-http2.js';

const megabyte = 2 ** 20;
const key = Buffer.from('key');
const reading = (name: string): Buffer => frameOf(encode(methods.get.input, { key: Buffer.from(name) }));
const get = reading('key');
/** It has a field 15, of 0.7 MB, that nobody knows. */
const padded = frameOf(get.subarray(5), Buffer.from([0x7a, 0x80, 0xe8, 0x2c]), Buffer.alloc(0xb3400));
const put = frameOf(encode(methods.put.input, { key, value: Buffer.alloc(megabyte) }));

function compressed(bytes: Buffer): Buffer {
  const frame = frameOf(bytes);
  frame[0] = 1;
  return frame;
}

function arrayBuffers(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

async function pendingBytes(server: NoriKVServer): Promise<number> {
  return Number(/^norikv_pending_bytes (\d+)$/m.exec(await server.metrics())?.[1]);
}

/** Waits until so many calls are under way: of reads, those that wait for room. */
async function inFlight(server: NoriKVServer, calls: number): Promise<void> {
  await expect.poll(() => server.metrics()).toContain(`norikv_calls_in_flight ${calls}\n`);
}

function refused({ trailers }: PlainEnd): { code: number; outcome: unknown } {
  return { code: Number(trailers['grpc-status']), outcome: trailers['norikv-outcome'] };
}

const exhausted = { code: status.RESOURCE_EXHAUSTED, outcome: 'not-applied' };

/** A client that lets the server send it nothing of an answer. */
async function unwilling(server: NoriKVServer): Promise<PlainHttp2Client> {
  const client = new PlainHttp2Client(server.address);
  await once(client.session, 'remoteSettings');
  const taken = once(client.session, 'localSettings');
  client.session.settings({ initialWindowSize: 0 });
  await taken;
  return client;
}

describe('the bytes of calls under way', () => {
  it('are those of answers nobody takes, too: others are read when there is room', async () => {
    const store = createMemoryStore();
    await store.put('key', new Uint8Array(megabyte));
    await using server = await createServer(store, { port: 0, maxPendingBytes: 3 * megabyte });
    await using client = await unwilling(server);
    const ends = Array.from({ length: 20 }, () => client.call(methods.get.path, get));
    await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 18$/m);
    expect(await pendingBytes(server)).toBeLessThanOrEqual(3 * megabyte);
    client.session.settings({ initialWindowSize: megabyte });
    for (const end of ends) expect((await end).trailers['grpc-status']).toBe('0');
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('are not waited for by callers that have gone, nor by those after them', async () => {
    const store = createMemoryStore();
    await store.put('key', new Uint8Array(megabyte));
    await using server = await createServer(store, { port: 0, maxPendingBytes: 1.5 * megabyte });
    const greedy = await unwilling(server);
    const first = greedy.call(methods.get.path, get);
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(megabyte);
    const hasty = new PlainHttp2Client(server.address);
    void hasty.call(methods.get.path, get);
    await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
    await using patient = new PlainHttp2Client(server.address);
    const last = patient.call(methods.get.path, get);
    await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 2$/m);
    await hasty[Symbol.asyncDispose]();
    await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
    await greedy[Symbol.asyncDispose]();
    await first;
    expect((await last).trailers['grpc-status']).toBe('0');
  });

  it('are not waited for by one that fits without what it held itself', async () => {
    const store = createMemoryStore();
    await store.put('key', new Uint8Array(megabyte));
    /** What a caller holds who does not take an answer. */
    const held = async (server: NoriKVServer, caller: PlainHttp2Client): Promise<number> => {
      void caller.call(methods.get.path, get);
      await expect.poll(() => pendingBytes(server)).toBeGreaterThan(megabyte);
      return pendingBytes(server);
    };
    await using first = await createServer(store, { port: 0 });
    await using measured = await unwilling(first);
    const requestAndAnswer = await held(first, measured);
    const maxPendingBytes = 2 * requestAndAnswer - get.length;
    await using server = await createServer(store, { port: 0, maxPendingBytes });
    await using greedy = await unwilling(server);
    await held(server, greedy);
    await using modest = new PlainHttp2Client(server.address);
    expect((await modest.call(methods.get.path, get)).trailers['grpc-status']).toBe('0');
  });

  it('are those of reads that wait for room, too, apart from the room that these wait for', async () => {
    const store = createMemoryStore();
    await store.put('key', new Uint8Array(megabyte));
    await using server = await createServer(store, { port: 0, maxPendingBytes: 2 * megabyte });
    await using client = await unwilling(server);
    const first = client.call(methods.get.path, get);
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(megabyte);
    const second = client.call(methods.get.path, padded);
    await inFlight(server, 1);
    const third = client.call(methods.get.path, padded);
    await inFlight(server, 2);
    expect(await pendingBytes(server)).toBeGreaterThan(megabyte + 2 * padded.length);
    expect(refused(await client.call(methods.get.path, padded))).toEqual(exhausted);
    // A write finds the same room as before.
    const small = frameOf(encode(methods.put.input, { key: Buffer.from('other'), value: key }));
    await using other = new PlainHttp2Client(server.address);
    expect((await other.call(methods.put.path, small)).trailers['grpc-status']).toBe('0');
    client.session.settings({ initialWindowSize: megabyte });
    for (const end of [first, second, third]) expect((await end).trailers['grpc-status']).toBe('0');
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('are waited for in order, but by short answers', async () => {
    const store = createMemoryStore();
    await store.put('key', new Uint8Array(megabyte));
    await store.put('half', new Uint8Array(megabyte / 2));
    await store.put('short', new Uint8Array(1_000));
    await using server = await createServer(store, { port: 0, maxPendingBytes: 1.75 * megabyte });
    await using greedy = await unwilling(server);
    void greedy.call(methods.get.path, get);
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(megabyte);
    await using patient = new PlainHttp2Client(server.address);
    const order: string[] = [];
    const read = async (name: string): Promise<void> => {
      const { trailers } = await patient.call(methods.get.path, reading(name));
      order.push(`${name} ${trailers['grpc-status']}`);
    };
    const long = read('key');
    await inFlight(server, 1);
    const later = read('half');
    await inFlight(server, 2);
    await read('short');
    greedy.session.settings({ initialWindowSize: megabyte });
    await Promise.all([long, later]);
    expect(order[0]).toBe('short 0');
    expect(order.slice(1).sort()).toEqual(['half 0', 'key 0']);
  });

  it('are kept for who has waited, while the answer is read again', async () => {
    const memory = createMemoryStore();
    await memory.put('key', new Uint8Array(megabyte));
    const reads: (() => void)[] = [];
    let isSlow = false;
    const slow = async (): Promise<void> => {
      if (isSlow) await new Promise<void>((resolve) => reads.push(resolve));
    };
    const store: KvStore = {
      get: (...call) => slow().then(() => memory.get(...call)),
      put: (...call) => memory.put(...call),
      delete: (...call) => memory.delete(...call),
    };
    await using server = await createServer(store, { port: 0, maxPendingBytes: 1.5 * megabyte });
    const greedy = await unwilling(server);
    void greedy.call(methods.get.path, get);
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(megabyte);
    await using patient = new PlainHttp2Client(server.address);
    const first = patient.call(methods.get.path, get);
    await inFlight(server, 1);
    isSlow = true;
    await greedy[Symbol.asyncDispose]();
    await expect.poll(() => reads).toHaveLength(1);
    isSlow = false;
    await using second = await unwilling(server);
    void second.call(methods.get.path, get);
    await inFlight(server, 2);
    reads[0]?.();
    expect((await first).trailers['grpc-status']).toBe('0');
  });

  it('are waited for again by an answer that has grown meanwhile', async () => {
    const store = createMemoryStore();
    await store.put('key', new Uint8Array(megabyte / 2));
    await store.put('held', new Uint8Array(0.6 * megabyte));
    await using server = await createServer(store, { port: 0, maxPendingBytes: 1.5 * megabyte });
    const [first, second] = [await unwilling(server), await unwilling(server)];
    for (const greedy of [first, second]) void greedy.call(methods.get.path, reading('held'));
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(1.2 * megabyte);
    await using patient = new PlainHttp2Client(server.address);
    const end = patient.call(methods.get.path, get);
    await inFlight(server, 1);
    await store.put('key', new Uint8Array(megabyte));
    await first[Symbol.asyncDispose]();
    await expect.poll(() => pendingBytes(server)).toBeLessThan(0.7 * megabyte);
    await inFlight(server, 1);
    await second[Symbol.asyncDispose]();
    const { trailers, body } = await end;
    expect(trailers['grpc-status']).toBe('0');
    expect(body.length).toBeGreaterThan(megabyte);
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('are not waited for once nobody waits for them', async () => {
    const guard = new Guard(serverSettings({ maxPendingBytes: 2 }));
    guard.hold(2, 0);
    expect(await guard.room(1, AbortSignal.abort())).toMatchObject({ code: status.CANCELLED });
    const hasty = new AbortController();
    const [first, second] = [guard.room(2, hasty.signal), guard.room(1, new AbortController().signal)];
    guard.release(1);
    hasty.abort();
    expect(await first).toMatchObject({ code: status.CANCELLED });
    expect(await second).toBeUndefined();
    expect(guard.pendingBytes).toBe(2);
  });

  it('do not turn a write that has happened into one that has not', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const memory = createMemoryStore();
    const store: KvStore = {
      get: (...call) => memory.get(...call),
      put: (...call) => held.then(() => memory.put(...call)),
      delete: (...call) => memory.delete(...call),
    };
    await using server = await createServer(store, { port: 0, maxPendingBytes: megabyte });
    await using client = new PlainHttp2Client(server.address);
    const end = client.call(methods.put.path, put);
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(megabyte);
    release();
    expect((await end).trailers['grpc-status']).toBe('0');
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('leave no room for an answer, and a write is not made again for it', async () => {
    const settings = serverSettings({ maxPendingBytes: 1 });
    const guard = new Guard(settings);
    guard.hold(1, 0);
    let served = 0;
    const serve = async () => {
      served += 1;
      return { version: { term: 1n, index: 1n } };
    };
    const handler = unaryHandler(
      { method: methods.put, serve },
      { settings, guard, metrics: new Metrics([]), failures: new FailureLog(settings) },
    );
    const ended = new Promise<void>((resolve) => {
      const { signal } = new AbortController();
      const still = { authenticate: () => undefined, signal, isLate: false, peer: 'peer' };
      const held = new HeldBytes(guard);
      handler({
        ...still,
        held,
        read: (done) => done(Buffer.alloc(0)),
        end: () => resolve(),
        refuse: () => resolve(),
      });
    });
    await new Promise(setImmediate);
    guard.release(1);
    await ended;
    expect(served).toBe(1);
  });

  it('are those of requests that have not arrived whole', async () => {
    await using server = await createServer(createMemoryStore(), {
      port: 0,
      maxPendingBytes: 3 * megabyte,
    });
    const client = new PlainHttp2Client(server.address);
    const almost = put.subarray(0, put.length - 1);
    let answered = 0;
    const ends = Array.from({ length: 20 }, async () => {
      const end = await client.call(methods.put.path, almost, {}, true);
      answered += 1;
      return end;
    });
    await expect.poll(() => answered).toBe(18);
    expect(await server.metrics()).toMatch(/Put",code="RESOURCE_EXHAUSTED"\} 18$/m);
    expect(await pendingBytes(server)).toBeLessThanOrEqual(3 * megabyte);
    await client[Symbol.asyncDispose]();
    const codes = (await Promise.all(ends)).map((end) => refused(end).code);
    expect(codes.filter((code) => code === status.RESOURCE_EXHAUSTED)).toHaveLength(18);
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('are kept until the store has done with them, whoever has hung up', async () => {
    let release = (): void => {};
    const store: KvStore = {
      ...createMemoryStore(),
      put: () =>
        new Promise((resolve) => {
          release = () => resolve({ term: 1n, index: 1n });
        }),
    };
    await using server = await createServer(store, { port: 0 });
    const client = new PlainHttp2Client(server.address);
    void client.call(methods.put.path, put);
    await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
    await client[Symbol.asyncDispose]();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await pendingBytes(server)).toBeGreaterThan(megabyte);
    release();
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('are those a compressed request becomes', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0, maxPendingBytes: megabyte });
    await using client = new PlainHttp2Client(server.address);
    const almost = put.subarray(0, megabyte / 2);
    void client.call(methods.put.path, almost, {}, true);
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(megabyte / 4);
    const small = compressed(gzipSync(put.subarray(5)));
    const end = await client.call(methods.put.path, small, { 'grpc-encoding': 'gzip' });
    expect(refused(end)).toEqual(exhausted);
  });
});

it('a stranger is sent away before the request is read', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0, tokens: ['secret'] });
  await using client = new PlainHttp2Client(server.address);
  for (const { path } of [methods.put, watchCluster]) {
    const end = await client.call(path, put.subarray(0, 9), {}, true);
    expect(refused(end)).toEqual({ code: status.UNAUTHENTICATED, outcome: 'not-applied' });
  }
  expect(await pendingBytes(server)).toBe(0);
});

it('a request that is refused is refused once, whatever of it still comes', () => {
  const stream = new EventEmitter() as ServerHttp2Stream;
  const results: (Buffer | Refusal)[] = [];
  const reading = { hold: () => undefined, unpack: () => expect.unreachable('nothing is whole') };
  readMessage(stream, reading, (result) => results.push(result));
  for (let chunk = 0; chunk < 3; chunk++) stream.emit('data', Buffer.from([9, 9, 9]));
  stream.emit('end');
  expect(results).toMatchObject([{ code: status.INVALID_ARGUMENT }]);
});

it('a request that does not arrive in time is counted and logged', async () => {
  const log: LogEntry[] = [];
  const options = { port: 0, logCalls: true, log: (entry: LogEntry) => log.push(entry) };
  await using server = await createServer(createMemoryStore(), options);
  await using client = new PlainHttp2Client(server.address);
  const end = await client.call(methods.put.path, put.subarray(0, 7), { 'grpc-timeout': '50m' }, true);
  expect(refused(end)).toEqual({ code: status.DEADLINE_EXCEEDED, outcome: 'not-applied' });
  const [method, code] = [methods.put.path, 'DEADLINE_EXCEEDED'];
  expect(await server.metrics()).toContain(`norikv_calls_total{method="${method}",code="${code}"} 1\n`);
  expect(log).toMatchObject([{ event: 'call', method, code }]);
});

it('a request that is unpacked when its caller has gone is not served', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  const client = new PlainHttp2Client(server.address);
  const bomb = compressed(gzipSync(Buffer.alloc(4 * megabyte)));
  const headers = { 'grpc-encoding': 'gzip' };
  const ends = Array.from({ length: 30 }, () => client.call(methods.put.path, bomb, headers));
  await Promise.race(ends);
  await client[Symbol.asyncDispose]();
  await Promise.all(ends);
  await expect.poll(() => pendingBytes(server)).toBe(0);
  await using other = new PlainHttp2Client(server.address);
  const last = await other.call(methods.put.path, bomb, headers);
  expect(refused(last).code).toBe(status.INVALID_ARGUMENT);
  expect(await pendingBytes(server)).toBe(0);
  const served = /Put",code="INVALID_ARGUMENT"\} (\d+)$/m.exec(await server.metrics())?.[1];
  expect(Number(served)).toBeLessThan(31);
});

it('a watcher whose request comes when the server stops is sent away', async () => {
  const server = await createServer(createMemoryStore(), { port: 0 });
  await using client = new PlainHttp2Client(server.address);
  const nonsense = await client.call(watchCluster.path, Buffer.from([9]));
  expect(refused(nonsense).code).toBe(status.INVALID_ARGUMENT);
  const stream = client.session.request({
    ':method': 'POST',
    ':path': watchCluster.path,
    'content-type': 'application/grpc',
  });
  stream.on('error', () => {});
  const answered = once(stream, 'response');
  stream.write(Buffer.from([0]));
  await expect.poll(() => pendingBytes(server)).toBe(1);
  const closed = server.close();
  stream.end(Buffer.alloc(4));
  const [headers] = await answered;
  expect(headers).toMatchObject({ 'grpc-status': `${status.UNAVAILABLE}`, 'norikv-outcome': 'not-applied' });
  stream.resume();
  await closed;
});

it('watchers that take nothing keep no view of their own', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0, totalShards: 65_536 });
  await using client = await unwilling(server);
  const watch = (): void => void client.call(watchCluster.path, Buffer.alloc(5));
  const watching = (count: number) =>
    expect.poll(() => server.metrics(), { timeout: 20_000 }).toContain(`norikv_watchers ${count}\n`);
  watch();
  await watching(1);
  const before = process.memoryUsage().arrayBuffers;
  for (let watcher = 1; watcher < 60; watcher++) watch();
  await watching(60);
  // A view has 1.1 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * megabyte);
}, 30_000);

it('watches are calls of their peer, too', async () => {
  const clock = { ...systemClock, monotonic: () => 0 };
  await using server = await createServer(createMemoryStore(), { port: 0, maxCallsPerSecond: 2, clock });
  await using client = new PlainHttp2Client(server.address);
  const watch = () => client.call(watchCluster.path, Buffer.alloc(5), { 'grpc-timeout': '2S' });
  const ends = await Promise.all([watch(), watch(), watch()]);
  const codes = ends.map((end) => refused(end).code).sort();
  expect(codes).toEqual([status.DEADLINE_EXCEEDED, status.DEADLINE_EXCEEDED, status.RESOURCE_EXHAUSTED]);
  expect(await server.metrics()).toContain('norikv_calls_in_flight 0\n');
});

it('a watcher keeps nothing of its request', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  await using client = new PlainHttp2Client(server.address);
  const before = arrayBuffers();
  for (let watcher = 1; watcher <= 60; watcher++) {
    void client.call(watchCluster.path, padded);
    await expect.poll(() => server.metrics()).toContain(`norikv_watchers ${watcher}\n`);
  }
  await expect.poll(() => arrayBuffers() - before).toBeLessThan(20 * megabyte);
}, 30_000);

describe('compressed requests', () => {
  const bomb = gzipSync(Buffer.alloc(4 * megabyte));
  const packed = { encoding: 'gzip', longest: 4 * megabyte, from: 'a connection', isWanted: () => true };

  it('are unpacked one after the other, and of each connection one in turn', async () => {
    const decompressor = new Decompressor();
    const order: string[] = [];
    const unpack = async (name: string, bytes: Buffer, from: string): Promise<void> => {
      await decompressor.decompress({ ...packed, bytes, from });
      order.push(name);
    };
    await Promise.all([
      unpack('bomb', bomb, 'greedy'),
      unpack('damaged', Buffer.from('x'), 'greedy'),
      unpack('small', gzipSync(get), 'greedy'),
      unpack('other', bomb, 'modest'),
      unpack('last', gzipSync(get), 'modest'),
    ]);
    expect(order).toEqual(['bomb', 'damaged', 'other', 'small', 'last']);
    await unpack('later', bomb, 'greedy');
    expect(order.at(-1)).toBe('later');
  });

  it('are not unpacked once nobody waits for them', async () => {
    const decompressor = new Decompressor();
    let isWanted = true;
    const first = decompressor.decompress({ ...packed, bytes: bomb });
    const second = decompressor.decompress({ ...packed, bytes: bomb, isWanted: () => isWanted });
    isWanted = false;
    expect(await first).toHaveLength(4 * megabyte);
    expect(await second).toMatchObject({ code: status.CANCELLED });
  });

  it('of one caller do not hold up those of another', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0 });
    await using greedy = new PlainHttp2Client(server.address);
    await using modest = new PlainHttp2Client(server.address);
    const headers = { 'grpc-encoding': 'gzip' };
    let answered = 0;
    const ends = Array.from({ length: 40 }, () =>
      greedy.call(methods.put.path, compressed(bomb), headers).then(() => {
        answered += 1;
      }),
    );
    await ends[0];
    const end = await modest.call(methods.get.path, compressed(gzipSync(get.subarray(5))), headers);
    expect(end.trailers['grpc-status']).toBe('0');
    expect(answered).toBeLessThan(20);
    await Promise.all(ends);
  });

  it('are counted until they are unpacked or passed over, whoever has gone', async () => {
    const guard = new Guard(serverSettings({}));
    let end = (): void => {};
    let isWanted = (): boolean => false;
    class Slow extends Decompressor {
      override decompress(packed: Packed): Promise<Buffer> {
        isWanted = packed.isWanted;
        expect(isWanted()).toBe(true);
        return new Promise((resolve) => {
          end = () => resolve(Buffer.alloc(megabyte));
        });
      }
    }
    const transport = new Transport(undefined, (stream, headers) => {
      stream.on('error', () => {});
      const reception = { guard, decompressor: new Slow(), patienceMs: 60_000 };
      const call = new IncomingCall(stream, headers, 10, reception);
      call.read((result) =>
        Buffer.isBuffer(result) ? expect.unreachable('its caller has gone') : call.refuse(result),
      );
    });
    const port = await transport.listen({ host: '127.0.0.1', port: 0 });
    await using client = new PlainHttp2Client(`127.0.0.1:${port}`);
    const late = await client.call(methods.put.path, compressed(bomb), { 'grpc-encoding': 'gzip' });
    expect(refused(late).code).toBe(status.DEADLINE_EXCEEDED);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isWanted()).toBe(false);
    expect(guard.pendingBytes).toBeGreaterThan(bomb.length);
    end();
    await expect.poll(() => guard.pendingBytes).toBe(0);
    transport.destroy();
    await transport.close();
  });
});

describe('a caller without a deadline', () => {
  // Enough for a request to arrive whole, however busy the machine.
  const patienceMs = 2_000;

  afterEach(() => {
    vi.useRealTimers();
  });

  const answering =
    (answer: Buffer) =>
    (call: Call): void => {
      call.held.hold(answer.length);
      call.end(answer);
    };

  async function impatient(
    serve: (call: Call) => void,
    watch: (call: IncomingCall) => void = () => {},
  ): Promise<{ client: PlainHttp2Client; guard: Guard } & AsyncDisposable> {
    const guard = new Guard(serverSettings({}));
    const router = new Router(guard, patienceMs);
    router.add(methods.get.path, (call) =>
      call.read((request) => (Buffer.isBuffer(request) ? serve(call) : call.refuse(request))),
    );
    router.addStream(watchCluster.path, (call) => call.read(() => watch(call)));
    const transport = new Transport(undefined, (stream, headers) => router.route(stream, headers));
    const port = await transport.listen({ host: '127.0.0.1', port: 0 });
    const client = new PlainHttp2Client(`127.0.0.1:${port}`);
    return {
      client,
      guard,
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        transport.destroy();
        await transport.close();
      },
    };
  }

  it('has to send its request before patience ends', async () => {
    await using server = await impatient(answering(get));
    const end = await server.client.call(methods.get.path, get.subarray(0, 7), {}, true);
    expect(refused(end)).toEqual({ code: status.DEADLINE_EXCEEDED, outcome: 'not-applied' });
    expect(server.guard.pendingBytes).toBe(0);
  });

  it('waits for its answer beyond that, as does one with a later deadline until it passes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const calls: Call[] = [];
    await using server = await impatient((call) => calls.push(call));
    const ends = ['', '1H', '3S'].map((timeout) =>
      server.client.call(methods.get.path, get, timeout ? { 'grpc-timeout': timeout } : {}),
    );
    while (calls.length < ends.length) await new Promise(setImmediate);
    vi.advanceTimersByTime(600_000);
    for (const call of calls) call.end(get);
    const codes = (await Promise.all(ends)).map(({ trailers }) => Number(trailers['grpc-status']));
    expect(codes).toEqual([status.OK, status.OK, status.DEADLINE_EXCEEDED]);
    while (vi.getTimerCount() > 0) await new Promise(setImmediate);
  });

  async function takeNothing({ session }: PlainHttp2Client): Promise<void> {
    const taken = once(session, 'localSettings');
    session.settings({ initialWindowSize: 0 });
    await taken;
  }

  it('has to take its answer, too', async () => {
    await using server = await impatient(answering(Buffer.alloc(megabyte)));
    await takeNothing(server.client);
    const end = await server.client.call(methods.get.path, get);
    expect(end.reset).toBe(constants.NGHTTP2_CANCEL);
    await expect.poll(() => server.guard.pendingBytes).toBe(0);
  });

  it('has to take what it watches, and may watch on once it has', async () => {
    const calls: IncomingCall[] = [];
    await using server = await impatient(answering(get), (call) => {
      calls.push(call);
      call.write(get);
    });
    const { session } = server.client;
    const willing = server.client.call(watchCluster.path, get);
    await expect.poll(() => calls).toHaveLength(1);
    await takeNothing(server.client);
    const unwilling = await server.client.call(watchCluster.path, get);
    expect(unwilling.reset).toBe(constants.NGHTTP2_CANCEL);
    expect(calls[1]?.signal.aborted).toBe(true);
    session.settings({ initialWindowSize: megabyte });
    calls[0]?.end();
    expect((await willing).trailers['grpc-status']).toBe('0');
  });
});
