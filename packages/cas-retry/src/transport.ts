import type { Clock } from '@norikv/store';
import { faultOf } from './fault.js';

const capacity = 500;
const retryCost = 5;
const timeoutCost = 10;

/**
 * The health of one store as this process sees it: how long a round trip takes, and how many repeated calls
 * it may still be burdened with.
 *
 * The budget is a token bucket as in the AWS SDKs: repeats cost tokens, answers earn one. In an outage it
 * runs dry, and calls fail at once instead of piling up. Lost races cost nothing: they prove progress.
 */
export interface Transport {
  readonly roundTripMs: number;
  /** Whether one more repeat is affordable; takes its price if so. */
  affordRetry(afterTimeout: boolean): boolean;
  /** Makes a call and learns from how long an answer took. */
  measure<Result>(clock: Clock, call: () => Promise<Result>): Promise<Result>;
}

export function createTransport(): Transport {
  let tokens = capacity;
  let averageMs: number | undefined;
  const answered = (tookMs: number): void => {
    averageMs = averageMs === undefined ? tookMs : averageMs + (tookMs - averageMs) / 8;
    tokens = Math.min(capacity, tokens + 1);
  };
  return {
    get roundTripMs() {
      return averageMs ?? 1;
    },
    affordRetry(afterTimeout) {
      const cost = afterTimeout ? timeoutCost : retryCost;
      const isAffordable = tokens >= cost;
      if (isAffordable) tokens -= cost;
      return isAffordable;
    },
    async measure(clock, call) {
      const startedAt = clock.monotonic();
      try {
        const result = await call();
        answered(clock.monotonic() - startedAt);
        return result;
      } catch (error) {
        if (faultOf(error) === 'conflict') answered(clock.monotonic() - startedAt);
        throw error;
      }
    },
  };
}
