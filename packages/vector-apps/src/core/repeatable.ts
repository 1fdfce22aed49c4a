import { delay, fullJitter } from '@norikv/cas-retry';
import { type CallOptions, type Clock, isNoriKVError } from '@norikv/store';
import type { CallBudget } from './call-budget.js';

const attempts = 4;
const backoff = fullJitter({ baseMs: 10, capMs: 200 });

/** Repeats a call that may be applied any number of times while the store cannot be reached. */
export async function repeatable<Result>(
  call: (options: CallOptions) => Promise<Result>,
  budget: CallBudget,
  clock: Clock,
  random: () => number,
): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    const limits = budget.next();
    try {
      return await call(limits);
    } catch (error) {
      if (attempt === attempts - 1 || !mayPass(error)) throw error;
      await delay(backoff(attempt, 0, random), budget.signal, clock);
    }
  }
}

function mayPass(error: unknown): boolean {
  return isNoriKVError(error) && (error.retryable || error.outcome === 'unknown');
}
