import type { Clock } from '@norikv/store';

const burst = 800;
const perSecond = 25;

/**
 * How many calls of one connection may be cut off. HTTP/2 servers end a connection, and every call on it, when
 * too many of its streams are reset at once; calls beyond the budget are left to run out.
 */
export class ResetBudget {
  readonly #clock: Clock;
  #left = burst;
  #countedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedAt = clock.monotonic();
  }

  /** Takes one; false if there is none left. */
  take(): boolean {
    const now = this.#clock.monotonic();
    this.#left = Math.min(burst, this.#left + ((now - this.#countedAt) / 1_000) * perSecond);
    this.#countedAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
