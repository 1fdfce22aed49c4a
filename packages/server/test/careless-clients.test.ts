import { status } from '@grpc/grpc-js';
import { encode, methods, trailers, watchCluster } from '@norikv/client/wire';
import type { KvStore } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Guard, hostOf } from '../src/guard.js';
import { createServer, type NoriKVServer } from '../src/index.js';
import { serverSettings } from '../src/options.js';
import { rawCall } from './support/raw-call.js';

const store = createMemoryStore();
let server: NoriKVServer;
beforeAll(async () => {
  server = await createServer(store, { port: 0, tokens: ['good'] });
});
afterAll(() => server.close(0));

const key = Buffer.from('key');
const authorization = 'Bearer good';

describe('requests the client would not send', () => {
  it.each([
    ['an empty key', methods.put.path, encode(methods.put.input, {}), 'key has 0 bytes'],
    [
      'a long key',
      methods.get.path,
      encode(methods.get.input, { key: Buffer.alloc(1_025) }),
      'key has 1025 bytes',
    ],
    [
      'a large value',
      methods.put.path,
      encode(methods.put.input, { key, value: Buffer.alloc(2 ** 20 + 1) }),
      'value has 1048577 bytes',
    ],
    [
      'a TTL beyond all numbers',
      methods.put.path,
      encode(methods.put.input, { key, ttlMs: 2n ** 64n - 1n }),
      'ttl_ms is 18446744073709551615',
    ],
    [
      'a word nobody knows',
      methods.get.path,
      encode(methods.get.input, { key, consistency: 'constructor' }),
      'consistency is "constructor"',
    ],
    [
      'bytes that are no message',
      methods.delete.path,
      Buffer.from([0xff]),
      'the request is no norikv.v1.DeleteRequest',
    ],
  ])('%s: INVALID_ARGUMENT, not applied', async (_what, path, body, details) => {
    const { status: ended } = await rawCall(server.address, path, body, { authorization });
    expect(ended).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining(details) });
    expect(ended.metadata.get(trailers.outcome)).toEqual(['not-applied']);
    expect(await store.find('key')).toBeNull();
  });

  it.each(['', 'strong', 'eventual', 'bounded_staleness', 'lease', 'linearizable', 'stale_ok'])(
    'consistency "%s" is known',
    async (consistency) => {
      const body = encode(methods.get.input, { key, consistency });
      const { status: ended, messages } = await rawCall(server.address, methods.get.path, body, {
        authorization,
      });
      expect(ended.code).toBe(status.OK);
      expect(messages).toEqual([Buffer.alloc(0)]);
    },
  );
});

describe('callers without the token', () => {
  it.each(['', 'good', 'Bearer', 'Bearer bad', 'Basic good', 'Basic Bearer good'])(
    '"%s" is nobody',
    async (header) => {
      const headers = header === '' ? {} : { authorization: header };
      for (const { path } of [methods.get, methods.describe, watchCluster]) {
        const { status: ended, messages } = await rawCall(server.address, path, Buffer.alloc(0), headers);
        expect(ended.code).toBe(status.UNAUTHENTICATED);
        expect(messages).toEqual([]);
      }
    },
  );
});

it('a server that stops takes no call and no watcher', async () => {
  let release = (): void => {};
  const held: KvStore = {
    get: () =>
      new Promise((_resolve, reject) => {
        release = () => reject(new Error('released'));
      }),
    put: (...call) => store.put(...call),
    delete: (...call) => store.delete(...call),
  };
  const stopping = await createServer(held, { port: 0 });
  const { address } = stopping;
  const get = rawCall(address, methods.get.path, encode(methods.get.input, { key }));
  await expect.poll(() => stopping.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
  const closed = stopping.close();
  const late = await rawCall(address, methods.get.path, encode(methods.get.input, { key }), {}, 1_000);
  expect([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]).toContain(late.status.code);
  release();
  expect((await get).status).toMatchObject({
    code: status.INTERNAL,
    details: 'internal error; see the log of the server',
  });
  await closed;
});

describe('the guard', () => {
  it('forgets the peers it has not heard of for longest', () => {
    const options = { maxCallsPerSecond: 1, maxInFlight: 100_000, clock: new FakeClock() };
    const guard = new Guard(serverSettings(options));
    const enter = (peer: string): boolean => guard.enter(() => peer) === undefined;
    for (const peer of ['silent', 'busy']) {
      expect(enter(peer)).toBe(true);
      expect(enter(peer)).toBe(false);
    }
    for (let peer = 0; peer < 10_000; peer++) {
      enter(`peer ${peer}`);
      if (peer === 5_000) enter('busy');
    }
    expect(enter('busy')).toBe(false);
    expect(enter('silent')).toBe(true);
  });

  it('lets a peer save up what it may call in a second, or one call, and no more', async () => {
    const clock = new FakeClock();
    for (const [rate, burst] of [
      [2, [true, true, false]],
      [0.5, [true, false, false]],
    ] as const) {
      const guard = new Guard(serverSettings({ maxCallsPerSecond: rate, clock }));
      const enter = (): boolean => guard.enter(() => 'peer') === undefined;
      for (let round = 0; round < 2; round++) {
        expect([enter(), enter(), enter()]).toEqual(burst);
        // What was refused costs nothing.
        await clock.advance(1_000 / rate);
        expect([enter(), enter()]).toEqual([true, false]);
        await clock.advance(3_600_000);
      }
    }
  });

  it('refuses everybody while the server stops', () => {
    const guard = new Guard(serverSettings({}));
    guard.isClosed = true;
    expect(guard.enter(() => 'peer')).toMatchObject({ code: status.UNAVAILABLE });
  });

  it('lets nobody overtake those who wait for room', async () => {
    const guard = new Guard(serverSettings({ maxPendingBytes: 100 }));
    guard.hold(90, 0);
    const order: string[] = [];
    const { signal } = new AbortController();
    const [large, small] = [50, 5].map((bytes) =>
      guard.room(bytes, signal).then(() => order.push(`${bytes}`)),
    );
    await new Promise(setImmediate);
    expect(order).toEqual([]);
    guard.release(90);
    await Promise.all([large, small]);
    expect(order).toEqual(['50', '5']);
    await guard.room(5, signal);
    expect(guard.pendingBytes).toBe(60);
  });

  it('lets all come for whom there is room, and nobody before those who wait longer', async () => {
    const guard = new Guard(serverSettings({ maxPendingBytes: 100 }));
    guard.hold(100, 0);
    const order: number[] = [];
    const { signal } = new AbortController();
    for (const bytes of [30, 40, 50, 10]) void guard.room(bytes, signal).then(() => order.push(bytes));
    guard.release(80);
    await new Promise(setImmediate);
    expect(order).toEqual([30, 40]);
    // Who has come holds it.
    guard.release(20);
    expect(guard.pendingBytes).toBe(70);
    await new Promise(setImmediate);
    expect(order).toEqual([30, 40]);
    guard.release(70);
    await new Promise(setImmediate);
    expect(order).toEqual([30, 40, 50, 10]);
  });

  it('lets short answers come, though a long one waits before them', async () => {
    const [short, long] = [1_000, 2 ** 20];
    const guard = new Guard(serverSettings({ maxPendingBytes: 2 * long }));
    guard.hold(2 * long, 0);
    const order: number[] = [];
    const { signal } = new AbortController();
    for (const bytes of [long, short, long, short])
      void guard.room(bytes, signal).then(() => order.push(bytes));
    guard.release(1.5 * short);
    await new Promise(setImmediate);
    expect(order).toEqual([short]);
    guard.release(2 * short);
    await new Promise(setImmediate);
    expect(order).toEqual([short, short]);
    guard.release(long);
    await new Promise(setImmediate);
    expect(order).toEqual([short, short, long]);
    expect(guard.isAwaited).toBe(true);
  });

  it('lets nobody come beside one that is larger than all the room there is', async () => {
    const guard = new Guard(serverSettings({ maxPendingBytes: 100 }));
    guard.hold(100, 0);
    const order: number[] = [];
    const { signal } = new AbortController();
    for (const bytes of [200, 1]) void guard.room(bytes, signal).then(() => order.push(bytes));
    guard.release(100);
    await new Promise(setImmediate);
    expect(order).toEqual([200]);
    guard.release(200);
    await new Promise(setImmediate);
    expect(order).toEqual([200, 1]);
  });

  it('takes a new connection of a host for the same peer', () => {
    expect(hostOf('10.0.0.1:5000')).toBe(hostOf('10.0.0.1:6000'));
    expect(hostOf('[::1]:5000')).toBe('[::1]');
  });
});
