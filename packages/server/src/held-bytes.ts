import { type Guard, shortAnswer } from './guard.js';
import type { Refusal } from './statuses.js';

/** The bytes that are kept for one call, until nobody needs them any more. */
export class HeldBytes {
  readonly #guard: Guard;
  #request = 0;
  /** The same, while its answer waits for room, and after. */
  #requestAside = 0;
  #answer = 0;
  /** Who still needs them: who answers the call, and the work for it. */
  #holders = 1;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /** Counts more of the request, or says why they cannot be kept. */
  hold(bytes: number): Refusal | undefined {
    if (this.#holders === 0) return undefined;
    const excess = this.#guard.hold(bytes, this.#request);
    if (!excess) this.#request += bytes;
    return excess;
  }

  /** Counts the answer. False if it has to wait for {@link room}. */
  holdAnswer(bytes: number): boolean {
    const hasWaited = this.#answer > 0;
    if (!hasWaited && bytes > shortAnswer && this.#guard.isAwaited) return false;
    const more = Math.max(0, bytes - this.#answer);
    if (this.#guard.hold(more, this.#request + this.#answer)) return false;
    this.#answer += more;
    return true;
  }

  /**
   * Waits for room for an answer, and keeps it (undefined), or says why there will be none. The request is counted apart
   * from now on: it must not keep others, or this one, waiting.
   */
  async room(bytes: number, signal: AbortSignal): Promise<Refusal | undefined> {
    // It was too little.
    this.#guard.release(this.#answer);
    this.#answer = 0;
    const excess = this.#guard.setAside(this.#request);
    if (excess) return excess;
    this.#requestAside += this.#request;
    this.#request = 0;
    const refused = await this.#guard.room(bytes, signal);
    if (!refused) this.#answer = bytes;
    return refused;
  }

  /** Keeps them until this work has ended, too. */
  holdUntil(work: PromiseLike<unknown>): void {
    this.#holders += 1;
    const release = (): void => this.release();
    work.then(release, release);
  }

  /** Counts them no more, though somebody is there who would need them. */
  letGo(): void {
    this.#guard.release(this.#request + this.#answer, this.#requestAside);
    this.#request = 0;
    this.#requestAside = 0;
    this.#answer = 0;
  }

  /** One of those who needed them does not any more. */
  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.letGo();
  }
}
