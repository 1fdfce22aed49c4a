import type { CancelTimer, Clock } from '@norikv/store';

/**
 * A clock for thousands of simulations at once: time moves in ticks, all timers of a tick fire together, and
 * between ticks everything settles that can.
 */
export class TickClock implements Clock {
  readonly #tickMs: number;
  readonly #due = new Map<number, Set<() => void>>();
  #tick = 0;

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  now(): number {
    return 1_700_000_000_000 + Math.floor(this.monotonic());
  }

  monotonic(): number {
    return this.#tick * this.#tickMs;
  }

  startTimer(callback: () => void, delayMs: number): CancelTimer {
    const tick = this.#tick + Math.max(1, Math.ceil(delayMs / this.#tickMs));
    const timers = this.#due.get(tick) ?? new Set();
    this.#due.set(tick, timers.add(callback));
    return () => {
      timers.delete(callback);
    };
  }

  drifted(_rate: number, offsetMs = 0): Clock {
    return {
      now: () => this.now() + offsetMs,
      monotonic: () => this.monotonic(),
      startTimer: (callback, delayMs) => this.startTimer(callback, delayMs),
    };
  }

  /** Moves time until the work settles. */
  async run<Result>(work: Promise<Result>): Promise<Result> {
    let isSettled = false;
    const settled = work.finally(() => {
      isSettled = true;
    });
    settled.catch(() => {});
    for (;;) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (isSettled) return settled;
      do this.#tick += 1;
      while (!this.#due.get(this.#tick)?.size && this.#due.size > 0 && this.#skip());
      for (const fire of this.#due.get(this.#tick) ?? []) fire();
      this.#due.delete(this.#tick);
    }
  }

  /** Whether the tick was empty and can be forgotten. */
  #skip(): boolean {
    this.#due.delete(this.#tick);
    return this.#due.size > 0;
  }
}
