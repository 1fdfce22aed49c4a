import { NoriKVError, type Outcome } from '@norikv/store';

/**
 * The store did not decide in time, and the failure policy is `closed`. A permit may have been spent. Or the record of
 * the identifier cannot be read (`cause.code` is `CORRUPT_RECORD`): that lasts until a `reset`.
 *
 * Answer it with 503, never with 429: the client did nothing wrong. Express and Fastify do by `statusCode`, Hono (from
 * 4.5) by `getResponse`.
 */
export class RateLimitUnavailableError extends NoriKVError {
  static override readonly code: string = 'RATE_LIMIT_UNAVAILABLE';
  static override readonly outcome: Outcome = 'unknown';
  static override readonly retryable: boolean = true;
  readonly statusCode: number = 503;

  /** What Hono answers with. */
  getResponse(): Response {
    return new Response('Service Unavailable', { status: this.statusCode });
  }
}
