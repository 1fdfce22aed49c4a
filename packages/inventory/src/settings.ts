import type { UpdaterOptions } from '@norikv/cas-retry';
import {
  type Clock,
  type Guarantee,
  InvalidArgumentError,
  type KvStore,
  requireCapabilities,
  systemClock,
} from '@norikv/store';
import { checkCallOptions } from '@norikv/store/call-options';
import {
  checkAtOnce,
  checkFunction,
  checkObject,
  checkOptions,
  checkText,
  checkWhole,
} from '@norikv/store/checks';
import { type StockName, stockName } from './names.js';
import type { CallOptions, InventoryOptions, ItemOptions } from './options.js';
import type { Rules } from './rules.js';

export const mostBuckets = 64;
export const longestNoteBytes = 64;
const longestTtlMs = 30 * 24 * 60 * 60 * 1_000;
export const mostUnits = 1_000_000_000;

/** The longest a reservation can be as JSON, live and final, and what live ones may take of a value, and all together. */
const longestRowBytes = 102;
const longestFinalRowBytes = 113;
const needs: readonly Guarantee[] = ['atomicCas', 'createIfAbsent', 'linearizableReads'];
const liveShare = 0.5;
const wholeShare = 0.9;
/** For each operation id that a record remembers, so that they take a twentieth of it at most: each has up to 97 bytes. */
const bytesOfOperation = 2_048;

/** What a manager goes by: its checked options. */
export interface Settings {
  readonly prefix: string;
  readonly ttlMs: number;
  readonly rules: Rules;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly updaterOptions: UpdaterOptions;
}

/** Checks options by name and fills in the defaults. */
export function settingsOf(store: KvStore, options: InventoryOptions): Settings {
  checkObject('options', options);
  const { maxValueBytes = 2 ** 20 } = store.capabilities ?? {};
  const mostReservations = Math.floor((liveShare * maxValueBytes) / longestRowBytes);
  const mostOperations = Math.max(1, Math.floor(maxValueBytes / bytesOfOperation));
  const {
    prefix = 'inventory',
    ttlMs = 600_000,
    graceMs = 60_000,
    clockSkewMs = 1_000,
    maxReservations = Math.min(5_000, mostReservations),
    newId = randomId,
    operationWindow = Math.min(256, mostOperations),
    unsafeAllowNonAtomicCas,
    ...others
  } = options;
  requireCapabilities(store, 'InventoryManager', needs, unsafeAllowNonAtomicCas);
  checkText('prefix', prefix, 32);
  if (prefix.includes(':')) throw new InvalidArgumentError(`prefix is "${prefix}"; leave out the colon`);
  checkTtl(ttlMs);
  checkWhole('graceMs', graceMs, 0, longestTtlMs);
  checkWhole('clockSkewMs', clockSkewMs, 0, longestTtlMs);
  checkWhole('maxReservations', maxReservations, 1, mostReservations);
  checkWhole('operationWindow', operationWindow, 1, mostOperations);
  checkFunction('newId', newId);
  const maxRemembered = Math.floor((wholeShare * maxValueBytes) / longestFinalRowBytes);
  const rules = { graceMs, clockSkewMs, maxReservations, maxRemembered };
  const updaterOptions = { ...others, operationWindow };
  const { clock = systemClock, random = Math.random } = others;
  const newToken = (): string => checkAtOnce('newId()', newId());
  return { prefix, ttlMs, rules, newId: newToken, clock, random, updaterOptions };
}

/**
 * The options of a call: its limits, and `own` ones. An id, a quantity or a location passed in their place would be lost
 * without a word; with an id that is misspelt a repetition would reserve once more; and an `opId` where none belongs would
 * have the next call take the answer of this one for its own.
 *
 * @throws InvalidArgumentError unless they are an object of such options, with a signal if they have one.
 */
export function checkedOptions<Options extends CallOptions>(options: Options, ...own: string[]): Options {
  checkCallOptions(checkOptions(options, ['signal', 'deadlineMs', ...own]));
  return options;
}

/** The options of a call about an item, with the name of its stock in the place of the location. */
export function named<Options extends ItemOptions>(
  sku: string,
  options: Options,
  ...own: string[]
): Omit<Options, 'location'> & { readonly name: StockName } {
  const { location, ...others } = checkedOptions(options, 'location', ...own);
  return { ...others, name: stockName(sku, location) };
}

/** @throws InvalidArgumentError unless it is a whole number of milliseconds from 1 to 30 days. */
export function checkTtl(ttlMs: number): void {
  checkWhole('ttlMs', ttlMs, 1, longestTtlMs);
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
