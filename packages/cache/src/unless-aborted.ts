import { CancelledError } from '@norikv/store';
import { checkSignal } from '@norikv/store/call-options';
import { onAbort } from '@norikv/store/on-abort';

/** What the work gives, or `CancelledError` once the signal ends. The work goes on; after the end it is not begun. */
export async function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  begin: () => Promise<Result>,
): Promise<Result> {
  checkSignal(signal);
  if (!signal) return await begin();
  if (signal.aborted) throw cancelled(signal);
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, () => reject(cancelled(signal)));
  });
  try {
    return await Promise.race([begin(), aborted]);
  } finally {
    stop?.();
  }
}

function cancelled({ reason }: AbortSignal): CancelledError {
  return new CancelledError('the signal ended the wait', { cause: reason });
}
