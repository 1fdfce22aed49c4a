import { type KvStore, NoriKVError, type VectorStore, type Version } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';

/** A store with the six vector calls, enough to see which namespace a call reaches. */
export function createFakeVectors(): KvStore & VectorStore {
  const memory = createMemoryStore();
  const namespaces = new Map<string, Map<string, number[]>>();
  const version: Version = { term: 1n, index: 1n };
  const space = (name: string): Map<string, number[]> => {
    const found = namespaces.get(name);
    if (found) return found;
    throw new NoriKVError(`no namespace ${name}`, { code: 'NOT_FOUND' });
  };
  return {
    ...memory,
    capabilities: { ...memory.capabilities, vector: true },
    async vectorCreateIndex(name) {
      if (namespaces.has(name)) return false;
      namespaces.set(name, new Map());
      return true;
    },
    vectorDropIndex: async (name) => namespaces.delete(name),
    async vectorInsert(name, id, vector) {
      space(name).set(id, [...vector]);
      return version;
    },
    vectorDelete: async (name, id) => space(name).delete(id),
    vectorSearch: async (name) => ({
      matches: [...space(name).keys()].map((id) => ({ id, distance: 0 })),
      searchTimeUs: 1,
    }),
    vectorGet: async (name, id) => space(name).get(id) ?? null,
  };
}
