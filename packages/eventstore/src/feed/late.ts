import { DeadlineExceededError } from '@norikv/store';

/** Says that what was waited for did not come. */
export function late(message: string): DeadlineExceededError {
  return new DeadlineExceededError(message, { outcome: 'not-applied' });
}
