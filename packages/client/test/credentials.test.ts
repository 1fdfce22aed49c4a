import { Metadata, status } from '@grpc/grpc-js';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { NoriKVClient } from '../src/index.js';
import { methods, trailers } from '../src/wire.js';
import { connect, failure } from './support/clients.js';
import { FaultyNetwork } from './support/network.js';
import { RawServer } from './support/raw-server.js';
import { Authority, createServer } from './support/server.js';

const authority = new Authority('the test authority');
const stranger = new Authority('somebody else');
const serverName = 'localhost';

function keysAreGone(): never {
  throw new Error('the keys are gone');
}

describe('TLS', () => {
  it('serves who trusts the authority, and nobody else', async () => {
    await using server = await createServer(createMemoryStore(), {
      port: 0,
      tls: authority.issue(serverName),
    });
    await using client = await connect(server.address, { tls: { ca: authority.cert, serverName } });
    await client.put('key', 'value', { ifNotExists: true });
    for (const tls of [
      { ca: stranger.cert, serverName },
      { ca: authority.cert, serverName: 'elsewhere' },
      true,
      undefined,
    ]) {
      await using other = new NoriKVClient({ nodes: [server.address], tls, timeout: 500 });
      expect(await failure(other.connect())).toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied' });
    }
    const config = { nodes: [server.address], tls: { ca: stranger.cert, serverName }, timeout: 500 };
    await using deceived = new NoriKVClient(config);
    await expect.poll(async () => (await failure(deceived.connect())).message).toMatch(/certificate/);
    const late = await failure(deceived.put('key', 'x'));
    expect(late).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(late.message).toMatch(/certificate/);
  });

  it('expects a certificate for the address that was asked for, be it a number', async () => {
    const tls = authority.issue('elsewhere');
    await using server = await createServer(createMemoryStore(), { port: 0, tls });
    await using _client = await connect(server.address, { tls: { ca: authority.cert } });
    const nodes = [server.address.replace('127.0.0.1', 'localhost')];
    await using deceived = new NoriKVClient({ nodes, tls: { ca: authority.cert }, timeout: 500 });
    await expect.poll(async () => (await failure(deceived.connect())).message).toMatch(/altnames/);
  });

  it('both ways: clients show a certificate', async () => {
    const tls = { ...authority.issue(serverName), clientCa: authority.cert };
    await using server = await createServer(createMemoryStore(), { port: 0, tls });
    const trust = { ca: authority.cert, serverName };
    await using client = await connect(server.address, { tls: { ...trust, ...authority.issue('client') } });
    await client.put('key', 'value');
    for (const certificate of [{}, stranger.issue('client')]) {
      await using other = new NoriKVClient({
        nodes: [server.address],
        tls: { ...trust, ...certificate },
        timeout: 500,
      });
      expect((await failure(other.connect())).outcome).toBe('not-applied');
    }
  });
});

describe('TLS that breaks after the handshake', () => {
  it.each(['client', 'server'] as const)('at the end of the %s costs one connection', async (end) => {
    const tls = authority.issue(serverName);
    await using server = await createServer(createMemoryStore(), { port: 0, tls });
    await using network = await FaultyNetwork.to(server.port);
    const config = { tls: { ca: authority.cert, serverName }, maxConnectionsPerNode: 1, watchCluster: false };
    await using client = await connect(network.address, config);
    await client.put('key', 'before');
    network.spoil(end);
    const connections = async (): Promise<number> => {
      await client.get('key').catch(() => {});
      return network.connections;
    };
    await expect.poll(connections, { timeout: 20_000 }).toBe(2);
    await client.put('key', 'after');
  });

  it('says why: the server asks for a certificate', async () => {
    const tls = { ...authority.issue(serverName), clientCa: authority.cert };
    await using server = await createServer(createMemoryStore(), { port: 0, tls });
    const config = { nodes: [server.address], tls: { ca: authority.cert, serverName }, timeout: 1_000 };
    await using client = new NoriKVClient(config);
    const told = async (): Promise<string> => (await failure(client.connect())).message;
    await expect.poll(told, { timeout: 20_000 }).toMatch(/certificate required/);
  });
});

it('a server that speaks TLS to a client that does not is told by what it does', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0, tls: authority.issue(serverName) });
  await using client = new NoriKVClient({ nodes: [server.address], timeout: 500 });
  const told = async (): Promise<string> => (await failure(client.connect())).message;
  await expect.poll(told, { timeout: 20_000 }).toMatch(/do both sides use TLS, or neither/);
});

describe('TLS whose keys are a function', () => {
  it('is renewed with each connection', async () => {
    const next = new Authority('the next authority');
    const of = (by: Authority) => ({ ...by.issue(serverName), clientCa: by.cert });
    await using server = await createServer(createMemoryStore(), { port: 0, tls: of(authority) });
    await using network = await FaultyNetwork.to(server.port);
    let keys = { ca: authority.cert, serverName, ...authority.issue('client') };
    await using client = await connect(network.address, { tls: () => keys });
    await client.put('key', 'before');
    server.renew({ tls: of(next) });
    network.reset();
    expect((await failure(client.get('key', { timeoutMs: 300 }))).code).toBe('DEADLINE_EXCEEDED');
    keys = { ca: next.cert, serverName, ...next.issue('client') };
    await client.put('key', 'after');
  });

  it.each([
    ['that throws', () => keysAreGone(), 'the keys are gone'],
    [
      'that gives what comes later',
      async () => ({}),
      'tls() is [object Promise]; use keys that are loaded already',
    ],
    ['that gives no object', () => 'PEM', 'tls is of type string'],
    ['that gives a pair with one half', () => ({ cert: 'PEM' }), 'tls has only one of cert and key'],
    ['that gives what it does not know', () => ({ certificate: 'PEM' }), 'certificate'],
  ])('%s fails each attempt by name, and is asked again', async (_what, bad, message) => {
    await using server = await createServer(createMemoryStore(), {
      port: 0,
      tls: authority.issue(serverName),
    });
    let isBad = true;
    const tls = (): object => (isBad ? (bad() as object) : { ca: authority.cert, serverName });
    await using client = new NoriKVClient({ nodes: [server.address], tls, timeout: 60_000 });
    const error = await failure(client.put('key', 'x', { timeoutMs: 100 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(error.message).toContain(message);
    isBad = false;
    await client.put('key', 'value');
  });
});

describe('a bearer token', () => {
  it('opens the door, and a wrong one does not: at once, not at the deadline', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0, tokens: ['old', 'new'] });
    for (const token of ['old', () => 'new', async () => 'new']) {
      await using client = await connect(server.address, { token });
      await client.put('key', 'value');
    }
    for (const token of [undefined, 'wrong']) {
      await using client = new NoriKVClient({ nodes: [server.address], token, timeout: 60_000 });
      expect(await failure(client.connect())).toMatchObject({
        code: 'UNAUTHENTICATED',
        outcome: 'not-applied',
      });
      expect((await failure(client.put('key', 'x'))).code).toBe('UNAUTHENTICATED');
    }
  });

  it('that cannot be had ends the call before it is sent', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0, tokens: ['good'] });
    let isBroken = false;
    const token = async (): Promise<string> => {
      if (isBroken) throw new Error('the vault is closed');
      return 'good';
    };
    await using client = await connect(server.address, { token });
    isBroken = true;
    const error = await failure(client.put('key', 'x'));
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', outcome: 'not-applied' });
    expect(error.cause).toMatchObject({ message: 'the vault is closed' });
    // Nor is anything asked without it.
    const first = failure(connect(server.address, { token, timeout: 600_000 }));
    expect(await first).toMatchObject({ code: 'UNAUTHENTICATED', cause: error.cause });
    expect((await client.getServerStats().catch(() => undefined)) ?? 'refused').toBe('refused');
  });

  it('that takes too long counts towards the deadline', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0 });
    let delay = Promise.resolve('good');
    await using client = await connect(server.address, { token: () => delay });
    delay = new Promise(() => {});
    const error = await failure(client.put('key', 'x', { timeoutMs: 30 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
  });

  it('for the first question is waited for as long as a call may take', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0 });
    const clock = new FakeClock();
    let give = (_token: string): void => {};
    const late = new Promise<string>((resolve) => {
      give = resolve;
    });
    let asked = 0;
    const token = (): string | Promise<string> => (++asked === 1 ? late : 'good');
    const config = { nodes: [server.address], maxConnectionsPerNode: 1, watchCluster: false, clock, token };
    await using client = new NoriKVClient({ ...config, timeout: 60_000 });
    const put = client.put('key', 'value');
    await expect.poll(() => asked).toBe(1);
    await clock.advance(50_000);
    give('late');
    await put;
    expect(asked).toBe(2);
  });

  it('for the first question that does not come is asked for again, and missed by name', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0 });
    const clock = new FakeClock();
    let asked = 0;
    const token = (): string | Promise<string> => (++asked <= 2 ? new Promise(() => {}) : 'good');
    const config = { nodes: [server.address], maxConnectionsPerNode: 1, watchCluster: false, clock, token };
    await using client = new NoriKVClient({ ...config, timeout: 100 });
    const put = client.put('key', 'value', { timeoutMs: 60_000 });
    const missed = failure(client.put('key', 'x', { timeoutMs: 7_000 }));
    await expect.poll(() => asked).toBe(1);
    await clock.advance(7_000);
    expect(asked).toBe(2);
    expect(await missed).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect((await missed).message).toContain('within 7000 ms');
    expect((await missed).message).toContain('no token within 5000 ms');
    await clock.advance(3_000);
    await put;
  });

  it('is not carried to a node that would be told it in the open', async () => {
    const metadata = new Metadata();
    metadata.set(trailers.leaderHint, 'db.example:7447');
    const refuse = { code: status.UNAVAILABLE, details: 'NOT_LEADER', metadata };
    await using server = await new RawServer()
      .answer(methods.describe, () => ({ engine: 'a double' }))
      .answer(methods.get, () => ({ refuse }))
      .listen();
    await using client = await connect(server.address, { token: 'secret' });
    expect(await failure(client.get('key'))).toMatchObject({
      code: 'NOT_LEADER',
      leaderHint: 'db.example:7447',
    });
    expect(client.getStats().nodes).toHaveLength(1);
  });

  it('that comes after the client is closed is not used', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0 });
    const tokens: ((token: string) => void)[] = [];
    let isSlow = false;
    const token = (): string | Promise<string> =>
      isSlow ? new Promise((resolve) => tokens.push(resolve)) : 'quick';
    const client = await connect(server.address, { token });
    isSlow = true;
    const put = failure(client.put('key', 'x'));
    await expect.poll(() => tokens.length).toBe(1);
    const closed = client.close();
    for (const give of tokens) give('late');
    expect(await put).toMatchObject({ code: 'CLOSED', outcome: 'not-applied' });
    await closed;
  });
});

it('a topology watch that could not begin begins later', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  let asked = 0;
  const token = (): string => {
    asked += 1;
    if (asked === 2) throw new Error('not now');
    return 'good';
  };
  await using client = new NoriKVClient({ nodes: [server.address], maxConnectionsPerNode: 1, token });
  await client.connect();
  await expect.poll(() => client.getClusterView()).not.toBeNull();
  expect(asked).toBeGreaterThan(2);
});

it('a metadata hook that throws ends the call as it is', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  let isBroken = true;
  const metadata = (): Record<string, string> => {
    if (isBroken) throw new TypeError('a mistake of the hook');
    return {};
  };
  await expect(connect(server.address, { metadata })).rejects.toThrow(TypeError);
  isBroken = false;
  await using client = await connect(server.address, { metadata });
  isBroken = true;
  await expect(client.put('key', 'x')).rejects.toThrow(TypeError);
  expect(client.getStats()).toMatchObject({ inFlight: 0, pendingBytes: 0 });
});

it.each([
  ['a name of HTTP/2', { ':path': '/elsewhere' }, 'metadata has the name ":path"'],
  ['a name of gRPC', { 'Grpc-Timeout': '1H' }, 'metadata has the name "Grpc-Timeout"'],
  ['a length of its own', { 'Content-Length': '5' }, 'metadata has the name "Content-Length"'],
  ['settings of its own', { 'http2-settings': 'AAA' }, 'metadata has the name "http2-settings"'],
  ['a secret', { Authorization: 'Bearer secret' }, 'metadata has the name "authorization"; use token'],
  ['a name no header has', { 'two words': 'x' }, 'metadata has the name "two words"'],
  ['a value no header carries', { 'x-tenant': 'a\nb: c' }, 'metadata x-tenant has a value'],
  ['a value that begins with a space', { 'x-tenant': ' acme' }, 'metadata x-tenant has a value'],
  ['a value that ends with a space', { 'x-tenant': 'acme ' }, 'without a space at either end'],
  ['a value that is no text', { 'x-tenant': 5 as unknown as string }, 'metadata x-tenant has a value'],
  [
    'what comes later',
    Promise.resolve({ 'x-tenant': 'acme' }) as unknown as Record<string, string>,
    'what the function metadata gives is a promise; use an object',
  ],
  [
    'no names',
    'acme' as unknown as Record<string, string>,
    'what the function metadata gives is of type string',
  ],
])('metadata with %s is refused and not sent', async (_what, bad, message) => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  let isBad = false;
  const metadata = (): Record<string, string> => (isBad ? bad : {});
  await using client = await connect(server.address, { metadata });
  isBad = true;
  const error = await failure(client.put('key', 'x'));
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', outcome: 'not-applied' });
  expect(error.message).toContain(message);
});

it.each(['sec\nret', 'secret ', ''])(
  'a token no header carries is refused by its form, without being shown',
  (token) => {
    const nodes = ['127.0.0.1:1'];
    expect(() => new NoriKVClient({ nodes, token })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.not.stringContaining('ret') }),
    );
  },
);

it('metadata of the caller goes with each call', async () => {
  const seen: unknown[] = [];
  await using server = await new RawServer()
    .answer(methods.describe, () => ({ engine: 'a double' }))
    .answer(methods.get, (_request, metadata) => {
      seen.push(metadata.get('x-tenant'), metadata.get('x-method'), metadata.get('authorization'));
      return { version: { term: 1n, index: 1n } };
    })
    .listen();
  const metadata = (method: string): Record<string, string> => ({
    'x-tenant': 'acme corp',
    'x-method': method,
  });
  await using client = await connect(server.address, { metadata, token: 'secret' });
  await client.get('key');
  expect(seen).toEqual([['acme corp'], ['/norikv.v1.Kv/Get'], ['Bearer secret']]);
});
