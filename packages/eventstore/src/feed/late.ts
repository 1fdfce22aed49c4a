import { CancelledError, DeadlineExceededError } from '@norikv/store';

/** Says that what was waited for did not come. */
export function late(message: string): DeadlineExceededError {
  return new DeadlineExceededError(message, { outcome: 'not-applied' });
}

/** Says that waiting was ended by a signal. What was waited for goes on. */
export function waitCancelled(cause: unknown): CancelledError {
  return new CancelledError('Waiting for the consumer was cancelled', { cause });
}
