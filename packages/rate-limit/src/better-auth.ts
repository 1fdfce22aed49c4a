import type { KvStore } from '@norikv/store';
import { refuse } from '@norikv/store/checks';
import { longestWindowMs, mostRequests } from './limit.js';
import type { RateLimiterOptions } from './options.js';
import { RateLimiter } from './rate-limiter.js';

/** Counts one up and returns the count; the count is gone `ttl` seconds after the first. */
export type Increment = (key: string, ttl: number) => Promise<number>;

/**
 * Makes the `increment` of a better-auth `secondaryStorage`, so that its rate limits hold between processes
 * and under bursts. A later increment does not prolong the time. By default `onFailure` is `closed`, and
 * `prefix` is `better-auth`.
 *
 * @example
 * ```ts
 * betterAuth({
 *   secondaryStorage: { ...storage, increment: betterAuthIncrement(store) },
 *   rateLimit: { enabled: true, storage: 'secondary-storage' },
 * });
 * ```
 */
export function betterAuthIncrement(client: KvStore, options: RateLimiterOptions = {}): Increment {
  const { prefix = 'better-auth', onFailure = 'closed' } = options;
  const limiter = new RateLimiter(client, { ...options, prefix, onFailure });
  return async (key, ttl) => {
    if (!(ttl > 0 && ttl * 1_000 <= longestWindowMs)) refuse('ttl', ttl, 'seconds above 0, at most 366 days');
    const windowMs = Math.ceil(ttl * 1_000);
    const counting = {
      maxRequests: mostRequests,
      windowMs,
      algorithm: 'fixed-window',
      name: 'count',
    } as const;
    const { limit, remaining } = await limiter.checkLimit(key, counting);
    return Math.max(1, limit - remaining);
  };
}
