import type { Bytes } from './environment.js';
import { DamagedStoreError } from './errors.js';
import type { ExpiryIndex } from './expiry-index.js';
import { type RecordHeader, readHeader, readValue, type StoredRecord, sealRecord } from './record.js';
import type { Reader, WriteTransaction } from './write-transaction.js';

/**
 * A table of records. Each that expires has a line in the expiry index, at its expiry or before: the sweeper
 * moves a line it comes to early, so that a record whose life is prolonged by every write costs no more lines.
 */
export class RecordTable {
  /** A byte that tells this table from others in the expiry index. */
  readonly tag: number;
  readonly #database: Bytes;
  readonly #expiries: ExpiryIndex;

  constructor(database: Bytes, expiries: ExpiryIndex, tag: number) {
    this.#database = database;
    this.#expiries = expiries;
    this.tag = tag;
  }

  /** The record of a key, expired or not. Throws DamagedStoreError. */
  get(reader: Reader, key: Buffer): StoredRecord | undefined {
    const bytes = reader.read(this.#database, key);
    if (bytes === undefined) return undefined;
    const header = readHeader(bytes, bytes.length, key);
    if (header === undefined) throw damaged(key);
    return { header, value: readValue(bytes, bytes.length) };
  }

  /** The header of a record, without the cost of copying its value. */
  look(reader: Reader, key: Buffer): RecordHeader | 'absent' | 'damaged' {
    const bytes = reader.read(this.#database, key);
    if (bytes === undefined) return 'absent';
    return readHeader(bytes, bytes.length, key) ?? 'damaged';
  }

  /**
   * Writes a record.
   *
   * @param bytes - from `blankRecord`; its header is filled in.
   * @param replaced - the header of the record it replaces.
   */
  put(
    transaction: WriteTransaction,
    key: Buffer,
    bytes: Buffer,
    header: RecordHeader,
    replaced: RecordHeader | undefined,
  ): void {
    sealRecord(bytes, key, header);
    transaction.put(this.#database, key, bytes);
    if (isSweptAnyway(header, replaced)) return;
    this.#forgetExpiry(transaction, key, replaced);
    this.rememberExpiry(transaction, key, header);
  }

  /** Makes the sweeper look at a record when it has expired. */
  rememberExpiry(transaction: WriteTransaction, key: Buffer, { expiresAtMs }: RecordHeader): void {
    if (expiresAtMs !== 0) this.#expiries.add(transaction, { expiresAtMs, tag: this.tag, key });
  }

  /** Removes a record. */
  remove(transaction: WriteTransaction, key: Buffer, removed: RecordHeader | undefined): void {
    transaction.remove(this.#database, key);
    this.#forgetExpiry(transaction, key, removed);
  }

  #forgetExpiry(transaction: WriteTransaction, key: Buffer, header: RecordHeader | undefined): void {
    if (header === undefined || header.expiresAtMs === 0) return;
    this.#expiries.remove(transaction, { expiresAtMs: header.expiresAtMs, tag: this.tag, key });
  }
}

/** Whether the sweeper comes by in time without being told. */
function isSweptAnyway(header: RecordHeader, replaced: RecordHeader | undefined): boolean {
  const lineAtMs = replaced?.expiresAtMs ?? 0;
  return lineAtMs === 0 ? header.expiresAtMs === 0 : header.expiresAtMs >= lineAtMs;
}

/** The error for a record that is not what was written. */
export function damaged(key: Buffer): DamagedStoreError {
  return new DamagedStoreError(
    'A record is damaged: its checksum does not match. Restore a backup, or write its key without a condition.',
    { key: new Uint8Array(key) },
  );
}
