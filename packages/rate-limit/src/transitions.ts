import { type Change, keep, type Transition, write } from '@norikv/cas-retry';
import { type Numbers, tolerance } from './algorithm.js';
import { type Limit, refillMs, spanIn } from './limit.js';
import { blockSlot, emptyRecord, noteSlot, numbersIn, type RateLimitRecord, withSlot } from './record.js';
import { type LimitStanding, type RateLimitResult, resultOf } from './result.js';

/** Clocks of processes differ: a record outlives its last use by this much. */
export const spareMs = 1_000;

/**
 * How long `block` and `reset`, which have no failure policy, wait for the store, if a check does not wait longer. Notes
 * are looked for meanwhile, so a record that has some lasts as long.
 */
export const patienceMs = 5_000;

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
  const after: LimitStanding[] = [];
  const grants: number[] = [];
  for (const limit of limits) {
    const numbers = limit.algorithm.take(numbersOf(record, limit, now), limit, cost);
    next = withSlot(next, limit.slot, numbers, now);
    after.push(standing(limit, numbers, 0, now));
    grants.push(endOf(numbers));
  }
  // Several callers get these: one must not change them for the others.
  const result = resultOf(true, cost, Object.freeze(after), Object.freeze(grants));
  return write(next, result, ttlOf(next, now));
}

/** Denies everything for so long. A longer block stays. */
export function block(durationMs: number): Transition<RateLimitRecord, void> {
  return (record = emptyRecord, now) => {
    const until = Math.max(endOf(numbersIn(record, blockSlot)), now + durationMs);
    const lastingMs = Math.max(leftMs(blockSlot, numbersIn(record, blockSlot), now), durationMs);
    const next = withSlot(record, blockSlot, [until, lastingMs], now);
    return write(next, undefined, ttlOf(next, now));
  };
}

/** Permits that every limit has left. */
export function roomIn(record: RateLimitRecord, limits: readonly Limit[], now: number): number {
  if (leftMs(blockSlot, numbersIn(record, blockSlot), now) > 0) return 0;
  let room = Number.POSITIVE_INFINITY;
  for (const limit of limits) {
    const used = limit.algorithm.used(numbersOf(record, limit, now), limit, now);
    room = Math.min(room, remainingOf(limit, used));
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
  const standings = Object.freeze(
    limits.map((limit) => standing(limit, numbersOf(record, limit, now), cost, now)),
  );
  const blockedForMs = leftMs(blockSlot, numbersIn(record, blockSlot), now);
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

/** What a limit has become by now. */
function numbersOf(record: RateLimitRecord, limit: Limit, now: number): Numbers {
  return limit.algorithm.advance(numbersIn(record, limit.slot), limit, now);
}

/** How a request of this cost would fare with the numbers of now. */
function standing(limit: Limit, numbers: Numbers, cost: number, now: number): LimitStanding {
  const { algorithm, capacity, name } = limit;
  const used = algorithm.used(numbers, limit, now);
  const isOver = used + cost > capacity + tolerance;
  const never = cost > capacity ? Number.POSITIVE_INFINITY : 0;
  // A record of a clock that is ahead ends later than it should; the store removes it before that.
  const resetAfterMs = used > 0 ? Math.min(limit.spanMs, Math.max(0, endOf(numbers) - now)) : 0;
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
  let lastingMs = 0;
  for (const [slot, numbers] of record) lastingMs = Math.max(lastingMs, leftMs(slot, numbers, now));
  return Math.ceil(lastingMs) + spareMs;
}

/** How long a slot still matters. A wrong clock may have put its end far away. */
function leftMs(slot: string, numbers: Numbers | undefined, now: number): number {
  if (slot === noteSlot) return patienceMs;
  return numbers ? Math.min(spanIn(slot, numbers), endOf(numbers) - now) : 0;
}

function endOf(numbers: Numbers | undefined): number {
  return numbers?.[0] ?? 0;
}
