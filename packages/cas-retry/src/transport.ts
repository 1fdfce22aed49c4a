const capacity = 500;
const retryCost = 5;
const timeoutCost = 10;
/** One answer counts as so many usual ones at most. What took longer may be that of a process which stood still. */
const mostOfUsual = 8;

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
  /** Learns from how long an answer took. */
  answered(tookMs: number): void;
}

export function createTransport(): Transport {
  let tokens = capacity;
  let averageMs: number | undefined;
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
    answered(tookMs) {
      const countedMs = Math.min(tookMs, mostOfUsual * Math.max(1, averageMs ?? 1));
      averageMs ??= countedMs;
      averageMs += (countedMs - averageMs) / 8;
      tokens = Math.min(capacity, tokens + 1);
    },
  };
}
