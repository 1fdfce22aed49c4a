export { C as CheckOptions, c as RateLimitAlgorithm, d as RateLimitCheck, e as RateLimitConfig, b as RateLimitHeaderStyle, R as RateLimiter, a as RateLimits, q as quotaExceeded, r as rateLimitHeaders } from './rate-limiter-Dehz1A_h.js';
import { NoriKVError, Outcome } from '@norikv/store';
export { F as FailurePolicy, L as LimitStanding, a as RateLimitEvent, b as RateLimitResult, c as RateLimitSource, R as RateLimiterOptions } from './options-CTkT7gGR.js';

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
 * own proxies: a client can write anything into that header.
 *
 * @throws InvalidArgumentError if it is no address.
 */
declare function clientAddress(address: string | undefined, { ipv6Prefix }?: ClientAddressOptions): string;

/**
 * The store did not decide in time, and the failure policy is `closed`. A permit may have been spent. Or it cannot be
 * read what is stored of the identifier (`cause.code` is `CORRUPT_RECORD`): that lasts until a `reset`.
 *
 * Answer it with 503, never with 429: the client did nothing wrong. Express and Fastify do by `statusCode`.
 */
declare class RateLimitUnavailableError extends NoriKVError {
    static readonly code: string;
    static readonly outcome: Outcome;
    static readonly retryable: boolean;
    readonly statusCode: number;
}

/**
 * The SHA-256 of an identifier in hexadecimal, for identifiers that must not be readable in the store: API
 * keys, e-mail addresses, tokens. Identifiers above 256 characters are hashed without asking.
 */
declare function hashIdentifier(identifier: string): Promise<string>;

export { type ClientAddressOptions, RateLimitUnavailableError, clientAddress, hashIdentifier };
