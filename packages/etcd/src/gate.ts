import { type Key, ResourceExhaustedError } from '@norikv/store';
import type { CallLimit } from './call-limit.js';

/** How much may be under way at once. */
export interface GateLimits {
  readonly maxInFlight: number;
  readonly maxPendingBytes: number;
}

/** Bounds how many calls travel, and how many bytes travel or wait. First come, first served. */
export class Gate {
  readonly #limits: GateLimits;
  readonly #waiting = new Map<CallLimit, () => void>();
  #inFlight = 0;
  #bytes = 0;
  #becomeIdle = (): void => {};

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /**
   * Lets work begin when there is room for it.
   *
   * @param bytes - what it holds in memory.
   * @throws ResourceExhaustedError at once if too many bytes are pending.
   */
  async pass<Result>(bytes: number, limit: CallLimit, work: () => Promise<Result>): Promise<Result> {
    this.#reserve(bytes, limit.key);
    try {
      if (this.#inFlight < this.#limits.maxInFlight) this.#inFlight += 1;
      else await this.#turn(limit);
      try {
        return await work();
      } finally {
        this.#leave();
      }
    } finally {
      this.#bytes -= bytes;
    }
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#becomeIdle = resolve;
    });
  }

  #reserve(bytes: number, key: Key | undefined): void {
    const { maxPendingBytes } = this.#limits;
    if (this.#bytes > 0 && this.#bytes + bytes > maxPendingBytes) {
      throw new ResourceExhaustedError(
        `Calls with ${this.#bytes} bytes are pending; wait for some to end, or raise maxPendingBytes (${maxPendingBytes})`,
        { key },
      );
    }
    this.#bytes += bytes;
  }

  /** Waits for the place of a call that ends. */
  async #turn(limit: CallLimit): Promise<void> {
    try {
      await limit.wait(new Promise<void>((enter) => this.#waiting.set(limit, enter)));
    } catch (error) {
      // Given the place at the very moment it gave up: the place goes to the next one.
      if (!this.#waiting.delete(limit)) this.#leave();
      throw error;
    }
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next !== undefined) {
      const [limit, enter] = next;
      this.#waiting.delete(limit);
      enter();
      return;
    }
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#becomeIdle();
  }
}
