import { errorCode } from '@norikv/store';
import { decideRequest, type HttpLimitOptions } from './http-limit.js';
import type { RateLimiter } from './rate-limiter.js';

/** What the middleware uses of a context of Hono 4. */
export interface HonoContext {
  header(name: string, value: string): unknown;
  body(body: string, status: 429 | 503, headers: Record<string, string>): Response;
}

/** Options of {@link honoRateLimit}. */
export interface HonoLimitOptions<Context> extends HttpLimitOptions<Context> {
  /** Who is limited. Hono knows no client address by itself, so there is no default. */
  readonly identify: (context: Context) => string | Promise<string>;
}

/**
 * Makes a Hono middleware. Denied requests are answered with 429 and a problem document; under the policy
 * `closed` a store that does not answer is a 503.
 *
 * @example
 * ```ts
 * const identify = (context: Context) => clientAddress(getConnInfo(context).remote.address);
 * app.use(honoRateLimit(limiter, { identify, limits: { maxRequests: 100, windowMs: 60_000 } }));
 * ```
 */
export function honoRateLimit<Context extends HonoContext>(
  limiter: RateLimiter,
  options: HonoLimitOptions<Context>,
): (context: Context, next: () => Promise<void>) => Promise<Response | undefined> {
  return async (context, next) => {
    const decision = await decideRequest(limiter, options, context, options.identify).catch(unavailable);
    if (decision === 503) return context.body('Service Unavailable', 503, {});
    if (decision?.denial !== undefined) return context.body(decision.denial, 429, { ...decision.headers });
    for (const [name, value] of Object.entries(decision?.headers ?? {})) context.header(name, value);
    await next();
    return undefined;
  };
}

function unavailable(error: unknown): 503 {
  if (errorCode(error) === 'RATE_LIMIT_UNAVAILABLE') return 503;
  throw error;
}

export type { HttpLimitOptions } from './http-limit.js';
