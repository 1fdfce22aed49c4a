import type { Database } from 'lmdb';
import { readUint64, writeUint64 } from './uint64.js';

const tagAt = 8;
const keyAt = 9;
const nothing = Buffer.alloc(0);

/** One line of the expiry index. */
export interface ExpiryEntry {
  readonly expiresAtMs: number;
  /** Which table the record is in. */
  readonly tag: number;
  readonly key: Uint8Array;
}

/**
 * The records that expire, of all tables, soonest first.
 *
 * A line is a key without a value: the expiry in 8 bytes, the tag of the table, the key of the record.
 */
export class ExpiryIndex {
  readonly #database: Database<Buffer, Uint8Array>;

  constructor(database: Database<Buffer, Uint8Array>) {
    this.#database = database;
  }

  add(entry: ExpiryEntry): void {
    this.#database.put(lineOf(entry), nothing);
  }

  remove(entry: ExpiryEntry): void {
    this.#database.remove(lineOf(entry));
  }

  /** The entries that are due, soonest first. */
  due(nowMs: number, limit: number): ExpiryEntry[] {
    const entries: ExpiryEntry[] = [];
    for (const line of this.#database.getKeys({ limit })) {
      const entry = entryOf(Buffer.from(line.buffer, line.byteOffset, line.length));
      if (entry.expiresAtMs > nowMs) break;
      entries.push(entry);
    }
    return entries;
  }
}

function lineOf({ expiresAtMs, tag, key }: ExpiryEntry): Buffer {
  const line = Buffer.allocUnsafe(keyAt + key.length);
  writeUint64(line, expiresAtMs, 0);
  line[tagAt] = tag;
  line.set(key, keyAt);
  return line;
}

function entryOf(line: Buffer): ExpiryEntry {
  return {
    expiresAtMs: readUint64(line, 0),
    tag: line.readUInt8(tagAt),
    key: new Uint8Array(line.subarray(keyAt)),
  };
}
