import { beforeWrite, type Patience } from '../events/before-write.js';

/**
 * Runs work for one name after the other, and for different names at the same time.
 *
 * @throws CancelledError, DeadlineExceededError when the caller's patience ended before the work's turn came.
 */
export type Turns = <Result>(
  name: string,
  work: () => Promise<Result>,
  patience: Patience,
) => Promise<Result>;

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return (name, work, patience) => {
    const before = last.get(name) ?? Promise.resolve();
    const result = beforeWrite(() => before, patience).then(work);
    // Who left the line lets nobody pass those before. Without what they came to, which would be kept for all that follow.
    const settled = Promise.allSettled([before, result]).then(() => {});
    last.set(name, settled);
    void settled.then(() => {
      if (last.get(name) === settled) last.delete(name);
    });
    return result;
  };
}
