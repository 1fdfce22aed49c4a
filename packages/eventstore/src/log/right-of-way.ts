import { keep, type Transition, write } from '@norikv/cas-retry';
import type { Clock } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import type { Head } from './head.js';

/** For how long others let an append go first: one whose process died must not hold them up. */
const longestMs = 1_000;
const rememberedLogs = 1_024;

/** Whether an append has to let another one go first; `turn` is what it has asked with itself. */
export type RightOfWay = (head: Head, turn: string) => boolean;

/** Times who has asked to go first by this process's own clock, from when it was seen. */
export function createRightOfWay(clock: Clock): RightOfWay {
  const seen = new BoundedMap<{ readonly next: string; readonly since: number }>(rememberedLogs);
  return ({ name, next }, turn) => {
    if (next === undefined || next === turn) return false;
    const now = clock.monotonic();
    const known = seen.get(name);
    if (known?.next === next) return now - known.since < longestMs;
    seen.set(name, { next, since: now });
    return true;
  };
}

/** Asks the others to let an append go first, unless another one does, and gives the head as they leave it. */
export function asking(
  seen: Head,
  turn: string,
  isBehind: RightOfWay,
  rolled: (head: Head) => Head,
): Transition<Head, Head> {
  return (current) => {
    const head = current && rolled(current);
    if (!head || isBehind(head, turn)) return keep(head ?? seen);
    const asked = { ...head, next: turn };
    return write(asked, asked);
  };
}
