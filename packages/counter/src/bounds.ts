import { checkObject, checkOneOf, checkOptions, refuse } from '@norikv/store/checks';
import { wholeNumber } from './counter-value.js';
import { CounterBoundError } from './errors.js';

/**
 * Limits on the value of a counter. All its writers must use the same. A missing counter is 0, also where they leave
 * 0 out.
 */
export interface CounterBounds {
  readonly min?: number | bigint | undefined;
  readonly max?: number | bigint | undefined;
  /**
   * What becomes of an add or a reset that would go beyond. `reject` (default): `CounterBoundError`, nothing
   * applied. `clamp`: it goes as far as the bound.
   */
  readonly onBound?: 'reject' | 'clamp' | undefined;
}

/** Adds a delta to a value. */
export type Sum = (value: bigint, delta: bigint) => bigint;

/** Changes that stay within bounds. They throw `CounterBoundError` where the bounds reject one. */
export interface BoundedChanges {
  /** Adds. A value that is outside already, because the bounds changed, may move towards them and not further away. */
  readonly sum: Sum;
  /** Replaces a value, which may be anywhere, by one within the bounds. */
  set(value: bigint, to: bigint): bigint;
}

/** Makes changes stay within bounds. */
export function changesWithin(bounds: CounterBounds): BoundedChanges {
  checkOptions(bounds, ['min', 'max', 'onBound'], 'bounds');
  const { min, max, onBound = 'reject' } = bounds;
  const lower = min === undefined ? -Infinity : wholeNumber('bounds.min', min);
  const upper = max === undefined ? Infinity : wholeNumber('bounds.max', max);
  if (lower > upper) refuse('bounds.min', lower, 'at most bounds.max');
  checkOneOf('onBound', onBound, ['reject', 'clamp']);

  const stopAt = (bound: bigint, value: bigint, delta: bigint, clamped: bigint): bigint => {
    if (onBound === 'clamp') return clamped;
    const facts = { value, delta, bound };
    throw new CounterBoundError(`${value} + ${delta} would pass the bound ${bound}`, facts);
  };
  return {
    sum(value, delta) {
      const sum = value + delta;
      const isUp = delta > 0n;
      if (delta === 0n || (isUp ? sum <= upper : sum >= lower)) return sum;
      const bound = BigInt(isUp ? upper : lower);
      const isOutside = isUp === value > bound;
      return stopAt(bound, value, delta, isOutside ? value : bound);
    },
    set(value, to) {
      if (to >= lower && to <= upper) return to;
      const bound = BigInt(to > upper ? upper : lower);
      return stopAt(bound, value, to - value, bound);
    },
  };
}

/** Refuses what a counter cannot keep: an option that is ignored in silence would be relied on. */
export function refuseOptions(options: object, ...names: string[]): void {
  checkObject('options', options);
  for (const name of names) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) refuse(name, value, 'a DistributedCounter to keep it');
  }
}
