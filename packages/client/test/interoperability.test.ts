import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerOptions,
  status,
} from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientConfig, NoriKVClient } from '../src/index.js';
import { decode, encode, methods, type WireMethod } from '../src/wire.js';
import { failure } from './support/clients.js';
import { Authority } from './support/server.js';

type Handler = handleUnaryCall<Buffer, Buffer>;

const version = { term: 1n, index: 1n };
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** A server of the gRPC library, and our client. */
async function meet(
  handlers: { readonly put?: Handler; readonly get?: Handler },
  options: ServerOptions = {},
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
  config: Partial<ClientConfig> = {},
): Promise<NoriKVClient> {
  const server = new Server(options);
  const add = ({ path }: WireMethod, handler: Handler): void => {
    const asIs = (bytes: Buffer): Buffer => bytes;
    const codecs = { requestSerialize: asIs, requestDeserialize: asIs };
    const definition = { path, requestStream: false, responseStream: false, ...codecs } as const;
    const call = { ...definition, responseSerialize: asIs, responseDeserialize: asIs };
    server.addService({ call }, { call: handler });
  };
  const described = encode(methods.describe.output, { engine: 'a double' });
  add(methods.describe, (_call, reply) => reply(null, described));
  if (handlers.put) add(methods.put, handlers.put);
  if (handlers.get) add(methods.get, handlers.get);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, at) => (error ? reject(error) : resolve(at)));
  });
  const nodes = [`127.0.0.1:${port}`];
  const client = new NoriKVClient({ nodes, watchCluster: false, maxConnectionsPerNode: 1, ...config });
  open.push({ close: () => server.forceShutdown() }, client);
  await client.connect();
  return client;
}

/** Answers a get with its key as the value. */
const echo: Handler = ({ request }, reply) => {
  const { key } = decode(methods.get.input, request);
  reply(null, encode(methods.get.output, { version, value: key }));
};

describe('our client and a server of the gRPC library', () => {
  it('exchange the largest values', async () => {
    let received = 0;
    const value = new Uint8Array(2 ** 20).fill(7);
    const client = await meet({
      put({ request }, reply) {
        received = decode(methods.put.input, request).value.length;
        reply(null, encode(methods.put.output, { version }));
      },
      get: (_call, reply) => reply(null, encode(methods.get.output, { version, value })),
    });
    await client.put('key', value);
    expect(received).toBe(value.length);
    expect(Buffer.compare((await client.get('key')).value, value)).toBe(0);
  });

  it('over mutual TLS', async () => {
    const authority = new Authority('the test authority');
    const { cert, key } = authority.issue('localhost');
    const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
    const credentials = ServerCredentials.createSsl(Buffer.from(authority.cert), [pair], true);
    const tls = { ca: authority.cert, ...authority.issue('client') };
    const client = await meet({ get: echo }, {}, credentials, { tls });
    expect(Buffer.from((await client.get('secret')).value).toString()).toBe('secret');
  });

  it('when the server would like to compress', async () => {
    const client = await meet({ get: echo }, { 'grpc.default_compression_algorithm': 2 });
    const key = 'a'.repeat(1_000);
    expect(Buffer.from((await client.get(key)).value).toString()).toBe(key);
  });

  it('when the server takes three calls at once', async () => {
    const client = await meet({ get: echo }, { 'grpc.max_concurrent_streams': 3 });
    const keys = Array.from({ length: 300 }, (_, number) => `key ${number}`);
    const entries = await Promise.all(keys.map((key) => client.get(key)));
    expect(entries.map(({ value }) => Buffer.from(value).toString())).toEqual(keys);
  });

  it('agree on deadlines and cancelling', async () => {
    const deadlines: number[] = [];
    let cancelled = 0;
    const client = await meet({
      put(call) {
        deadlines.push(Number(call.getDeadline()) - Date.now());
        call.on('cancelled', () => {
          cancelled += 1;
        });
      },
    });
    const controller = new AbortController();
    const put = failure(client.put('key', 'x', { signal: controller.signal, timeoutMs: 60_000 }));
    await expect.poll(() => deadlines.length).toBe(1);
    expect(deadlines[0]).toBeGreaterThan(30_000);
    expect(deadlines[0]).toBeLessThanOrEqual(60_001);
    controller.abort();
    await put;
    await expect.poll(() => cancelled).toBe(1);
    await failure(client.put('key', 'x', { timeoutMs: 3_000 }));
    await expect.poll(() => cancelled).toBe(2);
  });

  it('agree on texts and metadata', async () => {
    const metadata = new Metadata();
    metadata.set('norikv-outcome', 'not-applied');
    const client = await meet(
      {
        put: (call, reply) =>
          reply({
            code: status.INTERNAL,
            details: `50% naïve 😀 ${call.metadata.get('x-tenant')}`,
            metadata,
          }),
      },
      {},
      ServerCredentials.createInsecure(),
      { metadata: () => ({ 'X-Tenant': 'acme' }) },
    );
    expect(await failure(client.put('key', 'x'))).toMatchObject({
      code: 'INTERNAL',
      outcome: 'not-applied',
      message: '50% naïve 😀 acme',
    });
  });
});
