import { setMaxListeners } from 'node:events';
import { constants } from 'node:http2';
import { systemClock } from '@norikv/store';
import { expect, it, vi } from 'vitest';
import { Exchange } from '../src/exchange.js';
import type { ClientConfig, NoriKVClient } from '../src/index.js';
import { answerFrame, encode, methods, refusalFrame, status } from '../src/wire.js';
import { connect, failure } from './support/clients.js';
import { begin, ExchangeServer, type OpenExchange } from './support/exchange-server.js';
import { fakeTicks } from './support/fake-ticks.js';
import { head } from './support/http2-server.js';
import { sessionTo } from './support/sessions.js';

const version = { term: 1n, index: 1n };
const stored = encode(methods.put.output, { version });
const read = encode(methods.get.output, { value: new Uint8Array([7]), version });

/** Answers every call as a store does that takes all. */
function obliging(
  call: { readonly id: number; readonly path: string | undefined },
  exchange: OpenExchange,
): void {
  if (call.path === undefined) return;
  exchange.stream.write(answerFrame(call.id, call.path === methods.get.path ? read : stored));
}

const one = { maxConnectionsPerNode: 1, retry: { maxAttempts: 1 } };

async function withServer(
  use: (
    server: ExchangeServer,
    connectTo: (config?: Partial<ClientConfig>) => Promise<NoriKVClient>,
  ) => Promise<void>,
): Promise<void> {
  await using server = await ExchangeServer.start();
  server.onCall = obliging;
  const clients: NoriKVClient[] = [];
  const connectTo = async (config: Partial<ClientConfig> = {}): Promise<NoriKVClient> => {
    const client = await connect(server.address, { ...one, ...config });
    clients.push(client);
    return client;
  };
  try {
    await use(server, connectTo);
  } finally {
    for (const client of clients) await client.close();
  }
}

it('calls go out although a test fakes the timers', () =>
  withServer(async (_, connectTo) => {
    const client = await connectTo();
    using _ticks = fakeTicks();
    expect(await client.put('key', 'value')).toEqual(version);
  }));

it('calls share one stream, with their token', () =>
  withServer(async (server, connectTo) => {
    const client = await connectTo({ token: 'secret' });
    const calls = Array.from({ length: 100 }, (_, index) => client.put(`key ${index}`, 'value'));
    expect(await Promise.all(calls)).toEqual(calls.map(() => version));
    expect((await client.get('key')).value).toEqual(new Uint8Array([7]));
    expect(server.exchanges).toHaveLength(1);
    expect(server.exchanges[0]?.calls).toHaveLength(101);
    expect(server.exchanges[0]?.headers.authorization).toBe('Bearer secret');
    expect(server.others).toEqual([]);
  }));

it.each<[string, Partial<ClientConfig>, number]>([
  ['exchange is false', { exchange: false }, 1],
  ['each call has metadata of its own', { metadata: () => ({ trace: 'a' }) }, 1],
  ['each call asks for its token', { token: () => 'secret' }, 1],
  ['they are long', {}, 65 * 2 ** 10],
])('calls have streams of their own where %s', (_why, config, length) =>
  withServer(async (server, connectTo) => {
    const client = await connectTo(config);
    await client.put('key', new Uint8Array(length));
    expect(server.others).toEqual([methods.put.path]);
    expect(server.exchanges).toHaveLength(0);
  }),
);

it('what is refused is the error of the contract', () =>
  withServer(async (server, connectTo) => {
    const trailers = { 'norikv-outcome': 'not-applied' };
    server.onCall = ({ id }, { stream }) =>
      stream.write(refusalFrame(id, { code: status.UNAVAILABLE, details: 'later', trailers }));
    const client = await connectTo();
    expect(await failure(client.put('key', 'value'))).toMatchObject({
      code: 'UNAVAILABLE',
      outcome: 'not-applied',
      message: 'later',
    });
  }));

it.each<[string, (exchange: OpenExchange) => void]>([
  ['is reset', ({ stream }) => stream.close(constants.NGHTTP2_CANCEL)],
  ['is refused after it has begun', ({ stream }) => stream.close(constants.NGHTTP2_REFUSED_STREAM)],
  ['ends', ({ stream }) => stream.end()],
  ['has an answer that is cut off', ({ stream }) => stream.write(Buffer.from('00000000020000', 'hex'))],
  [
    'has an answer in words nobody knows',
    ({ stream }) => stream.write(Buffer.from('0000000007000000010d6162', 'hex')),
  ],
  ['has a compressed answer', ({ stream }) => stream.write(Buffer.from('010000000500000001000', 'hex'))],
  ['has an answer that is too long', ({ stream }) => stream.write(Buffer.from('00ffffffff', 'hex'))],
])('an exchange that %s leaves a write unknown, and the next call has another one', (_what, harm) =>
  withServer(async (server, connectTo) => {
    const client = await connectTo();
    await client.put('key', 'value');
    server.onCall = (_call, exchange) => harm(exchange);
    expect(await failure(client.put('key', 'value', { timeoutMs: 5_000 }))).toMatchObject({
      outcome: 'unknown',
    });
    server.onCall = obliging;
    expect(await client.put('key', 'value')).toEqual(version);
    expect(server.exchanges).toHaveLength(2);
    expect(server.sessions).toHaveLength(1);
  }),
);

it.each<[string, number]>([
  ['a read is made again', 2],
  ['a write without a condition is not', 1],
])('after an exchange broke, %s', (_what, sent) =>
  withServer(async (server, connectTo) => {
    server.onCall = (_call, { stream }) => {
      server.onCall = obliging;
      stream.close(constants.NGHTTP2_CANCEL);
    };
    const client = await connectTo({ retry: { maxAttempts: 3 } });
    if (sent === 2) expect((await client.get('key')).version).toEqual(version);
    else expect(await failure(client.put('key', 'value'))).toMatchObject({ outcome: 'unknown' });
    expect(server.exchanges.flatMap(({ calls }) => calls)).toHaveLength(sent);
  }),
);

it('an exchange that is refused unread was not applied, and is tried again', () =>
  withServer(async (server, connectTo) => {
    server.welcome = (stream) => {
      server.welcome = begin;
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
    };
    const client = await connectTo({ retry: { maxAttempts: 2 } });
    expect(await client.put('key', 'value')).toEqual(version);
    expect(server.exchanges).toHaveLength(2);
  }));

it('an exchange that is answered with a status says of each call what became of it', () =>
  withServer(async (server, connectTo) => {
    server.welcome = (stream) =>
      stream.respond({ ...head, 'grpc-status': '16', 'grpc-message': 'who are you' }, { endStream: true });
    const client = await connectTo();
    const error = await failure(client.put('key', 'value'));
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', message: 'who are you' });
  }));

it('calls have streams of their own where a proxy leads the exchange to a server that knows of none', () =>
  withServer(async (server, connectTo) => {
    server.welcome = (stream) => stream.respond({ ...head, 'grpc-status': '12' }, { endStream: true });
    const client = await connectTo({ retry: { maxAttempts: 2 } });
    for (let call = 0; call < 2; call++) expect(await client.put('key', 'value')).toEqual(version);
    expect(server.exchanges).toHaveLength(1);
    expect(server.others).toEqual([methods.put.path, methods.put.path]);
    server.sessions[0]?.destroy();
    server.welcome = begin;
    await expect.poll(() => client.put('key', 'value').then(() => server.exchanges.length)).toBe(2);
  }));

it('nobody waits beyond a deadline or a signal, the server is told, and late answers count for nothing', () =>
  withServer(async (server, connectTo) => {
    server.onCall = () => {};
    const client = await connectTo();
    const late = failure(client.put('late', 'value', { timeoutMs: 50 }));
    expect(await late).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'unknown' });
    const controller = new AbortController();
    const cancelled = failure(client.put('cancelled', 'value', { signal: controller.signal }));
    await expect.poll(() => server.exchanges[0]?.calls.length).toBe(3);
    controller.abort();
    expect(await cancelled).toMatchObject({ code: 'CANCELLED', outcome: 'unknown' });
    await expect
      .poll(() => server.exchanges[0]?.calls.map(({ path }) => path))
      .toEqual([methods.put.path, undefined, methods.put.path, undefined]);
    const [exchange] = server.exchanges;
    for (const id of [1, 2]) exchange?.stream.write(answerFrame(id, stored));
    server.onCall = obliging;
    expect(await client.put('key', 'value')).toEqual(version);
    expect(server.exchanges).toHaveLength(1);
  }));

it('when the server says goodbye calls under way are answered, and others go to a new connection', () =>
  withServer(async (server, connectTo) => {
    let answerFirst = (): void => {};
    server.onCall = (call, exchange) => {
      server.onCall = obliging;
      answerFirst = () => obliging(call, exchange);
    };
    const client = await connectTo();
    const first = client.put('first', 'value');
    await expect.poll(() => server.exchanges[0]?.calls.length).toBe(1);
    server.sessions[0]?.goaway();
    await expect.poll(() => client.put('second', 'value').then(() => server.sessions.length)).toBe(2);
    expect(server.exchanges).toHaveLength(2);
    answerFirst();
    expect(await first).toEqual(version);
    await expect.poll(() => server.sessions[0]?.destroyed).toBe(true);
  }));

it('a connection at rest ends when the server says goodbye, though its exchange is open', () =>
  withServer(async (server, connectTo) => {
    const client = await connectTo();
    await client.put('key', 'value');
    server.sessions[0]?.goaway();
    await expect.poll(() => server.sessions[0]?.destroyed).toBe(true);
    expect(await client.put('key', 'value')).toEqual(version);
    expect(server.sessions).toHaveLength(2);
  }));

it('an exchange whose last call nobody waits for ends, too', () =>
  withServer(async (server) => {
    server.onCall = () => {};
    const session = await sessionTo(server.address);
    const { end } = new Exchange(session, {}, 1).start(0, Buffer.alloc(0), 50);
    expect((await end).status.code).toBe(status.DEADLINE_EXCEEDED);
    await expect.poll(() => server.exchanges[0]?.stream.closed).toBe(true);
    session.destroy();
  }));

it('an exchange whose numbers are used up ends with its last call', () =>
  withServer(async (server) => {
    const session = await sessionTo(server.address);
    const exchange = new Exchange(session, {}, 2);
    const calls = [1, 2].map(() => exchange.start(0, Buffer.alloc(0), Number.POSITIVE_INFINITY));
    expect(exchange.isOpen).toBe(false);
    for (const { end } of calls) expect((await end).status.code).toBe(status.OK);
    await expect.poll(() => server.exchanges[0]?.stream.closed).toBe(true);
    for (const { cancel } of calls) cancel();
    session.destroy();
  }));

it('calls that are answered or cancelled leave no timer behind', () =>
  withServer(async (server) => {
    const session = await sessionTo(server.address);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const exchange = new Exchange(session, {});
      const [answered, cancelled] = [1, 2].map(() => exchange.start(0, Buffer.alloc(0), 3_600_000));
      expect(vi.getTimerCount()).toBe(2);
      cancelled?.cancel();
      expect((await answered?.end)?.status.code).toBe(status.OK);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
    session.destroy();
  }));

/** Calls that are sent, and then cancelled together. */
async function giveUp(client: NoriKVClient, count: number, value: Uint8Array): Promise<void> {
  const { signal, abort } = abortable();
  const calls = Array.from({ length: count }, () => failure(client.put('key', value, { signal })));
  await new Promise(setImmediate);
  abort();
  for (const error of await Promise.all(calls)) expect(error.code).toBe('CANCELLED');
}

function abortable(): { readonly signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return { signal: controller.signal, abort: () => controller.abort() };
}

it.each([
  ['', false],
  [', though the cluster is watched on it', true],
])(
  'what a server does not take, and nobody waits for, is not kept, nor is its connection%s',
  (_what, watchCluster) =>
    withServer(async (server, connectTo) => {
      server.onCall = () => {};
      const client = await connectTo({ timeout: 60_000, watchCluster });
      const waiting = client.put('first', 'value', { timeoutMs: 600_000 });
      await expect.poll(() => server.exchanges[0]?.calls.length).toBe(1);
      const stuck = server.exchanges[0]?.stream;
      stuck?.pause();
      await giveUp(client, 300, new Uint8Array(60_000));
      server.onCall = obliging;
      expect(await client.put('key', 'value')).toEqual(version);
      expect(server.sessions).toHaveLength(2);
      expect(server.sessions[0]?.destroyed).toBe(false);
      stuck?.write(answerFrame(1, stored));
      expect(await waiting).toEqual(version);
      await expect.poll(() => stuck?.closed).toBe(true);
      await expect.poll(() => server.sessions[0]?.destroyed).toBe(true);
    }),
);

it.each<[string, number, number]>([
  ['has been silent for long gets another connection', 10_000, 2],
  ['has only just begun to be silent keeps its connection', 1_000, 1],
])('a server that answers none of 100 calls and %s', (_what, silentMs, connections) =>
  withServer(async (server, connectTo) => {
    let laterMs = 0;
    const clock = { ...systemClock, monotonic: () => laterMs };
    const client = await connectTo({ clock, timeout: 60_000 });
    await client.put('key', 'value');
    laterMs += 60_000; // At rest: nobody waited for an answer.
    server.onCall = () => {};
    await giveUp(client, 99, new Uint8Array(1));
    laterMs += silentMs;
    await giveUp(client, 1, new Uint8Array(1));
    server.onCall = obliging;
    expect(await client.put('key', 'value')).toEqual(version);
    expect(server.sessions).toHaveLength(connections);
  }),
);
