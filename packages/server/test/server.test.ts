import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { NoriKVClient } from '@norikv/client';
import {
  DeadlineExceededError,
  type KvStore,
  NoriKVError,
  ResourceExhaustedError,
  UnavailableError,
  UnsupportedError,
} from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer, jsonLog, type LogEntry, type NoriKVServer, type ServerOptions } from '../src/index.js';
import { Authority } from './support/certificates.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(
  store: KvStore,
  options: ServerOptions = {},
  config: object = {},
): Promise<{ server: NoriKVServer; client: NoriKVClient }> {
  const server = await createServer(store, { port: 0, ...options });
  // One connection: the question on a second one would be a call among those that are counted.
  const client = new NoriKVClient({ nodes: [server.address], maxConnectionsPerNode: 1, ...config });
  open.push(server, client);
  await client.connect();
  return { server, client };
}

/** A memory store some calls of which a test replaces. */
function storeWith(calls: Partial<KvStore>): KvStore {
  const memory = createMemoryStore();
  return {
    capabilities: memory.capabilities,
    get: (...call) => memory.get(...call),
    put: (...call) => memory.put(...call),
    delete: (...call) => memory.delete(...call),
    ...calls,
  };
}

async function failure(call: Promise<unknown>): Promise<NoriKVError> {
  const [result] = await Promise.allSettled([call]);
  if (result.status === 'fulfilled') throw new Error(`It gave ${String(result.value)}`);
  return result.reason as NoriKVError;
}

describe('options that are wrong are refused by name', () => {
  it.each<[string, ServerOptions]>([
    ['options is null', null as unknown as ServerOptions],
    ['port is 70000', { port: 70_000 }],
    ['port is 1.5', { port: 1.5 }],
    ['totalShards is 0', { totalShards: 0 }],
    ['maxInFlight is -1', { maxInFlight: -1 }],
    ['maxPendingBytes is 0', { maxPendingBytes: 0 }],
    ['maxCallsPerSecond is 0', { maxCallsPerSecond: 0 }],
    ['tokens is no list of strings, or has an empty one', { tokens: [''] }],
    ['tokens is no list of strings', { tokens: 'secret' as unknown as string[] }],
    // What is left of tokens from the environment that nobody filled in: the server would be open to everybody.
    ['tokens is empty; give at least one, or leave it out', { tokens: [] }],
    ['host is ""', { host: '' }],
    ['nodeId is 5; use well-formed text of 1 to 64 bytes', { nodeId: 5 as unknown as string }],
    ['nodeId, 65 bytes long, is "n', { nodeId: 'n'.repeat(65) }],
    ['totalShards is 65537', { totalShards: 65_537 }],
    ['advertise is "everywhere"; use host:port', { advertise: 'everywhere' }],
    ['tls is null', { tls: null as unknown as undefined }],
    ['tls is false', { tls: false as unknown as undefined }],
    ['maxCallsPerSecond is "5"', { maxCallsPerSecond: '5' as unknown as number }],
    ['logCalls is "no"', { logCalls: 'no' as unknown as boolean }],
    ['log is "stdout"', { log: 'stdout' as unknown as () => void }],
  ])('%s', async (message, options) => {
    await expect(createServer(createMemoryStore(), options)).rejects.toThrow(message);
  });

  it.each([
    ['undefined', undefined],
    ['[object Promise]', Promise.resolve(createMemoryStore())],
    ['[object Map]', new Map()],
  ])('a store that is %s, too: no call would be served', async (shown, store) => {
    await expect(createServer(store as never, { port: 0 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `store is ${shown}; use an open store, awaited`,
    });
  });

  it('a grace period, too', async () => {
    const { server } = await serve(createMemoryStore());
    expect(() => server.close(-1)).toThrow('graceMs is -1');
  });

  it('keys that are none', async () => {
    const tls = {} as { cert: string; key: string };
    await expect(createServer(createMemoryStore(), { port: 0, tls })).rejects.toThrow(
      'tls.cert is not a PEM',
    );
  });
});

describe('a store that keeps less', () => {
  it.each([
    ['ttl', { ttl: 'none' }, { ttlMs: 5 }],
    ['ids', { idempotency: 'none' }, { idempotencyKey: 'id' }],
    ['creates', { createIfAbsent: false }, { ifNotExists: true }],
    ['conditions', { atomicCas: false }, { ifMatchVersion: { term: 1n, index: 1n } }],
  ] as const)(
    '%s: refused by the client, and by the server for clients that do not ask',
    async (_what, less, options) => {
      const { capabilities } = createMemoryStore();
      const store = storeWith({ capabilities: { ...capabilities, ...less } });
      const { server, client } = await serve(store);
      expect(client.capabilities).toEqual(store.capabilities);
      expect(await failure(client.put('key', 'x', options))).toMatchObject({ code: 'UNSUPPORTED' });
      await using careless = new NoriKVClient({ nodes: [server.address], unsafeAllowPlainServer: true });
      const error = await failure(careless.put('key', 'x', options));
      expect(error).toMatchObject({ code: 'UNSUPPORTED', outcome: 'not-applied' });
      expect(error.message).toContain('does not keep');
      expect(await client.find('key')).toBeNull();
    },
  );

  it('one that declares nothing guarantees nothing', async () => {
    const { client } = await serve(storeWith({ capabilities: undefined }));
    expect(client.capabilities).toMatchObject({
      engine: 'a store that declares nothing',
      atomicCas: false,
      ttl: 'none',
    });
    await client.put('key', 'value');
  });
});

describe('errors of the store', () => {
  it.each([
    [
      'UNAVAILABLE that vouches',
      new UnavailableError('disk', { outcome: 'not-applied', retryable: false }),
      'UNAVAILABLE',
      'not-applied',
    ],
    ['UNAVAILABLE', new UnavailableError('disk'), 'UNAVAILABLE', 'unknown'],
    ['DEADLINE_EXCEEDED', new DeadlineExceededError('no quorum'), 'DEADLINE_EXCEEDED', 'unknown'],
    [
      'NOT_LEADER',
      Object.assign(new NoriKVError('elsewhere', { code: 'NOT_LEADER', outcome: 'unknown' }), {
        leaderHint: 'db2:7447',
      }),
      'NOT_LEADER',
      'unknown',
    ],
    ['UNSUPPORTED', new UnsupportedError('not here'), 'UNSUPPORTED', 'not-applied'],
    ['RESOURCE_EXHAUSTED', new ResourceExhaustedError('disk'), 'RESOURCE_EXHAUSTED', 'not-applied'],
    // Of etcd, which applies the write that crosses its quota.
    [
      'RESOURCE_EXHAUSTED that does not vouch',
      new ResourceExhaustedError('quota', { outcome: 'unknown' }),
      'UNAVAILABLE',
      'unknown',
    ],
    ['a code of its own', new NoriKVError('odd', { code: 'DAMAGED_STORE' }), 'INTERNAL', 'not-applied'],
    ['an error nobody expected', new TypeError('a secret detail'), 'INTERNAL', 'unknown'],
  ])('%s', async (_what, thrown, code, outcome) => {
    const log: LogEntry[] = [];
    const store = storeWith({ put: () => Promise.reject(thrown) });
    const { client } = await serve(store, { log: (entry) => log.push(entry) }, { retry: { maxAttempts: 1 } });
    const error = await failure(client.put('key', 'x'));
    expect(error).toMatchObject({ code, outcome });
    expect(error.message).not.toContain('secret');
    if (code === 'NOT_LEADER') expect(error).toMatchObject({ leaderHint: 'db2:7447' });
    const line = { level: 'error', event: 'call failed', error: String(thrown), unlogged: 0 };
    expect(log).toMatchObject(code === 'UNSUPPORTED' ? [] : [line]);
  });

  it('that go on are logged every ten seconds, with how many there were', async () => {
    const clock = new FakeClock();
    const log: LogEntry[] = [];
    let thrown: Error = new ResourceExhaustedError('disk');
    const store = storeWith({ put: () => Promise.reject(thrown) });
    const { client } = await serve(store, { clock, log: (entry) => log.push(entry) });
    for (let call = 0; call < 3; call++) await failure(client.put('key', 'x'));
    expect(log).toMatchObject([{ code: 'RESOURCE_EXHAUSTED', unlogged: 0 }]);
    await clock.advance(10_000);
    await failure(client.put('key', 'x'));
    thrown = new TypeError('another');
    await failure(client.put('key', 'x'));
    expect(log.slice(1)).toMatchObject([{ unlogged: 2 }, { code: 'INTERNAL', unlogged: 0 }]);
  });

  it('text that no header can carry does not hide the error', async () => {
    const store = storeWith({
      put: () => Promise.reject(new UnsupportedError(`naïve 😀\n${'x'.repeat(9_000)}`)),
    });
    const { client } = await serve(store);
    const error = await failure(client.put('key', 'x'));
    expect(error.code).toBe('UNSUPPORTED');
    expect(error.message).toMatch(/^na\?ve \?\?\?x{100}/);
  });
});

describe('a lost condition', () => {
  it('carries a small entry, and says of a large one only that it is another', async () => {
    const { client } = await serve(createMemoryStore());
    const stale = await client.put('key', 'first');
    await client.put('key', 'second');
    const small = await failure(client.put('key', 'x', { ifMatchVersion: stale }));
    expect(small).toMatchObject({ code: 'VERSION_MISMATCH', actual: await client.get('key') });
    await client.put('key', new Uint8Array(100_000));
    const large = await failure(client.put('key', 'x', { ifMatchVersion: stale }));
    expect(large).toMatchObject({ code: 'VERSION_MISMATCH', actual: undefined });
    const exists = await failure(client.put('key', 'x', { ifNotExists: true }));
    expect(exists.code).toBe('ALREADY_EXISTS');
    await client.delete('key');
    const gone = await failure(client.put('key', 'x', { ifMatchVersion: stale }));
    expect(gone).toMatchObject({ code: 'VERSION_MISMATCH', actual: null });
  });
});

describe('guards', () => {
  it('too many calls and too many bytes at once', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const version = { term: 1n, index: 1n };
    const store = storeWith({ put: () => held.then(() => version) });
    const { server, client } = await serve(store, { maxInFlight: 2, maxPendingBytes: 1_000 });
    const first = client.put('key', new Uint8Array(800));
    await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
    const bytes = await failure(client.put('key', new Uint8Array(800)));
    expect(bytes).toMatchObject({ code: 'RESOURCE_EXHAUSTED', outcome: 'not-applied' });
    expect(bytes.message).toContain('1000 bytes');
    const second = client.put('key', 'x');
    await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 2$/m);
    expect((await failure(client.put('key', 'x'))).message).toContain('2 calls are under way');
    expect(await server.metrics()).toMatch(/^norikv_connections [12]$/m);
    release();
    await Promise.all([first, second]);
    await client.put('key', new Uint8Array(800));
  });

  it('too many calls a second, per peer', async () => {
    const clock = new FakeClock();
    const { client } = await serve(
      createMemoryStore({ clock }),
      { maxCallsPerSecond: 4, clock },
      { watchCluster: false },
    );
    // One of the four was the question what the server guarantees.
    for (let call = 0; call < 3; call++) await client.put('key', 'x');
    const refused = await failure(client.put('key', 'x'));
    expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED', outcome: 'not-applied' });
    expect(refused.message).toContain('more than 4 calls a second');
    await clock.advance(250);
    await client.put('key', 'x');
    expect((await failure(client.put('key', 'x'))).code).toBe('RESOURCE_EXHAUSTED');
  });
});

it('a caller that hangs up cancels its call in the store', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const store = storeWith({
    put: (_key, _value, options) => {
      signals.push(options?.signal);
      return new Promise(() => {});
    },
  });
  const { client } = await serve(store);
  const controller = new AbortController();
  const put = failure(client.put('key', 'x', { signal: controller.signal }));
  await expect.poll(() => signals.length).toBe(1);
  controller.abort();
  await put;
  await expect.poll(() => signals[0]?.aborted).toBe(true);
  await failure(client.put('key', 'x', { timeoutMs: 3_000 }));
  await expect.poll(() => signals[1]?.aborted).toBe(true);
});

it('stops in order: new calls are refused as not applied, those under way end', async () => {
  let release = (): void => {};
  const store = storeWith({
    put: () =>
      new Promise((resolve) => {
        release = () => resolve({ term: 1n, index: 1n });
      }),
  });
  const clock = new FakeClock();
  const { server, client } = await serve(store, { clock }, { retry: { maxAttempts: 1 } });
  const put = client.put('key', 'x');
  await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
  expect(server.isReady).toBe(true);
  const closing = server.close();
  expect(server.isReady).toBe(false);
  release();
  expect(await put).toEqual({ term: 1n, index: 1n });
  await closing;
  expect(clock.pendingTimers).toBe(0);
  await server.close();
});

it('a connection whose TLS is agreed on while it stops does not hold it up', async () => {
  const authority = new Authority('the test authority');
  const tls = authority.issue('localhost');
  const server = await createServer(createMemoryStore(), { port: 0, tls });
  const socket = connectTcp(server.port, '127.0.0.1');
  await once(socket, 'connect');
  // The server takes connections in order, so that it knows of the first one now.
  await using other = new NoriKVClient({
    nodes: [server.address],
    tls: { ca: authority.cert, serverName: 'localhost' },
    watchCluster: false,
  });
  await other.connect();
  const closed = server.close(600_000);
  const secure = connectTls({ socket, ca: authority.cert, servername: 'localhost', ALPNProtocols: ['h2'] });
  secure.on('error', () => {}).resume();
  await once(secure, 'secureConnect');
  await closed;
});

it('waits for what is under way through the longest grace period, too', async () => {
  let release = (): void => {};
  const store = storeWith({
    put: () =>
      new Promise((resolve) => {
        release = () => resolve({ term: 1n, index: 1n });
      }),
  });
  const { server, client } = await serve(store);
  const put = client.put('key', 'x');
  await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
  const closed = server.close(Number.MAX_SAFE_INTEGER);
  await new Promise((resolve) => setTimeout(resolve, 50));
  release();
  expect(await put).toEqual({ term: 1n, index: 1n });
  await closed;
});

it('cuts off what is under way when the grace period is over', async () => {
  const { server, client } = await serve(storeWith({ put: () => new Promise(() => {}) }));
  const put = failure(client.put('key', 'x'));
  await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
  await server.close(50);
  expect(await put).toMatchObject({ outcome: 'unknown' });
});

it('measures how long calls take', async () => {
  const clock = new FakeClock();
  let release = (): void => {};
  const store = storeWith({
    put: () =>
      new Promise((resolve) => {
        release = () => resolve({ term: 1n, index: 1n });
      }),
  });
  const { server, client } = await serve(store, { clock });
  for (const ms of [0, 7, 60_000]) {
    const put = client.put('key', 'x');
    await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
    await clock.advance(ms);
    release();
    await put;
  }
  const text = await server.metrics();
  const name = 'norikv_call_duration_seconds';
  const method = 'method="/norikv.v1.Kv/Put"';
  expect(text).toContain(`${name}_bucket{${method},le="0.005"} 1\n${name}_bucket{${method},le="0.01"} 2\n`);
  expect(text).toContain(`${name}_bucket{${method},le="5"} 2\n${name}_bucket{${method},le="+Inf"} 3\n`);
  expect(text).toContain(`${name}_sum{${method}} 60.007\n${name}_count{${method}} 3\n`);
});

it('shows itself in the cluster view', async () => {
  const { server, client } = await serve(createMemoryStore(), {
    nodeId: 'alone',
    totalShards: 4,
    advertise: 'db.example:7447',
  });
  await expect.poll(() => client.getClusterView()).not.toBeNull();
  expect(client.getClusterView()).toEqual({
    epoch: 1n,
    nodes: [{ id: 'alone', addr: 'db.example:7447', role: 'leader' }],
    shards: [0, 1, 2, 3].map((id) => ({ id, replicas: [{ nodeId: 'alone', leader: true }] })),
  });
  expect(await server.metrics()).toMatch(/^norikv_watchers 1$/m);
  await expect.poll(() => server.metrics()).toMatch(/^norikv_pending_bytes 0$/m);
  await client.close();
  await expect.poll(() => server.metrics()).toMatch(/^norikv_watchers 0$/m);
});

it('fits into the cluster view with the most shards and the longest name', async () => {
  const longest = { nodeId: 'é'.repeat(32), totalShards: 65_536 };
  const { client } = await serve(createMemoryStore(), longest, { totalShards: 65_536 });
  await expect.poll(() => client.getClusterView()?.shards.length, { timeout: 20_000 }).toBe(65_536);
  expect(client.getClusterView()?.nodes).toMatchObject([{ id: longest.nodeId }]);
}, 30_000);

it('lets no stranger follow the cluster view', async () => {
  const { server, client } = await serve(createMemoryStore(), { tokens: ['secret'] }, { token: 'secret' });
  await expect.poll(() => client.getClusterView()).not.toBeNull();
  await using stranger = new NoriKVClient({ nodes: [server.address], token: 'guess' });
  expect((await failure(stranger.connect())).code).toBe('UNAUTHENTICATED');
  expect(await server.metrics()).toMatch(/^norikv_watchers 1$/m);
});

it('logs lines of JSON, without keys, values or tokens', async () => {
  const lines: string[] = [];
  const { client } = await serve(
    createMemoryStore(),
    { log: jsonLog((line) => lines.push(line)), logCalls: true, tokens: ['hush'] },
    { token: 'hush' },
  );
  await client.put('private-key', 'private-value');
  const entries = lines.map((line) => JSON.parse(line) as LogEntry);
  expect(entries.at(-1)).toMatchObject({
    level: 'info',
    event: 'call',
    method: '/norikv.v1.Kv/Put',
    code: 'OK',
  });
  expect(lines.join('')).not.toMatch(/private|hush/);
});

describe('a server that strangers can reach says so in its log', () => {
  const authority = new Authority('authority');
  const tls = authority.issue('localhost');

  it.each<[string, ServerOptions, string[]]>([
    ['not at all on loopback', { host: '127.0.0.1' }, []],
    ['without tokens and TLS', {}, ['anybody can call', 'anybody between can read']],
    ['with tokens', { tokens: ['hush'] }, ['anybody between can read']],
    ['with TLS', { tls }, ['anybody can call']],
    ['with both', { tokens: ['hush'], tls }, []],
    ['with certificates of clients', { tls: { ...tls, clientCa: authority.cert } }, []],
  ])('%s', async (_what, options, events) => {
    const log: LogEntry[] = [];
    const everywhere = { host: '0.0.0.0', port: 0, log: (entry: LogEntry) => log.push(entry) };
    await using _server = await createServer(createMemoryStore(), { ...everywhere, ...options });
    expect(log).toEqual(
      events.map((event) => ({ level: 'warn', event, use: expect.stringContaining('(--t') })),
    );
  });
});

it.each([true, false])('a log that fails fails no call, on an exchange: %s', async (exchange) => {
  const log = (): never => {
    throw new Error('no space left on device');
  };
  const store = storeWith({ delete: () => Promise.reject(new TypeError('odd')) });
  const { client, server } = await serve(store, { log, logCalls: true }, { exchange });
  await client.put('key', 'value');
  expect(await failure(client.put('', 'value'))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(await failure(client.delete('key'))).toMatchObject({ code: 'INTERNAL' });
  await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 0$/m);
});

it('listens on IPv6, too, where there is any', async () => {
  const options = { host: '::1', port: 0, logCalls: true, log: (entry: LogEntry) => log.push(entry) };
  const log: LogEntry[] = [];
  const server = await createServer(createMemoryStore(), options).catch(() => undefined);
  if (!server) return;
  open.push(server);
  expect(server.address).toBe(`[::1]:${server.port}`);
  const client = new NoriKVClient({ nodes: [server.address] });
  open.push(client);
  await client.connect();
  expect(log[0]).toMatchObject({ peer: expect.stringMatching(/^\[::1\]:\d+$/) });
});

it.each([
  [true, expect.stringMatching(/:\d+$/)],
  [false, 'unknown'],
])('logs a call whose caller is gone when it is served, on an exchange: %s', async (exchange, peer) => {
  let release = (): void => {};
  const store = storeWith({
    put: () =>
      new Promise((resolve) => {
        release = () => resolve({ term: 1n, index: 1n });
      }),
  });
  const log: LogEntry[] = [];
  const settings = { logCalls: true, log: (entry: LogEntry) => log.push(entry) };
  const { server, client } = await serve(store, settings, { exchange });
  const put = failure(client.put('key', 'x', { timeoutMs: 60_000 }));
  await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
  const closed = server.close(0);
  expect(await put).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
  await closed;
  release();
  await expect.poll(() => log.at(-1)).toMatchObject({ method: '/norikv.v1.Kv/Put', peer });
});

it('needs keys that are keys', async () => {
  const tls = { cert: 'no certificate', key: 'no key' };
  await expect(createServer(createMemoryStore(), { port: 0, tls })).rejects.toThrow(
    'tls.cert is not a PEM certificate',
  );
});
