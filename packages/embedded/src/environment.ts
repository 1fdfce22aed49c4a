import { type Database, open, type RootDatabase } from 'lmdb';
import { DamagedStoreError, ForeignFilesError, NewerFormatError } from './errors.js';
import { type Folder, unusable } from './folder.js';

/** One LMDB database with binary keys and values. */
export type Bytes = Database<Buffer, Uint8Array>;

/** The open LMDB environment of a store: one file, several databases, one write lock. */
export interface Environment {
  readonly root: RootDatabase<Buffer, Uint8Array>;
  /** Facts about the store itself, the version counter among them. */
  readonly meta: Bytes;
  readonly entries: Bytes;
  readonly idempotency: Bytes;
  readonly expiries: Bytes;
}

const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;
const metaName = 'norikv';
const formatKey = Buffer.from('format');
const formatPattern = /^norikv-embedded\/(\d+)$/;
const knownFormat = 1;

/**
 * Opens the environment of a folder. Blocks for the write lock: no other store of this thread may be inside
 * a transaction on the same file, as that transaction could then never end.
 *
 * @throws ForeignFilesError, NewerFormatError, DamagedStoreError or PathUnusableError.
 */
export function openEnvironment({ path, dataFile }: Folder, flush: boolean): Environment {
  const root = openRoot(path, dataFile, flush);
  try {
    checkFormat(root, dataFile);
    return {
      root,
      meta: root.openDB(metaName, binary),
      entries: root.openDB('entries', binary),
      idempotency: root.openDB('idempotency', binary),
      expiries: root.openDB('expiries', binary),
    };
  } catch (error) {
    root.close();
    throw error;
  }
}

/** Whether a store is new: what {@link markFormat} writes first is not there yet. */
export function isNew(meta: Bytes): boolean {
  return meta.getBinary(formatKey) === undefined;
}

/** Marks a store as one of this format. Call it inside a write transaction. */
export function markFormat(meta: Bytes): void {
  meta.put(formatKey, Buffer.from(`norikv-embedded/${knownFormat}`));
}

function openRoot(path: string, dataFile: string, flush: boolean): RootDatabase<Buffer, Uint8Array> {
  try {
    return open<Buffer, Uint8Array>({
      ...binary,
      path: dataFile,
      noSubdir: true,
      noSync: !flush,
      // A commit is visible when it is flushed and not before, see docs/decisions/0012.
      overlappingSync: false,
      // With it on, a failed commit becomes an unhandled rejection and ends the process.
      eventTurnBatching: false,
      maxDbs: 16,
      maxReaders: 1_024,
      mapSize: 16 * 1_024 * 1_024,
    });
  } catch (error) {
    throw unusable(path, error);
  }
}

function checkFormat(root: RootDatabase<Buffer, Uint8Array>, dataFile: string): void {
  const existing = { ...binary, create: false };
  const meta: Bytes | undefined = root.openDB(metaName, existing);
  if (meta === undefined) {
    if (root.getKeysCount({ limit: 1 }) === 0) return;
    throw new ForeignFilesError(`${dataFile} is a database of another program`);
  }
  const format = meta.getBinary(formatKey)?.toString('latin1');
  if (format === undefined) return;
  const number = Number(formatPattern.exec(format)?.[1]);
  if (Number.isNaN(number))
    throw new DamagedStoreError(`${dataFile} is damaged: its format mark is unreadable`);
  if (number <= knownFormat) return;
  throw new NewerFormatError(
    `${dataFile} has format ${number}; this version of @norikv/embedded knows ${knownFormat}. Update it.`,
  );
}
