import { type CancelTimer, type Clock, InvalidArgumentError } from '@norikv/store';
import { checkOptions, checkWhole } from '@norikv/store/checks';
import { checkDelay, DriftedClock, finite, roundUpToTick, type TimeSource } from './drifted-clock.js';
import { settled, waitForRealWork } from './settled.js';
import { TimerQueue } from './timer-queue.js';

/** Options of {@link FakeClock}. */
export interface FakeClockOptions {
  /** Wall-clock time at the start, in milliseconds since the epoch. Default: the start of 2025, UTC. */
  readonly nowMs?: number | undefined;
  /** How many timers one `run` fires before it gives the work up as endless. Default: 10,000,000. */
  readonly maxTimersPerRun?: number | undefined;
}

/** A clock of another process, derived from a {@link FakeClock}: it has its own rate and its own wall time. */
export interface ProcessClock extends Clock {
  /** Steps `now()` by so many milliseconds, back if negative. Timers and `monotonic()` do not notice. */
  jumpWallClock(ms: number): void;
}

/**
 * A clock that stands still until a test moves it.
 *
 * Timers fire in order of due time, ties in the order they were started, never early. Before and after each
 * of them every promise that can settle has settled. Timers are kept to about a microsecond (1/1024 ms).
 *
 * @example
 * ```ts
 * const clock = new FakeClock();
 * const store = createMemoryStore({ clock, latencyMs: 5 });
 * await clock.run(() => store.put('key', 'value', { ttlMs: 1_000 })); // no real time passes
 * await clock.advance(1_000);                                        // the key is gone
 * ```
 */
export class FakeClock implements ProcessClock {
  readonly #timers = new TimerQueue();
  readonly #maxTimersPerRun: number;
  #elapsedMs = 0;
  #wallStartMs: number;

  constructor(options: FakeClockOptions = {}) {
    checkOptions(options, ['nowMs', 'maxTimersPerRun']);
    this.#wallStartMs = finite('nowMs', options.nowMs ?? Date.UTC(2025, 0, 1));
    this.#maxTimersPerRun = checkWhole('maxTimersPerRun', options.maxTimersPerRun ?? 10_000_000);
  }

  /** Wall-clock time, in whole milliseconds as from `Date.now()`. */
  now(): number {
    return Math.floor(this.#wallStartMs + this.#elapsedMs);
  }

  /** Milliseconds since this clock was made. */
  monotonic(): number {
    return this.#elapsedMs;
  }

  /**
   * Calls back once after `delayMs`.
   *
   * @throws InvalidArgumentError for a delay that is NaN or endless.
   */
  startTimer(callback: () => void, delayMs: number): CancelTimer {
    return this.#startTimer(callback, checkDelay(delayMs));
  }

  /** Timers started and neither fired nor cancelled, those of derived clocks included. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  jumpWallClock(ms: number): void {
    this.#wallStartMs += finite('ms', ms);
  }

  /**
   * The clock of another process that runs at `rate` times this one's speed, its wall time `offsetMs` ahead.
   * It moves when this clock moves, and its timers are this clock's timers.
   */
  drifted(rate: number, offsetMs = 0): ProcessClock {
    if (!(rate > 0 && rate < Number.POSITIVE_INFINITY)) {
      throw new InvalidArgumentError(`rate is ${rate}; use a number above 0 (1 is this clock's own speed)`);
    }
    const source: TimeSource = {
      monotonic: () => this.#elapsedMs,
      startTimer: (callback, delayMs) => this.#startTimer(callback, delayMs),
    };
    return new DriftedClock(source, rate, this.now() + finite('offsetMs', offsetMs));
  }

  /** Moves time forward by `ms`, firing every timer that falls due on the way. An error of a timer rejects. */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
      throw new InvalidArgumentError(`ms is ${ms}; use a number of milliseconds from 0 (time only moves on)`);
    }
    const until = this.#elapsedMs + roundUpToTick(ms);
    await settled();
    while (this.#fireNext(until)) await settled();
    this.#elapsedMs = Math.max(this.#elapsedMs, until);
  }

  /** Moves time forward to the next timer and fires it. False if there is none. An error of the timer rejects. */
  async next(): Promise<boolean> {
    await settled();
    const hasFired = this.#fireNext(Number.POSITIVE_INFINITY);
    await settled();
    return hasFired;
  }

  /**
   * Moves time from timer to timer until the work settles, and returns what it gave.
   *
   * Timers the work leaves behind stay pending. Work that waits for something real (a file, a socket) gets
   * about a second of real time once no timer is left.
   *
   * @throws Error if the work waits and no timer is left that could wake it, or timers go on for ever.
   */
  async run<T>(work: PromiseLike<T> | (() => PromiseLike<T>)): Promise<T> {
    let done = false;
    const finish = (): void => {
      done = true;
    };
    const result = typeof work === 'function' ? work() : work;
    result.then(finish, finish);
    await settled();
    for (let fired = 0; !done; fired++) {
      if (fired === this.#maxTimersPerRun) {
        throw new Error(
          `The work is still pending after ${fired} timers; does a timer restart itself for ever?`,
        );
      }
      if (this.#fireNext(Number.POSITIVE_INFINITY)) await settled();
      else await waitForRealWork(() => done || this.#timers.size > 0);
    }
    return result;
  }

  #startTimer(callback: () => void, delayMs: number): CancelTimer {
    const timer = this.#timers.add(this.#elapsedMs + roundUpToTick(delayMs), callback);
    return () => this.#timers.remove(timer);
  }

  #fireNext(until: number): boolean {
    const timer = this.#timers.first;
    if (timer === undefined || timer.at > until) return false;
    this.#timers.remove(timer);
    this.#elapsedMs = Math.max(this.#elapsedMs, timer.at);
    timer.callback();
    return true;
  }
}
