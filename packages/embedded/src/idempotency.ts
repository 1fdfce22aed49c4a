import { createHash } from 'node:crypto';
import { blankRecord, isExpired, type RecordHeader, type StoredRecord } from './record.js';
import type { RecordTable } from './record-table.js';
import type { WriteTransaction } from './write-transaction.js';

/** A write that may be repeated: an idempotency key counts for one operation on one key. */
export interface Repeatable {
  readonly operation: string;
  readonly keyBytes: Buffer;
  readonly idempotencyKey: string;
}

/** An answer given before. A delete's answer is in `value`: one byte, 1 if the key existed. */
export type RememberedAnswer = StoredRecord;

/** The answers of writes that carried an idempotency key, kept for a time. */
export class IdempotencyMemory {
  readonly #records: RecordTable;
  readonly #retentionMs: number;

  constructor(records: RecordTable, retentionMs: number) {
    this.#records = records;
    this.#retentionMs = retentionMs;
  }

  /** The answer this write got before, if it is still remembered. */
  recall(transaction: WriteTransaction, write: Repeatable): RememberedAnswer | undefined {
    const record = this.#records.get(transaction, nameOf(write));
    return record === undefined || isExpired(record.header, transaction.nowMs) ? undefined : record;
  }

  remember(
    transaction: WriteTransaction,
    write: Repeatable,
    { term, index }: Pick<RecordHeader, 'term' | 'index'>,
    answer: Uint8Array,
  ): void {
    const name = nameOf(write);
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
