import type { Bell } from './bell.js';

/** Given by work that the store was away for: it is to be done again. */
export const notYet: unique symbol = Symbol('not yet');

/** How to wait for the store. */
export interface Waiting {
  readonly options: { readonly pollMs?: number | undefined; readonly maxPollMs?: number | undefined };
  readonly bell: Bell;
  /** Ends when the consumer is to stop. */
  readonly signal: AbortSignal;
}

/** Repeats work while the store is away; false if the consumer was stopped meanwhile. */
export async function untilBack(
  work: () => unknown,
  { options: { pollMs = 50, maxPollMs = 2_000 }, bell, signal }: Waiting,
): Promise<boolean> {
  for (let waitMs = pollMs; (await work()) === notYet; waitMs = Math.min(maxPollMs, 2 * waitMs)) {
    if (!signal.aborted) await bell.sleep(waitMs, bell.rings);
    if (signal.aborted) return false;
  }
  return true;
}
