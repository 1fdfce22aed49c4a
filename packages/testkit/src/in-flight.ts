import { type CallOptions, CancelledError, type Clock, DeadlineExceededError, type Key } from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { waitWithin } from '@norikv/store/wait-within';

/** What a call does: `find` counts as a read like `get`. */
export type Operation = 'get' | 'find' | 'put' | 'delete';

/** A call as its errors describe it. */
export interface CallFacts {
  readonly operation: Operation;
  readonly key: Key;
}

/** Rejects a call whose limits are wrong, or whose signal has fired already: it was never sent. */
export function checkLimits({ operation, key }: CallFacts, options: CallOptions): void {
  checkCallOptions(options);
  const { signal } = options;
  if (signal?.aborted) {
    throw new CancelledError(`${operation} was cancelled before it was sent`, { key, cause: signal.reason });
  }
}

/** Sends a request and waits for the reply as long as the caller's signal and time allow. */
export function awaitReply<T>(
  send: () => Promise<T>,
  { operation, key }: CallFacts,
  { signal, timeoutMs }: CallOptions,
  clock: Clock,
): Promise<T> {
  const outcome = isWrite(operation) ? 'unknown' : 'not-applied';
  return waitWithin(send, {
    signal,
    cancelled: (cause) => new CancelledError(`${operation} was cancelled in flight`, { key, outcome, cause }),
    clock,
    timeoutMs,
    late() {
      const message = `${operation} had no reply within ${timeoutMs} ms`;
      return new DeadlineExceededError(message, { key, outcome });
    },
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
