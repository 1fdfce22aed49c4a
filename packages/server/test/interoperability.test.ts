import {
  ChannelCredentials,
  Client,
  type ClientOptions,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { decode, encode, methods, trailers, type WireMethod, watchCluster } from '@norikv/client/wire';
import type { KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer, type NoriKVServer, type ServerOptions } from '../src/index.js';
import { Authority } from './support/certificates.js';

const asIs = (bytes: Buffer): Buffer => bytes;
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Our server, and a client of the gRPC library. */
async function meet(
  store: KvStore,
  serverOptions: ServerOptions = {},
  clientOptions: ClientOptions = {},
  credentials: ChannelCredentials = ChannelCredentials.createInsecure(),
): Promise<{ server: NoriKVServer; client: Client }> {
  const server = await createServer(store, { port: 0, ...serverOptions });
  const client = new Client(server.address, credentials, clientOptions);
  open.push({ close: () => server.close(0) }, client);
  return { server, client };
}

function call(client: Client, { path }: WireMethod, request: Buffer, deadlineMs = 10_000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + deadlineMs;
    client.makeUnaryRequest(path, asIs, asIs, request, new Metadata(), { deadline }, (error, answer) => {
      if (error) reject(error);
      else resolve(answer ?? Buffer.alloc(0));
    });
  });
}

const key = Buffer.from('key');

describe('a client of the gRPC library and our server', () => {
  it.each([
    ['as it is', 0],
    ['deflated', 1],
    ['gzipped', 2],
  ])('exchange a large value, the request %s', async (_how, algorithm) => {
    const options = { 'grpc.default_compression_algorithm': algorithm };
    const { client } = await meet(createMemoryStore(), {}, options);
    const value = Buffer.alloc(2 ** 20, 'abc');
    await call(client, methods.put, encode(methods.put.input, { key, value }));
    const answer = await call(client, methods.get, encode(methods.get.input, { key }));
    expect(Buffer.compare(decode(methods.get.output, answer).value, value)).toBe(0);
  });

  it('over mutual TLS, and only with a certificate', async () => {
    const authority = new Authority('the test authority');
    const tls = { ...authority.issue('localhost'), clientCa: authority.cert };
    const mine = authority.issue('client');
    const ca = Buffer.from(authority.cert);
    const credentials = ChannelCredentials.createSsl(ca, Buffer.from(mine.key), Buffer.from(mine.cert));
    const { server, client } = await meet(createMemoryStore(), { tls }, {}, credentials);
    await call(client, methods.put, encode(methods.put.input, { key }));
    const stranger = new Client(server.address, ChannelCredentials.createSsl(ca));
    open.push(stranger);
    const refused = call(stranger, methods.get, encode(methods.get.input, { key }), 2_000);
    await expect(refused).rejects.toMatchObject({
      code: expect.toBeOneOf([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]),
    });
  });

  it('agree on statuses, texts and metadata', async () => {
    const store = createMemoryStore();
    const { client } = await meet(store);
    const { term, index } = await store.put('key', 'current');
    const stale = encode(methods.put.input, { key, ifMatch: { term, index: index + 1n } });
    const error = await call(client, methods.put, stale).catch((reason: ServiceError) => reason);
    expect(error).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'version mismatch' });
    const [actual] = (error as ServiceError).metadata.get(trailers.actual);
    expect(decode(methods.get.output, actual as Buffer)).toMatchObject({ version: { term, index } });
    const unknown = { ...methods.get, path: '/norikv.v1.Kv/100%' };
    await expect(call(client, unknown, Buffer.alloc(0))).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
      details: '/norikv.v1.Kv/100% is not served here',
    });
  });

  it('agree on deadlines and cancelling', async () => {
    const signals: AbortSignal[] = [];
    const memory = createMemoryStore();
    const { client } = await meet({
      put: (...args) => memory.put(...args),
      delete: (...args) => memory.delete(...args),
      get: (_key, options) => {
        if (options?.signal) signals.push(options.signal);
        return new Promise(() => {});
      },
    });
    const get = encode(methods.get.input, { key });
    await expect(call(client, methods.get, get, 100)).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    await expect.poll(() => signals[0]?.aborted).toBe(true);
    const cancelled = new Promise((resolve) => {
      const running = client.makeUnaryRequest(methods.get.path, asIs, asIs, get, resolve);
      void expect
        .poll(() => signals.length)
        .toBe(2)
        .then(() => running.cancel());
    });
    expect(await cancelled).toMatchObject({ code: status.CANCELLED });
    await expect.poll(() => signals[1]?.aborted).toBe(true);
  });

  it('follow the cluster view until the server stops or the deadline comes', async () => {
    const { server, client } = await meet(createMemoryStore(), { totalShards: 2 });
    const follow = (deadlineMs: number): Promise<{ views: Buffer[]; code: status }> =>
      new Promise((resolve) => {
        const views: Buffer[] = [];
        const deadline = Date.now() + deadlineMs;
        const stream = client.makeServerStreamRequest(watchCluster.path, asIs, asIs, Buffer.alloc(0), {
          deadline,
        });
        stream.on('data', (view: Buffer) => views.push(view));
        stream.on('error', () => {});
        stream.on('status', ({ code }) => resolve({ views, code }));
      });
    expect((await follow(200)).code).toBe(status.DEADLINE_EXCEEDED);
    await expect.poll(() => server.metrics()).toMatch(/^norikv_watchers 0$/m);
    const following = follow(60_000);
    await expect.poll(() => server.metrics()).toMatch(/^norikv_watchers 1$/m);
    await server.close();
    const { views, code } = await following;
    expect(code).toBe(status.OK);
    expect(views.map((view) => decode(watchCluster.output, view).shards.length)).toEqual([2]);
  });

  it('manage 2,000 calls at once', async () => {
    const store = createMemoryStore();
    const { client } = await meet(store);
    const keys = Array.from({ length: 2_000 }, (_, number) => Buffer.from(`key ${number}`));
    await Promise.all(
      keys.map((one) =>
        call(client, methods.put, encode(methods.put.input, { key: one, value: one }), 60_000),
      ),
    );
    for (const one of [0, 999, 1_999]) {
      expect(Buffer.from((await store.get(`key ${one}`)).value).toString()).toBe(`key ${one}`);
    }
  }, 240_000);
});
