import type { Database } from 'lmdb';
import { DamagedStoreError } from './errors.js';
import type { ExpiryIndex } from './expiry-index.js';
import { type RecordHeader, readHeader, readValue, type StoredRecord, sealRecord } from './record.js';

/** A table of records. Lines of the expiry index are kept in step with the records. */
export class RecordTable {
  readonly #database: Database<Buffer, Uint8Array>;
  readonly #expiries: ExpiryIndex;
  readonly #tag: number;

  /** @param tag - a byte that tells this table from others in the expiry index. */
  constructor(database: Database<Buffer, Uint8Array>, expiries: ExpiryIndex, tag: number) {
    this.#database = database;
    this.#expiries = expiries;
    this.#tag = tag;
  }

  get tag(): number {
    return this.#tag;
  }

  /** The record of a key, expired or not. Throws DamagedStoreError. */
  get(key: Uint8Array): StoredRecord | undefined {
    const bytes = this.#database.getBinaryFast(key);
    if (bytes === undefined) return undefined;
    const header = readHeader(bytes, bytes.length, key);
    if (header === undefined) throw damaged(key);
    return { header, value: readValue(bytes, bytes.length) };
  }

  /** The header of a record, without the cost of copying its value. */
  look(key: Uint8Array): RecordHeader | 'absent' | 'damaged' {
    const bytes = this.#database.getBinaryFast(key);
    if (bytes === undefined) return 'absent';
    return readHeader(bytes, bytes.length, key) ?? 'damaged';
  }

  /**
   * Writes a record.
   *
   * @param bytes - from `blankRecord`; its header is filled in.
   * @param replaced - the header of the record it replaces.
   */
  put(key: Uint8Array, bytes: Buffer, header: RecordHeader, replaced: RecordHeader | undefined): void {
    sealRecord(bytes, key, header);
    this.#database.put(key, bytes);
    if (replaced?.expiresAtMs === header.expiresAtMs) return;
    this.#forgetExpiry(key, replaced);
    if (header.expiresAtMs === 0) return;
    this.#expiries.add({ expiresAtMs: header.expiresAtMs, tag: this.#tag, key });
  }

  /** Removes a record. */
  remove(key: Uint8Array, removed: RecordHeader | undefined): void {
    this.#database.remove(key);
    this.#forgetExpiry(key, removed);
  }

  #forgetExpiry(key: Uint8Array, header: RecordHeader | undefined): void {
    if (header === undefined || header.expiresAtMs === 0) return;
    this.#expiries.remove({ expiresAtMs: header.expiresAtMs, tag: this.#tag, key });
  }
}

/** The error for a record that is not what was written. */
export function damaged(key: Uint8Array): DamagedStoreError {
  return new DamagedStoreError(
    'A record is damaged: its checksum does not match. Restore a backup, or write its key without a condition.',
    { key: new Uint8Array(key) },
  );
}
