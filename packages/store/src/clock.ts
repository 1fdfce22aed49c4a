/** Cancels the timer that returned it. Calling it twice, or after the timer fired, does nothing. */
export type CancelTimer = () => void;

/**
 * Where a package takes time from, so that a test can hand it a clock of its own.
 *
 * Wall time differs between machines: nothing may be safe only because two wall clocks agree.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch; may jump in either direction. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes backwards. */
  monotonic(): number;
  /** Calls back once after `delayMs` milliseconds. */
  startTimer(callback: () => void, delayMs: number): CancelTimer;
}

/** 24 days. A timer of JavaScript with a longer delay fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The clock of the running process. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  startTimer: (callback, delayMs) => startTimer(callback, delayMs),
};

/** Starts a timer of any length. `prepare` is given each timer of the platform that it takes. */
export function startTimer(
  callback: () => void,
  delayMs: number,
  prepare?: (timer: ReturnType<typeof setTimeout>) => void,
): CancelTimer {
  if (delayMs <= longestTimerMs) {
    const timer = setTimeout(callback, delayMs);
    prepare?.(timer);
    return () => clearTimeout(timer);
  }
  const rest = (): void => {
    cancel = startTimer(callback, delayMs - longestTimerMs, prepare);
  };
  let cancel = startTimer(rest, longestTimerMs, prepare);
  return () => cancel();
}
