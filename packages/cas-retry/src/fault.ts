import { errorCode, isAlreadyExists, isKeyNotFound, isVersionMismatch, type Outcome } from '@norikv/store';

/** What a failed store call means for an update. */
export type Fault =
  /** Another writer was first: read again. */
  | 'conflict'
  /** Nothing was applied; the same call may succeed later. */
  | 'transient'
  /** Nothing was applied, and a repetition will not help. */
  | 'refused'
  /** It may have been applied, or may still be; asking again can tell. */
  | 'unknown'
  /** It may have been applied, and the error says nothing about the store, so the call is not repeated. */
  | 'unclassified';

export function faultOf(error: unknown): Fault {
  if (isVersionMismatch(error) || isAlreadyExists(error) || isKeyNotFound(error)) return 'conflict';
  const { outcome, retryable } = (error ?? {}) as { outcome?: Outcome; retryable?: boolean };
  if (outcome === 'not-applied') return retryable === true ? 'transient' : 'refused';
  return errorCode(error) === undefined ? 'unclassified' : 'unknown';
}

const passing = new Set(['UNAVAILABLE', 'NOT_LEADER', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED']);

/** Whether the same read may succeed later. */
export function isTransientRead(error: unknown): boolean {
  const { retryable } = (error ?? {}) as { retryable?: boolean };
  return retryable ?? passing.has(errorCode(error) ?? '');
}
