/** How one limit stands. */
export interface LimitStanding {
  readonly name: string;
  /** Permits that can be out at once. */
  readonly limit: number;
  /** Time in which all of them come back. */
  readonly windowMs: number;
  /** Permits left. */
  readonly remaining: number;
  /** When all permits are back: milliseconds since the epoch, by the clock of this process. */
  readonly resetAt: number;
  /** The same from now, in milliseconds. */
  readonly resetAfterMs: number;
  /** How long until this limit has room: 0 if it has, `Infinity` if the cost is above the limit. */
  readonly retryAfterMs: number;
}

/**
 * Where an answer comes from. `store`: counted. `memory`: an earlier denial whose time is not over, or a
 * permit reserved earlier. `fallback`: the store did not answer, and the failure policy decided.
 */
export type RateLimitSource = 'store' | 'memory' | 'fallback';

/** Whether a request may pass, and how the tightest of its limits stands. */
export interface RateLimitResult extends LimitStanding {
  readonly allowed: boolean;
  /** Permits asked for; taken if allowed. */
  readonly cost: number;
  readonly source: RateLimitSource;
  /** Whether it is denied by {@link RateLimiter.block}, not by a limit. */
  readonly blocked: boolean;
  /**
   * How each limit stands, in the order they were given. Of a denial from `memory`: those that are remembered, as they
   * stood then.
   */
  readonly limits: readonly LimitStanding[];
  /** What a refund needs to find the permits again. */
  readonly grants: readonly number[];
}

/** A result from its limits: the one that keeps longest, then the one with the smallest share left. */
export function resultOf(
  allowed: boolean,
  cost: number,
  limits: readonly LimitStanding[],
  grants: readonly number[] = [],
  source: RateLimitSource = 'store',
): RateLimitResult {
  const tightest = limits.reduce((tight, other) => (isTighter(other, tight) ? other : tight));
  const { name, limit, windowMs, remaining, resetAt, resetAfterMs, retryAfterMs } = tightest;
  const standing = { name, limit, windowMs, remaining, resetAt, resetAfterMs, retryAfterMs };
  return { allowed, cost, source, blocked: false, limits, grants, ...standing };
}

function isTighter(one: LimitStanding, other: LimitStanding): boolean {
  if (one.retryAfterMs !== other.retryAfterMs) return one.retryAfterMs > other.retryAfterMs;
  return one.remaining / one.limit < other.remaining / other.limit;
}
