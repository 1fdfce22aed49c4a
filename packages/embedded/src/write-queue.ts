import {
  type Clock,
  isNoriKVError,
  type NoriKVError,
  ResourceExhaustedError,
  UnavailableError,
} from '@norikv/store';
import { LimitWatch } from './limit-watch.js';
import { monotonicMs, nextTurn } from './next-turn.js';
import { PendingWrite, type WriteOrder } from './pending-write.js';
import { ReturningCallers } from './returning-callers.js';
import type { WriteTransaction } from './write-transaction.js';

// Bounds on one transaction, so that it holds neither the event loop nor the write lock for long.
const maxBatchWrites = 1_024;
const maxBatchBytes = 4 * 1_024 * 1_024;

/** Where a {@link WriteQueue} leads. */
export interface WriteTarget {
  readonly clock: Clock;
  readonly maxPendingBytes: number;
  /**
   * Fills a transaction and commits it, all or nothing; fills another one if this one came too late. Resolves
   * when it is as durable as promised, and rejects with an error of the contract.
   */
  commit(fill: (transaction: WriteTransaction) => void): Promise<void>;
}

/**
 * Group commit: writes that arrive while a transaction is under way go into the next one together, each with
 * its own condition and its own answer.
 */
export class WriteQueue {
  readonly #target: WriteTarget;
  readonly #limits: LimitWatch;
  readonly #waiting = new Set<PendingWrite>();
  readonly #returning = new ReturningCallers();
  #pendingBytes = 0;
  #running: Promise<void> | undefined;
  #failure: NoriKVError | undefined;

  constructor(target: WriteTarget) {
    this.#target = target;
    this.#limits = new LimitWatch(target.clock);
  }

  /** How many writes wait for a transaction. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Puts a write in the queue and resolves with what its work returned, when that is durable.
   *
   * @throws ResourceExhaustedError if too many bytes wait already.
   * @throws CancelledError if the signal is aborted already.
   * @throws UnavailableError once a commit has failed so that its outcome is unknown.
   */
  submit<T>(order: WriteOrder<T>): Promise<T> {
    if (this.#failure) throw broken(this.#failure);
    if (this.#pendingBytes > 0 && this.#pendingBytes + order.bytes > this.#target.maxPendingBytes) {
      throw new ResourceExhaustedError(
        `${this.#pendingBytes} bytes of writes are waiting; send fewer at a time or raise maxPendingBytes`,
        { key: order.key },
      );
    }
    const write = new PendingWrite(order, this.#limits, (given) => this.#withdraw(given));
    this.#waiting.add(write);
    this.#pendingBytes += write.bytes;
    this.#running ??= this.#run();
    return write.promise as Promise<T>;
  }

  /** Resolves when nothing is waiting or under way. */
  async drained(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      // Writes of this turn of the event loop come along, such as those that follow an answer of the last batch.
      await nextTurn();
      await this.#returning.gather(() => this.#waiting.size);
      await this.#commitBatch();
    }
    this.#running = undefined;
  }

  async #commitBatch(): Promise<void> {
    const batch = this.#takeBatch();
    const beganAtMs = monotonicMs();
    try {
      await this.#target.commit((transaction) => {
        for (const write of batch) write.enter(transaction);
      });
      const callers = Math.min(batch.length + this.#waiting.size, maxBatchWrites);
      this.#returning.answered(callers, monotonicMs() - beganAtMs);
      for (const write of batch) write.settle();
    } catch (error) {
      for (const write of batch) write.fail(error);
      if (isNoriKVError(error) && error.outcome === 'unknown') this.#break(error);
    } finally {
      for (const write of batch) this.#pendingBytes -= write.bytes;
    }
  }

  #takeBatch(): PendingWrite[] {
    const batch: PendingWrite[] = [];
    let bytes = 0;
    for (const write of this.#waiting) {
      if (batch.length === maxBatchWrites || bytes > maxBatchBytes) break;
      this.#waiting.delete(write);
      batch.push(write);
      bytes += write.bytes;
    }
    return batch;
  }

  #withdraw(write: PendingWrite): void {
    if (this.#waiting.delete(write)) this.#pendingBytes -= write.bytes;
  }

  #break(failure: NoriKVError): void {
    this.#failure = failure;
    for (const write of this.#waiting) {
      this.#withdraw(write);
      write.fail(broken(failure));
    }
  }
}

function broken(cause: NoriKVError): UnavailableError {
  return new UnavailableError('An earlier commit failed; close the store and open it again', {
    outcome: 'not-applied',
    retryable: false,
    cause,
  });
}
