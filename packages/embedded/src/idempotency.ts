import { createHash } from 'node:crypto';
import type { Version } from '@norikv/store';
import { DamagedStoreError } from './errors.js';
import { blankRecord, isExpired, type RecordHeader, type StoredRecord, versionOf } from './record.js';
import type { RecordTable } from './record-table.js';
import type { WriteTransaction } from './write-transaction.js';

/** A write that may be repeated: an idempotency key counts for one operation on one key. */
export interface Repeatable {
  readonly operation: string;
  readonly keyBytes: Buffer;
  readonly idempotencyKey: string;
}

const noAnswer = new Uint8Array(0);
const noVersion = { term: 0, index: 0 };

/** The answers of writes that carried an idempotency key, kept for a time. */
export class IdempotencyMemory {
  readonly #records: RecordTable;
  readonly #retentionMs: number;

  constructor(records: RecordTable, retentionMs: number) {
    this.#records = records;
    this.#retentionMs = retentionMs;
  }

  /** Does a write that gives a version, or gives the version it gave before. Without an idempotency key it always does it. */
  versionOnce(transaction: WriteTransaction, write: Repeatable | undefined, apply: () => Version): Version {
    if (write === undefined) return apply();
    const name = nameOf(write);
    const known = this.#recall(transaction, name, write);
    if (known) return versionOf(known.header);
    const version = apply();
    const numbers = { term: Number(version.term), index: Number(version.index) };
    this.#remember(transaction, name, numbers, noAnswer);
    return version;
  }

  /** The same for a write that answers yes or no. The answer is kept as the value: one byte. */
  answerOnce(transaction: WriteTransaction, write: Repeatable | undefined, apply: () => boolean): boolean {
    if (write === undefined) return apply();
    const name = nameOf(write);
    const known = this.#recall(transaction, name, write);
    if (known) return known.value[0] === 1;
    const answer = apply();
    this.#remember(transaction, name, noVersion, Uint8Array.of(answer ? 1 : 0));
    return answer;
  }

  #recall(transaction: WriteTransaction, name: Buffer, { keyBytes }: Repeatable): StoredRecord | undefined {
    const header = this.#records.look(transaction, name);
    if (header === 'damaged') throw damagedAnswer(keyBytes);
    if (header === 'absent' || isExpired(header, transaction.nowMs)) return undefined;
    return this.#records.get(transaction, name);
  }

  #remember(
    transaction: WriteTransaction,
    name: Buffer,
    { term, index }: Pick<RecordHeader, 'term' | 'index'>,
    answer: Uint8Array,
  ): void {
    const replaced = this.#records.look(transaction, name);
    const expiresAtMs = Math.ceil(transaction.nowMs + this.#retentionMs);
    const header = { term, index, expiresAtMs };
    const bytes = blankRecord(answer);
    this.#records.put(transaction, name, bytes, header, typeof replaced === 'string' ? undefined : replaced);
  }
}

/** A hash that two different writes do not share: the length keeps key and idempotency key apart. */
function nameOf({ operation, keyBytes, idempotencyKey }: Repeatable): Buffer {
  return createHash('sha256')
    .update(`${operation} ${keyBytes.length} `)
    .update(keyBytes)
    .update(idempotencyKey)
    .digest();
}

function damagedAnswer(keyBytes: Buffer): DamagedStoreError {
  return new DamagedStoreError(
    'What this idempotencyKey was answered is damaged: its checksum does not match. Restore a backup, or look whether ' +
      'the write was made, and use another idempotencyKey.',
    { key: new Uint8Array(keyBytes) },
  );
}
