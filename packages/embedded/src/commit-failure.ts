import { statfs } from 'node:fs/promises';
import { constants } from 'node:os';
import { isNoriKVError, type NoriKVError, ResourceExhaustedError, UnavailableError } from '@norikv/store';

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

/** What is known of the store when one of its commits failed. */
export interface FailedCommit {
  readonly folder: string;
  /** Whether the environment still serves reads. */
  readonly readable: boolean;
}

/**
 * What a failed commit means for the writes in it.
 *
 * LMDB writes pages, flushes, and only then points its header at them. It gives up the whole environment
 * when the header cannot be written, so an environment that still reads has certainly not applied the
 * transaction, and one that does not may have.
 */
export async function explainCommitFailure(error: unknown, failed: FailedCommit): Promise<NoriKVError> {
  if (isNoriKVError(error)) return error;
  const cause = await causeOf(error);
  const text = String(cause);
  if (!failed.readable) {
    return new UnavailableError(`The store's header could not be written: ${text}`, { cause });
  }
  if (await isOutOfRoom(cause, failed.folder)) {
    return new ResourceExhaustedError(`The disk has no room for this write: ${text}`, { cause });
  }
  return new UnavailableError(`The disk did not take this write: ${text}`, {
    outcome: 'not-applied',
    cause,
  });
}

/** lmdb rejects with a wrapper and hands out the reason a moment later. */
async function causeOf(error: unknown): Promise<unknown> {
  const reason = (error as { readonly commitError?: Promise<unknown> }).commitError;
  return reason === undefined ? error : reason.catch((cause: unknown) => cause);
}

/** Whether an error is for want of room. */
export function isNoRoom(error: unknown): boolean {
  return noRoomNumbers.includes(codeOf(error)) || noRoomWords.test(String(error));
}

async function isOutOfRoom(cause: unknown, folder: string): Promise<boolean> {
  if (isNoRoom(cause)) return true;
  if (codeOf(cause) !== EIO) return false;
  const room = await statfs(folder).catch(() => undefined);
  return room !== undefined && room.bavail * room.bsize < littleRoomBytes;
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}
