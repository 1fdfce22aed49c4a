import {
  type CallOptions,
  CancelledError,
  checkDurationMs,
  DeadlineExceededError,
  InvalidArgumentError,
  type Key,
  type Outcome,
} from '@norikv/store';

/**
 * Checks `signal` and `timeoutMs` before a call begins.
 *
 * @throws InvalidArgumentError naming the option.
 * @throws CancelledError if the signal is aborted already: the call was not applied.
 */
export function checkLimits({ signal, timeoutMs }: CallOptions, key: Key): void {
  checkDurationMs('timeoutMs', timeoutMs);
  if (signal === undefined) return;
  if (typeof signal?.aborted !== 'boolean' || typeof signal.addEventListener !== 'function') {
    throw new InvalidArgumentError(`signal is ${String(signal)}; use the signal of an AbortController`);
  }
  if (signal.aborted) throw cancelled(signal, key, 'not-applied');
}

/** The error of a call whose signal was aborted. */
export function cancelled(signal: AbortSignal, key: Key | undefined, outcome: Outcome): CancelledError {
  const facts = { key, outcome, cause: signal.reason };
  return new CancelledError(`The call was cancelled; ${meaningOf(outcome)}`, facts);
}

/** The error of a call whose time was up. */
export function timedOut(timeoutMs: number, key: Key | undefined, outcome: Outcome): DeadlineExceededError {
  return new DeadlineExceededError(`No answer within ${timeoutMs} ms; ${meaningOf(outcome)}`, {
    key,
    outcome,
  });
}

function meaningOf(outcome: Outcome): string {
  return outcome === 'unknown' ? 'it may be applied' : 'nothing was applied';
}
