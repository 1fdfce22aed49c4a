import { CancelledError } from '@norikv/store';

/** What the work gives, or `CancelledError` once the signal ends. The work goes on. */
export async function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  work: Promise<Result>,
): Promise<Result> {
  if (!signal) return await work;
  const { promise: aborted, stop } = abortion(signal);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function abortion(signal: AbortSignal): { readonly promise: Promise<never>; readonly stop: () => void } {
  let reject: ((error: unknown) => void) | undefined;
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  const stop = (): void =>
    reject?.(new CancelledError('the signal ended the wait', { cause: signal.reason }));
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return { promise, stop };
}
