import {
  type CallOptions,
  CancelledError,
  DeadlineExceededError,
  type Key,
  type Outcome,
} from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';

/**
 * Checks `signal` and `timeoutMs` before a call begins.
 *
 * @throws InvalidArgumentError naming the option.
 * @throws CancelledError if the signal is aborted already: the call was not applied.
 */
export function checkLimits(options: CallOptions, key: Key): void {
  checkCallOptions(options);
  if (options.signal?.aborted) throw cancelled(options.signal, key, 'not-applied');
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
