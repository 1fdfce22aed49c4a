import { errorCode, type PutOptions } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { type ClientConfig, createClient, NoriKVClient } from '../src/index.js';
import { isAddress } from '../src/wire.js';
import { connect, failure } from './support/clients.js';
import { PlainHttp2Server } from './support/http2-server.js';

const nodes = ['localhost:7447'];

describe('a configuration that is wrong is refused by name', () => {
  it.each<[string, ClientConfig]>([
    ['nodes is empty', { nodes: [] }],
    ["nodes is undefined; use an array, such as ['localhost:7447']", {} as ClientConfig],
    ['nodes is "localhost:7447"; use an array', { nodes: 'localhost:7447' as unknown as string[] }],
    ['nodes is "localhost"', { nodes: ['localhost'] }],
    ['nodes is "http://localhost:1"', { nodes: ['http://localhost:1'] }],
    ['nodes is "localhost:70000"', { nodes: ['localhost:70000'] }],
    ['nodes is 5', { nodes: [5 as unknown as string] }],
    ['the configuration is undefined; use an object', undefined as unknown as ClientConfig],
    ['the configuration is "localhost:1"', 'localhost:1' as unknown as ClientConfig],
    ['retry is null', { nodes, retry: null } as unknown as ClientConfig],
    ['token is of type number', { nodes, token: 5 } as unknown as ClientConfig],
    ['metadata is [object Object]', { nodes, metadata: { tenant: 'acme' } } as unknown as ClientConfig],
    ['tls is null; use true, an object', { nodes, tls: null } as unknown as ClientConfig],
    ['tls is of type string; use true, an object', { nodes, tls: 'false' } as unknown as ClientConfig],
    ['tls is of type string', { nodes, tls: '' } as unknown as ClientConfig],
    ['watchCluster is "no"', { nodes, watchCluster: 'no' } as unknown as ClientConfig],
    ['exchange is 0', { nodes, exchange: 0 } as unknown as ClientConfig],
    [
      'unsafeAllowTokenWithoutTls is "false"',
      { nodes: ['db:7447'], token: 't', unsafeAllowTokenWithoutTls: 'false' } as unknown as ClientConfig,
    ],
    ['unsafeAllowPlainServer is "no"', { nodes, unsafeAllowPlainServer: 'no' } as unknown as ClientConfig],
    ['totalShards is 0', { nodes, totalShards: 0 }],
    ['timeout is -1', { nodes, timeout: -1 }],
    ['retry.maxAttempts is 1.5', { nodes, retry: { maxAttempts: 1.5 } }],
    ['retry.initialDelayMs is 0', { nodes, retry: { initialDelayMs: 0 } }],
    ['retry.maxDelayMs is NaN', { nodes, retry: { maxDelayMs: Number.NaN } }],
    ['retry.backoffMultiplier is 0.5', { nodes, retry: { backoffMultiplier: 0.5 } }],
    ['maxConnectionsPerNode is 0', { nodes, maxConnectionsPerNode: 0 }],
    ['maxInFlight is Infinity', { nodes, maxInFlight: Number.POSITIVE_INFINITY }],
    ['maxWaiting is 0', { nodes, maxWaiting: 0 }],
    ['maxPendingBytes is -5', { nodes, maxPendingBytes: -5 }],
    ['keepAliveMs is 0', { nodes, keepAliveMs: 0 }],
    ['keepAliveTimeoutMs is 0', { nodes, keepAliveTimeoutMs: 0 }],
    ['tls has only one of cert and key', { nodes, tls: { cert: 'x' } }],
    ['tls has a ca, cert or key that is no PEM', { nodes, tls: { cert: 'x', key: 'y' } }],
    ['ca has no certificate', { nodes, tls: { ca: '/etc/ssl/ca.pem' } }],
    ['ca has no certificate', { nodes, tls: { ca: '' } }],
    ['token would travel to example.org:7447 without TLS', { nodes: ['example.org:7447'], token: 't' }],
  ])('%s', (message, config) => {
    expect(() => createClient(config)).toThrow(message);
    expect(() => createClient(config)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it.each<[string, ClientConfig]>([
    ['a token to this machine', { nodes: ['127.0.0.1:1', '[::1]:2', 'localhost:3'], token: 't' }],
    ['a token over TLS', { nodes: ['example.org:7447'], token: 't', tls: true }],
    ['a token somebody else protects', { nodes: ['db:7447'], token: 't', unsafeAllowTokenWithoutTls: true }],
    [
      'the retry settings of the documentation',
      { nodes, retry: { maxAttempts: 5, initialDelayMs: 50, backoffMultiplier: 3 } },
    ],
  ])('%s is fine', async (_what, config) => {
    await createClient(config).close();
  });
});

it('knows addresses', () => {
  for (const good of ['a:1', 'a-b.c:65535', '10.0.0.1:80', '[2001:db8::1]:443', 'host_name:1']) {
    expect(isAddress(good), good).toBe(true);
  }
  for (const bad of [
    '',
    ':1',
    'a:',
    'a:0',
    'a:65536',
    'a b:1',
    'a:1:2',
    '-a:1',
    'a/b:1',
    `${'a'.repeat(300)}:1`,
    null,
  ]) {
    expect(isAddress(bad), String(bad)).toBe(false);
  }
});

it('waits as long as it is told, be it longer than a timer of Node can', async () => {
  const timeoutMs = Number.MAX_SAFE_INTEGER;
  const client = new NoriKVClient({ nodes: ['127.0.0.1:1'], timeout: timeoutMs });
  const calls = [client.connect(), client.get('key'), client.get('key', { timeoutMs })];
  const later = new Promise((resolve) => setTimeout(() => resolve('still waiting'), 50));
  expect(await Promise.race([...calls.map((call) => call.catch(errorCode)), later])).toBe('still waiting');
  await client.close();
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'CLOSED' });
});

it.each<[string, PutOptions, string]>([
  ['no id', { idempotencyKey: '' }, 'idempotencyKey is ""'],
  ['half of a letter in an id', { idempotencyKey: '\ud800' }, 'idempotencyKey is'],
  ['no signal', { signal: {} as AbortSignal }, 'signal is [object Object]'],
  ['a word for a switch', { ifNotExists: 'no' as unknown as boolean }, 'ifNotExists is "no"'],
  ['no version', { ifMatchVersion: { term: 2n ** 64n, index: 1n } }, 'does not fit the wire'],
])('refuses %s in the options of a write, and sends nothing', async (_what, options, message) => {
  await using server = await PlainHttp2Server.start((stream) => stream.close());
  await using client = await connect(server.address);
  const writes = [
    () => client.put('key', 'x', options),
    // A delete has no such switch, a vector no condition at all, and both say so.
    ...('ifNotExists' in options ? [] : [() => client.delete('key', options)]),
    ...('ifNotExists' in options || 'ifMatchVersion' in options
      ? []
      : [() => client.vectorDelete('namespace', 'id', options)]),
  ];
  for (const write of writes) {
    const error = await failure(write());
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', outcome: 'not-applied' });
    expect(error.message).toContain(message);
  }
  expect(server.calls).toEqual([]);
});

it('refuses a consistency nobody knows, and sends nothing', async () => {
  await using server = await PlainHttp2Server.start((stream) => stream.close());
  await using client = await connect(server.address);
  const options = { consistency: 'strongest' as 'lease' };
  for (const read of [client.find('key', options), client.vectorGet('namespace', 'id', options)]) {
    expect((await failure(read)).message).toContain('consistency is "strongest"');
  }
  expect(server.calls).toEqual([]);
});

it('says who is not there', async () => {
  await using client = new NoriKVClient({ nodes: ['127.0.0.1:1'], timeout: 2_000 });
  expect(client.capabilities).toBeUndefined();
  expect(client.getStats().isConnected).toBe(false);
  expect(client.getClusterView()).toBeNull();
  await expect(client.connect()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    outcome: 'not-applied',
    message: 'No server answered within 2000 ms at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
  });
});

it('says so of a name with several addresses, too', async () => {
  await using client = new NoriKVClient({ nodes: ['localhost:1'], timeout: 2_000 });
  await expect(client.connect()).rejects.toThrow('ECONNREFUSED');
});

it('does not connect once closed', async () => {
  const client = createClient({ nodes, timeout: 5_000 });
  const connecting = client.connect();
  await client.close();
  await expect(connecting).rejects.toMatchObject({ code: 'CLOSED' });
  await expect(client.connect()).rejects.toMatchObject({ code: 'CLOSED' });
  await expect(client.get('key')).rejects.toMatchObject({ code: 'CLOSED' });
});
