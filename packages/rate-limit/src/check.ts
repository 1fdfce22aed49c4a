import type { RateLimitConfig } from './limit.js';

/** One limit, or several that a request must all pass. */
export type RateLimits = RateLimitConfig | readonly RateLimitConfig[];

/** Options of one check. */
export interface CheckOptions {
  /** Permits this request needs: a whole number, at least 1. Default 1. */
  readonly cost?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A check of {@link RateLimiter.checkAll}. */
export interface RateLimitCheck {
  readonly identifier: string;
  readonly limits: RateLimits;
  readonly cost?: number | undefined;
}
