import { CancelledError } from '@norikv/store';
import { onAbort } from '@norikv/store/on-abort';

/** Lets calls with the same key go one after the other, within this process. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Waits for the calls before it, however they end, and runs. */
  async take<Result>(
    key: string,
    signal: AbortSignal | undefined,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const before = this.#last.get(key);
    const result = (async () => {
      if (before) await untilAborted(before, signal);
      return work();
    })();
    const ended = Promise.allSettled([before, result]).then(() => {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    });
    this.#last.set(key, ended);
    return result;
  }
}

function untilAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new CancelledError('Waiting was cancelled', { cause: signal.reason }));
    if (signal.aborted) return abort();
    const stop = onAbort(signal, abort);
    void work.then(resolve).finally(stop);
  });
}
