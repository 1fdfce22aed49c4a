import type { Limit } from './limit.js';
import type { LimitStanding, RateLimitResult, RateLimitSource } from './result.js';

/** What a grant was given for. */
export interface Grant {
  /** Who gave it. */
  readonly owner: object;
  readonly key: string;
  readonly limits: readonly Limit[];
  /** The reset, of whatever key, that came last before it was asked for. */
  readonly asOf: number;
}

/** The answer to a request that may pass. What it can be redeemed for is no property: a copy brings nothing back. */
export class Granted implements RateLimitResult {
  readonly allowed = true;
  readonly cost: number;
  readonly source: RateLimitSource;
  readonly blocked = false;
  readonly limits: readonly LimitStanding[];
  readonly grants: readonly number[];
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly remaining: number;
  readonly resetAt: number;
  readonly resetAfterMs: number;
  readonly retryAfterMs: number;
  readonly #held: number;
  #grant: Grant | undefined;

  /**
   * @param taken - the write it is part of.
   * @param held - permits that were taken with it and are not handed out yet.
   */
  constructor(taken: RateLimitResult, cost: number, held: number, source: RateLimitSource, grant: Grant) {
    this.cost = cost;
    this.source = source;
    this.limits = held === 0 ? taken.limits : taken.limits.map((limit) => withHeld(limit, held));
    this.grants = taken.grants;
    this.name = taken.name;
    this.limit = taken.limit;
    this.windowMs = taken.windowMs;
    this.remaining = taken.remaining + held;
    this.resetAt = taken.resetAt;
    this.resetAfterMs = taken.resetAfterMs;
    this.retryAfterMs = taken.retryAfterMs;
    this.#held = held;
    this.#grant = grant;
  }

  /** What a result was granted for; undefined for a denial, a look, a fallback and a copy. */
  static grantOf(result: RateLimitResult): Grant | undefined {
    return #grant in result ? result.#grant : undefined;
  }

  /** Permits that were taken with those of a result, for requests after it; 0 for what is no result. */
  static heldAfter(result: object): number {
    return #held in result ? result.#held : 0;
  }

  /** Takes the grant of a result away, or gives it back. */
  static setGrant(result: RateLimitResult, grant: Grant | undefined): void {
    if (#grant in result) result.#grant = grant;
  }
}

function withHeld(
  { name, limit, windowMs, remaining, resetAt, resetAfterMs, retryAfterMs }: LimitStanding,
  held: number,
): LimitStanding {
  return { name, limit, windowMs, remaining: remaining + held, resetAt, resetAfterMs, retryAfterMs };
}
