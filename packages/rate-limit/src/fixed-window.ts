import type { Algorithm } from './algorithm.js';

/** A window that begins with its first request: `[end, count]`. */
export const fixedWindow: Algorithm = {
  advance([end = 0, count = 0] = [], { windowMs }, now) {
    return now < end ? [end, count] : [now + windowMs, 0];
  },
  used: ([, count = 0]) => count,
  waitMs: ([end = 0], { windowMs }, now) => Math.min(end - now, windowMs),
  take: ([end = 0, count = 0], _quota, cost) => [end, count + cost],
  giveBack([end = 0, count = 0], _quota, cost, resetAt = end) {
    return resetAt === end ? [end, Math.max(0, count - cost)] : [end, count];
  },
};
