import type { KvStore } from '@norikv/store';
import { vi } from 'vitest';

/** Calls that do real work, while the time of those who wait for them is virtual. */
export class CallsUnderWay {
  #count = 0;
  #waiting: (() => void)[] = [];

  /** The same store; each of its calls counts until it ends. */
  count(store: KvStore): KvStore {
    return {
      get capabilities() {
        return store.capabilities;
      },
      get: (...call) => this.#counting(() => store.get(...call)),
      find: (...call) => this.#counting(async () => store.find?.(...call) ?? null),
      put: (...call) => this.#counting(() => store.put(...call)),
      delete: (...call) => this.#counting(() => store.delete(...call)),
    };
  }

  /**
   * Loads a module with fake clocks. They take `setImmediate` at load, as their way to let everything settle that
   * can: theirs lets calls under way end, too.
   */
  async waitedForByClocksOf<Module>(load: () => Promise<Module>): Promise<Module> {
    const nextTurn = globalThis.setImmediate;
    const settle = async (resolve: () => void): Promise<void> => {
      do {
        await this.#ended();
        await new Promise((resolveTurn) => nextTurn(resolveTurn));
      } while (this.#count > 0);
      resolve();
    };
    vi.stubGlobal('setImmediate', settle);
    try {
      return await load();
    } finally {
      vi.stubGlobal('setImmediate', nextTurn);
    }
  }

  async #counting<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#count += 1;
    try {
      return await call();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  async #ended(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
