import type { Clock } from '@norikv/store';
import { FakeClock } from '../src/index.js';

/**
 * A process that was stopped and goes on: its timers are over before it reads what has arrived meanwhile, as in the event
 * loop of Node.
 */
export function standstill() {
  const clock = new FakeClock();
  const arrived: (() => void)[] = [];
  const resuming: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    startTimer: (callback, delayMs) =>
      clock.startTimer(() => {
        callback();
        for (const read of arrived.splice(0)) read();
      }, delayMs),
  };
  const behindTimers = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    await new Promise<void>((resolve) => {
      arrived.push(resolve);
    });
    return answer;
  };
  return { clock, resuming, behindTimers };
}
