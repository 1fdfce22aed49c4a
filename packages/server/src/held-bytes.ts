import type { Guard } from './guard.js';
import type { Refusal } from './statuses.js';

/** The bytes that are kept for one call, until nobody needs them any more. */
export class HeldBytes {
  readonly #guard: Guard;
  #bytes = 0;
  /** Who still needs them: who answers the call, and the work for it. */
  #holders = 1;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /** Counts more of them, or says why they cannot be kept. */
  hold(bytes: number): Refusal | undefined {
    if (this.#holders === 0) return undefined;
    const excess = this.#guard.hold(bytes, this.#bytes);
    if (!excess) this.#bytes += bytes;
    return excess;
  }

  /** Keeps them until this work has ended, too. */
  holdUntil(work: PromiseLike<unknown>): void {
    this.#holders += 1;
    const release = (): void => this.release();
    work.then(release, release);
  }

  /** Counts them no more, though somebody is there who would need them. */
  letGo(): void {
    this.#guard.release(this.#bytes);
    this.#bytes = 0;
  }

  /** One of those who needed them does not any more. */
  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.letGo();
  }
}
