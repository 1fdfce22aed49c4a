import type { Clock } from '@norikv/store';
import { type Bytes, type Environment, findDatabase, makeDatabase } from '../environment.js';
import type { ExpiryIndex } from '../expiry-index.js';
import type { Gate } from '../gate.js';
import type { IdempotencyMemory } from '../idempotency.js';
import { RecordTable } from '../record-table.js';
import type { HostTable, VectorHost } from './vector-host.js';
import { Vectors } from './vectors.js';

/** The parts of an open store that its vectors stand on. */
export interface StoreParts extends Pick<VectorHost, 'read' | 'write'> {
  readonly environment: Environment;
  readonly gate: Gate;
  readonly expiries: ExpiryIndex;
  readonly memory: IdempotencyMemory;
  readonly clock: Clock;
  /** What a failure of LMDB means. */
  explain(error: unknown): Promise<Error>;
}

// Vectors do not expire, so nothing in the expiry index bears it.
const tag = 3;

/** The vector calls of an open store. */
export function openVectors(parts: StoreParts): Vectors {
  const { environment, gate, expiries, memory, clock, read, write, explain } = parts;
  const tableOf = (database: Bytes): HostTable => ({
    database,
    records: new RecordTable(database, expiries, tag),
  });
  // Opening a database may be a commit.
  const open = <T>(work: () => T): Promise<T> =>
    gate
      .together(async () => work())
      .catch(async (error: unknown) => {
        throw await explain(error);
      });
  return new Vectors({
    clock,
    memory,
    read,
    write,
    async findTable(name) {
      const database = await open(() => findDatabase(environment, name));
      return database && tableOf(database);
    },
    async makeTable(name) {
      return tableOf(await open(() => makeDatabase(environment, name)));
    },
  });
}
