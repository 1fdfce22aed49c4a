import { type Change, keep, type Transition, write } from '@norikv/cas-retry';
import { tolerance } from './algorithm.js';
import { type Limit, refillMs, spanIn } from './limit.js';
import { blockSlot, emptyRecord, numbersIn, type RateLimitRecord, withSlot } from './record.js';
import { type LimitStanding, type RateLimitResult, resultOf } from './result.js';

/** Clocks of processes differ: a record outlives its last use by this much. */
const spareMs = 1_000;

/** Takes `cost` permits from every limit, or from none. */
export function consume(
  limits: readonly Limit[],
  cost: number,
): Transition<RateLimitRecord, RateLimitResult> {
  return (record = emptyRecord, now) => {
    const before = assess(record, limits, cost, now);
    return before.allowed ? spend(record, limits, cost, now) : keep(before);
  };
}

/** Takes permits that are known to be there. */
export function spend(
  record: RateLimitRecord,
  limits: readonly Limit[],
  cost: number,
  now: number,
): Change<RateLimitRecord, RateLimitResult> {
  let next = record;
  for (const limit of limits) {
    const numbers = limit.algorithm.advance(numbersIn(next, limit.slot), limit, now);
    next = withSlot(next, limit.slot, limit.algorithm.take(numbers, limit, cost), now);
  }
  // Several callers get these: one must not change them for the others.
  const after = Object.freeze(limits.map((limit) => standing(next, limit, 0, now)));
  const grants = Object.freeze(limits.map((limit) => endOf(next, limit.slot)));
  return write(next, resultOf(true, cost, after, grants), ttlOf(next, now));
}

/** Denies everything for so long. A longer block stays. */
export function block(durationMs: number): Transition<RateLimitRecord, void> {
  return (record = emptyRecord, now) => {
    const until = Math.max(endOf(record, blockSlot), now + durationMs);
    const lastingMs = Math.max(leftMs(record, blockSlot, now), durationMs);
    const next = withSlot(record, blockSlot, [until, lastingMs], now);
    return write(next, undefined, ttlOf(next, now));
  };
}

/** Forgets what was counted, and lifts a block. */
export const forget: Transition<RateLimitRecord, void> = (record) =>
  record ? write(emptyRecord, undefined, spareMs) : keep(undefined);

/** Permits that every limit has left. */
export function roomIn(record: RateLimitRecord, limits: readonly Limit[], now: number): number {
  if (leftMs(record, blockSlot, now) > 0) return 0;
  let room = Number.POSITIVE_INFINITY;
  for (const limit of limits) {
    const { algorithm, slot } = limit;
    const numbers = algorithm.advance(numbersIn(record, slot), limit, now);
    room = Math.min(room, remainingOf(limit, algorithm.used(numbers, limit, now)));
  }
  return room;
}

/** How a request of this cost would fare. */
export function assess(
  record: RateLimitRecord,
  limits: readonly Limit[],
  cost: number,
  now: number,
): RateLimitResult {
  const standings = Object.freeze(limits.map((limit) => standing(record, limit, cost, now)));
  const blockedForMs = leftMs(record, blockSlot, now);
  if (blockedForMs > 0) return blockedResult(cost, standings, blockedForMs, now);
  return resultOf(
    standings.every(({ retryAfterMs }) => retryAfterMs === 0),
    cost,
    standings,
  );
}

function blockedResult(
  cost: number,
  standings: readonly LimitStanding[],
  retryAfterMs: number,
  now: number,
): RateLimitResult {
  const blocked = { remaining: 0, retryAfterMs, resetAfterMs: retryAfterMs, resetAt: now + retryAfterMs };
  const limits = Object.freeze(standings.map((limit) => Object.freeze({ ...limit, ...blocked })));
  return { ...resultOf(false, cost, limits), blocked: true };
}

function standing(record: RateLimitRecord, limit: Limit, cost: number, now: number): LimitStanding {
  const { algorithm, capacity, name } = limit;
  const numbers = algorithm.advance(numbersIn(record, limit.slot), limit, now);
  const [end = 0] = numbers;
  const used = algorithm.used(numbers, limit, now);
  const isOver = used + cost > capacity + tolerance;
  const never = cost > capacity ? Number.POSITIVE_INFINITY : 0;
  // A record of a clock that is ahead ends later than it should; the store removes it before that.
  const resetAfterMs = used > 0 ? Math.min(limit.spanMs, Math.max(0, end - now)) : 0;
  return Object.freeze({
    name,
    limit: capacity,
    windowMs: refillMs(limit),
    remaining: remainingOf(limit, used),
    resetAt: now + resetAfterMs,
    resetAfterMs,
    retryAfterMs: never || (isOver ? algorithm.waitMs(numbers, limit, now, cost) : 0),
  });
}

function remainingOf({ capacity }: Limit, used: number): number {
  return Math.max(0, Math.floor(capacity - used + tolerance));
}

export function ttlOf(record: RateLimitRecord, now: number): number {
  const lasting = record.map(([slot]) => leftMs(record, slot, now));
  return Math.ceil(Math.max(0, ...lasting)) + spareMs;
}

/** How long a slot still matters. A wrong clock may have put its end far away. */
function leftMs(record: RateLimitRecord, slot: string, now: number): number {
  return Math.min(spanIn(slot, numbersIn(record, slot) ?? []), endOf(record, slot) - now);
}

function endOf(record: RateLimitRecord, slot: string): number {
  return numbersIn(record, slot)?.[0] ?? 0;
}
