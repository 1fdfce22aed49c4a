import { InvalidArgumentError } from '@norikv/store';
import { checkNames, checkOneOf, checkWhole, refuse } from '@norikv/store/checks';
import type { Algorithm, Numbers, Quota } from './algorithm.js';
import { fixedWindow } from './fixed-window.js';
import { gcra } from './gcra.js';
import { blockSlot } from './record.js';
import { slidingWindow } from './sliding-window.js';

/**
 * How requests are counted.
 *
 * `gcra`: `burst` at once, and one more every `windowMs / maxRequests`. Smooth; any window sees at most
 * `burst + maxRequests`. `sliding-window`: two counters, close to "at most `maxRequests` in any window".
 * `fixed-window`: `maxRequests` in a window that begins with its first request; twice that around its end.
 */
export type RateLimitAlgorithm = 'gcra' | 'sliding-window' | 'fixed-window';

/** A limit: at most `maxRequests` in `windowMs`. */
export interface RateLimitConfig {
  /** A whole number from 1 to 1,000,000,000. */
  readonly maxRequests: number;
  /** Whole milliseconds, at most 366 days. */
  readonly windowMs: number;
  /** Default `gcra`. */
  readonly algorithm?: RateLimitAlgorithm | undefined;
  /** Requests admitted at once after a pause, for `gcra`; they must come back within 100 years. Default `maxRequests`. */
  readonly burst?: number | undefined;
  /**
   * Shown in headers, and under which the limit is counted: give one to keep what was counted when the
   * numbers change. Processes that use different numbers under one name count together, and none of them
   * admits more than its own numbers allow. A window of another length is counted anew, except by `gcra`.
   * 1 to 24 letters, digits, `.`, `_` or `-`. Default: made from the numbers.
   */
  readonly name?: string | undefined;
}

/** A checked limit. */
export interface Limit extends Quota {
  readonly name: string;
  /** Its place in a record. */
  readonly slot: string;
  /** Differs where the numbers do. */
  readonly id: string;
  readonly algorithm: Algorithm;
}

export const longestWindowMs: number = 366 * 24 * 60 * 60 * 1_000;
export const mostRequests = 1_000_000_000;
/** What takes longer to come back is beyond what times in a record can say. */
const longestSpanMs = 100 * longestWindowMs;

const algorithms: Readonly<Record<RateLimitAlgorithm, readonly [Algorithm, letter: string]>> = {
  gcra: [gcra, 'g'],
  'sliding-window': [slidingWindow, 's'],
  'fixed-window': [fixedWindow, 'f'],
};

export const limitOptions: readonly string[] = ['maxRequests', 'windowMs', 'algorithm', 'burst', 'name'];

/** @throws InvalidArgumentError naming the option that is wrong. */
export function limitsOf(config: RateLimitConfig | readonly RateLimitConfig[]): readonly Limit[] {
  const limits = (Array.isArray(config) ? config : [config]).map(limitOf);
  if (limits.length === 0) throw new InvalidArgumentError('There is no limit to check; pass at least one');
  for (const [position, { slot, name }] of limits.entries()) {
    if (limits.findIndex((other) => other.slot === slot) !== position) {
      throw new InvalidArgumentError(`The limit "${name}" is there twice; give each a name of its own`);
    }
  }
  return limits;
}

function limitOf(config: RateLimitConfig): Limit {
  checkLimit(config);
  const { maxRequests, windowMs, algorithm = 'gcra', burst = maxRequests, name } = config;
  const [counting, letter] = algorithms[algorithm];
  const intervalMs = windowMs / maxRequests;
  const lasting = {
    gcra: refillMs({ capacity: burst, intervalMs }),
    'sliding-window': 2 * windowMs,
    'fixed-window': windowMs,
  };
  const numbers = `${maxRequests.toString(36)}/${windowMs.toString(36)}`;
  const ownSlot = burst === maxRequests ? numbers : `${numbers}/${burst.toString(36)}`;
  // A count means nothing under a window of another length; a level does.
  const sharedSlot = algorithm === 'gcra' ? `:${name}` : `:${name}/${windowMs.toString(36)}`;
  const slot = letter + (name === undefined ? ownSlot : sharedSlot);
  return {
    name: name ?? `${maxRequests}-in-${windowMs}ms`,
    slot,
    id: `${slot} ${numbers}/${burst}`,
    algorithm: counting,
    capacity: burst,
    windowMs,
    intervalMs,
    spanMs: Math.max(1, Math.ceil(lasting[algorithm])),
  };
}

function checkLimit(config: RateLimitConfig): void {
  if (typeof config !== 'object' || config === null) refuse('limit', config, '{ maxRequests, windowMs }');
  checkNames('an option of a limit', config, limitOptions);
  const { maxRequests, windowMs, algorithm = 'gcra', burst = maxRequests, name } = config;
  checkWhole('maxRequests', maxRequests, 1, mostRequests);
  checkWhole('windowMs', windowMs, 1, longestWindowMs);
  checkWhole('burst', burst, 1, mostRequests);
  checkOneOf('algorithm', algorithm, Object.keys(algorithms));
  if (algorithm !== 'gcra' && burst !== maxRequests) refuse('burst', burst, 'it with gcra only');
  if (name !== undefined && !/^[\w.-]{1,24}$/.test(name)) {
    refuse('name', name, '1 to 24 letters, digits, ".", "_" or "-"');
  }
  if ((burst * windowMs) / maxRequests > longestSpanMs) {
    refuse('burst', burst, 'permits that come back within 100 years');
  }
}

/** How long numbers matter at most, by what is stored: who writes a record may not know all limits in it. */
export function spanIn(slot: string, [, durationMs, lastingMs]: Numbers): number {
  const never = Number.POSITIVE_INFINITY;
  if (slot === blockSlot) return durationMs ?? never;
  if (slot.startsWith('g')) return lastingMs ?? never;
  const windowMs = Number.parseInt(slot.slice(slot.lastIndexOf('/') + 1), 36) || 0;
  return slot.startsWith('s') ? 2 * windowMs : windowMs;
}

/** Time in which all permits of a limit come back. A division may have added a bit, which is no millisecond. */
export function refillMs({ capacity, intervalMs }: Pick<Limit, 'capacity' | 'intervalMs'>): number {
  return Math.ceil(capacity * intervalMs * (1 - 1e-12));
}
