import type { KvStore } from '@norikv/store';
import { mostRequests, type RateLimitConfig } from './limit.js';
import type { RateLimiterOptions } from './options.js';
import { RateLimiter } from './rate-limiter.js';

/** What the store uses of the options of express-rate-limit 7 or 8. */
export interface ExpressRateLimitOptions {
  readonly windowMs: number;
}

/** What express-rate-limit wants to know of a client. */
export interface ClientHits {
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
export class NoriKVRateLimitStore {
  /** Hits live in the store, so two limiters may share one only under different prefixes. */
  readonly localKeys: boolean = false;
  readonly prefix: string;
  readonly #limiter: RateLimiter;
  #window: RateLimitConfig = { ...counting, windowMs: 60_000 };

  /** @throws UnsupportedError if the store does not guarantee what a limit needs. */
  constructor(client: KvStore, options: RateLimiterOptions = {}) {
    const { prefix = 'express-rate-limit', onFailure = 'closed' } = options;
    this.prefix = prefix;
    this.#limiter = new RateLimiter(client, { ...options, prefix, onFailure });
  }

  /** Called by express-rate-limit. */
  init({ windowMs }: ExpressRateLimitOptions): void {
    this.#window = { ...counting, windowMs };
  }

  /** Counts a request, and returns the count. */
  async increment(key: string): Promise<ClientHits> {
    const { limit, remaining, resetAt } = await this.#limiter.checkLimit(key, this.#window);
    return { totalHits: Math.max(1, limit - remaining), resetTime: new Date(resetAt) };
  }

  /**
   * Takes a hit back. As in every store of express-rate-limit, one of an earlier window counts for this one. Where the
   * store does not answer, it stays counted, and nothing is thrown.
   */
  async decrement(key: string): Promise<void> {
    try {
      await this.#limiter.refund(key, this.#window);
    } catch {
      // It is asked for after the response, where express-rate-limit 7 takes no error: it would end the process.
    }
  }

  /** Forgets what was counted of a client. */
  async resetKey(key: string): Promise<void> {
    await this.#limiter.reset(key);
  }

  /** The count of a client, or undefined if there is none. */
  async get(key: string): Promise<ClientHits | undefined> {
    const { limit, remaining, resetAt } = await this.#limiter.peek(key, this.#window);
    return limit === remaining ? undefined : { totalHits: limit - remaining, resetTime: new Date(resetAt) };
  }
}

/** express-rate-limit compares the count with its limit itself. */
const counting = { maxRequests: mostRequests, algorithm: 'fixed-window', name: 'hits' } as const;
