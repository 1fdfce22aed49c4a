import { type Algorithm, type Numbers, tolerance } from './algorithm.js';

/**
 * The generic cell rate algorithm: `[t, level, lastingMs]`.
 *
 * `t` is the theoretical arrival time, at which all permits are back, in whole milliseconds. `level` is how
 * many were out at the time last seen: many intervals are shorter than a millisecond, so `t` alone is not
 * exact. `lastingMs` is how long before `t` that was, by the interval of whoever wrote it.
 */
export const gcra: Algorithm = {
  advance(numbers = [], { intervalMs }, now) {
    const [t = 0, level = 0] = numbers;
    const seen = lastSeen(numbers);
    // Limits that share a name may differ in their numbers: the slower one counts, and no level is cut to
    // the smaller capacity. Both would let the larger limit pass again.
    const slowestMs = Math.max(intervalMs, writtenIntervalMs(numbers));
    const left = now < t ? level - Math.max(0, now - seen) / slowestMs : 0;
    return arrival(Math.max(now, seen), Math.max(0, left), intervalMs);
  },
  used: ([, level = 0]) => level,
  waitMs(numbers, { capacity, intervalMs, spanMs }, now, cost) {
    const [, level = 0] = numbers;
    const excess = level + cost - capacity - tolerance;
    return Math.min(spanMs, Math.ceil(lastSeen(numbers) - now + excess * intervalMs));
  },
  take(numbers, { intervalMs }, cost) {
    const [, level = 0] = numbers;
    return arrival(lastSeen(numbers), level + cost, intervalMs);
  },
  giveBack(numbers, { intervalMs }, cost, resetAt = Number.POSITIVE_INFINITY, after = 0) {
    const [, level = 0] = numbers;
    const seen = lastSeen(numbers);
    // They come back one after the other, those after them last, at `resetAt`.
    const out = Math.max(0, Math.min(cost, (resetAt - seen) / intervalMs - after));
    return arrival(seen, Math.max(0, level - out), intervalMs);
  },
};

function arrival(seen: number, level: number, intervalMs: number): Numbers {
  const lastingMs = level > 0 ? Math.max(1, Math.ceil((level - tolerance) * intervalMs)) : 0;
  return [seen + lastingMs, level, lastingMs];
}

function lastSeen([t = 0, , lastingMs = 0]: Numbers): number {
  return t - lastingMs;
}

/** At most the interval the numbers were written with: `lastingMs` was rounded up. */
function writtenIntervalMs([, level = 0, lastingMs = 0]: Numbers): number {
  return level > 0 ? (lastingMs - 1) / level : 0;
}
