import { clientAddress } from './client-address.js';
import { decideRequest, type HttpLimitOptions } from './http-limit.js';
import type { RateLimiter } from './rate-limiter.js';

/** What the middleware uses of a request of Express 4 or 5. */
export interface ExpressRequest {
  readonly ip?: string | undefined;
}

/** What the middleware uses of a response. */
export interface ExpressResponse {
  setHeader(name: string, value: string): unknown;
  statusCode: number;
  end(body: string): unknown;
}

/**
 * Makes an Express middleware that answers denied requests with 429 and a problem document.
 *
 * The default identifier is `req.ip`: set `trust proxy` to your own proxies. Under the policy `closed` a
 * store that does not answer becomes an error with `statusCode` 503.
 *
 * @example
 * ```ts
 * app.use('/api', expressRateLimit(limiter, { limits: { maxRequests: 100, windowMs: 60_000 } }));
 * ```
 */
export function expressRateLimit<Incoming extends ExpressRequest>(
  limiter: RateLimiter,
  options: HttpLimitOptions<Incoming>,
): (request: Incoming, response: ExpressResponse, next: (error?: unknown) => void) => Promise<void> {
  return async (request, response, next) => {
    try {
      const decision = await decideRequest(limiter, options, request, ({ ip }) => clientAddress(ip));
      for (const [name, value] of Object.entries(decision?.headers ?? {})) response.setHeader(name, value);
      if (decision?.denial === undefined) return next();
      response.statusCode = 429;
      response.end(decision.denial);
    } catch (error) {
      next(error);
    }
  };
}

export type { HttpLimitOptions } from './http-limit.js';
