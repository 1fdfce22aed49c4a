import type { Version } from '@norikv/store';
import { blankRecord, type RecordHeader, readHeader, versionOf } from '../record.js';
import { damaged } from '../record-table.js';
import { writeUint64 } from '../uint64.js';
import { committed, type Reader, type WriteTransaction } from '../write-transaction.js';
import { type Space, type Spaces, untouched } from './spaces.js';
import type { HostTable } from './vector-host.js';

// A reader that is behind by more reads everything again.
const longestLog = 16_384;
const numberBytes = 8;
const headerBytes = 32;

/** One stored vector. */
export interface StoredVector {
  readonly id: string;
  readonly vector: Float32Array;
  /** Its version is never given to another vector. */
  readonly header: RecordHeader;
}

/** The vectors of all namespaces, and for each namespace a log of the ids that were changed last. */
export class VectorTable {
  readonly #spaces: Spaces;
  readonly #vectors: HostTable;
  readonly #changes: HostTable;

  constructor(spaces: Spaces, vectors: HostTable, changes: HostTable) {
    this.#spaces = spaces;
    this.#vectors = vectors;
    this.#changes = changes;
  }

  get(reader: Reader, space: Space, id: string): StoredVector | undefined {
    const record = this.#vectors.records.get(reader, vectorKey(space.number, id));
    return record && { id, vector: numbersOf(record.value), header: record.header };
  }

  put(transaction: WriteTransaction, space: Space, id: string, vector: Float32Array): Version {
    const key = vectorKey(space.number, id);
    const more = transaction.read(this.#vectors.database, key) === undefined ? 1 : 0;
    this.#log(transaction, space, id, more);
    const header = transaction.stamp(0);
    this.#vectors.records.put(transaction, key, blankRecord(bytesOf(vector)), header, undefined);
    return versionOf(header);
  }

  /** True if it was there. */
  remove(transaction: WriteTransaction, space: Space, id: string): boolean {
    const key = vectorKey(space.number, id);
    if (transaction.read(this.#vectors.database, key) === undefined) return false;
    this.#log(transaction, space, id, -1);
    transaction.remove(this.#vectors.database, key);
    return true;
  }

  /** The id that change number `change` was made to; undefined if the log does not go back so far. */
  changed(space: Space, change: number): string | undefined {
    const record = this.#changes.records.get(committed, changeKey(space.number, change));
    return record && Buffer.from(record.value).toString();
  }

  /** Some vectors in order of their ids' bytes, from behind an id. The caller stops when it has had enough. */
  *from(space: Space, after: string | undefined): Generator<StoredVector> {
    const start = after === undefined ? numberKey(space.number) : next(vectorKey(space.number, after));
    const range = { start, end: numberKey(space.number + 1) };
    for (const { key, value } of this.#vectors.database.getRange(range)) {
      const bytes = Buffer.from(value);
      const header = readHeader(bytes, bytes.length, key);
      if (header === undefined) throw damaged(Buffer.from(key));
      const id = Buffer.from(key).subarray(numberBytes).toString();
      yield { id, vector: numbersOf(bytes.subarray(headerBytes)), header };
    }
  }

  /** Removes some of what a dropped namespace left behind. False if there was nothing. */
  clear(transaction: WriteTransaction, number: number, limit: number): boolean {
    let isAnything = false;
    for (const { database } of [this.#vectors, this.#changes]) {
      const range = { start: numberKey(number), end: numberKey(number + 1), limit };
      for (const key of [...database.getKeys(range)]) {
        transaction.remove(database, Buffer.from(key));
        isAnything = true;
      }
    }
    return isAnything;
  }

  /** Bytes of the pages that hold it all. */
  diskBytes(): number {
    return [this.#vectors, this.#changes].reduce((sum, { database }) => {
      const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } =
        database.getStats() as PageCounts;
      return sum + pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
    }, 0);
  }

  /** Called before anything else is written, as it throws if what it reads is damaged. */
  #log(transaction: WriteTransaction, space: Space, id: string, more: number): void {
    const { changes, vectors } = this.#spaces.state(transaction, space) ?? untouched;
    const change = changes + 1;
    this.#spaces.setState(transaction, space, { changes: change, vectors: vectors + more });
    const header = { term: 0, index: 0, expiresAtMs: 0 };
    const line = blankRecord(Buffer.from(id));
    this.#changes.records.put(transaction, changeKey(space.number, change), line, header, undefined);
    if (change > longestLog) {
      transaction.remove(this.#changes.database, changeKey(space.number, change - longestLog));
    }
  }
}

interface PageCounts {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

function vectorKey(number: number, id: string): Buffer {
  return Buffer.concat([numberKey(number), Buffer.from(id)]);
}

function changeKey(number: number, change: number): Buffer {
  return Buffer.concat([numberKey(number), numberKey(change)]);
}

function numberKey(number: number): Buffer {
  const key = Buffer.alloc(numberBytes);
  writeUint64(key, number, 0);
  return key;
}

/** The first key behind a key. */
function next(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A copy: the bytes may begin anywhere, numbers may not. */
function numbersOf(bytes: Uint8Array): Float32Array {
  const vector = new Float32Array(bytes.length / Float32Array.BYTES_PER_ELEMENT);
  bytesOf(vector).set(bytes);
  return vector;
}
