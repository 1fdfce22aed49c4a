import { isNoriKVError, NoriKVError, UnavailableError } from '@norikv/store';

/**
 * The store is taken: another opener has it exclusively, or `exclusive` was asked for while others have it
 * open, or they have it open with another durability. Close them, or wait until they are gone.
 */
export class StoreInUseError extends NoriKVError {
  static override readonly code: string = 'STORE_IN_USE';
  static override readonly retryable: boolean = true;
}

/** The path cannot be used: no permission, a read-only volume, not a folder. `cause` is the system's error. */
export class PathUnusableError extends NoriKVError {
  static override readonly code: string = 'PATH_UNUSABLE';
}

/** The path holds something that is not a store of this package. Nothing in it was changed. */
export class ForeignFilesError extends NoriKVError {
  static override readonly code: string = 'FOREIGN_FILES';
}

/** The store was written by a newer version of this package: update it. Nothing was changed. */
export class NewerFormatError extends NoriKVError {
  static override readonly code: string = 'NEWER_FORMAT';
}

/**
 * What is on the disk is not what was written: the file's header, its end, or the record of `key`. A put or delete
 * without a condition replaces such a record; otherwise restore a backup.
 */
export class DamagedStoreError extends NoriKVError {
  static override readonly code: string = 'DAMAGED_STORE';
}

/** The error for a read the system refuses; an error of the contract as it is. */
export function unreadable(error: unknown): NoriKVError {
  if (isNoriKVError(error)) return error;
  return new UnavailableError(`The store cannot be read (${String(error)})`, {
    outcome: 'not-applied',
    cause: error,
  });
}

/** The error if the code that is loaded at the first vector call cannot be. */
export function unloadable(cause: unknown): UnavailableError {
  return new UnavailableError(
    `The code for vectors cannot be loaded (${String(cause)}); Node does not load a failed module again, so restart the process`,
    { outcome: 'not-applied', cause },
  );
}
