import { nextTurn } from '../next-turn.js';

const longestSliceMs = 3;

/**
 * Shares the thread with everything else on it: long work asks now and then whether it has had it for too
 * long, and rests until the event loop has turned. One for all work of a store, as it adds up.
 */
export class Pacer {
  #sliceEndMs: number | undefined;

  isDue(): boolean {
    if (this.#sliceEndMs === undefined) {
      this.#sliceEndMs = performance.now() + longestSliceMs;
      void nextTurn().then(() => {
        this.#sliceEndMs = undefined;
      });
    }
    return performance.now() > this.#sliceEndMs;
  }

  rest(): Promise<void> {
    return nextTurn();
  }
}
