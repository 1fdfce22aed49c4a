import { keep, type Transition } from '@norikv/cas-retry';
import type { Limit } from './limit.js';
import { emptyRecord, type RateLimitRecord } from './record.js';
import type { RateLimitResult } from './result.js';
import { assess, roomIn, spend } from './transitions.js';

/** What requests that were decided together came to. */
export interface Admission {
  /** For each in their order: the permits taken for those after it, or its denial. */
  readonly answers: readonly (number | RateLimitResult)[];
  /** How the limits stand after it; undefined where nothing was taken. */
  readonly taken: RateLimitResult | undefined;
  /** Permits taken beyond what was asked for. */
  readonly spare: number;
  /** The denials, one for each cost. */
  readonly denials: readonly RateLimitResult[];
}

/**
 * Decides about requests in the order they came: each passes that has room beside those before it. Their
 * permits are taken in one write; more than they need, up to `chunk`, if there are.
 */
export function admit(
  limits: readonly Limit[],
  costs: readonly number[],
  chunk: number,
): Transition<RateLimitRecord, Admission> {
  return (record = emptyRecord, now) => {
    const room = roomIn(record, limits, now);
    let left = room;
    const passes = costs.map((cost) => {
      if (cost > left) return false;
      left -= cost;
      return true;
    });
    const needed = room - left;
    const taken =
      needed > 0 ? spend(record, limits, Math.max(needed, Math.min(chunk, room)), now) : undefined;
    const denials: RateLimitResult[] = [];
    const denialOf = (cost: number): RateLimitResult => {
      const known = denials.find((denial) => denial.cost === cost);
      if (known) return known;
      const denial = Object.freeze(assess(taken?.state ?? record, limits, cost, now));
      denials.push(denial);
      return denial;
    };
    let held = taken?.result.cost ?? 0;
    const answers = costs.map((cost, position) => {
      if (!taken || !passes[position]) return denialOf(cost);
      held -= cost;
      return held;
    });
    const admission = { answers, taken: taken?.result, spare: held, denials };
    return taken ? { ...taken, result: admission } : keep(admission);
  };
}
