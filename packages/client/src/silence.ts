import type { Clock } from '@norikv/store';

const mostGivenUp = 100;
const longestMs = 10_000;

/**
 * How long calls that share a way have had no answer. Fewer that nobody waits for any more, or a shorter time, may only
 * mean a busy server.
 */
export class Silence {
  readonly #clock: Clock;
  /** When the first call was sent that no answer has followed since. */
  #since: number | undefined;
  #givenUp = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A call is sent. */
  begin(): void {
    this.#since ??= this.#clock.monotonic();
  }

  /** An answer has come. */
  end(): void {
    this.#since = undefined;
    this.#givenUp = 0;
  }

  /**
   * Nobody waits for a call any more. True if what it was sent on leads nowhere: it is to be replaced.
   *
   * @param isBlocked - much waits to be taken by the other side.
   */
  giveUp(isBlocked = false): boolean {
    this.#givenUp += 1;
    if (this.#givenUp < mostGivenUp) return false;
    return isBlocked || this.#clock.monotonic() - (this.#since ?? Number.POSITIVE_INFINITY) >= longestMs;
  }
}
