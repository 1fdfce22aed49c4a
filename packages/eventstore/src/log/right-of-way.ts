import type { Clock } from '@norikv/store';
import type { Head } from './head.js';
import { remember } from './remember.js';

/** For how long others let an append go first: one whose process died must not hold them up. */
const longestMs = 1_000;
const rememberedLogs = 1_024;

/** Whether an append has to let another one go first; `turn` is what it has asked with itself. */
export type RightOfWay = (head: Head, turn: string) => boolean;

/** Times who has asked to go first by this process's own clock, from when it was seen. */
export function createRightOfWay(clock: Clock): RightOfWay {
  const seen = new Map<string, { readonly next: string; readonly since: number }>();
  return ({ name, next }, turn) => {
    if (next === undefined || next === turn) return false;
    const now = clock.monotonic();
    const known = seen.get(name);
    if (known?.next === next) return now - known.since < longestMs;
    remember(seen, name, { next, since: now }, rememberedLogs);
    return true;
  };
}
