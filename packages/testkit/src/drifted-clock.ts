import { type CancelTimer, type Clock, InvalidArgumentError } from '@norikv/store';

// A power of two, so that sums and differences of times are exact and a timer is never early by rounding.
const ticksPerMs = 1_024;

/** The first tick of the clock that is not before `ms`. */
export function roundUpToTick(ms: number): number {
  return Math.ceil(ms * ticksPerMs) / ticksPerMs;
}

/** The delay, 0 if negative. */
export function checkDelay(delayMs: number): number {
  if (delayMs < Number.POSITIVE_INFINITY) return Math.max(0, delayMs);
  throw new InvalidArgumentError(`delayMs is ${delayMs}; use a finite number of milliseconds`);
}

/** The time, unless it is NaN or endless. */
export function finite(name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`${name} is ${value}; use a finite number of milliseconds`);
}

/** What a derived clock needs of the clock it follows. */
export type TimeSource = Pick<Clock, 'monotonic' | 'startTimer'>;

/** A clock that follows another one at its own rate. */
export class DriftedClock implements Clock {
  readonly #source: TimeSource;
  readonly #rate: number;
  readonly #sourceStart: number;
  #wallStartMs: number;

  constructor(source: TimeSource, rate: number, nowMs: number) {
    this.#source = source;
    this.#rate = rate;
    this.#sourceStart = source.monotonic();
    this.#wallStartMs = nowMs;
  }

  now(): number {
    return Math.floor(this.#wallStartMs + this.monotonic());
  }

  monotonic(): number {
    return this.#readingAt(this.#source.monotonic());
  }

  startTimer(callback: () => void, delayMs: number): CancelTimer {
    const delay = checkDelay(delayMs);
    const start = this.#source.monotonic();
    const due = this.#readingAt(start) + delay;
    let at = start + roundUpToTick(delay / this.#rate);
    while (this.#readingAt(at) < due) at += 1 / ticksPerMs;
    return this.#source.startTimer(callback, at - start);
  }

  jumpWallClock(ms: number): void {
    this.#wallStartMs += finite('ms', ms);
  }

  #readingAt(sourceTime: number): number {
    return Math.floor((sourceTime - this.#sourceStart) * this.#rate * ticksPerMs) / ticksPerMs;
  }
}
