import {
  AlreadyExistsError,
  type Condition,
  type Entry,
  errorCode,
  type Key,
  type Version,
  VersionMismatchError,
} from '@norikv/store';
import { CallLimit } from './call-limit.js';
import type { Caller } from './caller.js';
import type { Cluster } from './cluster.js';
import { UnreadableRecordError } from './errors.js';
import { Keyspace } from './keyspace.js';
import { Leases } from './leases.js';
import type { Settings } from './options.js';
import { decodeRecord } from './record.js';
import { understood } from './understood.js';
import { methods } from './wire/methods.js';
import { encodeLeaseGrant, encodeRange, encodeTransaction } from './wire/requests.js';
import { decodeLeaseGrant, decodeRange, decodeTransaction, type StoredValue } from './wire/responses.js';
import { resultOf, transactionOf, type Write } from './write-plans.js';

/** A write as the caller gave it, checked, with bytes of its own. */
export interface WriteRequest {
  readonly key: Key;
  readonly keyBytes: Uint8Array;
  readonly condition: Condition;
  /** Undefined: delete. */
  readonly value: Uint8Array | undefined;
  readonly ttlMs: number | undefined;
  readonly idempotencyKey: string | undefined;
}

/** A write that took effect, now or when it was first asked for. */
export interface Written {
  /** That of the write; of a delete, the one at which it was done. */
  readonly version: Version;
  /** Of a delete: whether there was something. */
  readonly existed: boolean;
}

const noLease = 0n;

/** Turns reads and writes of a store into calls to the cluster. */
export class Engine {
  readonly #cluster: Cluster;
  readonly #settings: Settings;
  readonly #keyspace: Keyspace;
  readonly #caller: Caller;
  readonly #leases: Leases;

  constructor(cluster: Cluster, caller: Caller, settings: Settings) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#keyspace = new Keyspace(settings.prefix);
    this.#caller = caller;
    this.#leases = new Leases(settings.clock, settings.maxClockSkewMs, (ttlSeconds) =>
      this.#grantLease(ttlSeconds),
    );
  }

  async find(key: Key, keyBytes: Uint8Array, mayBeStale: boolean, limit: CallLimit): Promise<Entry | null> {
    const bytes = encodeRange(this.#keyspace.entryKey(keyBytes), mayBeStale);
    const call = { method: methods.range, bytes, isWrite: false, isRepeatable: true };
    const answer = await this.#caller.call(call, limit);
    const { found } = understood(() => decodeRange(answer), 'not-applied', key);
    return this.#entryOf(found, key);
  }

  /** Does a write. Once more if etcd has given up a lease, as nothing was applied then. */
  async write(request: WriteRequest, limit: CallLimit): Promise<Written> {
    try {
      return await this.#writeOnce(request, limit);
    } catch (error) {
      if (errorCode(error) !== 'ETCD_LEASE_LOST') throw error;
      this.#leases.forget();
      return this.#writeOnce(request, limit);
    }
  }

  async #writeOnce(request: WriteRequest, limit: CallLimit): Promise<Written> {
    const write = await this.#plan(request, limit);
    const call = {
      method: methods.transaction,
      bytes: encodeTransaction(transactionOf(write)),
      isWrite: true,
      isRepeatable: write.memory !== undefined,
    };
    const answer = await this.#caller.call(call, limit);
    const result = understood(() => resultOf(write, decodeTransaction(answer)), 'unknown', request.key);
    if (result.kind === 'lost') throw this.#lost(request, result.found);
    return { version: this.#versionOf(result.revision), existed: result.existed };
  }

  async #plan(request: WriteRequest, limit: CallLimit): Promise<Write> {
    const { clock, maxClockSkewMs, idempotencyRetentionMs } = this.#settings;
    const { keyBytes, condition, value, ttlMs, idempotencyKey } = request;
    const nowMs = clock.now();
    const leaseFor = (livesMs: number): Promise<bigint> =>
      limit.waitShared(() => this.#leases.leaseFor(livesMs));
    const put = value && {
      value,
      expiresAtMs: ttlMs === undefined ? Infinity : nowMs + ttlMs,
      leaseId: ttlMs === undefined ? noLease : await leaseFor(ttlMs),
    };
    const operation = value ? 'put' : 'delete';
    const memory =
      idempotencyKey === undefined
        ? undefined
        : {
            key: this.#keyspace.answerKey({ operation, keyBytes, idempotencyKey }),
            expiresAtMs: nowMs + idempotencyRetentionMs,
            leaseId: await leaseFor(idempotencyRetentionMs),
          };
    return {
      key: this.#keyspace.entryKey(keyBytes),
      condition,
      put,
      memory,
      expiredBeforeMs: nowMs - maxClockSkewMs,
      clusterId: this.#cluster.id,
    };
  }

  #lost({ key, condition, value }: WriteRequest, found: StoredValue | undefined): Error {
    const actual = this.#entryOf(found, key);
    if (condition.kind === 'absent' && value) {
      return new AlreadyExistsError('The key exists', { key, actual: actual ?? undefined });
    }
    const message = actual ? 'The key has another version' : 'The key does not exist';
    const expected = condition.kind === 'version' ? condition.version : undefined;
    return new VersionMismatchError(message, { key, expected, actual });
  }

  #entryOf(found: StoredValue | undefined, key: Key): Entry | null {
    if (found === undefined) return null;
    const record = decodeRecord(found.value);
    if (record === undefined) {
      throw new UnreadableRecordError(
        'The key holds no record of this store; update this package, or write it without a condition',
        { key },
      );
    }
    const { clock, maxClockSkewMs } = this.#settings;
    if (record.expiresAtMs < clock.now() - maxClockSkewMs) return null;
    return { value: new Uint8Array(record.value), version: this.#versionOf(found.revision) };
  }

  #versionOf(revision: bigint): Version {
    return { term: this.#cluster.id, index: revision };
  }

  /** A lease that is granted twice is of no consequence: nothing is tied to the other one. */
  async #grantLease(ttlSeconds: number): Promise<bigint> {
    const bytes = encodeLeaseGrant(ttlSeconds);
    const call = { method: methods.grantLease, bytes, isWrite: false, isRepeatable: true };
    const limit = new CallLimit({}, this.#settings.timeoutMs);
    const answer = await this.#caller.call(call, limit);
    return understood(() => decodeLeaseGrant(answer), 'not-applied');
  }
}
