import type { UpdaterOptions } from '@norikv/cas-retry';
import type { CounterFormat } from './counter-value.js';

/** Options of every counter: those of the updater (deadlines, clock, random, events), and these. */
export interface CounterOptions extends UpdaterOptions {
  /** Default `record`. */
  readonly format?: CounterFormat | undefined;
  /**
   * Accepts a store that does not declare the guarantees a counter stands on. Adds may then be lost or
   * counted twice.
   */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}

/** Options of one write to a counter. */
export interface WriteOptions {
  /** Ends waiting: `CancelledError` before the write left, `OutcomeUnknownError` after. */
  readonly signal?: AbortSignal | undefined;
  /** Total time in milliseconds. Default: the counter's, 10,000. */
  readonly deadlineMs?: number | undefined;
}

/** Options of one add. */
export interface AddOptions extends WriteOptions {
  /**
   * Names this write, so that repeating it, from any process, applies it once and answers the same. The
   * record remembers the last 256 names (`operationWindow`): a repetition after as many others is applied again.
   */
  readonly opId?: string | undefined;
}
