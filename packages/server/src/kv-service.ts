import { honouredKey, methods, type OptionalField, type Received, wireLimits } from '@norikv/client/wire';
import {
  type Consistency,
  type DeleteOptions,
  find,
  InvalidArgumentError,
  type KvStore,
  type PutOptions,
  UnsupportedError,
  type Version,
} from '@norikv/store';
import type { Served } from './unary-handler.js';

/** Words for how fresh a read must be: those of the public wire and those of this project. */
const consistencies: Readonly<Record<string, Consistency>> = {
  '': 'lease',
  lease: 'lease',
  strong: 'linearizable',
  linearizable: 'linearizable',
  eventual: 'stale_ok',
  bounded_staleness: 'stale_ok',
  stale_ok: 'stale_ok',
};

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
        const consistency = Object.hasOwn(consistencies, word) ? consistencies[word] : undefined;
        if (consistency === undefined) {
          const known = Object.keys(consistencies).filter(Boolean).join(', ');
          throw new InvalidArgumentError(`consistency is ${JSON.stringify(word)}; use one of ${known}`);
        }
        const entry = await find(store, key, { consistency, signal });
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

/** What the store does not declare is refused here, for clients that do not ask first. */
function demand(
  { capabilities }: KvStore,
  guarantee: 'atomicCas' | 'createIfAbsent' | 'deleteCas' | 'ttl' | 'idempotency' | undefined,
  field: string,
): void {
  if (guarantee === undefined) return;
  const offered = capabilities?.[guarantee];
  if (offered && offered !== 'none') return;
  throw new UnsupportedError(`The store behind this server does not keep ${field}; nothing was applied`);
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
