import { keep, type Transition, write } from '@norikv/cas-retry';
import type { Numbers } from './algorithm.js';
import type { Limit } from './limit.js';
import { noteSlot, numbersIn, type RateLimitRecord, withSlot } from './record.js';
import { ttlOf } from './transitions.js';

/** Permits that come back to the limits they were taken from. */
export interface Refund {
  readonly limits: readonly Limit[];
  readonly cost: number;
  /** What the grant was told of each limit; empty if that is not known. */
  readonly grants: readonly number[];
  /** Permits that were taken with them and come back after them. */
  readonly after: number;
}

/** Notes are below this. */
export const noteSpace = 100_000;
const notesKept = 4;

/**
 * Brings permits back to each limit that still counts them, and leaves a note in the record.
 *
 * Applying a refund twice would grant a permit too many, and a store may have applied what it never
 * confirmed. So this transition remembers the notes it last wrote upon: run again, it finds its own note, or
 * the older one unchanged, or it cannot tell and answers false, changing nothing.
 */
export function giveBack(refunds: readonly Refund[], note: number): Transition<RateLimitRecord, boolean> {
  let earlier: Numbers | undefined;
  return (record, now) => {
    if (!record) return keep(true);
    const notes = numbersIn(record, noteSlot) ?? [];
    if (earlier && notes.includes(note)) return keep(true);
    if (earlier && !isSuccession(earlier, notes)) return keep(false);
    earlier = notes;
    const returned = refunds.reduce((state, refund) => withRefund(state, refund, now), record);
    const next = withSlot(returned, noteSlot, [note, ...notes].slice(0, notesKept), now);
    return write(next, true, ttlOf(next, now));
  };
}

/** Whether every note left since is still there. */
function isSuccession([newest]: Numbers, notes: Numbers): boolean {
  return newest === undefined ? notes.length < notesKept : notes.includes(newest);
}

function withRefund(
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
