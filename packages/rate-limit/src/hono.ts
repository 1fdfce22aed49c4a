import { errorCode } from '@norikv/store';
import { refuse } from '@norikv/store/checks';
import { checkHttpOptions, decideRequest, type HttpDecision, type HttpLimitOptions } from './http-limit.js';
import type { RateLimiter } from './rate-limiter.js';

/** What the middleware uses of a context of Hono 4. */
export interface HonoContext {
  readonly res: { readonly headers: Pick<Headers, 'has'> };
  error: Error | undefined;
  /** Sets a header. */
  header(name: string, value: string): unknown;
  /** Makes a response. */
  body(body: string, status: 429 | 503, headers: Record<string, string>): Response;
}

/** What `identify` and its kind see of a context. For more, write its type: `(context: Context<MyEnv>) => …`. */
export interface HonoRequestContext extends HonoContext {
  readonly req: {
    readonly method: string;
    readonly path: string;
    readonly url: string;
    /** A header. */
    header(name: string): string | undefined;
    /** A part of the path. */
    param(name: string): string | undefined;
    /** A field of the query. */
    query(name: string): string | undefined;
  };
}

/** Options of {@link honoRateLimit}. */
export interface HonoLimitOptions<Context> extends HttpLimitOptions<Context> {
  /** Who is limited. Hono knows no client address by itself, so there is no default. */
  readonly identify: (context: Context) => string | Promise<string>;
}

/**
 * Makes a Hono middleware. Denied requests are answered with 429 and a problem document; under the policy
 * `closed` a store that does not answer is a 503, and the reason is in `context.error`.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 *
 * @example
 * ```ts
 * const identify = (context: Context) => clientAddress(getConnInfo(context).remote.address);
 * app.use(honoRateLimit(limiter, { identify, limits: { maxRequests: 100, windowMs: 60_000 } }));
 * ```
 */
export function honoRateLimit<Context extends HonoContext = HonoRequestContext>(
  limiter: RateLimiter,
  options: HonoLimitOptions<Context>,
): (context: Context, next: () => Promise<void>) => Promise<Response | undefined> {
  checkHttpOptions(options);
  const { identify } = options;
  if (identify === undefined) refuse('identify', identify, 'a function: Hono knows no address by itself');
  return async (context, next) => {
    let decision: HttpDecision | undefined;
    try {
      decision = await decideRequest(limiter, options, context, identify);
    } catch (error) {
      if (errorCode(error) !== 'RATE_LIMIT_UNAVAILABLE') throw error;
      // For what logs errors: nobody else learns of the reason.
      context.error = error as Error;
      return context.body('Service Unavailable', 503, {});
    }
    const { headers = {}, denial } = decision ?? {};
    if (denial !== undefined) return context.body(denial, 429, { ...headers });
    const setHeaders = (): void => {
      for (const [name, value] of Object.entries(headers)) context.header(name, value);
    };
    setHeaders();
    await next();
    // A response that the context did not make lacks them. Those of an inner limit stay.
    const hasHeaders = ['RateLimit', 'X-RateLimit-Limit'].some((name) => context.res.headers.has(name));
    if (!hasHeaders) setHeaders();
    return undefined;
  };
}

export type { HttpLimitOptions } from './http-limit.js';
