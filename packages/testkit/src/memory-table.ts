import {
  AlreadyExistsError,
  type Condition,
  type Entry,
  type Key,
  type Version,
  VersionMismatchError,
  versionsEqual,
} from '@norikv/store';
import { keyText } from './key-text.js';
import { RememberedAnswers, type Retention } from './remembered-answers.js';

interface StoredRecord {
  readonly value: Uint8Array;
  readonly version: Version;
  readonly expiresAt: number;
}

/** One write as the table sees it: checked, with bytes of its own. */
export interface TableWrite {
  /** The key as the caller gave it, for errors. */
  readonly key: Key;
  readonly keyBytes: Uint8Array;
  readonly condition: Condition;
  readonly idempotencyKey: string | undefined;
}

/** A write of a value. */
export interface TablePut extends TableWrite {
  readonly value: Uint8Array;
  readonly ttlMs: number | undefined;
}

/** Options of {@link MemoryTable}. */
export interface TableOptions extends Retention {
  readonly mismatchCarriesEntry: boolean;
}

/** More than the one that a put adds, so that what has expired is at most about as much as what lives. */
const looksForEachPut = 2;

/** The records themselves. Every method is one indivisible step. */
export class MemoryTable {
  readonly #records = new Map<string, StoredRecord>();
  readonly #answers: RememberedAnswers;
  readonly #options: TableOptions;
  /** Goes round the records, to remove those that have expired and that nobody asks for. */
  #round = this.#records.entries();
  #lastIndex = 0n;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#answers = new RememberedAnswers(options);
  }

  /** How many records there are, with those that have expired and are not removed yet. */
  get size(): number {
    return this.#records.size;
  }

  find(keyBytes: Uint8Array): Entry | null {
    const record = this.#live(keyText(keyBytes));
    return record === undefined ? null : entryOf(record);
  }

  put(write: TablePut): Version {
    const name = keyText(write.keyBytes);
    this.#removeExpired();
    return this.#answers.once(['put', name], write.idempotencyKey, () => {
      this.#checkPut(write, this.#live(name));
      const version = Object.freeze({ term: 1n, index: ++this.#lastIndex });
      const expiresAt = this.#options.monotonic() + (write.ttlMs ?? Number.POSITIVE_INFINITY);
      this.#records.set(name, { value: write.value, version, expiresAt });
      return version;
    });
  }

  delete(write: TableWrite): boolean {
    const name = keyText(write.keyBytes);
    return this.#answers.once(['delete', name], write.idempotencyKey, () => {
      const record = this.#live(name);
      if (!holds(write.condition, record)) throw this.#mismatch(write, record);
      return this.#records.delete(name);
    });
  }

  #live(name: string): StoredRecord | undefined {
    const record = this.#records.get(name);
    if (record === undefined || this.#options.monotonic() < record.expiresAt) return record;
    this.#records.delete(name);
    return undefined;
  }

  #removeExpired(): void {
    const now = this.#options.monotonic();
    for (let looks = 0; looks < looksForEachPut; looks += 1) {
      const { done, value } = this.#round.next();
      if (done) {
        this.#round = this.#records.entries();
        return;
      }
      const [name, { expiresAt }] = value;
      if (expiresAt <= now) this.#records.delete(name);
    }
  }

  #checkPut({ key, condition }: TablePut, record: StoredRecord | undefined): void {
    if (holds(condition, record)) return;
    if (condition.kind === 'absent') {
      throw new AlreadyExistsError('The key exists', {
        key,
        actual: record && this.#options.mismatchCarriesEntry ? entryOf(record) : undefined,
      });
    }
    throw this.#mismatch({ key, condition }, record);
  }

  #mismatch(
    { key, condition }: Pick<TableWrite, 'key' | 'condition'>,
    record: StoredRecord | undefined,
  ): VersionMismatchError {
    const found = record === undefined ? null : entryOf(record);
    return new VersionMismatchError(`The key ${record ? 'has another version' : 'does not exist'}`, {
      key,
      expected: condition.kind === 'version' ? condition.version : undefined,
      actual: this.#options.mismatchCarriesEntry ? found : undefined,
    });
  }
}

function holds(condition: Condition, record: StoredRecord | undefined): boolean {
  if (condition.kind === 'always') return true;
  if (condition.kind === 'absent') return record === undefined;
  return record !== undefined && versionsEqual(record.version, condition.version);
}

function entryOf(record: StoredRecord): Entry {
  return { value: new Uint8Array(record.value), version: record.version };
}
