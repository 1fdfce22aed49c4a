import { type Clock, checkDurationMs, systemClock } from '@norikv/store';
import { checkNames, checkObject, checkWhole, refuse } from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import type { StandardSchema } from '@norikv/store/standard-schema';
import type { CacheCodec } from './codec.js';
import type { CacheEvent } from './events.js';

/** How a value is loaded and kept. Given for a cache, a namespace or one call; the nearest counts. */
export interface EntryOptions {
  /** How long a value is fresh, in milliseconds. Default 60,000; at most `maxTtlMs`. */
  readonly ttlMs?: number | undefined;
  /** Share by which a ttl may be shortened at random, 0 to 1, so that not all expire at once. Default 0. */
  readonly ttlJitter?: number | undefined;
  /** How long "there is none" (a loader gave undefined) is kept, in milliseconds. Default 0: not at all. */
  readonly negativeTtlMs?: number | undefined;
  /** How long after its ttl a value is served at once while one caller loads it anew. Default 0. */
  readonly staleWhileRevalidateMs?: number | undefined;
  /** How long after its ttl a value stands in for a load that fails or is under way elsewhere. Default 0. */
  readonly graceMs?: number | undefined;
  /** How long a load may hold up a caller for whom a value within its grace is there. Default: no limit. */
  readonly softTimeoutMs?: number | undefined;
  /** How long a load may take; then it is aborted. Default 10,000. */
  readonly hardTimeoutMs?: number | undefined;
  /** Share of the ttl after which the first reader loads anew in the background, 0 to 1. Default 1: never. */
  readonly earlyRefresh?: number | undefined;
  /** How long after a failed load a value within its grace is served without another attempt. Default 1,000. */
  readonly retryAfterMs?: number | undefined;
  /** How long to wait for a load elsewhere before loading without keeping the result. Default 15,000. */
  readonly maxWaitMs?: number | undefined;
}

/** Options of one call. */
export interface CallEntryOptions extends EntryOptions {
  /** Names by which `invalidateTags` finds the value. */
  readonly tags?: readonly string[] | undefined;
  /** Ends waiting with `CancelledError`. A load goes on for the others. */
  readonly signal?: AbortSignal | undefined;
}

/** What may differ in a namespace. */
export interface NamespaceOptions<Value> extends EntryOptions {
  /** Default JSON. */
  readonly codec?: CacheCodec<Value> | undefined;
  /** Checks what is read, with the default codec. What does not pass is a miss. */
  readonly schema?: StandardSchema<Value> | undefined;
}

/**
 * Options of `createCache`. `prefix`, `shards` and `maxTtlMs` must be the same in all processes. Once `maxTtlMs` is
 * shorter than it was, values that were stored for longer are not given any more.
 */
export interface CacheOptions<Value> extends NamespaceOptions<Value> {
  /** Begins every key in the store. Caches with different prefixes know nothing of each other. Default `cache`. */
  readonly prefix?: string | undefined;
  /** How many values are kept in memory, least recently used first out. Default 10,000; 0: none. */
  readonly maxEntries?: number | undefined;
  /** How many bytes of encoded values and keys are kept in memory. Default 67,108,864 (64 MiB). */
  readonly maxBytes?: number | undefined;
  /**
   * The bound: how long after an invalidation is acknowledged another process may still answer from memory,
   * in milliseconds. Default 1,000. In the process that invalidates it is 0.
   */
  readonly maxStalenessMs?: number | undefined;
  /**
   * How much longer than that while the store does not answer. Default 0: then values are loaded, and shared
   * only by callers at the same time.
   */
  readonly offlineMs?: number | undefined;
  /** In how many groups keys are invalidated in the memory of other processes. Default 16. */
  readonly shards?: number | undefined;
  /** The longest time any value is kept, stale time included, in milliseconds. Default 86,400,000 (a day). */
  readonly maxTtlMs?: number | undefined;
  /** How long one call of the store may take, in milliseconds. Default 1,000. */
  readonly storeTimeoutMs?: number | undefined;
  /** After how many failures in a row the store is left alone. Default 5. */
  readonly breakerFailures?: number | undefined;
  /** For how long, in milliseconds; then one call looks whether it is back. Default 2,000. */
  readonly breakerMs?: number | undefined;
  /** Called for what is worth counting. What it throws is ignored. */
  readonly onEvent?: ((event: CacheEvent) => void) | undefined;
  /** Accepts a store that does not declare the guarantees. Invalidated values may then come back. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

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
/** What a call may be told. */
export const callNames: readonly string[] = [...entryNames, 'tags', 'signal'];
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
  for (const name of ['maxEntries', 'offlineMs'] as const) checkWhole(name, settings[name], 0);
  for (const name of ['maxBytes', 'shards', 'breakerFailures'] as const) checkWhole(name, settings[name], 1);
  checkMaxTtlMs(settings.maxTtlMs);
  return settings;
}

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
