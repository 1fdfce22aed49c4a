import { type Clock, checkDurationMs, systemClock } from '@norikv/store';
import { checkClock, checkFunction, checkNames, checkObject, checkWhole, refuse } from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import type { CacheEvent } from './events.js';
import type { CacheOptions, EntryOptions } from './options.js';

/** Checked options of an entry, with defaults. */
export type EntrySettings = Readonly<Record<keyof EntryOptions, number>>;

const entryDefaults: EntrySettings = {
  ttlMs: 60_000,
  ttlJitter: 0,
  negativeTtlMs: 0,
  staleWhileRevalidateMs: 0,
  graceMs: 0,
  softTimeoutMs: 0,
  hardTimeoutMs: 10_000,
  earlyRefresh: 1,
  retryAfterMs: 1_000,
  maxWaitMs: 15_000,
};

const entryNames = Object.keys(entryDefaults) as readonly (keyof EntryOptions)[];
/** What `set` may be told. */
export const setNames: readonly string[] = [...entryNames, 'tags'];
/** What `getOrSet` may be told. */
export const callNames: readonly string[] = [...setNames, 'signal'];
/** What a namespace may be told. */
export const namespaceNames: readonly string[] = [...entryNames, 'codec', 'schema'];
const mayBeZero = ['negativeTtlMs', 'staleWhileRevalidateMs', 'graceMs', 'softTimeoutMs'];

/** The settings of an entry: its options over those around it. */
export function entrySettings(
  options: EntryOptions,
  maxTtlMs: number,
  around: EntrySettings = entryDefaults,
): EntrySettings {
  const settings = { ...around };
  for (const name of entryNames) {
    const value = options[name];
    if (value === undefined) continue;
    if (name === 'ttlJitter' || name === 'earlyRefresh') checkShare(name, value);
    else if (value !== 0 || !mayBeZero.includes(name)) checkDurationMs(name, value);
    settings[name] = value;
  }
  for (const name of ['ttlMs', 'negativeTtlMs'] as const) {
    if (settings[name] > maxTtlMs) {
      refuse(name, settings[name], `at most maxTtlMs (${maxTtlMs})`);
    }
  }
  return settings;
}

/** Checked options of a cache, with defaults. */
export interface Settings {
  readonly prefix: string;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly maxStalenessMs: number;
  readonly offlineMs: number;
  readonly shards: number;
  readonly maxTtlMs: number;
  readonly storeTimeoutMs: number;
  readonly breakerFailures: number;
  readonly breakerMs: number;
  readonly onEvent: (event: CacheEvent) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws InvalidArgumentError naming the option that is wrong. */
export function settingsOf<Value>(options: CacheOptions<Value>): Settings {
  checkObject('options', options);
  const { onEvent, clock = systemClock, random = Math.random } = options;
  if (onEvent !== undefined) checkFunction('onEvent', onEvent);
  checkFunction('random', random);
  checkClock(clock);
  const settings: Settings = {
    prefix: options.prefix ?? 'cache',
    maxEntries: options.maxEntries ?? 10_000,
    maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
    maxStalenessMs: options.maxStalenessMs ?? 1_000,
    offlineMs: options.offlineMs ?? 0,
    shards: options.shards ?? 16,
    maxTtlMs: options.maxTtlMs ?? 86_400_000,
    storeTimeoutMs: options.storeTimeoutMs ?? 1_000,
    breakerFailures: options.breakerFailures ?? 5,
    breakerMs: options.breakerMs ?? 2_000,
    onEvent: (event) => tell(onEvent, event),
    clock,
    random,
  };
  const names = [...Object.keys(settings), ...namespaceNames, 'unsafeAllowNonAtomicCas'];
  checkNames('an option', options, names);
  for (const name of ['maxStalenessMs', 'storeTimeoutMs', 'breakerMs'] as const) {
    checkDurationMs(name, settings[name]);
  }
  checkWhole('maxEntries', settings.maxEntries, 0, mostEntries);
  checkWhole('offlineMs', settings.offlineMs, 0);
  for (const name of ['maxBytes', 'shards', 'breakerFailures'] as const) checkWhole(name, settings[name], 1);
  checkMaxTtlMs(settings.maxTtlMs);
  return settings;
}

/** A `Map` holds no more. */
const mostEntries = 2 ** 24;
const longestTtlMs = 3_155_760_000_000;

/** An epoch outlives what carries it, so there must be longer times than the longest. */
export function checkMaxTtlMs(maxTtlMs: number): void {
  checkDurationMs('maxTtlMs', maxTtlMs);
  if (maxTtlMs <= longestTtlMs) return;
  refuse('maxTtlMs', maxTtlMs, `at most ${longestTtlMs} (a century)`);
}

function checkShare(name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  refuse(name, value, 'a number from 0 to 1, or leave it out');
}
