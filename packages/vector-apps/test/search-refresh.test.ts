import type { Key } from '@norikv/store';
import { createMemoryVectorStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { SemanticSearchEngine } from '../src/index.js';
import { hashingModel } from './support/hashing-model.js';

it('forgets more documents than a function takes arguments, once another process has deleted them', async () => {
  const shards = 64;
  const ids = Array.from({ length: 160_000 }, (_, place) => `d${place}`);
  const inner = createMemoryVectorStore();
  const fill = async (given: readonly string[]): Promise<void> => {
    for (let shard = 0; shard < shards; shard += 1) {
      const entries = given.filter((_, place) => place % shards === shard).map((id) => [id, 1, 0]);
      await inner.put(`search:documents:led/${shard}`, JSON.stringify({ next: 2, entries }));
    }
  };
  const data = { title: '', content: 'x', metadata: {}, chunks: [], textHash: '' };
  const live = { generation: 1, vectorCount: 0, data };
  await inner.put('any', JSON.stringify({ live, pending: [], stale: [], floor: 1 }));
  let record = await inner.find('any');
  const isDocument = (key: Key): boolean => String(key).startsWith('search:documents:doc/');
  const find: typeof inner.find = async (key, options) =>
    isDocument(key) ? record : inner.find(key, options);
  const known = new Set<string>();
  const lexical = {
    add: (id: string) => known.add(id),
    remove: (id: string) => known.delete(id),
    search: () => [],
  };
  const engine = new SemanticSearchEngine({ ...inner, find }, hashingModel(), { lexical });

  await fill(ids);
  await engine.refresh();
  expect(known.size).toBe(ids.length);
  await fill([]);
  record = null;
  await engine.refresh();
  expect(known.size).toBe(0);
});
