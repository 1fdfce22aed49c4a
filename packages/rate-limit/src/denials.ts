import type { Clock } from '@norikv/store';
import { BoundedMap } from './bounded-map.js';
import { type Limit, refillMs } from './limit.js';
import { type LimitStanding, type RateLimitResult, resultOf } from './result.js';

interface Denial {
  /** The limit that denied; any, where it was a block. */
  readonly id: string | undefined;
  readonly result: RateLimitResult;
  /** How each limit stood, by its id. */
  readonly standings: ReadonlyMap<string, LimitStanding>;
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
    const denials = this.#denials.get(key);
    if (!denials) return undefined;
    const now = this.#clock.monotonic();
    const denial = denials.find(({ id, result, until }) => {
      if (until <= now) return false;
      return id === undefined || (cost >= result.cost && limits.some((limit) => limit.id === id));
    });
    if (!denial) return undefined;
    const passedMs = Math.floor(now - denial.askedAt);
    const current = limits.flatMap((limit) => standingNow(denial, limit, cost, passedMs));
    return { ...resultOf(false, cost, current, [], 'memory'), blocked: denial.result.blocked };
  }

  /** @param askedAt - when it was decided, by the monotonic clock: its answer may have been long on its way. */
  remember(key: string, limits: readonly Limit[], result: RateLimitResult, askedAt: number): void {
    const { blocked, retryAfterMs } = result;
    if (retryAfterMs === Number.POSITIVE_INFINITY) return;
    const until = askedAt + Math.min(retryAfterMs, this.#longestMs);
    const position = result.limits.findIndex((limit) => limit.retryAfterMs === retryAfterMs);
    const id = blocked ? undefined : limits[position]?.id;
    const standings = new Map(result.limits.map((standing, index) => [limits[index]?.id ?? '', standing]));
    const others = this.#denials.get(key)?.filter((other) => other.id !== id && other.until > askedAt);
    this.#denials.set(key, [...(others ?? []), { id, result, standings, askedAt, until }]);
  }

  forget(key: string): void {
    this.#denials.delete(key);
  }
}

/** How a limit stands by now; nothing, if the denial knows nothing of it. */
function standingNow(denial: Denial, limit: Limit, cost: number, passedMs: number): LimitStanding[] {
  const { blocked } = denial.result;
  const standing = blocked ? denial.result : denial.standings.get(limit.id);
  if (!standing) return [];
  const isNever = cost > limit.capacity && !blocked;
  return [
    {
      name: limit.name,
      limit: limit.capacity,
      windowMs: refillMs(limit),
      remaining: standing.remaining,
      resetAt: standing.resetAt,
      resetAfterMs: Math.max(0, standing.resetAfterMs - passedMs),
      retryAfterMs: isNever ? Number.POSITIVE_INFINITY : Math.max(0, standing.retryAfterMs - passedMs),
    },
  ];
}
