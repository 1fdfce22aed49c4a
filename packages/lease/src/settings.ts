import { type CallOptions, type Clock, InvalidArgumentError, systemClock } from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import {
  checkAtOnce,
  checkFunction,
  checkNames,
  checkOneOf,
  checkOptions,
  checkText,
  checkWhole,
  draw,
  refuse,
} from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import type { LeaseListener } from './events.js';
import { longestMs } from './lease-record.js';
import type { LeasesOptions, RenewalOptions } from './options.js';

/** Checked options, with defaults. */
export interface Settings {
  readonly owner: string;
  readonly ttlMs: number;
  /** How long a holder relies on its lease, from the moment before it was written. */
  readonly holdMs: number;
  readonly renewEveryMs: number;
  readonly requestTimeoutMs: number;
  readonly pollMs: number;
  readonly jitter: number;
  readonly epochFloor: () => bigint;
  readonly onEvent: LeaseListener;
  readonly clock: Clock;
  readonly random: () => number;
}

/** In bytes. */
export const longestOwner = 256;

/** A leader that resigned waits for two polls and their jitter. */
const longestPollMs = longestMs >> 2;

const optionNames: readonly (keyof LeasesOptions)[] = [
  'ttlMs',
  'renewEveryMs',
  'requestTimeoutMs',
  'pollMs',
  'jitter',
  'safety',
  'owner',
  'epochFloor',
  'onEvent',
  'clock',
  'random',
  'unsafeAllowNonAtomicCas',
];

export function settingsOf(options: LeasesOptions): Settings {
  checkOptions(options, optionNames);
  const { ttlMs = 15_000, jitter = 0.2, safety = 0.1, owner = crypto.randomUUID() } = options;
  checkTime('ttlMs', ttlMs);
  const brief = Math.min(2_000, Math.max(1, Math.floor(ttlMs / 5)));
  const { renewEveryMs = Math.max(1, Math.floor(ttlMs / 3)) } = options;
  const { requestTimeoutMs = brief, pollMs = brief } = options;
  for (const [name, value] of Object.entries({ renewEveryMs, requestTimeoutMs })) checkTime(name, value);
  checkWhole('pollMs', pollMs, 1, longestPollMs);
  if (!(jitter >= 0 && jitter <= 1)) refuse('jitter', jitter, 'a number from 0 to 1');
  if (!(safety > 0 && safety < 1)) refuse('safety', safety, 'a number above 0 and below 1, such as 0.1');
  checkText('owner', owner, longestOwner);
  const holdMs = Math.floor(ttlMs * (1 - safety));
  const needMs = renewEveryMs + 2 * requestTimeoutMs;
  if (needMs > holdMs) {
    throw new InvalidArgumentError(
      `renewEveryMs ${renewEveryMs} + 2 x requestTimeoutMs ${requestTimeoutMs} = ${needMs} ms is more than ` +
        `ttlMs ${ttlMs} x (1 - safety ${safety}) = ${holdMs} ms: one slow renewal would lose the lease, and ` +
        'a later limit would let two hold it. Raise ttlMs or lower the others.',
    );
  }
  const { onEvent, clock = systemClock, random = Math.random, epochFloor: givenFloor } = options;
  if (givenFloor !== undefined) checkFunction('epochFloor', givenFloor);
  if (onEvent !== undefined) checkFunction('onEvent', onEvent);
  checkFunction('random', random);
  draw(random);
  const epochFloor = (): bigint => {
    const floor = checkAtOnce('epochFloor()', givenFloor?.() ?? 0n);
    // An epoch below 0 could be written, and never be read again.
    if (typeof floor === 'bigint' && floor >= 0n) return floor;
    return refuse('epochFloor()', floor, 'a bigint from 0n');
  };
  const times = { ttlMs, holdMs, renewEveryMs, requestTimeoutMs, pollMs, jitter };
  return { owner, ...times, epochFloor, onEvent: (event) => tell(onEvent, event), clock, random };
}

/**
 * Throws unless the options of a lease are good and all have names that are known: a misspelt `autoRenew` would only be
 * noticed when the lease is lost.
 *
 * @param more - names of options beside those of renewal.
 */
export function checkRenewal(options: RenewalOptions & CallOptions, ...more: string[]): void {
  checkCallOptions(options);
  checkNames('an option', options, ['autoRenew', 'renewWhile', ...more]);
  const { autoRenew, renewWhile } = options;
  if (autoRenew !== undefined) checkOneOf('autoRenew', autoRenew, [true, false]);
  if (renewWhile !== undefined) checkFunction('renewWhile', renewWhile);
}

/** A random part of a time; all of it if `random` fails in the background, where nobody could be told. */
export function partOf(time: number, random: () => number): number {
  try {
    return time * draw(random);
  } catch {
    return time;
  }
}

/** Throws unless the value is a number of milliseconds from 0; it may have no end. */
export function checkSpan(name: string, value: number): void {
  if (typeof value !== 'number' || !(value >= 0)) refuse(name, value, 'milliseconds from 0, or leave it out');
}

/** Throws unless the value is a whole number of milliseconds that a timer can keep. */
export function checkTime(name: string, value: number, least = 1): void {
  checkWhole(name, value, least, longestMs);
}
