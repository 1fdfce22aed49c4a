import { isNoriKVError, type NoriKVError, ResourceExhaustedError, UnavailableError } from '@norikv/store';
import { isOutOfRoom } from './room.js';

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
    return new UnavailableError(
      `The header of the store could not be written (${text}); close the store and open it again`,
      { cause },
    );
  }
  if (isOutOfRoom(cause, failed.folder)) {
    return new ResourceExhaustedError(
      `The disk has no room for this write (${text}); free some and try again`,
      { cause },
    );
  }
  return new UnavailableError(`The disk refused this write (${text}); nothing was applied`, {
    outcome: 'not-applied',
    cause,
  });
}

/** lmdb rejects with a wrapper and hands out the reason a moment later. */
async function causeOf(error: unknown): Promise<unknown> {
  const reason = (error as { readonly commitError?: Promise<unknown> }).commitError;
  return reason === undefined ? error : reason.catch((cause: unknown) => cause);
}
