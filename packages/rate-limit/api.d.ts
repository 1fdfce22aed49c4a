// better-auth.d.ts

import { KvStore } from '@norikv/store';
import { R as RateLimiterOptions } from './options.js';

/** Counts one up and returns the count; the count is gone `ttl` seconds after the first. */
type Increment = (key: string, ttl: number) => Promise<number>;
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
declare function betterAuthIncrement(client: KvStore, options?: RateLimiterOptions): Increment;

export { type Increment, betterAuthIncrement };

// express-rate-limit.d.ts

import { KvStore } from '@norikv/store';
import { R as RateLimiterOptions } from './options.js';

/** What the store uses of the options of express-rate-limit 7 or 8. */
interface ExpressRateLimitOptions {
    readonly windowMs: number;
}
/** What express-rate-limit wants to know of a client. */
interface ClientHits {
    readonly totalHits: number;
    readonly resetTime: Date;
}
/**
 * A store for express-rate-limit: exact between processes, with a fixed window from the first request.
 *
 * Every request is counted, denied ones too, as `skipFailedRequests` needs. By default `onFailure` is
 * `closed`, so that express-rate-limit's own `passOnStoreError` decides, and `prefix` is `express-rate-limit`.
 *
 * @example
 * ```ts
 * app.use(rateLimit({ windowMs: 60_000, limit: 100, store: new NoriKVRateLimitStore(store) }));
 * ```
 */
declare class NoriKVRateLimitStore {
    #private;
    /** Hits live in the store, so two limiters may share one only under different prefixes. */
    readonly localKeys: boolean;
    readonly prefix: string;
    /** @throws UnsupportedError if the store does not guarantee what a limit needs. */
    constructor(client: KvStore, options?: RateLimiterOptions);
    /** Called by express-rate-limit. */
    init({ windowMs }: ExpressRateLimitOptions): void;
    /** Counts a request, and returns the count. */
    increment(key: string): Promise<ClientHits>;
    /**
     * Takes a hit back. As in every store of express-rate-limit, one of an earlier window counts for this one. Where the
     * store does not answer, it stays counted, and nothing is thrown.
     */
    decrement(key: string): Promise<void>;
    /** Forgets what was counted of a client. */
    resetKey(key: string): Promise<void>;
    /** The count of a client, or undefined if there is none. */
    get(key: string): Promise<ClientHits | undefined>;
}

export { type ClientHits, type ExpressRateLimitOptions, NoriKVRateLimitStore };

// express.d.ts

import { H as HttpLimitOptions } from './http-limit.js';
import { R as RateLimiter } from './rate-limiter.js';
import './options.js';
import '@norikv/store';

/** What the middleware uses of a request of Express 4 or 5. */
interface ExpressRequest {
    readonly ip?: string | undefined;
    /** What trusted proxies wrote, from the client on. */
    readonly ips?: readonly string[] | undefined;
    readonly socket?: {
        readonly remoteAddress?: string | undefined;
    } | undefined;
}
/** What `identify` and its kind see of a request. For more, write its type: `(request: Request) => …`. */
interface ExpressRequestView extends ExpressRequest {
    readonly method: string;
    readonly path: string;
    readonly originalUrl: string;
    /** A header. */
    get(name: string): string | undefined;
}
/** What the middleware uses of a response. */
interface ExpressResponse {
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
declare function expressRateLimit<Incoming extends ExpressRequest = ExpressRequestView>(limiter: RateLimiter, options: HttpLimitOptions<Incoming>): (request: Incoming, response: ExpressResponse, next: (error?: unknown) => void) => Promise<void>;

export { type ExpressRequest, type ExpressRequestView, type ExpressResponse, HttpLimitOptions, expressRateLimit };

// fastify.d.ts

import { H as HttpLimitOptions } from './http-limit.js';
import { R as RateLimiter } from './rate-limiter.js';
import './options.js';
import '@norikv/store';

/** What the hook uses of a request of Fastify 4 or 5. */
interface FastifyRequestLike {
    readonly ip: string;
    /** The address of the connection and what trusted proxies wrote, up to the client. */
    readonly ips?: readonly string[] | undefined;
}
/** What `identify` and its kind see of a request. For more, write its type: `(request: FastifyRequest) => …`. */
interface FastifyRequestView extends FastifyRequestLike {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
/** Infers nothing: what a route expects of its hooks would make `never` of the request. */
type Given<Incoming> = [Incoming][Incoming extends unknown ? 0 : never];
/** What the hook uses of a reply. */
interface FastifyReplyLike {
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
declare function fastifyRateLimit<Incoming extends FastifyRequestLike = FastifyRequestView>(limiter: RateLimiter, options: HttpLimitOptions<Incoming>): (request: Given<Incoming>, reply: FastifyReplyLike) => Promise<unknown>;

export { type FastifyReplyLike, type FastifyRequestLike, type FastifyRequestView, type Given, HttpLimitOptions, fastifyRateLimit };

// hono.d.ts

import { H as HttpLimitOptions } from './http-limit.js';
import { R as RateLimiter } from './rate-limiter.js';
import './options.js';
import '@norikv/store';

/** What the middleware uses of a context of Hono 4. */
interface HonoContext {
    readonly res: {
        readonly headers: Pick<Headers, 'has'>;
    };
    error: Error | undefined;
    /** Sets a header. */
    header(name: string, value: string): unknown;
    /** Makes a response. */
    body(body: string, status: 429 | 503, headers: Record<string, string>): Response;
}
/** What `identify` and its kind see of a context. For more, write its type: `(context: Context<MyEnv>) => …`. */
interface HonoRequestContext extends HonoContext {
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
interface HonoLimitOptions<Context> extends HttpLimitOptions<Context> {
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
declare function honoRateLimit<Context extends HonoContext = HonoRequestContext>(limiter: RateLimiter, options: HonoLimitOptions<Context>): (context: Context, next: () => Promise<void>) => Promise<Response | undefined>;

export { type HonoContext, type HonoLimitOptions, type HonoRequestContext, HttpLimitOptions, honoRateLimit };

// http-limit.d.ts

import { a as RateLimits, b as RateLimitHeaderStyle } from './rate-limiter.js';
import { a as RateLimitResult } from './options.js';

/** Options of the middlewares. `Incoming` is what the framework calls a request. */
interface HttpLimitOptions<Incoming> {
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

export type { HttpLimitOptions as H };

// index.d.ts

export { C as CheckOptions, c as RateLimitAlgorithm, d as RateLimitCheck, e as RateLimitConfig, b as RateLimitHeaderStyle, R as RateLimiter, a as RateLimits, q as quotaExceeded, r as rateLimitHeaders } from './rate-limiter.js';
import { NoriKVError, Outcome } from '@norikv/store';
export { F as FailurePolicy, L as LimitStanding, b as RateLimitEvent, a as RateLimitResult, c as RateLimitSource, R as RateLimiterOptions } from './options.js';

/** Options of {@link clientAddress}. */
interface ClientAddressOptions {
    /** How many bits of an IPv6 address name a client, 32 to 128. Default 64: what one customer is given. */
    readonly ipv6Prefix?: number | undefined;
}
/**
 * An identifier from the address of a client: IPv4 as it is, IPv6 cut to its network, since one client has
 * 2^64 addresses. IPv4 inside IPv6 (`::ffff:1.2.3.4` or `64:ff9b::1.2.3.4`, however it is spelled) is the same
 * client as IPv4.
 *
 * Take the address of the connection, or what your framework makes of `X-Forwarded-For` with a list of your
 * own proxies: a client can write anything into that header. Ports and brackets, which some proxies write there, are
 * left out.
 *
 * @param address - of several, the first that is an IP address counts. Give what a proxy wrote first and the address
 * of the connection last: a proxy may write `unknown`, and then its own address is all there is.
 * @throws InvalidArgumentError if there is no address.
 */
declare function clientAddress(address: string | undefined | readonly (string | undefined)[], { ipv6Prefix }?: ClientAddressOptions): string;

/**
 * The store did not decide in time, and the failure policy is `closed`. A permit may have been spent. Or the record of
 * the identifier cannot be read (`cause.code` is `CORRUPT_RECORD`): that lasts until a `reset`.
 *
 * Answer it with 503, never with 429: the client did nothing wrong. Express and Fastify do by `statusCode`, Hono (from
 * 4.5) by `getResponse`.
 */
declare class RateLimitUnavailableError extends NoriKVError {
    static readonly code: string;
    static readonly outcome: Outcome;
    static readonly retryable: boolean;
    readonly statusCode: number;
    /** What Hono answers with. */
    getResponse(): Response;
}

/**
 * The SHA-256 of an identifier in hexadecimal, for identifiers that must not be readable in the store: API
 * keys, e-mail addresses, tokens. Identifiers above 256 characters are hashed without asking.
 */
declare function hashIdentifier(identifier: string): Promise<string>;

export { type ClientAddressOptions, RateLimitUnavailableError, clientAddress, hashIdentifier };

// options.d.ts

import { Clock } from '@norikv/store';

/** How one limit stands. */
interface LimitStanding {
    readonly name: string;
    /** Permits that can be out at once. */
    readonly limit: number;
    /** Time in which all of them come back. */
    readonly windowMs: number;
    /** Permits left. */
    readonly remaining: number;
    /** When all permits are back: milliseconds since the epoch, by the clock of this process. */
    readonly resetAt: number;
    /** The same from now, in milliseconds. */
    readonly resetAfterMs: number;
    /** How long until this limit has room: 0 if it has, `Infinity` if the cost is above the limit. */
    readonly retryAfterMs: number;
}
/**
 * Where an answer comes from. `store`: counted. `memory`: an earlier denial whose time is not over, or a
 * permit reserved earlier. `fallback`: the store did not answer, and the failure policy decided.
 */
type RateLimitSource = 'store' | 'memory' | 'fallback';
/** Whether a request may pass, and how the tightest of its limits stands. */
interface RateLimitResult extends LimitStanding {
    readonly allowed: boolean;
    /** Permits asked for; taken if allowed. */
    readonly cost: number;
    readonly source: RateLimitSource;
    /** Whether it is denied by {@link RateLimiter.block}, not by a limit. */
    readonly blocked: boolean;
    /**
     * How each limit stands, in the order they were given. Of a denial from `memory`: those that are remembered, as they
     * stood then.
     */
    readonly limits: readonly LimitStanding[];
    /** What a refund needs to find the permits again. */
    readonly grants: readonly number[];
}

/**
 * What happens while the store does not answer.
 *
 * `open`: requests pass uncounted. For shaping traffic.
 * `closed`: `RateLimitUnavailableError`. For logins, one-time codes and payments. Losing every race for a
 * record until the time is over counts as denied.
 * `local`: this process counts by itself, each limit divided by `instances`.
 */
type FailurePolicy = 'open' | 'closed' | 'local';
/** Something worth counting. Holds no identifier, but errors may, in their `key`. */
type RateLimitEvent = {
    readonly kind: 'decision';
    readonly allowed: boolean;
    readonly source: RateLimitSource;
}
/**
 * The store did not decide; the policy did. An error of code `CORRUPT_RECORD` lasts until a `reset` of the identifier,
 * which its `key` names.
 */
 | {
    readonly kind: 'fallback';
    readonly policy: FailurePolicy;
    readonly error: unknown;
};
/** Options of {@link RateLimiter}. */
interface RateLimiterOptions {
    /** Begins every key. Limiters with different prefixes know nothing of each other. Default `ratelimit`. */
    readonly prefix?: string | undefined;
    /** Default `open`. */
    readonly onFailure?: FailurePolicy | undefined;
    /** How many processes share a limit, for `local`. Default 1: each grants the whole limit. */
    readonly instances?: number | undefined;
    /** How long a check may wait for the store, in milliseconds. Default 250. */
    readonly timeoutMs?: number | undefined;
    /**
     * How long a denial is answered from memory at most, in milliseconds; a reset by another process is seen
     * after that at the latest. Default 300,000.
     */
    readonly denyCacheMs?: number | undefined;
    /** How many identifiers this process remembers, for denials, chunks and `local` each. Default 10,000. */
    readonly maxIdentifiers?: number | undefined;
    /**
     * Permits a process takes from the store at a time, for keys so hot that merged calls are not enough.
     * Default 1. Above that, up to this many per process can be lost unused, or be used `chunkHoldMs` late.
     */
    readonly chunk?: number | undefined;
    /** How long a process may keep permits it took, from the store's answer on, in milliseconds. Default 1,000. */
    readonly chunkHoldMs?: number | undefined;
    /** Called for every decision and fallback. What it throws is ignored. */
    readonly onEvent?: ((event: RateLimitEvent) => void) | undefined;
    /** Accepts a store that does not declare the guarantees. More requests than the limit may then pass. */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
    readonly clock?: Clock | undefined;
    /** Uniform in [0, 1). Default `Math.random`. */
    readonly random?: (() => number) | undefined;
}

export type { FailurePolicy as F, LimitStanding as L, RateLimiterOptions as R, RateLimitResult as a, RateLimitEvent as b, RateLimitSource as c };

// rate-limiter.d.ts

import { a as RateLimitResult, R as RateLimiterOptions } from './options.js';
import { KvStore } from '@norikv/store';

/**
 * How requests are counted.
 *
 * `gcra`: `burst` at once, and one more every `windowMs / maxRequests`. Smooth; any window sees at most
 * `burst + maxRequests`. `sliding-window`: two counters, close to "at most `maxRequests` in any window".
 * `fixed-window`: `maxRequests` in a window that begins with its first request; twice that around its end.
 */
type RateLimitAlgorithm = 'gcra' | 'sliding-window' | 'fixed-window';
/** A limit: at most `maxRequests` in `windowMs`. */
interface RateLimitConfig {
    /** A whole number from 1 to 1,000,000,000. */
    readonly maxRequests: number;
    /** Whole milliseconds, at most 366 days. */
    readonly windowMs: number;
    /** Default `gcra`. */
    readonly algorithm?: RateLimitAlgorithm | undefined;
    /** Requests admitted at once after a pause, for `gcra`; they must come back within 100 years. Default `maxRequests`. */
    readonly burst?: number | undefined;
    /**
     * Shown in headers, and under which the limit is counted: give one to keep what was counted when the
     * numbers change. Processes that use different numbers under one name count together, and none of them
     * admits more than its own numbers allow. A window of another length is counted anew, except by `gcra`.
     * 1 to 24 letters, digits, `.`, `_` or `-`. Default: made from the numbers.
     */
    readonly name?: string | undefined;
}

/** One limit, or several that a request must all pass. */
type RateLimits = RateLimitConfig | readonly RateLimitConfig[];
/** Options of one check. */
interface CheckOptions {
    /** Permits this request needs: a whole number, at least 1. Default 1. */
    readonly cost?: number | undefined;
    readonly signal?: AbortSignal | undefined;
}
/** A check of {@link RateLimiter.checkAll}. */
interface RateLimitCheck {
    readonly identifier: string;
    readonly limits: RateLimits;
    readonly cost?: number | undefined;
}

/** `draft`: the fields of the current draft. `legacy`: `X-RateLimit-Limit`, `-Remaining` and `-Reset`. */
type RateLimitHeaderStyle = 'draft' | 'legacy' | 'both';
/**
 * The header fields that tell a client how it stands: `RateLimit-Policy` and `RateLimit` of
 * draft-ietf-httpapi-ratelimit-headers-10, and `Retry-After` if denied. Seconds, rounded up.
 *
 * `t` is when all permits are back; for a denial, when this request would pass, which is what `Retry-After`
 * says. The legacy reset is in seconds since the epoch. No field names the client.
 *
 * @throws InvalidArgumentError for a style there is not.
 */
declare function rateLimitHeaders(result: RateLimitResult, style?: RateLimitHeaderStyle): Record<string, string>;
/**
 * The problem document of a denial: the type `quota-exceeded` and which policies were violated. Send it with
 * status 429 as `application/problem+json`.
 */
declare function quotaExceeded(result: RateLimitResult): Record<string, unknown>;

/**
 * Limits how often something may happen, for any number of processes.
 *
 * While the store answers, never more is admitted than the limit allows: each permit is part of a
 * conditional write that succeeded. A lost reply may cost a client a permit and never grants one. The
 * requests of one process share store calls; a client that was denied costs none until it may try again.
 *
 * One identifier has one record, so several limits on it are checked and taken together or not at all.
 * Wall clocks that differ by `s` let at most `s / windowMs` of a limit pass in addition.
 *
 * @example
 * ```ts
 * const limiter = new RateLimiter(store, { onFailure: 'closed' });
 * const { allowed, retryAfterMs } = await limiter.checkLimit('user-7', { maxRequests: 100, windowMs: 60_000 });
 * ```
 */
declare class RateLimiter {
    #private;
    /**
     * @throws UnsupportedError if the store does not guarantee what a limit needs.
     * @throws InvalidArgumentError naming the option that is wrong.
     */
    constructor(client: KvStore, options?: RateLimiterOptions);
    /**
     * Takes permits from every limit, or, where one has too few, from none.
     *
     * A denial is a result, not an error. A cost above the limit is always denied (`retryAfterMs` is `Infinity`).
     *
     * @throws InvalidArgumentError for a wrong identifier, limit or cost.
     * @throws RateLimitUnavailableError if the store does not answer and the policy is `closed`.
     * @throws CancelledError when the signal ended; with the outcome `unknown` a permit may have been spent.
     */
    checkLimit(identifier: string, limits: RateLimits, options?: CheckOptions): Promise<RateLimitResult>;
    /**
     * Takes permits for several identifiers, such as a user and an address, in this order. If one of them is denied,
     * the permits taken before it come back, and the result is that denial. Otherwise the result is that of the last
     * one, and {@link refund} accepts it for each of them.
     *
     * A denial that is remembered costs no store call. Any other costs one for each identifier before it, to bring its
     * permits back; where that fails, they are lost.
     */
    checkAll(checks: readonly [RateLimitCheck, ...RateLimitCheck[]], options?: Pick<CheckOptions, 'signal'>): Promise<RateLimitResult>;
    /** How a request would fare, without taking anything. One read; throws what the store throws. */
    peek(identifier: string, limits: RateLimits, options?: CheckOptions): Promise<RateLimitResult>;
    /**
     * Brings permits back, for a request that should not have counted.
     *
     * Pass the very object this limiter returned: its permits come back once, only while they are still out, and not
     * after a `reset` by this process, even one that failed. The result of `checkAll` works for each of its checks. A
     * denial, a peek, a result of the failure policy and a copy bring nothing back. With a cost alone nothing of this is
     * known: call it once for each grant.
     *
     * @throws InvalidArgumentError if the result is of another identifier or other limits.
     * @throws OutcomeUnknownError if the permits may have come back. Never repeat it then: that could grant a
     * permit too many.
     */
    refund(identifier: string, limits: RateLimits, granted?: RateLimitResult | {
        readonly cost: number;
    }): Promise<void>;
    /**
     * Denies every request of an identifier for `durationMs`, in every process. A longer block stays. Permits that
     * other processes hold in chunks can be used for up to `chunkHoldMs`. Waits for the store for up to 5 seconds, or
     * `timeoutMs` if that is longer.
     */
    block(identifier: string, durationMs: number): Promise<void>;
    /**
     * Forgets all counts of an identifier and lifts its block, also where the record cannot be read. Waits like
     * {@link RateLimiter.block}.
     *
     * @throws OutcomeUnknownError if that may have been done. Again, it forgets what was counted since, too.
     */
    reset(identifier: string): Promise<void>;
}

export { type CheckOptions as C, RateLimiter as R, type RateLimits as a, type RateLimitHeaderStyle as b, type RateLimitAlgorithm as c, type RateLimitCheck as d, type RateLimitConfig as e, quotaExceeded as q, rateLimitHeaders as r };
