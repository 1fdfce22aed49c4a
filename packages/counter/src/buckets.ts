import { checkWhole, refuse } from '@norikv/store/checks';
import { BucketTimeError } from './errors.js';

/** How time is cut into buckets, and how long they are kept. */
export interface BucketRules {
  readonly bucketMs: number;
  readonly retentionMs: number;
  readonly clockToleranceMs: number;
}

/** Arithmetic of times; `now` is that of this machine, others may be `clockToleranceMs` off. */
export interface Buckets {
  /**
   * The start of the bucket that an add goes to.
   *
   * @throws BucketTimeError unless the time is within the retention, and not further ahead than clocks may be.
   */
  of(name: string, timeMs: number, now: number): number;
  /**
   * The starts of all buckets that overlap `fromMs` (included) to `toMs` (excluded); none if the two are equal.
   *
   * @throws BucketTimeError if they begin before what is kept: the sum would silently be too small.
   */
  between(fromMs: number, toMs: number, now: number): number[];
  /** How long a bucket must be kept so that it outlives its last write and its last read, on every clock. */
  timeToLiveMs(startMs: number, now: number): number;
}

/** So that no sum of them is beyond what a number holds. */
const longestMs = 2 ** 50;

/** As text, no bucket that is written to starts at a longer number. */
export const longestStart: string = String(-longestMs);

export function createBuckets(rules: BucketRules): Buckets {
  for (const [name, durationMs] of Object.entries(rules)) checkWhole(name, durationMs, 1, longestMs);
  const { bucketMs, retentionMs, clockToleranceMs } = rules;
  // One bucket of slack, so that "the last retentionMs", asked a moment later, is still answered.
  const keptMs = retentionMs + bucketMs;

  const of: Buckets['of'] = (name, timeMs, now) => {
    const earliest = now - keptMs;
    const latest = now + clockToleranceMs;
    const isInRange = typeof timeMs === 'number' && timeMs >= earliest && timeMs <= latest;
    if (isInRange) return Math.floor(timeMs / bucketMs) * bucketMs;
    return refuse(name, timeMs, `milliseconds from ${earliest} to ${latest}`, BucketTimeError);
  };

  return {
    of,
    between(fromMs, toMs, now) {
      const first = of('fromMs', fromMs, now);
      const isRange = typeof toMs === 'number' && toMs >= fromMs;
      if (!isRange) refuse('toMs', toMs, `milliseconds from ${fromMs} on`);
      const buckets = toMs > fromMs ? Math.ceil((toMs - first) / bucketMs) : 0;
      const length = checkWhole('buckets', buckets, 0, 10_000);
      return Array.from({ length }, (_, position) => first + position * bucketMs);
    },
    timeToLiveMs: (startMs, now) => Math.ceil(startMs + bucketMs + keptMs + clockToleranceMs - now),
  };
}
