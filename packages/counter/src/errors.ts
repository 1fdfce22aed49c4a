import { type ErrorFacts, NoriKVError } from '@norikv/store';

/** Facts of a {@link CounterBoundError}. */
export interface CounterBoundFacts extends ErrorFacts {
  readonly value: bigint;
  readonly delta: bigint;
  readonly bound: bigint;
}

/** An add or a reset would have left the bounds of its counter. Nothing was applied. */
export class CounterBoundError extends NoriKVError {
  static override readonly code: string = 'COUNTER_BOUND';
  /** What the counter held, and holds. */
  declare readonly value: bigint;
  /** What was to be added; of a reset the difference. */
  declare readonly delta: bigint;
  /** The bound that was in the way. */
  declare readonly bound: bigint;
  constructor(message: string, facts: CounterBoundFacts) {
    super(message, facts);
    const { value, delta, bound } = facts;
    // Not to be printed: JSON has no bigint, so that a log would fail for them.
    Object.defineProperties(this, { value: { value }, delta: { value: delta }, bound: { value: bound } });
  }
}

/** A total is too large for a number to be exact. Nothing was applied. Use the methods that give a bigint. */
export class CounterRangeError extends NoriKVError {
  static override readonly code: string = 'COUNTER_RANGE';
}

/** A time lies before the buckets that are kept, or too far ahead. Nothing was read or applied. */
export class BucketTimeError extends NoriKVError {
  static override readonly code: string = 'BUCKET_TIME';
}
