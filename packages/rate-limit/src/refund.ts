import type { Limit } from './limit.js';
import { numbersIn, type RateLimitRecord, withSlot } from './record.js';

/** Permits that come back to the limits they were taken from. */
export interface Refund {
  readonly limits: readonly Limit[];
  readonly cost: number;
  /** What the grant was told of each limit; empty if that is not known. */
  readonly grants: readonly number[];
  /** Permits that were taken with them and come back after them. */
  readonly after: number;
}

/** The record with permits brought back to each limit that still counts them. */
export function withRefund(
  record: RateLimitRecord,
  { limits, cost, grants, after }: Refund,
  now: number,
): RateLimitRecord {
  let next = record;
  for (const [position, limit] of limits.entries()) {
    const numbers = limit.algorithm.advance(numbersIn(next, limit.slot), limit, now);
    // Where nothing is out any more, a refund must not begin a window.
    if (limit.algorithm.used(numbers, limit, now) === 0) continue;
    const returned = limit.algorithm.giveBack(numbers, limit, cost, grants[position], after);
    next = withSlot(next, limit.slot, returned, now);
  }
  return next;
}
