import type { Clock } from '@norikv/store';
import { TenantLimitError } from './errors.js';

/** Operations per second of one tenant in one process, with bursts of one second's worth. */
export class Pace {
  readonly #clock: Clock;
  /** When the operations so far would be over at an even pace. */
  #spentUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws TenantLimitError if there were too many. */
  spend(operationsPerSecond: number): void {
    const now = this.#clock.monotonic();
    const spentUntil = Math.max(now, this.#spentUntil) + 1_000 / operationsPerSecond;
    if (spentUntil - now > Math.max(1_000, 1_000 / operationsPerSecond) + 1e-6) {
      throw new TenantLimitError(
        `the tenant's limit of ${operationsPerSecond} operations a second (operationsPerSecond) is reached; try again later`,
        { limit: 'operationsPerSecond', retryable: true },
      );
    }
    this.#spentUntil = spentUntil;
  }
}
