import {
  type CallOptions,
  CancelledError,
  type Clock,
  checkDurationMs,
  DeadlineExceededError,
  type Key,
} from '@norikv/store';
import { checkSignal } from '@norikv/store/call-options';
import { onAbort } from '@norikv/store/on-abort';

/** What a call does: `find` counts as a read like `get`. */
export type Operation = 'get' | 'find' | 'put' | 'delete';

/** A call as its errors describe it. */
export interface CallFacts {
  readonly operation: Operation;
  readonly key: Key;
}

/** Rejects a call whose limits are wrong, or whose signal has fired already: it was never sent. */
export function checkLimits(facts: CallFacts, { signal, timeoutMs }: CallOptions): void {
  checkDurationMs('timeoutMs', timeoutMs);
  checkSignal(signal);
  if (signal?.aborted) {
    throw new CancelledError(`${facts.operation} was cancelled before it was sent`, {
      key: facts.key,
      cause: signal.reason,
    });
  }
}

/**
 * Waits for work as long as the caller's signal and time allow. The work itself goes on: the request is on
 * its way. No timer and no listener outlives the call.
 */
export function awaitReply<T>(
  work: Promise<T>,
  facts: CallFacts,
  options: CallOptions,
  clock: Clock,
): Promise<T> {
  const { signal, timeoutMs } = options;
  if (signal === undefined && timeoutMs === undefined) return work;
  const outcome = isWrite(facts.operation) ? 'unknown' : 'not-applied';
  return new Promise((resolve, reject) => {
    const cancelled = (): void => {
      const cause: unknown = signal?.reason;
      leave();
      reject(
        new CancelledError(`${facts.operation} was cancelled in flight`, { key: facts.key, outcome, cause }),
      );
    };
    const late = (): void => {
      leave();
      const message = `${facts.operation} had no reply within ${timeoutMs} ms`;
      reject(new DeadlineExceededError(message, { key: facts.key, outcome }));
    };
    const cancelTimer = timeoutMs === undefined ? undefined : clock.startTimer(late, timeoutMs);
    const stop = signal && onAbort(signal, cancelled);
    const leave = (): void => {
      cancelTimer?.();
      stop?.();
    };
    work.then(resolve, reject).finally(leave);
  });
}

/** Resolves after so many milliseconds. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.startTimer(resolve, ms);
  });
}

/** Sends a request, applies it in the middle, and lets the reply travel back, for a latency above zero. */
export async function travel<T>(clock: Clock, latencyMs: number, apply: () => T | Promise<T>): Promise<T> {
  await sleep(clock, latencyMs / 2);
  let reply: () => T;
  try {
    const answer = await apply();
    reply = () => answer;
  } catch (error) {
    reply = () => {
      throw error;
    };
  }
  await sleep(clock, latencyMs / 2);
  return reply();
}

/** Whether a failed call of this kind may have changed something. */
export function isWrite(operation: Operation): boolean {
  return operation === 'put' || operation === 'delete';
}
