import { blankRecord, type RecordHeader } from './record.js';
import { damaged, type RecordTable } from './record-table.js';

const counterKey = Buffer.from('counter');
const noValue = new Uint8Array(0);

/** Numbers that no other write of this store ever gets. */
export interface WriteNumbers {
  readonly term: number;
  readonly index: number;
}

/**
 * One write transaction: its moment in time, and the store's only counter, which moves in the same
 * transaction as the records it numbers.
 */
export class WriteTransaction {
  /** The moment at which everything in this transaction happens. */
  readonly nowMs: number;
  readonly #meta: RecordTable;
  #last: WriteNumbers | undefined;
  #given = 0;

  constructor(meta: RecordTable, nowMs: number) {
    this.#meta = meta;
    this.nowMs = nowMs;
  }

  /**
   * The header of the next write.
   *
   * @throws DamagedStoreError if the counter cannot be read.
   */
  stamp(expiresAtMs: number): RecordHeader {
    this.#last ??= lastNumbers(this.#meta);
    this.#given += 1;
    return { term: this.#last.term, index: this.#last.index + this.#given, expiresAtMs };
  }

  /** Stores how far the counter got. */
  end(): void {
    if (this.#last === undefined) return;
    setNumbers(this.#meta, { term: this.#last.term, index: this.#last.index + this.#given });
  }
}

/**
 * The numbers of the last write.
 *
 * @throws DamagedStoreError if they cannot be read.
 */
export function lastNumbers(meta: RecordTable): WriteNumbers {
  const header = meta.look(counterKey);
  if (typeof header === 'string') throw damaged(counterKey);
  return header;
}

/** Sets the counter. */
export function setNumbers(meta: RecordTable, { term, index }: WriteNumbers): void {
  meta.put(counterKey, blankRecord(noValue), { term, index, expiresAtMs: 0 }, undefined);
}
