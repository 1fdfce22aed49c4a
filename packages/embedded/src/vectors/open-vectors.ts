import { join } from 'node:path';
import { type Bytes, type Environment, findDatabase, makeDatabase } from '../environment.js';
import type { ExpiryIndex } from '../expiry-index.js';
import type { Folder } from '../folder.js';
import type { Gate } from '../gate.js';
import type { IdempotencyMemory } from '../idempotency.js';
import type { Settings } from '../options.js';
import { RecordTable } from '../record-table.js';
import { GraphFolder } from './graph-folder.js';
import type { GraphSettings, HostTable, VectorHost } from './vector-host.js';
import { Vectors } from './vectors.js';

/** The parts of an open store that its vectors stand on. */
export interface StoreParts extends Pick<VectorHost, 'read' | 'write'> {
  readonly environment: Environment;
  readonly gate: Gate;
  readonly expiries: ExpiryIndex;
  readonly memory: IdempotencyMemory;
  readonly settings: Pick<Settings, 'clock' | 'hnswFrom' | 'hnswEf'>;
  readonly folder: Folder;
  /** What a failure of LMDB means. */
  explain(error: unknown): Promise<Error>;
}

// Vectors do not expire, so nothing in the expiry index bears it.
const tag = 3;

/** The vector calls of an open store. */
export function openVectors(parts: StoreParts): Vectors {
  const { environment, gate, expiries, memory, settings, folder, read, write, explain } = parts;
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
    clock: settings.clock,
    graphs: graphsOf(settings, folder),
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

function graphsOf(
  { hnswFrom, hnswEf }: StoreParts['settings'],
  { path, isTemporary }: Folder,
): GraphSettings | undefined {
  // A temporary folder has no name any more. What begins with a dot is no foreign file.
  return isTemporary
    ? undefined
    : { folder: new GraphFolder(join(path, '.graphs')), from: hnswFrom, ef: hnswEf };
}
