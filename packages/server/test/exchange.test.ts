import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { NoriKVClient } from '@norikv/client';
import {
  type AnswerFrame,
  callFrame,
  cancelFrame,
  decode,
  encode,
  exchangePath,
  FrameReader,
  methods,
  readAnswer,
  status,
} from '@norikv/client/wire';
import type { KvStore } from '@norikv/store';
import { createMemoryStore, seededRandom } from '@norikv/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeTicks } from '../../client/test/support/fake-ticks.js';
import { Guard } from '../src/guard.js';
import { createServer, type NoriKVServer, type ServerOptions } from '../src/index.js';
import { serverSettings } from '../src/options.js';
import { Router } from '../src/router.js';
import { Transport } from '../src/transport.js';

const [putNumber, getNumber] = [0, 1];
const never = Number.POSITIVE_INFINITY;
const key = Buffer.from('key');
const put = encode(methods.put.input, { key, value: Buffer.from('value') });
const get = encode(methods.get.input, { key });

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** An exchange as a client has it that sends whatever it likes. */
class RawExchange {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
  readonly answers: AnswerFrame[] = [];
  status: unknown;

  constructor(session: ClientHttp2Session, headers: Readonly<Record<string, string>> = {}) {
    this.session = session;
    const fixed = {
      ':method': 'POST',
      ':path': exchangePath,
      'content-type': 'application/grpc',
      te: 'trailers',
    };
    this.stream = session.request({ ...fixed, ...headers });
    this.stream.on('error', () => {});
    for (const event of ['response', 'trailers']) {
      this.stream.on(event, (received) => {
        this.status = received['grpc-status'] ?? this.status;
      });
    }
    const reader = new FrameReader(2 ** 24);
    this.stream.on('data', (chunk: Buffer) => {
      for (const { message } of reader.take(chunk)) this.answers.push(readAnswer(message));
    });
  }

  send(...frames: readonly Buffer[]): void {
    this.stream.write(Buffer.concat(frames));
  }

  async answer(id: number): Promise<AnswerFrame> {
    await expect.poll(() => this.answers.map((answer) => answer.id)).toContain(id);
    const answer = this.answers.find((one) => one.id === id);
    return answer ?? expect.unreachable();
  }

  async closed(): Promise<number | undefined> {
    if (!this.stream.destroyed) await new Promise((resolve) => this.stream.once('close', resolve));
    return this.stream.rstCode;
  }
}

async function serve(store: KvStore, options: ServerOptions = {}): Promise<NoriKVServer> {
  const server = await createServer(store, { port: 0, ...options });
  opened.push({ [Symbol.asyncDispose]: () => server.close(0) });
  return server;
}

function connectTo(address: string): ClientHttp2Session {
  const session = connect(`http://${address}`);
  session.on('error', () => {});
  opened.push({
    async [Symbol.asyncDispose]() {
      session.destroy();
    },
  });
  return session;
}

async function start(
  store: KvStore,
  options?: ServerOptions,
): Promise<{ server: NoriKVServer; raw: RawExchange }> {
  const server = await serve(store, options);
  return { server, raw: new RawExchange(connectTo(server.address)) };
}

async function pendingBytes(server: NoriKVServer): Promise<number> {
  return Number(/^norikv_pending_bytes (\d+)$/m.exec(await server.metrics())?.[1]);
}

/** A store whose puts wait until they are let go, and tell whether anybody still waits. */
function heldStore(): { store: KvStore; signals: AbortSignal[]; release(): void } {
  const memory = createMemoryStore();
  const signals: AbortSignal[] = [];
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const store: KvStore = Object.assign(Object.create(memory), {
    async put(...[name, value, options]: Parameters<KvStore['put']>) {
      if (options?.signal) signals.push(options.signal);
      await held;
      return memory.put(name, value);
    },
  });
  return { store, signals, release };
}

describe('calls on an exchange', () => {
  it('are served, each with its own answer, and measured', async () => {
    const { server, raw } = await start(createMemoryStore());
    raw.send(
      callFrame(1, putNumber, never, put),
      callFrame(2, getNumber, 5_000, get),
      callFrame(3, 77, never, get),
    );
    expect(await raw.answer(1)).toMatchObject({ code: status.OK });
    const read = decode(methods.get.output, (await raw.answer(2)).message);
    expect(Buffer.from(read.value).toString()).toBe('value');
    const unknown = { code: status.UNIMPLEMENTED, trailers: { 'norikv-outcome': 'not-applied' } };
    expect(await raw.answer(3)).toMatchObject(unknown);
    expect(await server.metrics()).toMatch(/Put",code="OK"\} 1$/m);
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('are answered although a test fakes the timers', async () => {
    const { raw } = await start(createMemoryStore());
    using _ticks = fakeTicks();
    raw.send(callFrame(1, putNumber, never, put));
    await raw.answer(1);
  });

  it('that make no sense are refused one by one', async () => {
    const { raw } = await start(createMemoryStore());
    raw.send(callFrame(1, putNumber, never, Buffer.from([255, 255])), callFrame(2, getNumber, never, get));
    expect(await raw.answer(1)).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(await raw.answer(2)).toMatchObject({ code: status.OK });
  });

  it('end at their deadline, without a word on what became of them', async () => {
    const { store, signals, release } = heldStore();
    const { server, raw } = await start(store);
    raw.send(callFrame(1, putNumber, 20, put));
    const { code, trailers } = await raw.answer(1);
    expect({ code, trailers }).toEqual({ code: status.DEADLINE_EXCEEDED, trailers: {} });
    await expect.poll(() => signals[0]?.aborted).toBe(true);
    release();
    // It counts as what its caller was told.
    await expect.poll(() => server.metrics()).toMatch(/Put",code="DEADLINE_EXCEEDED"\} 1$/m);
    raw.send(callFrame(1, getNumber, never, get));
    await expect
      .poll(() => raw.answers.map(({ code }) => code))
      .toEqual([status.DEADLINE_EXCEEDED, status.OK]);
  });

  it('that are cancelled are given up, and not answered', async () => {
    const { store, signals, release } = heldStore();
    const { server, raw } = await start(store);
    raw.send(callFrame(1, putNumber, never, put), cancelFrame(2));
    await expect.poll(() => signals.length).toBe(1);
    raw.send(cancelFrame(1));
    await expect.poll(() => signals[0]?.aborted).toBe(true);
    release();
    raw.send(callFrame(2, getNumber, never, get));
    expect(await raw.answer(2)).toMatchObject({ code: status.OK });
    expect(raw.answers).toHaveLength(1);
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('are given up when the connection breaks', async () => {
    const { store, signals, release } = heldStore();
    const { server, raw } = await start(store);
    raw.send(callFrame(1, putNumber, never, put));
    await expect.poll(() => signals.length).toBe(1);
    raw.session.destroy();
    await expect.poll(() => signals[0]?.aborted).toBe(true);
    expect(await pendingBytes(server)).toBeGreaterThan(0);
    release();
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('that read much are answered when there is room for it', async () => {
    const store = createMemoryStore();
    await store.put('key', new Uint8Array(2 ** 20));
    const { server, raw } = await start(store, { maxPendingBytes: 1.5 * 2 ** 20 });
    raw.send(...Array.from({ length: 5 }, (_, id) => callFrame(id, getNumber, never, get)));
    for (let id = 0; id < 5; id++) expect(await raw.answer(id)).toMatchObject({ code: status.OK });
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('are as many as the guard allows', async () => {
    const { store, signals, release } = heldStore();
    const { raw } = await start(store, { maxInFlight: 1 });
    raw.send(callFrame(1, putNumber, never, put), callFrame(2, putNumber, never, put));
    const excess = { code: status.RESOURCE_EXHAUSTED, trailers: { 'norikv-outcome': 'not-applied' } };
    expect(await raw.answer(2)).toMatchObject(excess);
    expect(signals).toHaveLength(1);
    release();
    expect(await raw.answer(1)).toMatchObject({ code: status.OK });
  });
});

describe('an exchange', () => {
  it.each<[string, readonly Buffer[]]>([
    ['two calls of one number', [callFrame(1, putNumber, never, put), callFrame(1, putNumber, never, put)]],
    ['a call that is cut off', [Buffer.from('000000000400000001', 'hex')]],
    ['a compressed call', [Buffer.from('01000000090000000100000000', 'hex'), Buffer.alloc(8)]],
    ['a call that is too long', [Buffer.from('00ffffffff', 'hex')]],
    ['bytes that are no frame', [Buffer.from('ffffffffffff', 'hex')]],
  ])('ends with %s, and calls under way with it', async (_what, frames) => {
    const { store, signals, release } = heldStore();
    const { server, raw } = await start(store);
    raw.send(callFrame(9, putNumber, never, put));
    await expect.poll(() => signals.length).toBe(1);
    raw.send(...frames);
    expect(await raw.closed()).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
    await expect.poll(() => signals[0]?.aborted).toBe(true);
    release();
    await expect.poll(() => pendingBytes(server)).toBe(0);
    const next = new RawExchange(raw.session);
    next.send(callFrame(1, getNumber, never, get));
    expect(await next.answer(1)).toMatchObject({ code: status.OK });
  });

  it('is only for those who may call', async () => {
    const server = await serve(createMemoryStore(), { tokens: ['secret'] });
    const session = connectTo(server.address);
    const stranger = new RawExchange(session);
    await stranger.closed();
    expect(stranger.status).toBe(`${status.UNAUTHENTICATED}`);
    const friend = new RawExchange(session, { authorization: 'Bearer secret' });
    friend.send(callFrame(1, getNumber, never, get));
    expect(await friend.answer(1)).toMatchObject({ code: status.OK });
  });

  it('is one of at most 16 on a connection', async () => {
    const server = await serve(createMemoryStore());
    const session = connectTo(server.address);
    const many = Array.from({ length: 17 }, () => new RawExchange(session));
    await many[16]?.closed();
    expect(many[16]?.status).toBe(`${status.RESOURCE_EXHAUSTED}`);
    many[0]?.stream.close(constants.NGHTTP2_CANCEL);
    await many[0]?.closed();
    const next = new RawExchange(session);
    next.send(callFrame(1, getNumber, never, get));
    expect(await next.answer(1)).toMatchObject({ code: status.OK });
  });

  it('that its client ends is ended when its calls are answered', async () => {
    const { store, signals, release } = heldStore();
    const { raw } = await start(store);
    raw.send(callFrame(1, putNumber, never, put));
    await expect.poll(() => signals.length).toBe(1);
    raw.stream.end();
    release();
    expect(await raw.answer(1)).toMatchObject({ code: status.OK });
    await raw.closed();
    expect(raw.status).toBe(`${status.OK}`);
  });

  it('counts what has arrived of a call, and takes no more than there is room for', async () => {
    const { server, raw } = await start(createMemoryStore(), { maxPendingBytes: 4_096 });
    const value = Buffer.alloc(100_000);
    const long = callFrame(1, putNumber, never, encode(methods.put.input, { key, value }));
    raw.send(long.subarray(0, 2_000));
    await expect.poll(() => pendingBytes(server)).toBeGreaterThanOrEqual(2_000);
    const other = new RawExchange(raw.session);
    other.send(long.subarray(0, 90_000));
    expect(await other.closed()).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    raw.send(long.subarray(2_000));
    expect(await raw.answer(1)).toMatchObject({ code: status.OK });
    await expect.poll(() => pendingBytes(server)).toBe(0);
    raw.send(long.subarray(0, 2_000));
    await expect.poll(() => pendingBytes(server)).toBeGreaterThanOrEqual(2_000);
    raw.stream.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('refuses a short call there is no room for, and goes on with the others', async () => {
    const { store, signals, release } = heldStore();
    const { server, raw } = await start(store, { maxPendingBytes: 4_096 });
    const framed = (id: number): Buffer =>
      callFrame(id, putNumber, never, encode(methods.put.input, { key, value: Buffer.alloc(3_000) }));
    raw.send(framed(1));
    await expect.poll(() => signals.length).toBe(1);
    raw.send(framed(2).subarray(0, 2_000));
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(5_000);
    raw.send(framed(2).subarray(2_000));
    expect(await raw.answer(2)).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      trailers: { 'norikv-outcome': 'not-applied' },
    });
    release();
    expect(await raw.answer(1)).toMatchObject({ code: status.OK });
  });

  it('of a server that stops answers what is under way, refuses the rest, and ends', async () => {
    const { store, signals, release } = heldStore();
    const { server, raw } = await start(store);
    const idle = new RawExchange(raw.session);
    raw.send(callFrame(1, putNumber, never, put));
    await expect.poll(() => signals.length).toBe(1);
    const closed = server.close(60_000);
    raw.send(callFrame(2, putNumber, never, put));
    const stopping = { code: status.UNAVAILABLE, trailers: { 'norikv-outcome': 'not-applied' } };
    expect(await raw.answer(2)).toMatchObject(stopping);
    await expect.poll(() => idle.stream.readableEnded).toBe(true);
    idle.stream.end();
    release();
    expect(await raw.answer(1)).toMatchObject({ code: status.OK });
    await expect.poll(() => raw.stream.readableEnded).toBe(true);
    raw.stream.end();
    await closed;
  });

  it('of a server that stops ends when nobody waits for its last call any more', async () => {
    const { store, signals, release } = heldStore();
    const { server, raw } = await start(store);
    raw.send(callFrame(1, putNumber, never, put));
    await expect.poll(() => signals.length).toBe(1);
    const closing = server.close(3_600_000);
    // By then it takes no further call, and waits for this one.
    await new Promise((resolve) => setTimeout(resolve, 400));
    raw.send(callFrame(2, putNumber, never, put), cancelFrame(1));
    expect(await raw.answer(2)).toMatchObject({ code: status.UNAVAILABLE });
    await expect.poll(() => raw.stream.readableEnded).toBe(true);
    raw.stream.end();
    release();
    await closing;
  });

  it('keeps no server from stopping that has a client of ours', async () => {
    const server = await serve(createMemoryStore());
    await using client = new NoriKVClient({ nodes: [server.address], watchCluster: false });
    await client.put('key', 'value');
    const before = performance.now();
    await server.close(60_000);
    expect(performance.now() - before).toBeLessThan(30_000);
  });

  it('survives whatever bytes it is sent', async () => {
    const server = await serve(createMemoryStore());
    const random = seededRandom(13);
    const byte = (): number => Math.floor(random() * 256);
    const session = connectTo(server.address);
    let raw = new RawExchange(session);
    let sent = 0;
    let resets = 0;
    for (; sent < 10_000; sent++) {
      const message = Buffer.from(Array.from({ length: Math.floor(random() * 40) }, byte));
      const frame = callFrame(Math.floor(random() * 50), Math.floor(random() * 6), random() * 5, message);
      if (random() < 0.01) frame[Math.floor(random() * frame.length)] = byte();
      raw.send(random() < 0.01 ? frame.subarray(0, Math.floor(random() * frame.length)) : frame);
      if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (raw.stream.closed || sent % 500 === 0) {
        resets += 1;
        raw.stream.close(constants.NGHTTP2_CANCEL);
        await raw.closed();
        raw = new RawExchange(session);
      }
    }
    expect(resets).toBeGreaterThan(20);
    const last = new RawExchange(session);
    last.send(callFrame(1, getNumber, never, get));
    expect(await last.answer(1)).toMatchObject({ code: status.OK });
    await expect.poll(() => pendingBytes(server)).toBe(0);
    await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 0$/m);
  });
});

describe('patience on an exchange', () => {
  const patienceMs = 100;

  async function impatient(
    answer: Buffer,
  ): Promise<{ raw: RawExchange; guard: Guard; served: () => number }> {
    const guard = new Guard(serverSettings({ maxPendingBytes: 2 ** 30 }));
    const router = new Router(guard, patienceMs);
    let served = 0;
    router.add(methods.get.path, (call) =>
      call.read((request) => {
        if (!Buffer.isBuffer(request)) return call.refuse(request);
        served += 1;
        call.held.hold(answer.length);
        call.end(answer);
      }),
    );
    const transport = new Transport(undefined, (stream, headers) => router.route(stream, headers));
    const port = await transport.listen({ host: '127.0.0.1', port: 0 });
    opened.push({
      async [Symbol.asyncDispose]() {
        transport.destroy();
        await transport.close();
      },
    });
    return { raw: new RawExchange(connectTo(`127.0.0.1:${port}`)), guard, served: () => served };
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A poll of vitest would move the clock. */
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise(setImmediate);
  }

  /** Whatever was sent before has been read, as far as the server reads. */
  function roundTrip({ session }: RawExchange): Promise<void> {
    return new Promise((resolve) => session.ping(() => resolve()));
  }

  it('ends with a call that does not arrive', async () => {
    const { raw, guard } = await impatient(Buffer.from('answer'));
    raw.send(callFrame(1, getNumber, never, get), callFrame(2, getNumber, never, get).subarray(0, 8));
    await until(() => raw.answers.length === 1);
    expect(raw.answers).toMatchObject([{ code: status.OK }]);
    expect(guard.pendingBytes).toBeGreaterThan(0);
    vi.advanceTimersByTime(patienceMs);
    expect(await raw.closed()).toBe(constants.NGHTTP2_CANCEL);
    await until(() => guard.pendingBytes === 0);
  });

  it('ends with answers that nobody takes, and until then takes no further calls in', async () => {
    const { raw, guard, served } = await impatient(Buffer.alloc(200_000));
    raw.stream.pause();
    raw.stream.removeAllListeners('data');
    raw.send(...Array.from({ length: 10 }, (_, id) => callFrame(id, getNumber, never, get)));
    await until(() => guard.pendingBytes > 1_000_000);
    raw.send(...Array.from({ length: 10 }, (_, id) => callFrame(20 + id, getNumber, never, get)));
    await roundTrip(raw);
    vi.advanceTimersByTime(patienceMs);
    expect(await raw.closed()).toBe(constants.NGHTTP2_CANCEL);
    await until(() => guard.pendingBytes === 0);
    expect(served()).toBe(10);
  });

  it('and the deadlines of calls leave no timer behind', async () => {
    const { raw } = await impatient(Buffer.from('answer'));
    raw.send(callFrame(1, getNumber, 3_600_000, get), callFrame(2, getNumber, never, get).subarray(0, 8));
    await until(() => raw.answers.length === 1);
    raw.stream.close(constants.NGHTTP2_CANCEL);
    await until(() => vi.getTimerCount() === 0);
  });

  it('begins anew with each call that arrives', async () => {
    const { raw, served } = await impatient(Buffer.from('answer'));
    const one = callFrame(1, getNumber, never, get);
    raw.send(one, one.subarray(0, 8));
    for (let round = 1; round <= 10; round++) {
      await until(() => served() === round);
      vi.advanceTimersByTime(patienceMs / 2);
      raw.send(one.subarray(8), one.subarray(0, 8));
    }
    await until(() => served() === 11);
    vi.advanceTimersByTime(patienceMs);
    expect(await raw.closed()).toBe(constants.NGHTTP2_CANCEL);
  });
});

describe('long answers', () => {
  const large = Buffer.from('large');
  const getLarge = encode(methods.get.input, { key: large });

  async function startWithLarge(): Promise<{ server: NoriKVServer; raw: RawExchange }> {
    const store = createMemoryStore();
    await store.put(key, 'value');
    await store.put(large, new Uint8Array(200_000));
    return start(store);
  }

  it('go out one at a time, and short ones between them', async () => {
    const { server, raw } = await startWithLarge();
    const ids = Array.from({ length: 20 }, (_, id) => id);
    raw.send(
      ...ids.map((id) => callFrame(id, getNumber, never, getLarge)),
      callFrame(20, getNumber, never, get),
    );
    await expect.poll(() => raw.answers.length, { timeout: 30_000 }).toBe(21);
    const order = raw.answers.map(({ id }) => id);
    expect(order.filter((id) => id < 20)).toEqual(ids);
    expect(order.indexOf(20)).toBeLessThan(10);
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });

  it('that nobody waits for any more are not sent', async () => {
    const { server, raw } = await startWithLarge();
    raw.stream.pause();
    const ids = [1, 2, 3, 4, 5, 6];
    raw.send(...ids.map((id) => callFrame(id, getNumber, never, getLarge)));
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(1_200_000);
    raw.send(...ids.map(cancelFrame));
    raw.stream.resume();
    await raw.answer(1);
    await expect.poll(() => pendingBytes(server)).toBe(0);
    raw.send(callFrame(7, getNumber, never, get));
    await raw.answer(7);
    expect(raw.answers.map(({ id }) => id)).not.toContain(6);
  });

  it('are all sent before a server that stops hangs up', async () => {
    const { server, raw } = await startWithLarge();
    raw.stream.pause();
    const ids = [1, 2, 3, 4];
    raw.send(...ids.map((id) => callFrame(id, getNumber, never, getLarge)));
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(800_000);
    raw.stream.once('end', () => raw.stream.end());
    const idle = new RawExchange(raw.session);
    idle.send(callFrame(1, getNumber, never, get));
    await idle.answer(1);
    const closed = server.close();
    await expect.poll(() => idle.stream.readableEnded).toBe(true);
    idle.stream.end();
    raw.stream.resume();
    await closed;
    expect(raw.answers.map(({ id, code }) => [id, code])).toEqual(ids.map((id) => [id, status.OK]));
  });

  it('keep their numbers until they are sent', async () => {
    const { server, raw } = await startWithLarge();
    raw.stream.pause();
    raw.send(...[1, 2, 3, 4, 5, 6].map((id) => callFrame(id, getNumber, never, getLarge)));
    await expect.poll(() => pendingBytes(server)).toBeGreaterThan(1_200_000);
    raw.send(callFrame(6, getNumber, never, getLarge));
    raw.stream.resume();
    expect(await raw.closed()).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
    await expect.poll(() => pendingBytes(server)).toBe(0);
  });
});
