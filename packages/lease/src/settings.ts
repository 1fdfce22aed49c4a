import {
  type CallOptions,
  type Clock,
  InvalidArgumentError,
  stringToBytes,
  systemClock,
} from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import { isolated, type LeaseListener } from './events.js';
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

/** A leader that resigned waits for two polls and their jitter. */
const longestPollMs = longestMs >> 2;

export function settingsOf(options: LeasesOptions): Settings {
  const { ttlMs = 15_000, jitter = 0.2, safety = 0.1, owner = crypto.randomUUID() } = options;
  checkWholeMs('ttlMs', ttlMs);
  const brief = Math.min(2_000, Math.max(1, Math.floor(ttlMs / 5)));
  const { renewEveryMs = Math.max(1, Math.floor(ttlMs / 3)) } = options;
  const { requestTimeoutMs = brief, pollMs = brief } = options;
  for (const [name, value] of Object.entries({ renewEveryMs, requestTimeoutMs })) checkWholeMs(name, value);
  checkWholeMs('pollMs', pollMs, 1, longestPollMs);
  check(jitter >= 0 && jitter <= 1, 'jitter', jitter, 'use a number from 0 to 1');
  check(safety > 0 && safety < 1, 'safety', safety, 'use a number above 0 and below 1, such as 0.1');
  checkText('owner', owner);
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
  checkFunction('epochFloor', givenFloor, 'use a function that returns a bigint, such as () => 0n');
  checkFunction('onEvent', onEvent, 'use a function that takes an event');
  const epochFloor = (): bigint => {
    const floor = givenFloor?.() ?? 0n;
    check(typeof floor === 'bigint', 'epochFloor()', floor, 'return a bigint, such as 0n');
    return floor;
  };
  const times = { ttlMs, holdMs, renewEveryMs, requestTimeoutMs, pollMs, jitter };
  return { owner, ...times, epochFloor, onEvent: isolated(onEvent), clock, random };
}

/**
 * Throws unless the options of a lease are good. A time in their place would be lost without a word, and a lease that
 * is not renewed would only be missed when it is lost.
 */
export function checkRenewal(options: RenewalOptions & CallOptions): void {
  checkCallOptions(options);
  checkFunction('renewWhile', options.renewWhile, 'use a function that says whether to go on');
}

/** Throws unless the value is a whole number of milliseconds that a timer can keep. */
export function checkWholeMs(name: string, value: number, least = 1, most: number = longestMs): void {
  const fits = Number.isInteger(value) && value >= least && value <= most;
  check(fits, name, value, `use a whole number of milliseconds from ${least} to ${most}`);
}

/** Throws unless the value is a string that names something. */
export function checkText(name: string, value: string, maxBytes = 256): void {
  const isText = typeof value === 'string' && value !== '' && value.isWellFormed();
  check(isText, name, JSON.stringify(value), 'use a well-formed string that is not empty');
  const bytes = stringToBytes(value).length;
  check(bytes <= maxBytes, name, `${bytes} bytes long`, `use at most ${maxBytes}; a long one can be hashed`);
}

function checkFunction(name: string, value: unknown, fix: string): void {
  check(value === undefined || typeof value === 'function', name, value, fix);
}

function check(isGood: boolean, name: string, value: unknown, fix: string): void {
  if (!isGood) throw new InvalidArgumentError(`${name} is ${String(value)}; ${fix}`);
}
