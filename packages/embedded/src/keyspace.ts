import {
  AlreadyExistsError,
  type Condition,
  type Entry,
  type Key,
  type Version,
  VersionMismatchError,
} from '@norikv/store';
import type { IdempotencyMemory, Repeatable } from './idempotency.js';
import { hasVersion, isExpired, type RecordHeader, versionOf } from './record.js';
import { damaged, type RecordTable } from './record-table.js';
import type { Reader, WriteTransaction } from './write-transaction.js';

/** A write, checked, with bytes of its own. */
export interface WriteRequest {
  /** The key as the caller gave it, for errors. */
  readonly key: Key;
  readonly keyBytes: Buffer;
  readonly condition: Condition;
  readonly idempotencyKey: string | undefined;
}

/** A write of a value. */
export interface PutRequest extends WriteRequest {
  /** From `blankRecord`. */
  readonly record: Buffer;
  readonly ttlMs: number | undefined;
}

interface Stored {
  /** Whether there is an unexpired record; a damaged one counts as there. */
  readonly isLive: boolean;
  /** Undefined if there is no readable record, expired or not. */
  readonly header: RecordHeader | undefined;
}

/**
 * The keys of a store. A write is one step inside a write transaction; one that throws has written nothing.
 */
export class Keyspace {
  readonly #entries: RecordTable;
  readonly #memory: IdempotencyMemory;

  constructor(entries: RecordTable, memory: IdempotencyMemory) {
    this.#entries = entries;
    this.#memory = memory;
  }

  find(reader: Reader, keyBytes: Buffer, nowMs: number): Entry | null {
    const record = this.#entries.get(reader, keyBytes);
    if (record === undefined || isExpired(record.header, nowMs)) return null;
    return { value: record.value, version: versionOf(record.header) };
  }

  put(transaction: WriteTransaction, request: PutRequest): Version {
    const repeatable = repeatableOf('put', request);
    return this.#memory.versionOnce(transaction, repeatable, () => this.#put(transaction, request));
  }

  delete(transaction: WriteTransaction, request: WriteRequest): boolean {
    const repeatable = repeatableOf('delete', request);
    return this.#memory.answerOnce(transaction, repeatable, () => this.#delete(transaction, request));
  }

  #put(transaction: WriteTransaction, request: PutRequest): Version {
    const { key, keyBytes, condition, record } = request;
    const { isLive, header: replaced } = this.#stored(transaction, request);
    if (condition.kind === 'absent' && isLive) {
      const actual = this.find(transaction, keyBytes, transaction.nowMs) ?? undefined;
      throw new AlreadyExistsError('The key exists', { key, actual });
    }
    const header = transaction.stamp(expiryOf(transaction, request));
    this.#entries.put(transaction, keyBytes, record, header, replaced);
    return versionOf(header);
  }

  #delete(transaction: WriteTransaction, request: WriteRequest): boolean {
    const { isLive, header } = this.#stored(transaction, request);
    if (request.condition.kind === 'absent' && isLive) throw this.#mismatch(transaction, request);
    if (isLive) this.#entries.remove(transaction, request.keyBytes, header);
    return isLive;
  }

  /** What the key holds, if it has the version the write asks for. */
  #stored(transaction: WriteTransaction, request: WriteRequest): Stored {
    const { keyBytes, condition } = request;
    const found = this.#entries.look(transaction, keyBytes);
    if (found === 'damaged') {
      if (condition.kind !== 'always') throw damaged(keyBytes);
      return { isLive: true, header: undefined };
    }
    const header = found === 'absent' ? undefined : found;
    const live = header && !isExpired(header, transaction.nowMs) ? header : undefined;
    if (condition.kind === 'version' && !(live && hasVersion(live, condition.version))) {
      throw this.#mismatch(transaction, request);
    }
    return { isLive: live !== undefined, header };
  }

  #mismatch(transaction: WriteTransaction, request: WriteRequest): VersionMismatchError {
    const { key, keyBytes, condition } = request;
    const actual = this.find(transaction, keyBytes, transaction.nowMs);
    const expected = condition.kind === 'version' ? condition.version : undefined;
    const message = actual ? 'The key has another version' : 'The key does not exist';
    return new VersionMismatchError(message, { key, expected, actual });
  }
}

function repeatableOf(
  operation: 'put' | 'delete',
  { keyBytes, idempotencyKey }: WriteRequest,
): Repeatable | undefined {
  return idempotencyKey === undefined ? undefined : { operation, keyBytes, idempotencyKey };
}

function expiryOf({ nowMs }: WriteTransaction, { ttlMs }: PutRequest): number {
  return ttlMs === undefined ? 0 : Math.ceil(nowMs + ttlMs);
}
