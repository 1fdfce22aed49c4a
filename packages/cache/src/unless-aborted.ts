import { CancelledError } from '@norikv/store';
import { checkSignal } from '@norikv/store/call-options';
import { waitWithin } from '@norikv/store/wait-within';

/** What the work gives, or `CancelledError` once the signal ends. The work goes on; after the end it is not begun. */
export function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  begin: () => Promise<Result>,
): Promise<Result> {
  checkSignal(signal);
  return waitWithin(begin, {
    signal,
    cancelled: (cause) => new CancelledError('the signal ended the wait', { cause }),
  });
}
