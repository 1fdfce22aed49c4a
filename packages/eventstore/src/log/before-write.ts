import { CancelledError, type Clock, DeadlineExceededError } from '@norikv/store';
import { waitWithin } from '@norikv/store/wait-within';

/** How long a caller waits. */
export interface Patience {
  readonly signal?: AbortSignal | undefined;
  readonly clock: Clock;
  readonly timeoutMs?: number | undefined;
}

/** Waits for what comes before a write. It may go on when its caller has left, and appends nothing then. */
export function beforeWrite<Result>(
  begin: () => Promise<Result>,
  { signal, ...time }: Patience,
): Promise<Result> {
  return waitWithin(begin, {
    ...time,
    signal,
    cancelled: (cause) => new CancelledError('Cancelled; nothing was appended.', { cause }),
    late: () =>
      new DeadlineExceededError('The deadline passed; nothing was appended.', { outcome: 'not-applied' }),
  });
}
