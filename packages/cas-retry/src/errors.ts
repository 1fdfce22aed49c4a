import {
  CancelledError,
  DeadlineExceededError,
  type ErrorFacts,
  type Key,
  NoriKVError,
  type Outcome,
  VersionMismatchError,
} from '@norikv/store';

/**
 * Other writers won every attempt until the retries or the time ran out. Nothing was written; trying again is
 * safe. It is also a `VersionMismatchError`, which is what the retry loop of the documentation throws.
 */
export class ContentionError extends VersionMismatchError {
  static override readonly code: string = 'CONTENTION';
  static override readonly retryable: boolean = true;
  /** How often the update was attempted. */
  readonly attempts: number;
  constructor(message: string, facts: ErrorFacts & { readonly attempts: number }) {
    super(message, facts);
    this.attempts = facts.attempts;
  }
}

/**
 * The update may or may not have been applied, now or later, and that could not be found out in time.
 *
 * Never run it again blindly. Run it again with the same `opId`, or read the record and decide.
 */
export class OutcomeUnknownError extends NoriKVError {
  static override readonly code: string = 'OUTCOME_UNKNOWN';
  static override readonly outcome: Outcome = 'unknown';
}

/** The stored bytes are not a record of this kind, or of a newer format. The record was left as it is. */
export class CorruptRecordError extends NoriKVError {
  static override readonly code: string = 'CORRUPT_RECORD';
}

export function unreadable(key: Key, reason: string, cause?: unknown): CorruptRecordError {
  const name = typeof key === 'string' ? `"${key}"` : `under a key of ${key.length} bytes`;
  return new CorruptRecordError(
    `The record ${name} was left as it is: ${reason}; if a newer version wrote it upgrade, else look at it by hand`,
    { key, cause },
  );
}

/** An operation id came back with another command than the one it was first used for. Nothing was applied. */
export class OperationIdReusedError extends NoriKVError {
  static override readonly code: string = 'OPERATION_ID_REUSED';
}

/** One update alone would make the record larger than the store accepts. Nothing was applied. */
export class RecordTooLargeError extends NoriKVError {
  static override readonly code: string = 'RECORD_TOO_LARGE';
}

export function late(timeoutMs: number, facts?: ErrorFacts): DeadlineExceededError {
  return new DeadlineExceededError(`No answer within ${timeoutMs} ms`, facts);
}

export function cancelled(cause: unknown): CancelledError {
  return new CancelledError('Cancelled; nothing was written.', { cause });
}
