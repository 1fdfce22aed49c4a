import { distanceFromWire, indexTypeFromWire, methods } from '@norikv/client/wire';
import {
  InvalidArgumentError,
  type KvStore,
  UnsupportedError,
  type VectorStore,
  type VectorWriteOptions,
} from '@norikv/store';
import { consistencyOf } from './consistency.js';
import { demand } from './demand.js';
import type { Served } from './unary-handler.js';

/** The vector calls; a store without vectors answers each with UNIMPLEMENTED. */
export function vectorCalls(store: KvStore): {
  readonly createIndex: Served<typeof methods.createIndex>;
  readonly dropIndex: Served<typeof methods.dropIndex>;
  readonly insert: Served<typeof methods.insertVector>;
  readonly delete: Served<typeof methods.deleteVector>;
  readonly search: Served<typeof methods.searchVectors>;
  readonly get: Served<typeof methods.getVector>;
} {
  return {
    createIndex: {
      method: methods.createIndex,
      async serve({ namespace, dimensions, distance, indexType, idempotencyKey }, signal) {
        const vectors = vectorsOf(store);
        const distanceName = known('distance', distance, distanceFromWire(distance));
        const typeName = known('index_type', indexType, indexTypeFromWire(indexType));
        const options = optionsOf(store, idempotencyKey, signal);
        const created = await vectors.vectorCreateIndex(
          namespace,
          dimensions,
          distanceName,
          typeName,
          options,
        );
        return { created };
      },
    },
    dropIndex: {
      method: methods.dropIndex,
      async serve({ namespace, idempotencyKey }, signal) {
        const options = optionsOf(store, idempotencyKey, signal);
        return { dropped: await vectorsOf(store).vectorDropIndex(namespace, options) };
      },
    },
    insert: {
      method: methods.insertVector,
      async serve({ namespace, id, vector, idempotencyKey }, signal) {
        const options = optionsOf(store, idempotencyKey, signal);
        const { term, index } = await vectorsOf(store).vectorInsert(namespace, id, vector, options);
        return { inserted: true, version: { term, index } };
      },
    },
    delete: {
      method: methods.deleteVector,
      async serve({ namespace, id, idempotencyKey }, signal) {
        const options = optionsOf(store, idempotencyKey, signal);
        return { deleted: await vectorsOf(store).vectorDelete(namespace, id, options) };
      },
    },
    search: {
      method: methods.searchVectors,
      isRead: true,
      async serve({ namespace, query, k, includeVectors, consistency }, signal) {
        const vectors = vectorsOf(store);
        const options = { includeVectors, consistency: consistencyOf(consistency), signal };
        const found = await vectors.vectorSearch(namespace, query, k, options);
        const matches = found.matches.map(({ id, distance, vector }) => ({
          id,
          distance,
          vector: includeVectors && vector ? [...vector] : [],
        }));
        return { matches, searchTimeUs: BigInt(Math.max(0, Math.round(found.searchTimeUs))) };
      },
    },
    get: {
      method: methods.getVector,
      isRead: true,
      async serve({ namespace, id, consistency }, signal) {
        const vectors = vectorsOf(store);
        const options = { consistency: consistencyOf(consistency), signal };
        const vector = await vectors.vectorGet(namespace, id, options);
        return vector ? { found: true, vector } : { found: false };
      },
    },
  };
}

function vectorsOf(store: KvStore): VectorStore {
  if (store.capabilities?.vector && 'vectorSearch' in store) return store as KvStore & VectorStore;
  throw new UnsupportedError('The store behind this server serves no vectors; nothing was applied');
}

function known<Name>(field: string, value: number, name: Name | undefined): Name {
  if (name !== undefined) return name;
  throw new InvalidArgumentError(`${field} is ${value}, which this server does not know`);
}

function optionsOf(store: KvStore, idempotencyKey: string, signal: AbortSignal): VectorWriteOptions {
  demand(store, idempotencyKey ? 'idempotency' : undefined, 'idempotency_key');
  return idempotencyKey === '' ? { signal } : { idempotencyKey, signal };
}
