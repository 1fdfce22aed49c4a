import { errorCode } from '@norikv/store';

/**
 * Does something that may be done again, such as reading, sweeping or saving a place. False if the store is away
 * for a while or did not answer; every other error is thrown.
 *
 * @param mistakes - errors that are not the store's, whatever they look like.
 */
export async function unlessAway<Result>(
  work: () => Promise<Result>,
  mistakes?: ReadonlySet<unknown>,
): Promise<Result | false> {
  try {
    return await work();
  } catch (error) {
    if (!mistakes?.has(error) && isAway(error)) return false;
    throw error;
  }
}

/** Whether an error of a store says that it is away for a while or did not answer. */
export function isAway(error: unknown): boolean {
  const { retryable, outcome } = (error ?? {}) as {
    readonly retryable?: unknown;
    readonly outcome?: unknown;
  };
  return retryable === true || outcome === 'unknown' || errorCode(error) === 'DEADLINE_EXCEEDED';
}
