import type { UpdaterOptions } from '@norikv/cas-retry';
import type { GetOptions, KvStore } from '@norikv/store';
import { backgroundClock } from '@norikv/store/background-clock';
import { checkFunction, checkWhole } from '@norikv/store/checks';
import { refuseOptions } from './bounds.js';
import { DistributedCounter } from './distributed-counter.js';
import { createWriteBehind, type WriteBehind } from './write-behind.js';

/** Options of a {@link BufferedCounter}. */
export interface BufferedCounterOptions extends UpdaterOptions {
  /**
   * How long an add may wait in memory before it is sent, in milliseconds. Default 1,000. One write is sent at a time:
   * while that takes longer, it waits for its end.
   */
  readonly maxStalenessMs?: number | undefined;
  /** How many adds may be in memory, so how many a crash can lose at most. Default 1,000. */
  readonly maxPending?: number | undefined;
  /** Told when a flush in the background failed. It is tried again; what this throws is ignored. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Accepts a store without the guarantees a counter stands on. Adds may then be lost or counted twice. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}

/**
 * Collects adds in memory and writes their sum to a counter in the background: the fastest of the counters,
 * and the only one that can lose something. The stored value is that of a `DistributedCounter` of this name.
 *
 * An add is acknowledged before it is stored. A crash loses at most `maxPending` adds; while the store
 * answers, none that are older than `maxStalenessMs` or, where that is longer, the rest of the write under way, and
 * the time of one write. `close()` loses none.
 *
 * A sum whose fate is unknown is sent again under the same operation id, so it is not counted twice unless
 * `operationWindow` (256) other writes with an operation id came between, such as flushes of other processes.
 *
 * The timer does not keep the process alive: call `close()`, or declare the counter with `await using`.
 *
 * @example
 * ```ts
 * await using hits = new BufferedCounter(store, 'hits', { maxStalenessMs: 500 });
 * await hits.increment();
 * ```
 */
export class BufferedCounter implements AsyncDisposable {
  readonly #counter: DistributedCounter;
  readonly #buffer: WriteBehind;

  /** @throws UnsupportedError if the store does not guarantee what a counter needs. */
  constructor(client: KvStore, counterName: string, options: BufferedCounterOptions = {}) {
    // Its flushes are repeated under operation ids, for which a plain value has no room.
    refuseOptions(options, 'bounds', 'format');
    const { maxStalenessMs = 1_000, maxPending = 1_000, onError, ...counterOptions } = options;
    checkWhole('maxStalenessMs', maxStalenessMs, 1, 2 ** 31 - 1);
    checkWhole('maxPending', maxPending);
    if (onError !== undefined) checkFunction('onError', onError);
    const counter = new DistributedCounter(client, counterName, counterOptions);
    this.#counter = counter;
    this.#buffer = createWriteBehind(
      (delta, opId) => counter.add(delta, { opId }),
      maxStalenessMs,
      maxPending,
      onError,
      options.clock ?? backgroundClock,
    );
  }

  /** The adds in memory: acknowledged to their callers and not known to be stored. */
  get pending(): number {
    return this.#buffer.pending();
  }

  /** Adds 1. */
  increment(): Promise<void> {
    return this.add(1);
  }

  /**
   * Adds a whole number of any size. Resolves when it is in memory: at once, unless the buffer is full and
   * must be flushed first.
   *
   * @throws ResourceExhaustedError if that flush failed; the add was not taken.
   * @throws ClosedError after `close()`.
   */
  add(delta: number | bigint): Promise<void> {
    return this.#buffer.add(delta);
  }

  /** The stored value, without what is pending. One round trip. */
  value(options?: GetOptions): Promise<bigint> {
    return this.#counter.value(options);
  }

  /**
   * Stores everything that is pending when it is called, what an earlier flush failed to store included.
   *
   * @throws as the writing methods of `DistributedCounter` do. What failed stays pending.
   */
  flush(): Promise<void> {
    return this.#buffer.flush();
  }

  /** Takes no further adds, and stores what is pending. If that fails it rejects, and may be called again. */
  close(): Promise<void> {
    return this.#buffer.close();
  }

  /** The same as {@link BufferedCounter.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
