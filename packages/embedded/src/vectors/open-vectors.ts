import { join } from 'node:path';
import { type Environment, hasDatabase, makeDatabase } from '../environment.js';
import type { ExpiryIndex } from '../expiry-index.js';
import type { Folder } from '../folder.js';
import type { Gate } from '../gate.js';
import type { IdempotencyMemory } from '../idempotency.js';
import type { Settings } from '../options.js';
import { RecordTable } from '../record-table.js';
import { GraphFolder } from './graph-folder.js';
import type { GraphSettings, VectorHost } from './vector-host.js';
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
  return new Vectors({
    clock: settings.clock,
    graphs: graphsOf(settings, folder),
    memory,
    read,
    write,
    hasTable: (name) => read(() => hasDatabase(environment, name)),
    async makeTable(name) {
      try {
        // Opening a database may be a commit.
        const database = await gate.together(async () => makeDatabase(environment, name));
        return { database, records: new RecordTable(database, expiries, tag) };
      } catch (error) {
        throw await explain(error);
      }
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
