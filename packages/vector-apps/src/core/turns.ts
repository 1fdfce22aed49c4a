import type { CallBudget } from './call-budget.js';

/** Lets calls with the same key go one after the other, within this process. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Waits for the calls before it, however they end, no longer than the call may last, and runs. */
  async take<Result>(key: string, budget: CallBudget, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const result = (async () => {
      if (before) await budget.waitFor(() => before);
      return work();
    })();
    const ended = Promise.allSettled([before, result]).then(() => {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    });
    this.#last.set(key, ended);
    return result;
  }
}
