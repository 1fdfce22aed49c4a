import { type DistanceFunction, KeyNotFoundError, type VectorIndexType } from '@norikv/store';
import { blankRecord } from '../record.js';
import { readUint64, writeUint64 } from '../uint64.js';
import { committed, type Reader, type WriteTransaction } from '../write-transaction.js';
import type { HostTable } from './vector-host.js';
import type { Shape } from './vector-rows.js';

/** A namespace. */
export interface Space extends Shape {
  /** Never given to another namespace, not even to a later one of the same name. */
  readonly number: number;
  readonly distance: DistanceFunction;
  readonly indexType: VectorIndexType;
}

/** How often a namespace has changed, and what it holds. */
export interface SpaceState {
  /** How many changes there have been. */
  readonly changes: number;
  readonly vectors: number;
}

/** The state of a new namespace. */
export const untouched: SpaceState = { changes: 0, vectors: 0 };

/** A namespace and its name. */
export interface NamedSpace {
  readonly name: string;
  readonly space: Space;
}

const nameMark = 0x6e;
const stateMark = 0x73;
const droppedMark = 0x64;
const neverExpires = 0;

/** The namespaces, the state of each, and those that were dropped and have not been cleared yet. */
export class Spaces {
  readonly #table: HostTable;

  constructor(table: HostTable) {
    this.#table = table;
  }

  find(reader: Reader, name: string): Space | undefined {
    const record = this.#table.records.get(reader, nameKey(name));
    return record && (JSON.parse(Buffer.from(record.value).toString()) as Space);
  }

  /** @throws KeyNotFoundError naming the namespace. */
  get(reader: Reader, name: string): Space {
    const space = this.find(reader, name);
    if (space === undefined) throw unknownSpace(name);
    return space;
  }

  create(transaction: WriteTransaction, name: string, described: Omit<Space, 'number'>): void {
    const header = transaction.stamp(neverExpires);
    const space: Space = { number: header.index, ...described };
    const record = blankRecord(Buffer.from(JSON.stringify(space)));
    this.#table.records.put(transaction, nameKey(name), record, header, undefined);
    this.setState(transaction, space, untouched);
  }

  drop(transaction: WriteTransaction, name: string, space: Space): void {
    const { database, records } = this.#table;
    records.remove(transaction, nameKey(name), undefined);
    records.remove(transaction, numberKey(stateMark, space.number), undefined);
    transaction.put(database, numberKey(droppedMark, space.number), Buffer.alloc(0));
  }

  /** Undefined if the namespace was dropped. */
  state(reader: Reader, { number }: Space): SpaceState | undefined {
    const record = this.#table.records.get(reader, numberKey(stateMark, number));
    if (record === undefined) return undefined;
    const bytes = Buffer.from(record.value);
    return { changes: readUint64(bytes, 0), vectors: readUint64(bytes, 8) };
  }

  setState(transaction: WriteTransaction, { number }: Space, { changes, vectors }: SpaceState): void {
    const bytes = Buffer.alloc(16);
    writeUint64(bytes, changes, 0);
    writeUint64(bytes, vectors, 8);
    const header = { term: 0, index: 0, expiresAtMs: neverExpires };
    const key = numberKey(stateMark, number);
    this.#table.records.put(transaction, key, blankRecord(bytes), header, undefined);
  }

  /** The number of a namespace that was dropped and has not been cleared yet. */
  dropped(): number | undefined {
    const [start, end] = [Buffer.of(droppedMark), Buffer.of(droppedMark + 1)];
    const [key] = [...this.#table.database.getKeys({ start, end, limit: 1 })];
    return key && readUint64(Buffer.from(key), 1);
  }

  forgetDropped(transaction: WriteTransaction, number: number): void {
    transaction.remove(this.#table.database, numberKey(droppedMark, number));
  }

  /** All namespaces, by name. */
  list(): NamedSpace[] {
    const [start, end] = [Buffer.of(nameMark), Buffer.of(nameMark + 1)];
    const spaces: NamedSpace[] = [];
    for (const key of [...this.#table.database.getKeys({ start, end })]) {
      const name = Buffer.from(key).subarray(1).toString();
      spaces.push({ name, space: this.get(committed, name) });
    }
    return spaces;
  }
}

/** The error for a namespace that does not exist. */
export function unknownSpace(name: string): KeyNotFoundError {
  return new KeyNotFoundError(`The namespace ${JSON.stringify(name)} does not exist; create it first`, {
    key: name,
  });
}

function nameKey(name: string): Buffer {
  return Buffer.concat([Buffer.of(nameMark), Buffer.from(name)]);
}

function numberKey(mark: number, number: number): Buffer {
  const key = Buffer.alloc(9);
  key[0] = mark;
  writeUint64(key, number, 1);
  return key;
}
