import { CancelledError } from '@norikv/store';
import { checkSignal } from '@norikv/store/call-options';
import { onAbort } from '@norikv/store/on-abort';

/**
 * Runs work for one name after the other, and for different names at the same time.
 *
 * @throws CancelledError when the signal ended before the work's turn came.
 */
export type Turns = <Result>(
  name: string,
  work: () => Promise<Result>,
  signal?: AbortSignal | undefined,
) => Promise<Result>;

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return (name, work, signal) => {
    const before = last.get(name) ?? Promise.resolve();
    const result = turnAfter(before, signal).then(work);
    // Who left the line lets nobody pass those before.
    const settled = Promise.allSettled([before, result]);
    last.set(name, settled);
    void settled.then(() => {
      if (last.get(name) === settled) last.delete(name);
    });
    return result;
  };
}

function turnAfter(before: Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined) return before;
  return new Promise((resolve, reject) => {
    checkSignal(signal);
    const leave = (): void => {
      const message = 'Cancelled before the turn of the command came; nothing was appended.';
      reject(new CancelledError(message, { cause: signal.reason }));
    };
    if (signal.aborted) return leave();
    const stop = onAbort(signal, leave);
    void before.then(() => {
      stop();
      resolve(undefined);
    });
  });
}
