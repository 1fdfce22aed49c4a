import type { RateLimits } from './check.js';
import { quotaExceeded, type RateLimitHeaderStyle, rateLimitHeaders } from './http-headers.js';
import type { RateLimiter } from './rate-limiter.js';
import type { RateLimitResult } from './result.js';

/** Options of the middlewares. `Incoming` is what the framework calls a request. */
export interface HttpLimitOptions<Incoming> {
  /** The limits, or how to choose them for a request. */
  readonly limits: RateLimits | ((request: Incoming) => RateLimits | Promise<RateLimits>);
  /**
   * Who is limited: an authenticated id where there is one. Default: the address of the client as the
   * framework sees it; configure its trusted proxies, or all clients behind one are one.
   */
  readonly identify?: ((request: Incoming) => string | Promise<string>) | undefined;
  /** Permits a request needs. Default 1. */
  readonly cost?: number | ((request: Incoming) => number | Promise<number>) | undefined;
  /** Requests that are not limited. Default: none. */
  readonly skip?: ((request: Incoming) => boolean | Promise<boolean>) | undefined;
  /** Default `draft`. */
  readonly headers?: RateLimitHeaderStyle | undefined;
}

/** What to answer: the headers always, the body with status 429 if the request is denied. */
export interface HttpDecision {
  readonly result: RateLimitResult;
  readonly headers: Readonly<Record<string, string>>;
  readonly denial: string | undefined;
}

/** Decides about one request; undefined if it is not limited. */
export async function decideRequest<Incoming>(
  limiter: RateLimiter,
  options: HttpLimitOptions<Incoming>,
  request: Incoming,
  identifyByAddress: (request: Incoming) => string | Promise<string>,
): Promise<HttpDecision | undefined> {
  const { limits, identify = identifyByAddress, cost = 1, skip } = options;
  if (await skip?.(request)) return undefined;
  const result = await limiter.checkLimit(
    await identify(request),
    typeof limits === 'function' ? await limits(request) : limits,
    { cost: typeof cost === 'function' ? await cost(request) : cost },
  );
  const headers = rateLimitHeaders(result, options.headers);
  if (result.allowed) return { result, headers, denial: undefined };
  return {
    result,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
    denial: JSON.stringify(quotaExceeded(result)),
  };
}
