import { randomInt } from 'node:crypto';
import { statSync } from 'node:fs';
import { textOf } from './bytes.js';
import { type Environment, isNew, markFormat } from './environment.js';
import { DamagedStoreError } from './errors.js';
import type { Folder } from './folder.js';
import type { WriteTransaction } from './write-transaction.js';

const fileKey = Buffer.from('file');

/**
 * Gives a new store, and a store whose file is a copy of another's, a term of its own, so that no version
 * is given twice: not by a restored backup that has forgotten what it gave, and not by a store that was
 * deleted and made again. Terms are times, so that two copies of one backup differ too.
 *
 * @throws DamagedStoreError if the facts about the store are missing.
 */
export function enterGeneration(
  transaction: WriteTransaction,
  { meta, entries }: Environment,
  { dataFile, isTemporary }: Folder,
): void {
  const { base, nowMs } = transaction;
  const isFirst = isNew(transaction, meta);
  const isWhole = isFirst ? entries.getKeysCount({ limit: 1 }) === 0 : base.sequence !== null;
  if (!isWhole) {
    throw new DamagedStoreError(
      `${dataFile} is damaged: facts about the store are missing. Restore a backup.`,
    );
  }
  const file = isTemporary ? 'temporary' : fileIdentity(dataFile);
  if (!isFirst && textOf(transaction.read(meta, fileKey)) === file) return;
  markFormat(transaction, meta);
  transaction.put(meta, fileKey, Buffer.from(file));
  // A clock that was ahead when the store began has not come that far: then chance tells two copies apart.
  transaction.startTerm(nowMs > base.term ? Math.floor(nowMs) : base.term + 1 + randomInt(2 ** 32));
}

/** Differs between a file and its copies, also when the copy took the place of the file. */
function fileIdentity(file: string): string {
  const { ino, birthtimeNs } = statSync(file, { bigint: true });
  return `${ino} ${birthtimeNs}`;
}
