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

interface StoredRecord {
  readonly value: Uint8Array;
  readonly version: Version;
  readonly expiresAt: number;
}

interface RememberedAnswer {
  readonly answer: Version | boolean;
  readonly forgottenAt: number;
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
export interface TableOptions {
  readonly monotonic: () => number;
  readonly idempotencyRetentionMs: number;
  readonly mismatchCarriesEntry: boolean;
}

/** The records themselves. Every method is one indivisible step. */
export class MemoryTable {
  readonly #records = new Map<string, StoredRecord>();
  readonly #answers = new Map<string, RememberedAnswer>();
  readonly #options: TableOptions;
  #lastIndex = 0n;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  find(keyBytes: Uint8Array): Entry | null {
    const record = this.#live(keyText(keyBytes));
    return record === undefined ? null : entryOf(record);
  }

  put(write: TablePut): Version {
    const name = keyText(write.keyBytes);
    return this.#once('put', name, write.idempotencyKey, () => {
      this.#checkPut(write, this.#live(name));
      const version = Object.freeze({ term: 1n, index: ++this.#lastIndex });
      const expiresAt = this.#options.monotonic() + (write.ttlMs ?? Number.POSITIVE_INFINITY);
      this.#records.set(name, { value: write.value, version, expiresAt });
      return version;
    });
  }

  delete(write: TableWrite): boolean {
    const name = keyText(write.keyBytes);
    return this.#once('delete', name, write.idempotencyKey, () => {
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

  #once<T extends Version | boolean>(
    operation: string,
    name: string,
    idempotencyKey: string | undefined,
    apply: () => T,
  ): T {
    if (idempotencyKey === undefined) return apply();
    const now = this.#options.monotonic();
    this.#forgetAnswers(now);
    const scope = JSON.stringify([operation, name, idempotencyKey]);
    const remembered = this.#answers.get(scope);
    if (remembered !== undefined) return remembered.answer as T;
    const answer = apply();
    this.#answers.set(scope, { answer, forgottenAt: now + this.#options.idempotencyRetentionMs });
    return answer;
  }

  #forgetAnswers(now: number): void {
    for (const [scope, { forgottenAt }] of this.#answers) {
      if (forgottenAt > now) return;
      this.#answers.delete(scope);
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
