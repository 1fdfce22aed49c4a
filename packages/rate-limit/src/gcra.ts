import { type Algorithm, type Numbers, tolerance } from './algorithm.js';

/**
 * The generic cell rate algorithm: `[t, level]`.
 *
 * `t` is the theoretical arrival time, at which all permits are back, in whole milliseconds. `level` is how
 * many were out at the time last seen: many intervals are shorter than a millisecond, so `t` alone is not
 * exact. The time last seen follows from both.
 */
export const gcra: Algorithm = {
  advance(numbers = [0, 0], { capacity, intervalMs }, now) {
    const [, level = 0] = numbers;
    const seen = lastSeen(numbers, intervalMs);
    const left = Math.min(level, capacity) - Math.max(0, now - seen) / intervalMs;
    return arrival(Math.max(now, seen), Math.max(0, left), intervalMs);
  },
  used: ([, level = 0]) => level,
  waitMs(numbers, { capacity, intervalMs, spanMs }, now, cost) {
    const [, level = 0] = numbers;
    const excess = level + cost - capacity - tolerance;
    return Math.min(spanMs, Math.ceil(lastSeen(numbers, intervalMs) - now + excess * intervalMs));
  },
  take(numbers, { intervalMs }, cost) {
    const [, level = 0] = numbers;
    return arrival(lastSeen(numbers, intervalMs), level + cost, intervalMs);
  },
  giveBack(numbers, { intervalMs }, cost, resetAt = Number.POSITIVE_INFINITY) {
    const [, level = 0] = numbers;
    const seen = lastSeen(numbers, intervalMs);
    // They come back one after the other, the last one at `resetAt`.
    const out = Math.min(cost, Math.max(0, resetAt - seen) / intervalMs);
    return arrival(seen, Math.max(0, level - out), intervalMs);
  },
};

function arrival(seen: number, level: number, intervalMs: number): Numbers {
  return [seen + lastingMs(level, intervalMs), level];
}

function lastSeen([t = 0, level = 0]: Numbers, intervalMs: number): number {
  return t - lastingMs(level, intervalMs);
}

function lastingMs(level: number, intervalMs: number): number {
  return level > 0 ? Math.max(1, Math.ceil((level - tolerance) * intervalMs)) : 0;
}
