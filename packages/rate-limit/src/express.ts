import { InvalidArgumentError } from '@norikv/store';
import { clientAddress } from './client-address.js';
import { checkHttpOptions, decideRequest, type HttpDecision, type HttpLimitOptions } from './http-limit.js';
import type { RateLimiter } from './rate-limiter.js';

/** What the middleware uses of a request of Express 4 or 5. */
export interface ExpressRequest {
  readonly ip?: string | undefined;
  /** What trusted proxies wrote, from the client on. */
  readonly ips?: readonly string[] | undefined;
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined;
}

/** What `identify` and its kind see of a request. For more, write its type: `(request: Request) => …`. */
export interface ExpressRequestView extends ExpressRequest {
  readonly method: string;
  readonly path: string;
  readonly originalUrl: string;
  /** A header. */
  get(name: string): string | undefined;
}

/** What the middleware uses of a response. */
export interface ExpressResponse {
  readonly headersSent: boolean;
  /** Sets a header. */
  setHeader(name: string, value: string): unknown;
  statusCode: number;
  /** Sends the body. */
  end(body: string): unknown;
}

/**
 * Makes an Express middleware that answers denied requests with 429 and a problem document.
 *
 * The default identifier is `req.ip`: set `trust proxy` to your own proxies. Where they wrote no IP address, such as
 * `unknown`, the client is the proxy nearest to it that has one. Under the policy `closed` a store that does not
 * answer becomes an error with `statusCode` 503.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 *
 * @example
 * ```ts
 * app.use('/api', expressRateLimit(limiter, { limits: { maxRequests: 100, windowMs: 60_000 } }));
 * ```
 */
export function expressRateLimit<Incoming extends ExpressRequest = ExpressRequestView>(
  limiter: RateLimiter,
  options: HttpLimitOptions<Incoming>,
): (request: Incoming, response: ExpressResponse, next: (error?: unknown) => void) => Promise<void> {
  checkHttpOptions(options);
  return async (request, response, next) => {
    let decision: HttpDecision | undefined;
    try {
      decision = await decideRequest(limiter, options, request, addressOf);
    } catch (error) {
      return next(asError(error));
    }
    const { headers = {}, denial } = decision ?? {};
    const { headersSent } = response;
    if (!headersSent) for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (denial === undefined) return next();
    if (headersSent) return next(new InvalidArgumentError(tooLate));
    response.statusCode = 429;
    response.end(denial);
  };
}

/** Where the client has no address, that of the proxy nearest to it. */
function addressOf({ ip, ips = [], socket }: ExpressRequest): string {
  return clientAddress([ip, ...ips, socket?.remoteAddress]);
}

const tooLate = 'The request is denied, but its response has begun; mount the limit before what writes';

/** Express takes `undefined`, `null` and some texts for no error, and would let the request through. */
function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The limit could not be checked', { cause: error });
}

export type { HttpLimitOptions } from './http-limit.js';
