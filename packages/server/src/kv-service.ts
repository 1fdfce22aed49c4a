import { honouredKey, methods, type OptionalField, type Received, wireLimits } from '@norikv/client/wire';
import {
  type DeleteOptions,
  find,
  InvalidArgumentError,
  type KvStore,
  type PutOptions,
  type Version,
} from '@norikv/store';
import { consistencyOf } from './consistency.js';
import { demand } from './demand.js';
import type { Served } from './unary-handler.js';

/** The calls on keys. */
export function kvCalls(store: KvStore): {
  readonly put: Served<typeof methods.put>;
  readonly get: Served<typeof methods.get>;
  readonly delete: Served<typeof methods.delete>;
  readonly deleteExactly: Served<typeof methods.deleteExactly>;
} {
  const remove = async (
    { key, ifMatch, idempotencyKey }: Received<(typeof methods.delete)['input']>,
    signal: AbortSignal,
  ): Promise<{ tombstoned: boolean }> => {
    checkKey(key);
    demand(store, ifMatch ? 'deleteCas' : undefined, 'if_match on a delete');
    demand(store, idempotencyKey ? 'idempotency' : undefined, 'idempotency_key');
    const options: DeleteOptions = {
      signal,
      ...idOf(idempotencyKey),
      ...(ifMatch && { ifMatchVersion: plain(ifMatch) }),
    };
    return { tombstoned: await store.delete(key, options) };
  };

  return {
    put: {
      method: methods.put,
      async serve(request, signal) {
        const { key, value, ifMatch, idempotencyKey, ttlMs } = request;
        checkKey(key);
        if (value.length > wireLimits.maxValueBytes) {
          throw new InvalidArgumentError(
            `value has ${value.length} bytes; use at most ${wireLimits.maxValueBytes}`,
          );
        }
        const version = ifMatch && plain(ifMatch);
        const isCreate = version?.term === 0n && version.index === 0n;
        demand(store, version ? (isCreate ? 'createIfAbsent' : 'atomicCas') : undefined, 'if_match');
        demand(store, ttlMs > 0n ? 'ttl' : undefined, 'ttl_ms');
        demand(store, idempotencyKey ? 'idempotency' : undefined, 'idempotency_key');
        const options: PutOptions = {
          signal,
          ...idOf(idempotencyKey),
          ...(ttlMs > 0n && { ttlMs: safeNumber('ttl_ms', ttlMs) }),
          ...(version && (isCreate ? { ifNotExists: true } : { ifMatchVersion: version })),
        };
        const { term, index } = await store.put(key, value, options);
        const honoured: OptionalField[] = [];
        if (ifMatch) honoured.push('if_match');
        if (ttlMs > 0n) honoured.push('ttl_ms');
        if (idempotencyKey) honoured.push('idempotency_key');
        const answer = { version: { term, index } };
        return honoured.length === 0 ? answer : { ...answer, meta: { [honouredKey]: honoured.join(',') } };
      },
    },
    get: {
      method: methods.get,
      isRead: true,
      async serve({ key, consistency: word }, signal) {
        checkKey(key);
        const entry = await find(store, key, { consistency: consistencyOf(word), signal });
        if (!entry) return {};
        const { term, index } = entry.version;
        return { value: new Uint8Array(entry.value), version: { term, index } };
      },
    },
    delete: { method: methods.delete, serve: remove },
    deleteExactly: { method: methods.deleteExactly, serve: remove },
  };
}

function checkKey(key: Uint8Array): void {
  if (key.length >= 1 && key.length <= wireLimits.maxKeyBytes) return;
  throw new InvalidArgumentError(`key has ${key.length} bytes; use 1 to ${wireLimits.maxKeyBytes}`);
}

function plain({ term, index }: Version): Version {
  return { term, index };
}

function idOf(idempotencyKey: string): { readonly idempotencyKey?: string } {
  return idempotencyKey === '' ? {} : { idempotencyKey };
}

function safeNumber(name: string, value: bigint): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new InvalidArgumentError(`${name} is ${value}; use at most ${Number.MAX_SAFE_INTEGER}`);
}
