import { status } from '@grpc/grpc-js';
import { NoriKVClient } from '@norikv/client';
import { encode, methods } from '@norikv/client/wire';
import { createEphemeral } from '@norikv/embedded';
import type { KvStore, VectorStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { createServer } from '../src/index.js';
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

it('a store without vectors answers UNIMPLEMENTED', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  const body = encode(methods.getVector.input, { namespace: 'space', id: 'id' });
  const { status: ended } = await rawCall(server.address, methods.getVector.path, body);
  expect(ended.code).toBe(status.UNIMPLEMENTED);
});
