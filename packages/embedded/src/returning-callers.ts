import { monotonicMs, nextTurn } from './next-turn.js';

// What a wait can save is one transaction in two.
const mostOfACommit = 0.75;
const rarestTry = 64;

/**
 * Lets a transaction wait for the callers of the one before, while that pays.
 *
 * Whoever calls over a wire comes back a round trip after the answer, too late for a transaction that begins
 * at once. Two halves of the callers would then take turns for ever, each waiting for the other's flush.
 */
export class ReturningCallers {
  readonly #now: () => number;
  readonly #turn: () => Promise<void>;
  #expected = 0;
  #answeredAtMs = 0;
  #commitMs = 0;
  #tryIn = 0;
  #tryAfter = 1;

  /** @param now - milliseconds of this machine: how long its disk takes is nothing to ask a made-up clock. */
  constructor(now: () => number = monotonicMs, turn: () => Promise<void> = nextTurn) {
    this.#now = now;
    this.#turn = turn;
  }

  /**
   * A transaction has ended.
   *
   * @param callers - those it answers and those that arrived meanwhile, as far as one transaction can take them.
   */
  answered(callers: number, tookMs: number): void {
    this.#expected = callers;
    this.#answeredAtMs = this.#now();
    this.#commitMs += (tookMs - this.#commitMs) / 8;
  }

  /** Waits until as many are there as before, or it no longer pays. */
  async gather(waiting: () => number): Promise<void> {
    let count = waiting();
    if (count >= this.#expected) return;
    const endsAtMs = this.#answeredAtMs + this.#commitMs * mostOfACommit;
    if (this.#now() >= endsAtMs) return;
    this.#tryIn -= 1;
    if (this.#tryIn > 0) return;
    while (count < this.#expected && this.#now() < endsAtMs) {
      await this.#turn();
      count = waiting();
    }
    // Whoever is still missing begins another transaction, which all others wait for.
    const hasPaid = count >= this.#expected;
    this.#tryAfter = hasPaid ? 1 : Math.min(rarestTry, 2 * this.#tryAfter);
    this.#tryIn = this.#tryAfter;
  }
}
