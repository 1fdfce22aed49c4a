import { statfsSync } from 'node:fs';
import { constants } from 'node:os';
import { ResourceExhaustedError } from '@norikv/store';

const { EDQUOT, EFBIG, EIO, ENOMEM, ENOSPC } = constants.errno;
const mapFull = -30792;
const readersFull = -30790;
const transactionFull = -30788;
// Of LMDB.
const noRoomNumbers: readonly unknown[] = [
  EDQUOT,
  EFBIG,
  ENOMEM,
  ENOSPC,
  mapFull,
  readersFull,
  transactionFull,
];
// Of Node, and of LMDB's copy for a backup, which fails with the system's words and no code.
const noRoomWords = /^Error: (E\w+: )?(no space|disk quota|file too)/i;
// With less room than this, a failed write is taken for a full disk: LMDB reports a short write as EIO.
const littleRoomBytes = 16 * 1_024 * 1_024;

/** The bytes that are left on the volume of a folder; infinite if the system does not say. */
export function roomOf(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The error for values that the disk has no room for. */
export function noRoomFor(bytes: number): ResourceExhaustedError {
  return new ResourceExhaustedError(
    `The disk has no room for values of ${bytes} bytes; free some and try again`,
  );
}

/** Whether an error is for want of room. */
export function isNoRoom(error: unknown): boolean {
  return noRoomNumbers.includes(codeOf(error)) || noRoomWords.test(String(error));
}

/** Whether a write to this folder failed for want of room. */
export function isOutOfRoom(cause: unknown, folder: string): boolean {
  return isNoRoom(cause) || (codeOf(cause) === EIO && roomOf(folder) < littleRoomBytes);
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}
