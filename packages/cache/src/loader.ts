import { refuse } from '@norikv/store/checks';
import type { Core } from './core.js';
import { LoadTimeoutError } from './errors.js';
import { within } from './pause.js';
import type { Place } from './place.js';
import type { EntrySettings } from './settings.js';

/** What a loader is told. */
export interface LoadContext {
  readonly key: string;
  /** Aborted when the load takes longer than `hardTimeoutMs`; what it gives after that is ignored. */
  readonly signal: AbortSignal;
  /**
   * Says how long what this load gives is fresh, in milliseconds from its end, in place of `ttlMs` and `negativeTtlMs`: for
   * what only the loader knows, such as when a token expires. Stale times begin after it. At most `maxTtlMs` counts; 0 or
   * less keeps nothing, nor what there was before. The last word before the loader ends counts.
   *
   * @throws InvalidArgumentError if it is no number.
   */
  readonly keepFor: (freshMs: number) => void;
}

/** Gives the value of a key, or undefined if there is none. */
export type Loader<Value> = (context: LoadContext) => Promise<Value> | Value;

/** What a loader gave, and how it is to be kept. */
export interface Loaded {
  readonly value: unknown;
  readonly settings: EntrySettings;
  /** False for what only those get who wait for it. */
  readonly isKept: boolean;
}

const late = Symbol('late');

/**
 * Runs a loader within its time. After a failure, while a value stands in, the next load is not tried at once.
 *
 * @throws LoadTimeoutError, or what the loader throws.
 */
export async function runLoader(
  core: Core,
  { namespace, key, memoryKey }: Place,
  loader: Loader<unknown>,
  around: EntrySettings,
): Promise<Loaded> {
  const { clock, maxTtlMs } = core.settings;
  const startedAt = clock.monotonic();
  const controller = new AbortController();
  const { hardTimeoutMs } = around;
  let settings = around;
  const keepFor = (freshMs: number): void => {
    if (typeof freshMs !== 'number' || Number.isNaN(freshMs)) {
      refuse('keepFor()', freshMs, 'a number of milliseconds; 0 keeps nothing');
    }
    const ttlMs = Math.min(Math.max(freshMs, 0), maxTtlMs);
    settings = { ...settings, ttlMs, negativeTtlMs: ttlMs };
  };
  try {
    const work = Promise.resolve().then(() => loader({ key, signal: controller.signal, keepFor }));
    const value = await within(clock, hardTimeoutMs, work, late);
    if (typeof value === 'symbol' && value === late) {
      const error = new LoadTimeoutError(
        `the loader of ${JSON.stringify(key)} did not finish within ${hardTimeoutMs} ms (hardTimeoutMs)`,
      );
      controller.abort(error);
      throw error;
    }
    core.retryTimes.delete(memoryKey);
    core.tell({ kind: 'load', namespace, key, durationMs: clock.monotonic() - startedAt });
    const ttlMs = value === undefined ? settings.negativeTtlMs : settings.ttlMs;
    return { value, settings, isKept: ttlMs > 0 };
  } catch (error) {
    core.retryTimes.set(memoryKey, clock.monotonic() + around.retryAfterMs);
    core.tell({ kind: 'load-error', namespace, key, error });
    throw error;
  }
}
