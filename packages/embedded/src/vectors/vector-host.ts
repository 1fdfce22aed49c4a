import type { Clock } from '@norikv/store';
import type { Bytes } from '../environment.js';
import type { IdempotencyMemory } from '../idempotency.js';
import type { WriteOrder } from '../pending-write.js';
import type { RecordTable } from '../record-table.js';
import type { GraphFolder } from './graph-folder.js';

/** A database of the store and the records in it. */
export interface HostTable {
  readonly database: Bytes;
  readonly records: RecordTable;
}

/** When and where namespaces of type `hnsw` get a graph. */
export interface GraphSettings {
  readonly folder: GraphFolder;
  /** From how many vectors on. */
  readonly from: number;
  /** How many candidates a search keeps. */
  readonly ef: number;
}

/** What vectors need of the store they are in. */
export interface VectorHost {
  readonly clock: Clock;
  /** Undefined if there is no place for graphs. */
  readonly graphs: GraphSettings | undefined;
  /** The answers of writes with an idempotency key. */
  readonly memory: IdempotencyMemory;
  /** Whether the file has a database of this name. It is a read, and waits for nobody. */
  hasTable(name: string): boolean;
  /** Opens a database of the file, or makes it. */
  makeTable(name: string): Promise<HostTable>;
  /** Reads what is committed now; what one piece of work reads is of one moment. */
  read<T>(work: () => T): T;
  write<T>(order: WriteOrder<T>): Promise<T>;
}
