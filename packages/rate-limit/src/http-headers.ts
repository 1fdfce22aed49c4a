import { checkOneOf } from '@norikv/store/checks';
import type { LimitStanding, RateLimitResult } from './result.js';

/** `draft`: the fields of the current draft. `legacy`: `X-RateLimit-Limit`, `-Remaining` and `-Reset`. */
export type RateLimitHeaderStyle = 'draft' | 'legacy' | 'both';

/**
 * The header fields that tell a client how it stands: `RateLimit-Policy` and `RateLimit` of
 * draft-ietf-httpapi-ratelimit-headers-10, and `Retry-After` if denied. Seconds, rounded up.
 *
 * `t` is when all permits are back; for a denial, when this request would pass, which is what `Retry-After`
 * says. The legacy reset is in seconds since the epoch. No field names the client.
 *
 * @throws InvalidArgumentError for a style there is not.
 */
export function rateLimitHeaders(
  result: RateLimitResult,
  style: RateLimitHeaderStyle = 'draft',
): Record<string, string> {
  checkStyle('style', style);
  const { allowed, limits, limit, remaining, resetAt, retryAfterMs } = result;
  const hasRetry = !allowed && Number.isFinite(retryAfterMs);
  return {
    ...(style !== 'legacy' && {
      'RateLimit-Policy': limits.map(policyItem).join(', '),
      RateLimit: limits.map(standingItem).join(', '),
    }),
    ...(style !== 'draft' && {
      'X-RateLimit-Limit': String(limit),
      'X-RateLimit-Remaining': String(allowed ? remaining : 0),
      'X-RateLimit-Reset': String(seconds(resetAt)),
    }),
    ...(hasRetry && { 'Retry-After': String(seconds(retryAfterMs)) }),
  };
}

/** @throws InvalidArgumentError for a style there is not. */
export function checkStyle(name: string, style: RateLimitHeaderStyle): void {
  checkOneOf(name, style, ['draft', 'legacy', 'both']);
}

/**
 * The problem document of a denial: the type `quota-exceeded` and which policies were violated. Send it with
 * status 429 as `application/problem+json`.
 */
export function quotaExceeded(result: RateLimitResult): Record<string, unknown> {
  const violated = result.limits.filter(({ retryAfterMs }) => retryAfterMs > 0);
  return {
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    title: 'Too Many Requests',
    status: 429,
    'violated-policies': violated.map(({ name }) => name),
  };
}

function policyItem({ name, limit, windowMs }: LimitStanding): string {
  return `"${name}";q=${limit};w=${seconds(windowMs)}`;
}

function standingItem({ name, remaining, resetAfterMs, retryAfterMs }: LimitStanding): string {
  const waitMs = retryAfterMs > 0 && Number.isFinite(retryAfterMs) ? retryAfterMs : resetAfterMs;
  return `"${name}";r=${remaining};t=${seconds(waitMs)}`;
}

function seconds(durationMs: number): number {
  return Math.ceil(durationMs / 1_000);
}
