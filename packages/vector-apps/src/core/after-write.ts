import { OutcomeUnknownError } from '@norikv/cas-retry';
import { isNoriKVError } from '@norikv/store';

const limits = ['CANCELLED', 'DEADLINE_EXCEEDED'];

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

/** Whether an error ended a call that might have gone on: cancelled, late, or with an unknown outcome. */
export function isCutOff(error: unknown): boolean {
  return isNoriKVError(error) && (error.outcome === 'unknown' || limits.includes(error.code));
}

/** The error of a call that failed after a write of its own. */
export function cutOff(applied: string, remedy: string, cause: unknown): OutcomeUnknownError {
  return new OutcomeUnknownError(`${applied}, but what follows was cut off (${String(cause)}); ${remedy}`, {
    cause,
  });
}
