import { errorCode } from '@norikv/store';

/**
 * Does something that may be done again, such as reading, sweeping or saving a place. False if the store is away
 * for a while or did not answer; every other error is thrown.
 */
export async function unlessAway<Result>(work: () => Promise<Result>): Promise<Result | false> {
  try {
    return await work();
  } catch (error) {
    const { retryable, outcome } = (error ?? {}) as {
      readonly retryable?: unknown;
      readonly outcome?: unknown;
    };
    if (retryable === true || outcome === 'unknown' || errorCode(error) === 'DEADLINE_EXCEEDED') return false;
    throw error;
  }
}
