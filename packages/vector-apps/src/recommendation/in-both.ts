import { isNoriKVError } from '@norikv/store';
import { cutOff, isCutOff } from '../core/after-write.js';

/**
 * The outcome of two writes. One may be applied although the other was cut off: that must not look as if nothing
 * was. What is wrong for good, such as a damaged record, is thrown as it is.
 */
export async function inBoth(isAdded: Promise<boolean>, isCounted: Promise<boolean>): Promise<boolean> {
  const outcomes = await Promise.allSettled([isAdded, isCounted]);
  const failures: unknown[] = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  if (failures.length === 0) return isAdded;
  const isWritten = outcomes.some((one) => one.status === 'fulfilled' && one.value);
  const [first] = failures;
  if (isWritten && isCutOff(first)) {
    throw cutOff('The event is partly recorded', 'record it again, with the same eventId', first);
  }
  throw failures.find(mayBeApplied) ?? first;
}

function mayBeApplied(error: unknown): boolean {
  return isNoriKVError(error) && error.outcome === 'unknown';
}
