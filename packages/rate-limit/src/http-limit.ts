import { checkFunction, checkNames, checkWhole, refuse } from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import type { RateLimits } from './check.js';
import { checkStyle, quotaExceeded, type RateLimitHeaderStyle, rateLimitHeaders } from './http-headers.js';
import { limitsOf, mostRequests } from './limit.js';
import type { RateLimiter } from './rate-limiter.js';
import type { RateLimitResult } from './result.js';

/** Options of the middlewares. `Incoming` is what the framework calls a request. */
export interface HttpLimitOptions<Incoming> {
  /**
   * The limits, or how to choose them for a request. Give several limits of one client here, together: with two
   * middlewares on a route, the headers are those of the inner one, or of the one that denied.
   *
   * Limits of one limiter are told apart by `name`, or without one by their numbers: two routes with equal numbers
   * share one count, and a middleware that is mounted twice counts twice. Give each a `name`, or each its own limiter
   * with a `prefix`.
   */
  readonly limits: RateLimits | ((request: Incoming) => RateLimits | Promise<RateLimits>);
  /**
   * Who is limited: an authenticated id where there is one. Default: the address of the client as the framework
   * sees it. Tell it which proxies to trust, or all clients behind a proxy count as one.
   */
  readonly identify?: ((request: Incoming) => string | Promise<string>) | undefined;
  /** Permits a request needs. Default 1. */
  readonly cost?: number | ((request: Incoming) => number | Promise<number>) | undefined;
  /** Requests that are not limited. Default: none, so the `OPTIONS` of a CORS preflight count, too. */
  readonly skip?: ((request: Incoming) => boolean | Promise<boolean>) | undefined;
  /** Default `draft`. */
  readonly headers?: RateLimitHeaderStyle | undefined;
  /** Called with each limited request and its result, to log who is denied. What it throws is ignored. */
  readonly onDecision?: ((request: Incoming, result: RateLimitResult) => void) | undefined;
}

/** What to answer: the headers always, the body with status 429 if the request is denied. */
export interface HttpDecision {
  readonly headers: Readonly<Record<string, string>>;
  readonly denial: string | undefined;
}

const optionNames: readonly string[] = ['limits', 'identify', 'cost', 'skip', 'headers', 'onDecision'];

/**
 * The options of a middleware, checked when it is made and not only when somebody comes.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 */
export function checkHttpOptions(options: HttpLimitOptions<never>): void {
  if (typeof options !== 'object' || options === null) refuse('options', options, '{ limits }');
  const { limits, identify, cost, skip, headers = 'draft', onDecision } = options;
  checkNames('an option', options, optionNames);
  if (typeof limits !== 'function') limitsOf(limits);
  for (const [name, value] of Object.entries({ identify, skip, onDecision })) {
    if (value !== undefined) checkFunction(name, value);
  }
  if (typeof cost !== 'function' && cost !== undefined) checkWhole('cost', cost, 1, mostRequests);
  checkStyle('headers', headers);
}

/** Decides about one request; undefined if it is not limited. */
export async function decideRequest<Incoming>(
  limiter: RateLimiter,
  options: HttpLimitOptions<Incoming>,
  request: Incoming,
  identifyByAddress: (request: Incoming) => string | Promise<string>,
): Promise<HttpDecision | undefined> {
  const { limits, identify = identifyByAddress, cost = 1, skip, onDecision } = options;
  if (await skip?.(request)) return undefined;
  const result = await limiter.checkLimit(
    await identify(request),
    typeof limits === 'function' ? await limits(request) : limits,
    { cost: typeof cost === 'function' ? await cost(request) : cost },
  );
  tell((decided) => onDecision?.(request, decided), result);
  const headers = rateLimitHeaders(result, options.headers);
  if (result.allowed) return { headers, denial: undefined };
  return {
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
    denial: JSON.stringify(quotaExceeded(result)),
  };
}
