import { OutcomeUnknownError } from '@norikv/cas-retry';
import { isNoriKVError } from '@norikv/store';

const ends = ['CANCELLED', 'CLOSED', 'UNAUTHENTICATED'];

/**
 * Does what follows a write that is applied. If it is cut off, that must not look as if nothing was written.
 *
 * @throws OutcomeUnknownError whose cause is what cut it off. Other failures, such as a damaged record, stay as they
 * are.
 */
export async function afterWrite<Result>(
  applied: string,
  remedy: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw isCutOff(error) ? cutOff(applied, remedy, error) : error;
  }
}

/** Whether an error ended a call that might have gone on: what it says of the outcome is not true of the whole call. */
export function isCutOff(error: unknown): boolean {
  if (!isNoriKVError(error)) return false;
  return error.outcome === 'unknown' || error.retryable || ends.includes(error.code);
}

/** The error of a call that failed after a write of its own. */
export function cutOff(applied: string, remedy: string, cause: unknown): OutcomeUnknownError {
  return new OutcomeUnknownError(`${applied}, but what follows was cut off (${String(cause)}); ${remedy}`, {
    cause,
  });
}
