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
    const seen = lastSeen(numbers);
    // Limits that share a name may differ in their numbers: the slower one counts, and no level is cut to
    // the smaller capacity. Both would let the larger limit pass again.
    const slowestMs = Math.max(intervalMs, writtenIntervalMs(numbers));
    const left = now < arrivalOf(numbers) ? levelOf(numbers) - Math.max(0, now - seen) / slowestMs : 0;
    return arrival(Math.max(now, seen), Math.max(0, left), intervalMs);
  },
  used: levelOf,
  waitMs(numbers, { capacity, intervalMs, spanMs }, now, cost) {
    const excess = levelOf(numbers) + cost - capacity - tolerance;
    return Math.min(spanMs, Math.ceil(lastSeen(numbers) - now + excess * intervalMs));
  },
  take: (numbers, { intervalMs }, cost) => arrival(lastSeen(numbers), levelOf(numbers) + cost, intervalMs),
  giveBack(numbers, { intervalMs }, cost, resetAt = Number.POSITIVE_INFINITY, after = 0) {
    const seen = lastSeen(numbers);
    // They come back one after the other, those after them last, at `resetAt`.
    const out = Math.max(0, Math.min(cost, (resetAt - seen) / intervalMs - after));
    return arrival(seen, Math.max(0, levelOf(numbers) - out), intervalMs);
  },
};

function arrival(seen: number, level: number, intervalMs: number): Numbers {
  const lastingMs = level > 0 ? Math.max(1, Math.ceil((level - tolerance) * intervalMs)) : 0;
  return [seen + lastingMs, level, lastingMs];
}

// Each reads its place: taking the list apart would make an iterator, for every request.
function arrivalOf(numbers: Numbers): number {
  return numbers[0] ?? 0;
}

function levelOf(numbers: Numbers): number {
  return numbers[1] ?? 0;
}

function lastingMsOf(numbers: Numbers): number {
  return numbers[2] ?? 0;
}

function lastSeen(numbers: Numbers): number {
  return arrivalOf(numbers) - lastingMsOf(numbers);
}

/** At most the interval the numbers were written with: `lastingMs` was rounded up. */
function writtenIntervalMs(numbers: Numbers): number {
  const level = levelOf(numbers);
  return level > 0 ? (lastingMsOf(numbers) - 1) / level : 0;
}
