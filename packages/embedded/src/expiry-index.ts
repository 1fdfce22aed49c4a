import type { Bytes } from './environment.js';
import { readUint64, writeUint64 } from './uint64.js';
import type { WriteTransaction } from './write-transaction.js';

const tagAt = 8;
const keyAt = 9;
const nothing = Buffer.alloc(0);

/** One line of the expiry index. */
export interface ExpiryLine {
  readonly expiresAtMs: number;
  /** Which table the record is in. */
  readonly tag: number;
  readonly key: Buffer;
}

/**
 * The records that expire, of all tables, soonest first.
 *
 * A line is a key without a value: the expiry in 8 bytes, the tag of the table, the key of the record.
 */
export class ExpiryIndex {
  readonly #database: Bytes;

  constructor(database: Bytes) {
    this.#database = database;
  }

  add(transaction: WriteTransaction, line: ExpiryLine): void {
    transaction.put(this.#database, bytesOf(line), nothing);
  }

  remove(transaction: WriteTransaction, line: ExpiryLine): void {
    transaction.remove(this.#database, bytesOf(line));
  }

  /** The lines that are due by what is committed, soonest first. */
  due(nowMs: number, limit: number): ExpiryLine[] {
    const lines: ExpiryLine[] = [];
    for (const bytes of this.#database.getKeys({ limit })) {
      const line = lineOf(Buffer.from(bytes));
      if (line.expiresAtMs > nowMs) break;
      lines.push(line);
    }
    return lines;
  }
}

function bytesOf({ expiresAtMs, tag, key }: ExpiryLine): Buffer {
  const bytes = Buffer.allocUnsafe(keyAt + key.length);
  writeUint64(bytes, expiresAtMs, 0);
  bytes[tagAt] = tag;
  bytes.set(key, keyAt);
  return bytes;
}

function lineOf(bytes: Buffer): ExpiryLine {
  return { expiresAtMs: readUint64(bytes, 0), tag: bytes.readUInt8(tagAt), key: bytes.subarray(keyAt) };
}
