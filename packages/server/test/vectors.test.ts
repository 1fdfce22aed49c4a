import { status } from '@grpc/grpc-js';
import { NoriKVClient } from '@norikv/client';
import { encode, methods } from '@norikv/client/wire';
import { createEphemeral } from '@norikv/embedded';
import type { KvStore, VectorStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { createServer, type LogEntry } from '../src/index.js';
import { rawCall } from './support/raw-call.js';

it('vectors of an embedded store are served over the wire', async () => {
  await using store = await createEphemeral();
  await using server = await createServer(store, { port: 0 });
  await using client = new NoriKVClient({ nodes: [server.address] });
  await client.connect();
  expect(client.capabilities?.vector).toBe(store.capabilities.vector);
  if (!client.capabilities?.vector) return;
  expect(await client.vectorCreateIndex('space', 2, 'euclidean')).toBe(true);
  expect(await client.vectorCreateIndex('space', 2, 'euclidean')).toBe(false);
  const version = await client.vectorInsert('space', 'near', [0, 1]);
  expect(version.term).toBeGreaterThan(0n);
  await client.vectorInsert('space', 'far', [3, 5]);
  const { matches } = await client.vectorSearch('space', [0, 2], 2, { includeVectors: true });
  expect(matches).toEqual([
    { id: 'near', distance: 1, vector: [0, 1] },
    { id: 'far', distance: expect.closeTo(Math.hypot(3, 3), 5), vector: [3, 5] },
  ]);
  expect(await client.vectorGet('space', 'near')).toEqual([0, 1]);
  expect(await client.vectorDelete('space', 'near')).toBe(true);
  expect(await client.vectorGet('space', 'near')).toBeNull();
  await expect(client.vectorInsert('space', 'bad', [1])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(client.vectorSearch('nowhere', [1], 1)).rejects.toMatchObject({ outcome: 'not-applied' });
  expect(await client.vectorDropIndex('space')).toBe(true);
});

it('how fresh a read must be goes to the store, too, and words nobody knows are refused', async () => {
  const memory = createMemoryStore();
  const asked: unknown[] = [];
  const store: KvStore & Partial<VectorStore> = {
    get: (...call) => memory.get(...call),
    put: (...call) => memory.put(...call),
    delete: (...call) => memory.delete(...call),
    capabilities: { ...memory.capabilities, vector: true },
    async vectorSearch(_namespace, _query, _k, options) {
      asked.push(options?.consistency);
      return { matches: [], searchTimeUs: 0 };
    },
    async vectorGet(_namespace, _id, options) {
      asked.push(options?.consistency);
      return null;
    },
  };
  await using server = await createServer(store, { port: 0 });
  await using client = new NoriKVClient({ nodes: [server.address], watchCluster: false });
  for (const consistency of ['linearizable', 'stale_ok', undefined] as const) {
    await client.vectorSearch('space', [1], 1, { consistency });
    await client.vectorGet('space', 'id', { consistency });
  }
  const expected = ['linearizable', 'stale_ok', 'lease'];
  expect(asked).toEqual(expected.flatMap((consistency) => [consistency, consistency]));
  const fields = { namespace: 'space', consistency: 'now' };
  const bodies = [
    [methods.searchVectors.path, encode(methods.searchVectors.input, { ...fields, query: [1], k: 1 })],
    [methods.getVector.path, encode(methods.getVector.input, { ...fields, id: 'id' })],
  ] as const;
  for (const [path, body] of bodies) {
    const { status: ended } = await rawCall(server.address, path, body);
    const details = expect.stringContaining('consistency is "now"');
    expect(ended).toMatchObject({ code: status.INVALID_ARGUMENT, details });
  }
});

it('ids are refused where nobody would remember them, by the client and by the server', async () => {
  const memory = createMemoryStore();
  let writes = 0;
  const write = async (): Promise<boolean> => {
    writes += 1;
    return true;
  };
  const store: KvStore & Partial<VectorStore> = {
    get: (...call) => memory.get(...call),
    put: (...call) => memory.put(...call),
    delete: (...call) => memory.delete(...call),
    capabilities: { ...memory.capabilities, vector: true, idempotency: 'none' },
    vectorSearch: async () => ({ matches: [], searchTimeUs: 0 }),
    vectorDropIndex: write,
    vectorDelete: write,
  };
  const log: LogEntry[] = [];
  await using server = await createServer(store, {
    port: 0,
    logCalls: true,
    log: (entry) => log.push(entry),
  });
  const refused = { code: 'UNSUPPORTED', outcome: 'not-applied' };
  for (const unsafeAllowPlainServer of [false, true]) {
    await using client = new NoriKVClient({ nodes: [server.address], unsafeAllowPlainServer });
    const options = { idempotencyKey: 'id' };
    await expect(client.vectorDropIndex('space', options)).rejects.toMatchObject(refused);
    await expect(client.vectorDelete('space', 'id', options)).rejects.toMatchObject(refused);
    expect(log.filter(({ method }) => String(method).includes('Vector'))).toHaveLength(
      unsafeAllowPlainServer ? 2 : 0,
    );
  }
  expect(writes).toBe(0);
});

it('ids go to the store, and numbers nobody knows are refused', async () => {
  const asked: unknown[] = [];
  const memory = createMemoryStore();
  const note = async (...call: unknown[]): Promise<boolean> => {
    asked.push(call.at(-1));
    return false;
  };
  const store: KvStore & Partial<VectorStore> = {
    get: (...call) => memory.get(...call),
    put: (...call) => memory.put(...call),
    delete: (...call) => memory.delete(...call),
    capabilities: { ...memory.capabilities, vector: true },
    vectorCreateIndex: note,
    vectorDropIndex: note,
    vectorSearch: async () => ({ matches: [{ id: 'bare', distance: 1 }], searchTimeUs: -1 }),
  };
  await using server = await createServer(store, { port: 0 });
  await using client = new NoriKVClient({ nodes: [server.address] });
  await client.vectorCreateIndex('space', 2, 'cosine', 'hnsw', { idempotencyKey: 'id' });
  await client.vectorDropIndex('space');
  expect(asked).toMatchObject([{ idempotencyKey: 'id' }, { signal: expect.any(AbortSignal) }]);
  expect(await client.vectorSearch('space', [1, 2], 1, { includeVectors: true })).toEqual({
    matches: [{ id: 'bare', distance: 1, vector: [] }],
    searchTimeUs: 0,
  });
  for (const fields of [
    { distance: 0 as const },
    { distance: 9 as 0 },
    { distance: 1 as const, indexType: 7 as 0 },
  ]) {
    const body = encode(methods.createIndex.input, { namespace: 'space', dimensions: 2, ...fields });
    const { status: ended } = await rawCall(server.address, methods.createIndex.path, body);
    expect(ended).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('does not know'),
    });
  }
});

it('an answer that no client would read is refused, with what to ask for instead', async () => {
  const memory = createMemoryStore();
  const store: KvStore & Partial<VectorStore> = {
    get: (...call) => memory.get(...call),
    put: (...call) => memory.put(...call),
    delete: (...call) => memory.delete(...call),
    capabilities: { ...memory.capabilities, vector: true },
    // As long as k matches are.
    vectorSearch: async (_namespace, _query, k) => ({
      matches: [{ id: 'x'.repeat(k), distance: 0 }],
      searchTimeUs: 0,
    }),
  };
  await using server = await createServer(store, { port: 0 });
  await using client = new NoriKVClient({ nodes: [server.address] });
  const longest = 8 * 2 ** 20;
  const { matches } = await client.vectorSearch('space', [1], longest - 50);
  expect(matches[0]?.id).toHaveLength(longest - 50);
  await expect(client.vectorSearch('space', [1], longest)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    outcome: 'not-applied',
    message: expect.stringMatching(/^the answer has \d+ bytes; ask for less: at most 8388608 are sent$/),
  });
});

it('a store without vectors answers UNIMPLEMENTED', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  const body = encode(methods.getVector.input, { namespace: 'space', id: 'id' });
  const { status: ended } = await rawCall(server.address, methods.getVector.path, body);
  expect(ended.code).toBe(status.UNIMPLEMENTED);
});
