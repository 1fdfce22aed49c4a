export type { CheckOptions, RateLimitCheck, RateLimits } from './check.js';
export { type ClientAddressOptions, clientAddress } from './client-address.js';
export { RateLimitUnavailableError } from './errors.js';
export { quotaExceeded, type RateLimitHeaderStyle, rateLimitHeaders } from './http-headers.js';
export type { RateLimitAlgorithm, RateLimitConfig } from './limit.js';
export type { FailurePolicy, RateLimitEvent, RateLimiterOptions } from './options.js';
export { RateLimiter } from './rate-limiter.js';
export { hashIdentifier } from './record-key.js';
export type { LimitStanding, RateLimitResult, RateLimitSource } from './result.js';
