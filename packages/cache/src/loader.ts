import type { Core } from './core.js';
import { LoadTimeoutError } from './errors.js';
import { within } from './pause.js';

/** What a loader is told. */
export interface LoadContext {
  readonly key: string;
  /** Aborted when the load takes longer than `hardTimeoutMs`; what it gives after that is ignored. */
  readonly signal: AbortSignal;
}

/** Gives the value of a key, or undefined if there is none. */
export type Loader<Value> = (context: LoadContext) => Promise<Value> | Value;

const late = Symbol('late');

/**
 * Runs a loader within its time.
 *
 * @throws LoadTimeoutError, or what the loader throws.
 */
export async function runLoader<Value>(
  core: Core,
  key: string,
  loader: Loader<Value>,
  hardTimeoutMs: number,
): Promise<Value> {
  const { clock } = core.settings;
  const startedAt = clock.monotonic();
  const controller = new AbortController();
  try {
    const work = Promise.resolve().then(() => loader({ key, signal: controller.signal }));
    const value = await within(clock, hardTimeoutMs, work, late);
    if (typeof value === 'symbol' && value === late) {
      const error = new LoadTimeoutError(
        `the loader of ${JSON.stringify(key)} did not finish within ${hardTimeoutMs} ms (hardTimeoutMs)`,
      );
      controller.abort(error);
      throw error;
    }
    core.tell({ kind: 'load', key, durationMs: clock.monotonic() - startedAt });
    return value;
  } catch (error) {
    core.tell({ kind: 'load-error', key, error });
    throw error;
  }
}
