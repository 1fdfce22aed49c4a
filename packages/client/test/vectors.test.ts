import type { KvStore, VectorStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { connect, failure } from './support/clients.js';
import { createServer } from './support/server.js';

const version = { term: 3n, index: 2n ** 60n };

/** A store with vectors that remembers what it was asked. */
function vectorStore(): { store: KvStore & VectorStore; asked: unknown[][] } {
  const asked: unknown[][] = [];
  const memory = createMemoryStore();
  const store: KvStore & VectorStore = {
    get: (...call) => memory.get(...call),
    put: (...call) => memory.put(...call),
    delete: (...call) => memory.delete(...call),
    capabilities: { ...memory.capabilities, vector: true, idempotency: 'durable' },
    vectorCreateIndex: async (...call) => asked.push(['create', ...call]) === 1,
    vectorDropIndex: async (...call) => asked.push(['drop', ...call]) > 0,
    async vectorInsert(...call) {
      asked.push(['insert', ...call]);
      return version;
    },
    vectorDelete: async (...call) => asked.push(['delete', ...call]) > 0,
    async vectorSearch(namespace, query, k, options) {
      asked.push(['search', namespace, query, k, options]);
      const matches = [{ id: 'near', distance: 0.5, vector: [1, 2] }];
      return { matches, searchTimeUs: 12.4 };
    },
    async vectorGet(_namespace, id) {
      return id === 'there' ? [1, -0.5] : null;
    },
  };
  return { store, asked };
}

const withoutSignal = (call: unknown[] | undefined): unknown[] | undefined =>
  call?.map((part) => {
    if (typeof part !== 'object' || part === null || !('signal' in part)) return part;
    const { signal: _signal, ...rest } = part;
    return rest;
  });

it('the six vector calls go there and back', async () => {
  const { store, asked } = vectorStore();
  await using server = await createServer(store, { port: 0 });
  await using client = await connect(server.address);
  expect(client.capabilities?.vector).toBe(true);
  const idempotencyKey = 'id';
  expect(await client.vectorCreateIndex('space', 2, 'inner_product', 'hnsw', { idempotencyKey })).toBe(true);
  expect(await client.vectorCreateIndex('space', 2, 'euclidean')).toBe(false);
  expect(await client.vectorInsert('space', 'near', Float32Array.of(1, 2))).toEqual(version);
  expect(await client.vectorSearch('space', [1, 2], 3)).toEqual({
    matches: [{ id: 'near', distance: 0.5 }],
    searchTimeUs: 12,
  });
  expect((await client.vectorSearch('space', [1, 2], 3, { includeVectors: true })).matches).toEqual([
    { id: 'near', distance: 0.5, vector: [1, 2] },
  ]);
  expect(await client.vectorGet('space', 'there')).toEqual([1, -0.5]);
  expect(await client.vectorGet('space', 'gone')).toBeNull();
  expect(await client.vectorDelete('space', 'near')).toBe(true);
  expect(await client.vectorDropIndex('space')).toBe(true);
  expect(asked.map(withoutSignal)).toEqual([
    ['create', 'space', 2, 'inner_product', 'hnsw', { idempotencyKey }],
    ['create', 'space', 2, 'euclidean', 'brute_force', {}],
    ['insert', 'space', 'near', [1, 2], {}],
    ['search', 'space', [1, 2], 3, { includeVectors: false, consistency: 'lease' }],
    ['search', 'space', [1, 2], 3, { includeVectors: true, consistency: 'lease' }],
    ['delete', 'space', 'near', {}],
    ['drop', 'space', {}],
  ]);
});

it('a server whose store has no vectors is not asked', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  await using client = await connect(server.address);
  for (const call of [client.vectorInsert('space', 'id', [1]), client.vectorSearch('space', [1], 1)]) {
    expect(await failure(call)).toMatchObject({ code: 'UNSUPPORTED', outcome: 'not-applied' });
  }
});

describe('bad arguments are named and not sent', () => {
  it.each<[string, (client: Awaited<ReturnType<typeof connect>>) => Promise<unknown>]>([
    ['namespace is ""; use', (client) => client.vectorDropIndex('')],
    ['namespace, 258 bytes long', (client) => client.vectorDropIndex('ü'.repeat(129))],
    ['namespace is "\\ud800"', (client) => client.vectorGet('\ud800', 'id')],
    ['id, 513 bytes long', (client) => client.vectorDelete('space', 'i'.repeat(513))],
    ['id is 5; use well-formed text', (client) => client.vectorGet('space', 5 as unknown as string)],
    ['dimensions is 4097', (client) => client.vectorCreateIndex('space', 4_097, 'cosine')],
    ['distance is "manhattan"', (client) => client.vectorCreateIndex('space', 2, 'manhattan' as 'cosine')],
    ['indexType is "tree"', (client) => client.vectorCreateIndex('space', 2, 'cosine', 'tree' as 'hnsw')],
    ['vector.length is 0', (client) => client.vectorInsert('space', 'id', [])],
    ['vector[1] is NaN', (client) => client.vectorInsert('space', 'id', [1, Number.NaN])],
    ['query[0] is 1e+39', (client) => client.vectorSearch('space', [1e39], 1)],
    ['vector is null', (client) => client.vectorInsert('space', 'id', null as unknown as number[])],
    ['query is "12"', (client) => client.vectorSearch('space', '12' as unknown as number[], 1)],
    ['vector[0] is 1n', (client) => client.vectorInsert('space', 'id', [1n] as unknown as number[])],
    ['k is 0', (client) => client.vectorSearch('space', [1], 0)],
  ])('%s', async (message, call) => {
    const { store, asked } = vectorStore();
    await using server = await createServer(store, { port: 0 });
    await using client = await connect(server.address);
    const error = await failure(call(client));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', outcome: 'not-applied' });
    expect(error.message).toContain(message);
    expect(asked).toEqual([]);
  });
});
