import { statSync } from 'node:fs';
import { type Environment, isNew, markFormat } from './environment.js';
import { DamagedStoreError } from './errors.js';
import type { Folder } from './folder.js';
import type { RecordTable } from './record-table.js';
import { lastNumbers, setNumbers } from './write-transaction.js';

const fileKey = Buffer.from('file');

/**
 * Gives a new store, and a store whose file is a copy of another's, a term of its own, so that no version
 * is given twice: not by a restored backup that has forgotten what it gave, and not by a store that was
 * deleted and made again. Terms are times, so that two copies of one backup differ too.
 *
 * Call it inside a write transaction.
 */
export function enterGeneration(
  { meta, entries }: Environment,
  counter: RecordTable,
  { dataFile, isTemporary }: Folder,
  nowMs: number,
): void {
  const last = isNew(meta) ? undefined : lastNumbers(counter);
  if (last === undefined && entries.getKeysCount({ limit: 1 }) > 0) {
    throw new DamagedStoreError(`${dataFile} is damaged: its format mark is missing. Restore a backup.`);
  }
  const file = isTemporary ? 'temporary' : fileIdentity(dataFile);
  if (last && meta.getBinary(fileKey)?.toString('latin1') === file) return;
  markFormat(meta);
  meta.put(fileKey, Buffer.from(file));
  const term = Math.max(Math.floor(nowMs), (last?.term ?? 0) + 1);
  setNumbers(counter, { term, index: last?.index ?? 0 });
}

/** Differs between a file and its copies, also when the copy took the place of the file. */
function fileIdentity(file: string): string {
  const { ino, birthtimeNs } = statSync(file, { bigint: true });
  return `${ino} ${birthtimeNs}`;
}
