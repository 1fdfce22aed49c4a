import { errorCode, requireCapabilities } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { bytesToString, NoriKVClient } from '../src/index.js';
import { encode, methods } from '../src/wire.js';
import { connect, failure } from './support/clients.js';
import { startDouble } from './support/doubles.js';
import { answer, PlainHttp2Server } from './support/http2-server.js';
import { FaultyNetwork } from './support/network.js';
import { RawServer } from './support/raw-server.js';
import { createServer } from './support/server.js';

function portOf({ address }: RawServer): number {
  return Number(address.split(':')[1]);
}

const honoured = encode(methods.put.output, {
  version: { term: 1n, index: 1n },
  meta: { 'norikv-honoured': 'if_match' },
});
const refused = { code: 'UNSUPPORTED', outcome: 'not-applied' };

it('a server that is replaced while a call waits for its token is not taken for the one before', async () => {
  const strong = await startDouble({ claimsAll: true });
  await using plain = await startDouble({ ignoresConditions: true });
  await using network = await FaultyNetwork.to(portOf(strong));
  const tokens: ((token: string) => void)[] = [];
  let isSlow = false;
  const token = (): string | Promise<string> =>
    isSlow ? new Promise((resolve) => tokens.push(resolve)) : 'quick';
  await using client = await connect(network.address, { token, maxConnectionsPerNode: 1 });
  await client.put('key', 'before');
  const { version } = await client.get('key');
  isSlow = true;
  const put = failure(client.put('key', 'overwritten', { ifMatchVersion: version }));
  await expect.poll(() => tokens.length).toBe(1);
  isSlow = false;
  network.target = portOf(plain);
  await strong[Symbol.asyncDispose]();
  await expect.poll(() => client.getStats().nodes[0]?.ready).toBe(0);
  await client.put('key', 'kept');
  for (const give of tokens) give('late');
  expect(await put).toMatchObject(refused);
  expect(bytesToString((await client.get('key')).value)).toBe('kept');
  expect(plain.calls.filter((path) => path === methods.put.path)).toHaveLength(1);
});

describe('a server that does not know the extension', () => {
  const lies = { knowsNoCreate: true, forgetsTtl: true, putVersionsDiffer: true };

  it('is declared to guarantee nothing, so patterns refuse it', async () => {
    await using server = await startDouble(lies);
    await using client = await connect(server.address);
    await expect.poll(() => client.getStats().nodes[0]?.ready).toBe(2);
    expect(client.capabilities).toMatchObject({
      atomicCas: false,
      createIfAbsent: false,
      deleteCas: false,
      linearizableReads: false,
      putVersionUsable: false,
      ttl: 'none',
      durableAck: false,
      idempotency: 'none',
      vector: false,
    });
    for (const guarantee of ['atomicCas', 'createIfAbsent', 'deleteCas', 'ttl', 'idempotency'] as const) {
      expect(() => requireCapabilities(client, 'a pattern', [guarantee])).toThrow(guarantee);
    }
  });

  it('is sent no condition, TTL or id, and nothing is overwritten', async () => {
    await using server = await startDouble({ ignoresConditions: true });
    await using client = await connect(server.address);
    await client.put('key', 'kept');
    const sentBefore = server.calls.length;
    const { version } = await client.get('key');
    const calls = [
      client.put('key', 'x', { ifMatchVersion: { term: 9n, index: 9n } }),
      client.put('key', 'x', { ifMatchVersion: version }),
      client.put('key', 'x', { ifNotExists: true }),
      client.compareAndSet('key', null, 'x'),
      client.put('key', 'x', { ttlMs: 1_000 }),
      client.put('key', 'x', { idempotencyKey: 'id' }),
      client.delete('key', { ifMatchVersion: version }),
      client.delete('key', { idempotencyKey: 'id' }),
    ];
    for (const call of calls) expect(await failure(call)).toMatchObject(refused);
    expect(bytesToString((await client.get('key')).value)).toBe('kept');
    expect(server.calls.slice(sentBefore)).toEqual([methods.get.path, methods.get.path]);
  });

  it('is asked for reads in the words it knows', async () => {
    await using server = await startDouble(lies);
    await using client = await connect(server.address);
    await client.put('key', 'value');
    for (const consistency of [undefined, 'lease', 'linearizable', 'stale_ok'] as const) {
      expect(bytesToString((await client.get('key', { consistency })).value)).toBe('value');
    }
  });

  it('says itself that it has no vectors', async () => {
    await using server = await startDouble(lies);
    await using client = await connect(server.address);
    expect(await failure(client.vectorCreateIndex('space', 2, 'cosine'))).toMatchObject(refused);
    expect(await failure(client.vectorGet('space', 'id'))).toMatchObject(refused);
  });

  it('is used with unsafeAllowPlainServer, still without being trusted', async () => {
    await using server = await startDouble(lies);
    await using client = await connect(server.address, { unsafeAllowPlainServer: true });
    await client.put('key', 'first');
    const { version } = await client.get('key');
    await client.put('key', 'second', { ifMatchVersion: version });
    expect(errorCode(await failure(client.put('key', 'third', { ifMatchVersion: version })))).toBe(
      'VERSION_MISMATCH',
    );
    expect(await failure(client.put('other', 'new', { ifNotExists: true }))).toMatchObject(refused);
    expect(await client.find('other')).toBeNull();
    await client.put('key', 'expires', { ttlMs: 1_000, idempotencyKey: 'id' });
    expect(await failure(client.delete('key', { ifMatchVersion: version }))).toMatchObject(refused);
    expect(client.capabilities?.atomicCas).toBe(false);
  });
});

describe('a server that claims guarantees and does not know the fields', () => {
  it.each([
    ['a condition', { ifMatchVersion: { term: 9n, index: 9n } }],
    ['a create', { ifNotExists: true }],
    ['a TTL', { ttlMs: 1_000 }],
    ['an id', { idempotencyKey: 'id' }],
  ])('is found out by %s: the write is never reported as done', async (_what, options) => {
    await using server = await startDouble({ claimsAll: true, ignoresConditions: true, forgetsTtl: true });
    await using client = await connect(server.address);
    await client.put('key', 'before');
    const error = await failure(client.put('key', 'after', options));
    expect(error).toMatchObject({ code: 'UNSUPPORTED', outcome: 'unknown' });
    expect(error.message).toContain('without confirming');
  });

  it('cannot be asked for a conditional delete: that is another method', async () => {
    await using server = await startDouble({ claimsAll: true });
    await using client = await connect(server.address);
    await client.put('key', 'kept');
    expect(await failure(client.delete('key', { ifMatchVersion: { term: 9n, index: 9n } }))).toMatchObject(
      refused,
    );
    expect(bytesToString((await client.get('key')).value)).toBe('kept');
  });
});

describe('a server that says it guarantees some things', () => {
  it.each([
    ['words nobody knows', { engine: 'odd', ttl: 'sometimes', idempotency: 'maybe' }],
    ['nothing', { engine: 'modest' }],
    ['sizes beyond the wire', { engine: 'huge', maxKeyBytes: 4_000_000_000, maxValueBytes: 4_000_000_000 }],
  ])('and in %s is taken at its least', async (_what, answer) => {
    await using server = await new RawServer().answer(methods.describe, () => answer).listen();
    await using client = await connect(server.address);
    expect(client.capabilities).toEqual({
      engine: answer.engine,
      atomicCas: false,
      createIfAbsent: false,
      deleteCas: false,
      linearizableReads: false,
      putVersionUsable: false,
      ttl: 'none',
      durableAck: false,
      idempotency: 'none',
      maxKeyBytes: 1_024,
      maxValueBytes: 1_048_576,
      vector: false,
    });
    expect(await failure(client.vectorDropIndex('space'))).toMatchObject(refused);
  });
});

describe('another server at the same address', () => {
  it('is asked anew, and refused what it does not keep', async () => {
    const store = createMemoryStore();
    const good = await createServer(store, { port: 0 });
    await using plain = await new RawServer()
      .answer(methods.put, () => ({ version: { term: 1n, index: 1n } }))
      .listen();
    await using network = await FaultyNetwork.to(good.port);
    await using client = await connect(network.address, { timeout: 20_000 });
    await client.put('key', 'value', { ifNotExists: true });
    expect(client.capabilities?.atomicCas).toBe(true);
    network.target = Number(plain.address.split(':')[1]);
    await good.close(0);
    expect(await failure(client.put('key', 'x', { ifNotExists: true }))).toMatchObject(refused);
    await client.put('key', 'a put without conditions');
    expect(plain.calls).toEqual([methods.put.path]);
    expect(client.capabilities?.atomicCas).toBe(false);
  });

  it('that takes the place of one while that is asked, is asked itself', async () => {
    let answer = (): void => {};
    const first = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let asked = 0;
    await using server = await new RawServer()
      .answer(methods.describe, async () => {
        asked += 1;
        if (asked === 1) await first;
        return { engine: `server ${asked}`, atomicCas: asked === 1 };
      })
      .listen();
    await using network = await FaultyNetwork.to(Number(server.address.split(':')[1]));
    await using client = new NoriKVClient({
      nodes: [network.address],
      maxConnectionsPerNode: 1,
      watchCluster: false,
    });
    const connecting = client.connect();
    await expect.poll(() => asked).toBe(1);
    network.reset();
    await connecting;
    answer();
    expect(client.capabilities).toMatchObject({ engine: 'server 2', atomicCas: false });
  });

  it('that cannot say what it guarantees is not believed to guarantee more', async () => {
    let isBroken = false;
    await using server = await new RawServer()
      .answer(methods.describe, () => (isBroken ? { refuse: {} } : { engine: 'the weak one' }))
      .listen();
    await using network = await FaultyNetwork.to(portOf(server));
    await using client = await connect(network.address, { maxConnectionsPerNode: 1 });
    isBroken = true;
    network.reset();
    await expect.poll(() => client.getStats().nodes[0]?.ready).toBe(0);
    const asked = server.calls.length;
    const get = failure(client.get('key', { timeoutMs: 60_000 }));
    await expect.poll(() => server.calls.length).toBeGreaterThan(asked + 1);
    expect(client.capabilities).toMatchObject({ engine: 'the weak one' });
    await client.close();
    expect((await get).code).toBe('CLOSED');
  });

  it('behind a proxy that has no way to it yet is asked again: a page of the proxy is not its answer', async () => {
    await using server = await PlainHttp2Server.start((stream) => answer(stream, honoured));
    let asked = 0;
    server.isMute = (stream) => {
      asked += 1;
      if (asked > 2) return false;
      stream.respond({ ':status': 404, 'content-type': 'text/html' });
      stream.end('<h1>default backend - 404</h1>');
      return true;
    };
    await using client = await connect(server.address, { maxConnectionsPerNode: 1 });
    await client.put('key', 'value', { ifNotExists: true });
    expect(server.sessions).toHaveLength(1);
  });

  it('that is not found for as long as a call waits is missed by what the proxy says', async () => {
    await using proxy = await PlainHttp2Server.start(() => {});
    proxy.isMute = (stream) => {
      stream.respond({ ':status': 404 }, { endStream: true });
      return true;
    };
    await using client = new NoriKVClient({ nodes: [proxy.address], watchCluster: false });
    const error = await failure(client.put('key', 'value', { timeoutMs: 200 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(error.message).toContain('HTTP status 404');
    expect(client.capabilities).toBeUndefined();
  });

  it('and several servers guarantee what all of them do', async () => {
    await using plain = await startDouble({});
    await using strong = await createServer(createMemoryStore(), { port: 0 });
    await using client = new NoriKVClient({ nodes: [strong.address, plain.address], watchCluster: false });
    await client.connect();
    await expect.poll(() => client.getStats().nodes.every(({ ready }) => ready > 0)).toBe(true);
    expect(client.capabilities).toMatchObject({ atomicCas: false, ttl: 'none', idempotency: 'none' });
  });
});
