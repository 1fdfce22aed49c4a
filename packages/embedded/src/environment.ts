import { type Database, open, type RootDatabase } from 'lmdb';
import { checkDataFile } from './data-file.js';
import { DamagedStoreError, ForeignFilesError, NewerFormatError, StoreInUseError } from './errors.js';
import { type Folder, fileMode, unusable } from './folder.js';
import type { Gate } from './gate.js';
import type { Reader, WriteTransaction } from './write-transaction.js';

/** One LMDB database with binary keys and values. */
export type Bytes = Database<Buffer, Uint8Array>;

/** The open LMDB environment of a store: one file, several databases, one write lock. */
export interface Environment {
  readonly root: RootDatabase<Buffer, Uint8Array>;
  /** Facts about the store itself. */
  readonly meta: Bytes;
  /** See `CommitLog`. */
  readonly commits: Bytes;
  readonly entries: Bytes;
  readonly idempotency: Bytes;
  readonly expiries: Bytes;
}

const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;
// lmdb reads it, and its types do not declare it.
const undeclared = { permissionsMode: fileMode };
const metaName = 'norikv';
const formatKey = Buffer.from('format');
const formatPattern = /^norikv-embedded\/(\d+)$/;
const knownFormat = 1;

/**
 * Opens the environment of a folder. Waits for the write lock, and the thread waits with it: for as long as
 * others take to commit.
 *
 * @throws ForeignFilesError, NewerFormatError, DamagedStoreError, StoreInUseError or PathUnusableError.
 */
export async function openEnvironment(folder: Folder, flush: boolean, gate: Gate): Promise<Environment> {
  const root = await gate.alone(() => {
    checkDataFile(folder);
    // LMDB has one environment for each file in a process, which stays as the first to open it asked for.
    if (gate.isOpenOtherwiseHere()) {
      throw new StoreInUseError(
        'This store is open in this process with another durability; open it with the same, or close it first',
      );
    }
    return openRoot(folder.path, folder.dataFile, flush);
  });
  try {
    return await gate.together(async () => openDatabases(root, folder.dataFile));
  } catch (error) {
    await closeFiles(root, gate);
    throw unusable(folder.path, error);
  }
}

/** Closes the files, also if another process is stopped in the middle of its work. */
export async function closeFiles(root: RootDatabase<Buffer, Uint8Array>, gate: Gate): Promise<void> {
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= root.close();
    return closed;
  };
  await gate.alone(close).catch(close);
}

function openDatabases(root: RootDatabase<Buffer, Uint8Array>, dataFile: string): Environment {
  // In a write transaction, as a read would take a line in the table of readers, see `admit`.
  root.transactionSync(() => {
    checkFormat(root, dataFile);
  });
  return {
    root,
    meta: root.openDB(metaName, binary),
    commits: root.openDB('commits', { ...binary, useVersions: true }),
    entries: root.openDB('entries', binary),
    idempotency: root.openDB('idempotency', binary),
    expiries: root.openDB('expiries', binary),
  };
}

/** A database of the file, made if it is missing. Call it where a commit may be made. */
export function makeDatabase({ root }: Environment, name: string): Bytes {
  return root.openDB(name, binary);
}

/** Whether the file has a database of this name: their names, ended by a zero, are keys. */
export function hasDatabase({ root }: Environment, name: string): boolean {
  return root.doesExist(Buffer.from(`${name}\0`));
}

/** Whether a store is new: what {@link markFormat} writes first is not there yet. */
export function isNew(reader: Reader, meta: Bytes): boolean {
  return reader.read(meta, formatKey) === undefined;
}

/** Marks a store as one of this format. */
export function markFormat(transaction: WriteTransaction, meta: Bytes): void {
  transaction.put(meta, formatKey, Buffer.from(`norikv-embedded/${knownFormat}`));
}

function openRoot(path: string, dataFile: string, flush: boolean): RootDatabase<Buffer, Uint8Array> {
  try {
    return open<Buffer, Uint8Array>({
      ...binary,
      ...undeclared,
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
