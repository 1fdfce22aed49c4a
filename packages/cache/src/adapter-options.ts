import { type Clock, checkDurationMs, systemClock } from '@norikv/store';
import { checkClock, checkNames, checkObject } from '@norikv/store/checks';
import { checkPrefix } from './keys.js';
import { checkMaxTtlMs } from './settings.js';

/** Options of the adapters. */
export interface AdapterOptions {
  /**
   * Begins every key in the store. Adapters with different prefixes know nothing of each other. Default `keyv`,
   * `bentocache`, `unstorage` or `next`, after the library.
   */
  readonly prefix?: string | undefined;
  /**
   * How long after a clear is acknowledged another adapter, in this process or elsewhere, may still see what was
   * cleared, in milliseconds. Default 1,000. For the adapter that clears it is 0.
   */
  readonly maxStalenessMs?: number | undefined;
  /**
   * The longest time a value is kept, in milliseconds; also one without a ttl. Once it is shorter than it was, values
   * that were stored for longer are not given any more. Default 31,536,000,000 (a year).
   */
  readonly maxTtlMs?: number | undefined;
  /** How long one call of the store may take, in milliseconds. Default 5,000. */
  readonly storeTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Checked options of an adapter, with defaults. */
export type ShelfSettings = { readonly [Name in keyof AdapterOptions]-?: NonNullable<AdapterOptions[Name]> };

const yearMs = 31_536_000_000;

/** @throws InvalidArgumentError naming the option that is wrong. */
export function shelfSettings(options: AdapterOptions, defaultPrefix: string): ShelfSettings {
  const { prefix = defaultPrefix, clock = systemClock } = checkObject('options', options);
  const { maxStalenessMs = 1_000, maxTtlMs = yearMs, storeTimeoutMs = 5_000 } = options;
  checkPrefix(prefix, Number.POSITIVE_INFINITY);
  checkDurationMs('maxStalenessMs', maxStalenessMs);
  checkMaxTtlMs(maxTtlMs);
  checkDurationMs('storeTimeoutMs', storeTimeoutMs);
  checkClock(clock);
  const settings = { prefix, maxStalenessMs, maxTtlMs, storeTimeoutMs, clock };
  checkNames('an option', options, Object.keys(settings));
  return settings;
}
