import type { Clock } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import { type Limit, refillMs } from './limit.js';
import { type LimitStanding, type RateLimitResult, resultOf } from './result.js';

interface Denial {
  /** The limit that denied; none, where it was a block. */
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
 * client that hammers costs no store call, also for limits that no denial told of.
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

  /** The denial that a request for `cost` would meet again, with all that is known of its limits. */
  find(key: string, limits: readonly Limit[], cost: number): RateLimitResult | undefined {
    const denials = this.#denials.get(key);
    if (!denials) return undefined;
    const now = this.#clock.monotonic();
    const valid = denials.filter(
      ({ result, until }) => until > now && (result.blocked || cost >= result.cost),
    );
    const block = valid.find(({ result }) => result.blocked);
    if (!block && !valid.some(({ id }) => limits.some((limit) => limit.id === id))) return undefined;
    const current = limits.flatMap((limit) => {
      // A later denial may have been for less, which this limit had room for.
      const known =
        block ??
        valid.find(({ id }) => id === limit.id) ??
        valid.findLast(({ standings }) => standings.has(limit.id));
      return known ? standingNow(known, limit, cost, now) : [];
    });
    return { ...resultOf(false, cost, current, [], 'memory'), blocked: block !== undefined };
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

/** How a limit stands by now, of which the denial knows; where it was a block, all stand as its result does. */
function standingNow(
  { result, standings, askedAt }: Denial,
  limit: Limit,
  cost: number,
  now: number,
): LimitStanding {
  const { remaining, resetAt, resetAfterMs, retryAfterMs } = standings.get(limit.id) ?? result;
  const passedMs = Math.floor(now - askedAt);
  const isNever = cost > limit.capacity && !result.blocked;
  return {
    name: limit.name,
    limit: limit.capacity,
    windowMs: refillMs(limit),
    remaining,
    resetAt,
    resetAfterMs: Math.max(0, resetAfterMs - passedMs),
    retryAfterMs: isNever ? Number.POSITIVE_INFINITY : Math.max(0, retryAfterMs - passedMs),
  };
}
