import { type Clock, startTimer, systemClock } from './clock.js';

/** The clock of the running process, with timers that do not keep the process running, where it has such. */
export const backgroundClock: Clock = {
  now: systemClock.now,
  monotonic: systemClock.monotonic,
  startTimer: (callback, delayMs) => startTimer(callback, delayMs, (timer) => timer.unref?.()),
};
