import type { CommitLog, LastCommit } from './commit-log.js';
import type { Bytes } from './environment.js';
import type { RecordHeader } from './record.js';

/** Where records are read from. The bytes are good until the next read. */
export interface Reader {
  read(database: Bytes, key: Buffer): Buffer | undefined;
}

// In the smallest pages there are.
const largestShared = 2_000;

/** What is committed. */
export const committed: Reader = {
  read: (database, key) => database.getBinaryFast(key),
};

interface Change {
  readonly key: Buffer;
  /** Undefined: the record is removed. */
  readonly value: Buffer | undefined;
}

/**
 * The writes that are going to be committed together, and the view of whoever comes later in the same
 * transaction: what is committed, with these writes on top.
 */
export class WriteTransaction implements Reader {
  /** The moment at which everything in this transaction happens. */
  readonly nowMs: number;
  /** The commit this transaction builds upon. */
  readonly base: LastCommit;
  readonly #commits: CommitLog;
  readonly #changes = new Map<Bytes, Map<string, Change>>();
  #term: number;
  #index: number;
  #largeBytes = 0;
  #namedKey: Buffer | undefined;
  #name = '';

  /** @throws DamagedStoreError if the version counter cannot be read. */
  constructor(commits: CommitLog, nowMs: number) {
    this.#commits = commits;
    this.nowMs = nowMs;
    this.base = commits.last();
    this.#term = this.base.term;
    this.#index = this.base.index;
  }

  /** What the values that LMDB gives pages of their own take. */
  get largeBytes(): number {
    return this.#largeBytes;
  }

  /** Whether there is nothing to commit. */
  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  read(database: Bytes, key: Buffer): Buffer | undefined {
    const change = this.#changes.get(database)?.get(this.#nameOf(key));
    return change ? change.value : database.getBinaryFast(key);
  }

  put(database: Bytes, key: Buffer, value: Buffer): void {
    this.#change(database, { key, value });
  }

  remove(database: Bytes, key: Buffer): void {
    this.#change(database, { key, value: undefined });
  }

  /** The header of the next write. */
  stamp(expiresAtMs: number): RecordHeader {
    this.#index += 1;
    return { term: this.#term, index: this.#index, expiresAtMs };
  }

  /** Gives later versions another term. */
  startTerm(term: number): void {
    this.#term = term;
  }

  /** Hands all writes to LMDB, inside a transaction of LMDB. */
  apply(): void {
    if (this.isEmpty) return;
    for (const [database, changes] of this.#changes) {
      for (const { key, value } of changes.values()) {
        if (value === undefined) database.remove(key);
        else database.put(key, value);
      }
    }
    this.#commits.append(this.base, this.#term, this.#index);
  }

  #change(database: Bytes, change: Change): void {
    let changes = this.#changes.get(database);
    if (changes === undefined) {
      changes = new Map();
      this.#changes.set(database, changes);
    }
    const name = this.#nameOf(change.key);
    this.#largeBytes += ownPagesOf(change) - ownPagesOf(changes.get(name));
    changes.set(name, change);
  }

  /** The bytes of a key as a string, one character a byte. The last one is kept: a key is read, then written. */
  #nameOf(key: Buffer): string {
    if (key !== this.#namedKey) {
      this.#namedKey = key;
      this.#name = key.toString('latin1');
    }
    return this.#name;
  }
}

/** The bytes that LMDB writes to pages of their own. */
function ownPagesOf(change: Change | undefined): number {
  const bytes = change?.value?.length ?? 0;
  return bytes > largestShared ? bytes : 0;
}
