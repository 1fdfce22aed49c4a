import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { ResourceExhaustedError } from '@norikv/store';
import { DamagedStoreError } from './errors.js';
import { type Folder, unusable } from './folder.js';
import { roomOf } from './room.js';

/*
 * An LMDB file begins with two copies of its header, one page each, little-endian. Of a page: flags at 18.
 * Of a header: magic at 24, format at 28, page size at 48, then two trees of 48 bytes each, with the depth
 * at 6 and the root page at 40, and after them the last page in use.
 */
const headerBytes = 160;
const headerFlag = 0x08;
const magic = 0xbeef_c0de;
const format = 2;
const trees = [48, 96] as const;
const lastPageAt = 144;
const deepestTree = 32;
const noPage = 0xffff_ffff_ffff_ffffn;
// What LMDB needs to begin: its headers, its lock file, the first pages.
const roomToBeginBytes = 1_024 * 1_024;

/**
 * Checks everything that could make LMDB fail to open: the native code does not survive such a failure.
 *
 * @throws PathUnusableError, DamagedStoreError or ResourceExhaustedError.
 */
export function checkDataFile({ path, dataFile }: Folder): void {
  const lockFile = `${dataFile}-lock`;
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    // Asked for by name: opening and closing the lock file would drop this process's own locks on it.
    const hasLockFile = checkReadWrite(lockFile);
    const hasDataFile = checkReadWrite(dataFile);
    if (hasDataFile && usedBytesOf(dataFile) === undefined) {
      throw new DamagedStoreError(`${dataFile} is damaged: its header is not one of LMDB. Restore a backup.`);
    }
    if (!(hasLockFile && hasDataFile) && roomOf(path) < roomToBeginBytes) {
      throw new ResourceExhaustedError(`${path} has no room for a store; free at least 1 MiB`);
    }
  } catch (error) {
    throw unusable(path, error);
  }
}

/**
 * Checks that nothing is missing at the end of a backup: reading a page that a file does not have kills the process.
 * Not for the file of a store, which lacks the last pages if LMDB never wrote them, as they were free again.
 *
 * @throws DamagedStoreError.
 */
export function checkBackup(file: string): void {
  const bytes = usedBytesOf(file);
  if (bytes === undefined) {
    throw new DamagedStoreError(`${file} is no backup: its header is not one of LMDB. Restore another.`);
  }
  const { size } = statSync(file);
  if (size >= bytes) return;
  throw new DamagedStoreError(`${file} is cut off: it has ${size} of ${bytes} bytes. Restore another.`);
}

/** Gives a backup the pages at its end that LMDB never wrote, so that it passes {@link checkBackup}. */
export function fillBackup(file: string): void {
  const bytes = usedBytesOf(file) ?? 0;
  if (statSync(file).size < bytes) truncateSync(file, bytes);
}

/** Whether a file has something in it; throws if it exists and cannot be used. */
function checkReadWrite(file: string): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (!stats.isFile()) throw new Error(`${file} is not a file`);
  accessSync(file, constants.R_OK | constants.W_OK);
  return stats.size > 0;
}

/** The bytes of a file up to its last page in use; undefined if its headers are not sound. */
function usedBytesOf(file: string): number | undefined {
  const descriptor = openSync(file, 'r');
  try {
    // Another process may be writing a header at this moment: one good look is enough.
    for (let look = 0; look < 3; look++) {
      const bytes = lookAt(descriptor);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function lookAt(descriptor: number): number | undefined {
  const { size } = fstatSync(descriptor);
  const first = Buffer.alloc(headerBytes);
  readSync(descriptor, first, 0, headerBytes, 0);
  const pageSize = first.readUInt32LE(trees[0]);
  if (!isSoundHeader(first, pageSize, size)) return undefined;
  const second = Buffer.alloc(headerBytes);
  readSync(descriptor, second, 0, headerBytes, pageSize);
  if (!isSoundHeader(second, pageSize, size)) return undefined;
  // The last page never moves back, so the higher one is that of the header that holds.
  const lastPage = Math.max(...[first, second].map((header) => Number(header.readBigUInt64LE(lastPageAt))));
  return (lastPage + 1) * pageSize;
}

function isSoundHeader(header: Buffer, pageSize: number, fileBytes: number): boolean {
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return false;
  const pages = BigInt(Math.floor(fileBytes / pageSize));
  return (
    (header.readUInt16LE(18) & headerFlag) !== 0 &&
    header.readUInt32LE(24) === magic &&
    header.readUInt32LE(28) === format &&
    pages >= 2n &&
    header.readBigUInt64LE(lastPageAt) >= 1n &&
    trees.every((tree) => {
      const root = header.readBigUInt64LE(tree + 40);
      return header.readUInt16LE(tree + 6) <= deepestTree && (root === noPage || root < pages);
    })
  );
}
