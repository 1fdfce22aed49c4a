import { errorCode } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import { RateLimitUnavailableError } from './errors.js';
import { gcra } from './gcra.js';
import { type Limit, refillMs } from './limit.js';
import type { Settings } from './options.js';
import { emptyRecord, type RateLimitRecord } from './record.js';
import { type RateLimitResult, resultOf } from './result.js';
import { assess, consume } from './transitions.js';

/** The caller's doing, or a store that will never work: no policy hides these. */
const passedOn = new Set(['INVALID_ARGUMENT', 'UNSUPPORTED', 'CANCELLED']);

/** A record in memory. */
interface Kept {
  readonly record: RateLimitRecord;
  /** By the monotonic clock, as in a store: a wall clock that is set back must keep nobody out. */
  readonly until: number;
}

/** Decides where the store did not, as the failure policy says. */
export class Fallback {
  readonly #settings: Settings;
  readonly #records: BoundedMap<Kept>;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#records = new BoundedMap(settings.maxIdentifiers);
  }

  /** @throws RateLimitUnavailableError under `closed`; what no policy hides, as it is. */
  decide(error: unknown, key: string, limits: readonly Limit[], cost: number): RateLimitResult {
    const { onFailure, onEvent, clock, timeoutMs } = this.#settings;
    if (passedOn.has(errorCode(error) ?? '')) throw error;
    onEvent({ kind: 'fallback', policy: onFailure, error });
    const now = clock.now();
    if (onFailure === 'local') return this.#count(key, limits, cost, now);
    const fresh = assess(emptyRecord, limits, cost, now);
    if (onFailure === 'open') return { ...fresh, source: 'fallback' };
    if (errorCode(error) !== 'CONTENTION') throw unavailable(error, timeoutMs);
    const full = fresh.limits.map((limit) => {
      return {
        ...limit,
        remaining: 0,
        retryAfterMs: Math.max(limit.retryAfterMs, Math.min(timeoutMs, limit.windowMs)),
      };
    });
    return resultOf(false, cost, full, [], 'fallback');
  }

  /** It was reset. */
  forget(key: string): void {
    this.#records.delete(key);
  }

  #count(key: string, limits: readonly Limit[], cost: number, now: number): RateLimitResult {
    const share = limits.map((limit) => this.#shareOf(limit));
    const asOf = this.#settings.clock.monotonic();
    const kept = this.#records.get(key);
    const record = kept && asOf < kept.until ? kept.record : undefined;
    const { state, ttlMs = 0, result } = consume(share, cost)(record, now);
    if (state) this.#records.set(key, { record: state, until: asOf + ttlMs });
    return { ...result, source: 'fallback' };
  }

  #shareOf(limit: Limit): Limit {
    const { instances } = this.#settings;
    const capacity = Math.max(1, Math.floor(limit.capacity / instances));
    // A window stays as long as it is.
    if (limit.algorithm !== gcra) return { ...limit, capacity, intervalMs: limit.windowMs / capacity };
    const intervalMs = limit.intervalMs * instances;
    // One permit takes longer to come back than the whole limit, where that has fewer than there are processes.
    return { ...limit, capacity, intervalMs, spanMs: Math.max(1, refillMs({ capacity, intervalMs })) };
  }
}

function unavailable(cause: unknown, timeoutMs: number): RateLimitUnavailableError {
  if (errorCode(cause) === 'CORRUPT_RECORD') {
    const message = 'The record of the identifier cannot be read. Answer with 503; reset() removes it.';
    return new RateLimitUnavailableError(message, { cause, outcome: 'not-applied', retryable: false });
  }
  const message = `The store did not decide within ${timeoutMs} ms. Answer with 503 and try again later.`;
  return new RateLimitUnavailableError(message, { cause });
}
