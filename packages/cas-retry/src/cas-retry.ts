import { CancelledError, type Clock, isAlreadyExists, isVersionMismatch, systemClock } from '@norikv/store';
import { checkSignal } from '@norikv/store/call-options';
import { checkClock, checkFunction, checkNames, checkObject, refuse } from '@norikv/store/checks';
import { type Backoff, fullJitter } from './backoff.js';
import { delay } from './delay.js';
import { ContentionError } from './errors.js';

/** Options of {@link casRetry}. */
export interface CasRetryOptions {
  /** How often the operation runs at most. Default 10. */
  readonly maxRetries?: number | undefined;
  /** Total time in milliseconds. No attempt starts, and no wait continues, after it. Default: none. */
  readonly deadlineMs?: number | undefined;
  /** Ends waiting at once. It never turns a success into an error. */
  readonly signal?: AbortSignal | undefined;
  /** Default {@link fullJitter}. */
  readonly backoff?: Backoff | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

const optionNames: readonly (keyof CasRetryOptions)[] = [
  'maxRetries',
  'deadlineMs',
  'signal',
  'backoff',
  'clock',
  'random',
];

/**
 * Runs a read-modify-write again while it loses to other writers.
 *
 * Only a version mismatch and a lost create are run again; they are known by their `code`, or by their `name` where
 * another client made them. Every other error is rethrown as it is: after one that leaves the outcome unknown, running
 * again could apply the write twice. For exact retries of those, and for hot keys, use {@link createUpdater}.
 *
 * @throws ContentionError (also a `VersionMismatchError`, with `attempts` and `cause`) when it never won.
 * @throws CancelledError when the signal ended before an attempt.
 * @throws InvalidArgumentError naming the option that is wrong, before the operation has run.
 *
 * @example
 * ```ts
 * await casRetry(async () => {
 *   const { value, version } = await store.get('visits');
 *   await store.put('visits', String(Number(bytesToString(value)) + 1), { ifMatchVersion: version });
 * });
 * ```
 */
export async function casRetry<Result>(
  operation: () => Promise<Result>,
  options: number | CasRetryOptions = {},
): Promise<Result> {
  const settings = typeof options === 'number' ? { maxRetries: options } : checkObject('options', options);
  checkNames('an option', settings, optionNames);
  const {
    maxRetries = 10,
    deadlineMs = Number.POSITIVE_INFINITY,
    signal,
    backoff = fullJitter(),
    clock = systemClock,
    random = Math.random,
  } = settings;
  checkFunction('operation', operation);
  checkFrom(1, 'maxRetries', maxRetries, 'a number');
  checkFrom(0, 'deadlineMs', deadlineMs, 'milliseconds');
  checkSignal(signal);
  checkFunction('backoff', backoff);
  checkClock(clock);
  checkFunction('random', random);
  const endsAt = clock.monotonic() + deadlineMs;
  let waitMs = 0;
  for (let attempts = 1; ; attempts += 1) {
    if (signal?.aborted) throw new CancelledError('Retrying was cancelled', { cause: signal.reason });
    try {
      return await operation();
    } catch (error) {
      if (!isVersionMismatch(error) && !isAlreadyExists(error)) throw error;
      waitMs = backoff(attempts - 1, waitMs, random);
      if (!(Number.isFinite(waitMs) && waitMs >= 0)) refuse('backoff()', waitMs, 'milliseconds from 0');
      if (attempts >= maxRetries) throw beaten(`${attempts} attempts`, attempts, error);
      const isLate = clock.monotonic() + waitMs > endsAt;
      if (!isLate) await delay(waitMs, signal, clock);
      // A pause may last longer than it was meant to.
      if (isLate || clock.monotonic() > endsAt) throw beaten(`${deadlineMs} ms`, attempts, error);
    }
  }
}

function checkFrom(least: number, name: string, value: number, unit: string): void {
  if (!(typeof value === 'number' && value >= least)) refuse(name, value, `${unit} from ${least}`);
}

function beaten(limit: string, attempts: number, cause: unknown): ContentionError {
  return new ContentionError(
    `Other writers won every attempt for ${limit}. Nothing was written. ` +
      'Raise the limit, or use createUpdater, which combines the writers of one process.',
    { attempts, cause },
  );
}
