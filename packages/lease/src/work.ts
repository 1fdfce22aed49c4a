import { delay } from '@norikv/cas-retry';
import type { Clock } from '@norikv/store';

/** Runs something and tells how it ended. Never rejects. */
export async function settle(work: () => unknown): Promise<{ readonly error?: unknown }> {
  try {
    await work();
    return {};
  } catch (error) {
    return { error };
  }
}

/** Whether the work ends before it has gone on for `graceMs` after it was told to. */
export async function endsInGrace(
  work: Promise<unknown>,
  told: Promise<unknown>,
  graceMs: number,
  clock: Clock,
): Promise<boolean> {
  const done = new AbortController();
  const isInTime = work.then(() => true);
  const isLate = told
    .then(() => delay(graceMs, done.signal, clock))
    .then(
      () => false,
      () => true,
    );
  try {
    return await Promise.race([isInTime, isLate]);
  } finally {
    done.abort();
  }
}
