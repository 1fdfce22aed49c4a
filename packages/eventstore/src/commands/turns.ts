import type { Clock } from '@norikv/store';
import { beforeWrite, type Patience } from '../log/before-write.js';

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
    // A caller that has left the line holds its place, so that nobody overtakes. Results are dropped, as each would be
    // kept by all that follow.
    const settled = Promise.allSettled([before, result]).then(() => {});
    last.set(name, settled);
    void settled.then(() => {
      if (last.get(name) === settled) last.delete(name);
    });
    return result;
  };
}

/** Runs work one after the other. */
export type Line = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function createLine(clock: Clock): Line {
  const inTurn = createTurns();
  return (work) => inTurn('', work, { clock });
}
