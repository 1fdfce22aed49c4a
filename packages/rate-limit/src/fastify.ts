import { clientAddress } from './client-address.js';
import { checkHttpOptions, decideRequest, type HttpLimitOptions } from './http-limit.js';
import type { RateLimiter } from './rate-limiter.js';

/** What the hook uses of a request of Fastify 4 or 5. */
export interface FastifyRequestLike {
  readonly ip: string;
  /** The address of the connection and what trusted proxies wrote, up to the client. */
  readonly ips?: readonly string[] | undefined;
}

/** What `identify` and its kind see of a request. For more, write its type: `(request: FastifyRequest) => …`. */
export interface FastifyRequestView extends FastifyRequestLike {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Infers nothing: what a route expects of its hooks would make `never` of the request. */
export type Given<Incoming> = [Incoming][Incoming extends unknown ? 0 : never];

/** What the hook uses of a reply. */
export interface FastifyReplyLike {
  /** Sets a header. */
  header(name: string, value: string): unknown;
  /** Sets the status. */
  code(status: number): unknown;
  /** Sends the body. */
  send(body: string): unknown;
}

/**
 * Makes a Fastify hook, for `onRequest`, or for `preHandler` where the identifier needs a parsed or
 * authenticated request. Denied requests are answered with 429 and a problem document.
 *
 * The default identifier is `request.ip`: set `trustProxy` to your own proxies. Where they wrote no IP address, such
 * as `unknown`, the client is the proxy nearest to it that has one. Under the policy `closed` a store that does not
 * answer becomes an error with `statusCode` 503.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 *
 * @example
 * ```ts
 * app.addHook('onRequest', fastifyRateLimit(limiter, { limits: { maxRequests: 100, windowMs: 60_000 } }));
 * ```
 */
export function fastifyRateLimit<Incoming extends FastifyRequestLike = FastifyRequestView>(
  limiter: RateLimiter,
  options: HttpLimitOptions<Incoming>,
): (request: Given<Incoming>, reply: FastifyReplyLike) => Promise<unknown> {
  checkHttpOptions(options);
  return async (request, reply) => {
    const decision = await decideRequest(limiter, options, request, addressOf);
    for (const [name, value] of Object.entries(decision?.headers ?? {})) reply.header(name, value);
    if (decision?.denial === undefined) return undefined;
    reply.code(429);
    return reply.send(decision.denial);
  };
}

/** Where the client has no address, that of the proxy nearest to it. */
function addressOf({ ip, ips = [] }: FastifyRequestLike): string {
  return clientAddress([ip, ...ips.toReversed()]);
}

export type { HttpLimitOptions } from './http-limit.js';
