import type { Algorithm, Numbers, Quota } from './algorithm.js';

/**
 * Two counters: `[end, current, previous]`. The previous window counts for as much of it as still lies in the
 * last `windowMs`. Windows are aligned to the epoch; `end` is the end of the one after the current.
 */
export const slidingWindow: Algorithm = {
  advance([end = 0, current = 0, previous = 0] = [], { windowMs }, now) {
    const start = end - 2 * windowMs;
    if (now < start + windowMs) return [end, current, previous];
    const isNext = now < start + 2 * windowMs;
    return [Math.floor(now / windowMs) * windowMs + 2 * windowMs, 0, isNext ? current : 0];
  },
  used(numbers, quota, now) {
    const [, current = 0, previous = 0] = numbers;
    return (previous * untilNextMs(numbers, quota, now)) / quota.windowMs + current;
  },
  waitMs(numbers, quota, now, cost) {
    const { capacity, windowMs } = quota;
    const [, current = 0, previous = 0] = numbers;
    const room = capacity - cost;
    const nextMs = untilNextMs(numbers, quota, now);
    const isInTime = current <= room;
    // When the older of two windows has lost enough weight: this pair, or the pair that begins next.
    return Math.ceil(
      isInTime
        ? nextMs - ((room - current) * windowMs) / previous
        : nextMs + windowMs - (room * windowMs) / current,
    );
  },
  take: ([end = 0, current = 0, previous = 0], _quota, cost) => [end, current + cost, previous],
  giveBack([end = 0, current = 0, previous = 0], { windowMs }, cost, resetAt = end) {
    if (resetAt === end) return [end, Math.max(0, current - cost), previous];
    if (resetAt === end - windowMs) return [end, current, Math.max(0, previous - cost)];
    return [end, current, previous];
  },
};

/** Time left of the current window; a clock that is behind finds it at its start. */
function untilNextMs([end = 0]: Numbers, { windowMs }: Quota, now: number): number {
  return Math.min(windowMs, Math.max(0, end - windowMs - now));
}
