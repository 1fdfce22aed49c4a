import type { Clock } from '@norikv/store';
import { BoundedMap } from './bounded-map.js';
import type { Limit } from './limit.js';
import { type LimitStanding, type RateLimitResult, resultOf } from './result.js';

interface Denial {
  /** The limit that denied; any, where it was a block. */
  readonly slot: string | undefined;
  readonly cost: number;
  readonly standing: LimitStanding;
  /** By the monotonic clock. */
  readonly askedAt: number;
  readonly until: number;
}

/**
 * Denials whose time is not over. Permits come back with time only, so until then the answer is known: a
 * client that hammers costs no store call.
 */
export class Denials {
  readonly #clock: Clock;
  readonly #longestMs: number;
  readonly #denials: BoundedMap<readonly Denial[]>;

  constructor(clock: Clock, longestMs: number, maxEntries: number) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#denials = new BoundedMap(maxEntries);
  }

  /** The denial that a request for `cost` would meet again. */
  find(key: string, limits: readonly Limit[], cost: number): RateLimitResult | undefined {
    const now = this.#clock.monotonic();
    for (const denial of this.#denials.get(key) ?? []) {
      const { slot, until, standing, askedAt } = denial;
      const limit = slot === undefined ? limits[0] : limits.find((other) => other.slot === slot);
      if (!limit || until <= now || (slot !== undefined && cost < denial.cost)) continue;
      const passedMs = Math.floor(now - askedAt);
      const current = {
        ...standing,
        name: limit.name,
        limit: limit.capacity,
        resetAfterMs: Math.max(0, standing.resetAfterMs - passedMs),
        retryAfterMs: standing.retryAfterMs - passedMs,
      };
      return { ...resultOf(false, cost, [current], [], 'memory'), blocked: slot === undefined };
    }
    return undefined;
  }

  remember(key: string, limits: readonly Limit[], result: RateLimitResult): void {
    const { cost, blocked, retryAfterMs } = result;
    if (retryAfterMs === Number.POSITIVE_INFINITY) return;
    const askedAt = this.#clock.monotonic();
    const until = askedAt + Math.min(retryAfterMs, this.#longestMs);
    const position = result.limits.findIndex((limit) => limit.retryAfterMs === retryAfterMs);
    const slot = blocked ? undefined : limits[position]?.slot;
    const others = this.#denials.get(key)?.filter((other) => other.slot !== slot && other.until > askedAt);
    this.#denials.set(key, [...(others ?? []), { slot, cost, standing: result, askedAt, until }]);
  }

  forget(key: string): void {
    this.#denials.delete(key);
  }
}
