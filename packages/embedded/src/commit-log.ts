import { UnavailableError } from '@norikv/store';
import type { Bytes } from './environment.js';
import { DamagedStoreError } from './errors.js';
import { blankRecord, readHeader, sealRecord } from './record.js';

const lastKey = Buffer.from('last');
const noValue = new Uint8Array(0);

/** What the last commit of a store left behind. */
export interface LastCommit {
  /** How many commits there have been; null before the first. */
  readonly sequence: number | null;
  /** The term of the store. */
  readonly term: number;
  /** The index of the last version that was given. */
  readonly index: number;
}

const nothing: LastCommit = { sequence: null, term: 0, index: 0 };

/**
 * The one record that every commit of every process replaces: it holds the version counter, and its LMDB
 * version counts the commits. So a commit can be made to depend on there having been no other since.
 */
export class CommitLog {
  readonly #database: Bytes;

  /** @param database - one with LMDB versions. */
  constructor(database: Bytes) {
    this.#database = database;
  }

  /** @throws DamagedStoreError if the record is damaged. */
  last(): LastCommit {
    const entry = this.#database.getEntry(lastKey);
    if (entry === undefined) return nothing;
    const header = readHeader(entry.value, entry.value.length, lastKey);
    if (header === undefined || entry.version === undefined) {
      throw new DamagedStoreError('The version counter is damaged. Restore a backup.');
    }
    return { sequence: entry.version, term: header.term, index: header.index };
  }

  /**
   * Does the writes in one transaction if `last` is still the last commit; else does nothing and gives false.
   *
   * @throws UnavailableError if `write` throws: lmdb commits what it was given so far.
   */
  ifStillLast({ sequence }: LastCommit, write: () => void): Promise<boolean> {
    try {
      // lmdb takes null for "if it does not exist"; its types do not say so.
      return this.#database.ifVersion(lastKey, sequence as number, write);
    } catch (cause) {
      throw new UnavailableError(
        `A transaction broke off halfway (${String(cause)}); close the store and open it again`,
        { cause },
      );
    }
  }

  /** Writes the record that follows. Call it with the other writes of a transaction. */
  append({ sequence }: LastCommit, term: number, index: number): void {
    const bytes = blankRecord(noValue);
    sealRecord(bytes, lastKey, { term, index, expiresAtMs: 0 });
    this.#database.put(lastKey, bytes, (sequence ?? 0) + 1);
  }
}
