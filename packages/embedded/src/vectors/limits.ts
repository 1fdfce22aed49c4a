import type { CallOptions, Key } from '@norikv/store';
import { timedOut } from '../call-limits.js';
import type { LimitWatch } from '../limit-watch.js';

/** Answers at once when a limit of a call is reached: nothing was applied. The work goes on, unless it looks. */
export function untilGivenUp<T>(
  limits: LimitWatch,
  options: CallOptions,
  key: Key,
  work: (isGivenUp: () => boolean) => Promise<T>,
): Promise<T> {
  if (options.signal === undefined && options.timeoutMs === undefined) return work(() => false);
  return new Promise((resolve, reject) => {
    let isGivenUp = false;
    const stop = limits.watch(options, key, (errorOf) => {
      isGivenUp = true;
      stop();
      reject(errorOf('not-applied'));
    });
    work(() => isGivenUp)
      .finally(stop)
      .then(resolve, reject);
  });
}

/** What a part of a call has left of the limits of the whole. Throws if that is nothing: this part was not applied. */
export function limitsLeft<Options extends CallOptions>(
  options: Options,
  key: Key,
  elapsedMs: number,
): Options {
  const { timeoutMs } = options;
  if (timeoutMs === undefined) return options;
  if (elapsedMs >= timeoutMs) throw timedOut(timeoutMs, key, 'not-applied');
  return { ...options, timeoutMs: timeoutMs - elapsedMs };
}
