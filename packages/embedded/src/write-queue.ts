import {
  type Clock,
  isNoriKVError,
  type NoriKVError,
  ResourceExhaustedError,
  UnavailableError,
} from '@norikv/store';
import { LimitWatch } from './limit-watch.js';
import { PendingWrite, type WriteOrder } from './pending-write.js';
import type { WriteTransaction } from './write-transaction.js';

// Bounds on one transaction, so that it holds neither the event loop nor the write lock for long.
const maxBatchWrites = 1_024;
const maxBatchBytes = 4 * 1_024 * 1_024;

/** Where a {@link WriteQueue} leads. */
export interface WriteTarget {
  readonly clock: Clock;
  readonly maxPendingBytes: number;
  /**
   * Runs work in a write transaction, all or nothing; resolves when it is as durable as promised, and
   * rejects with an error of the contract.
   */
  commit(work: () => void): Promise<void>;
  begin(): WriteTransaction;
}

/**
 * Group commit: writes that arrive while a transaction is under way go into the next one together, each with
 * its own condition and its own answer.
 */
export class WriteQueue {
  readonly #target: WriteTarget;
  readonly #limits: LimitWatch;
  readonly #waiting = new Set<PendingWrite>();
  #pendingBytes = 0;
  #pauses = 0;
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
    this.#start();
    return write.promise as Promise<T>;
  }

  /** Resolves when no transaction is under way; none begins until the returned function is called. */
  async pause(): Promise<() => void> {
    this.#pauses += 1;
    await this.#running;
    return () => {
      this.#pauses -= 1;
      this.#start();
    };
  }

  /** Resolves when nothing is waiting or under way. */
  async drained(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #start(): void {
    if (this.#running || this.#pauses > 0 || this.#waiting.size === 0) return;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0 && this.#pauses === 0) await this.#commitBatch();
    this.#running = undefined;
  }

  async #commitBatch(): Promise<void> {
    let batch: PendingWrite[] = [];
    try {
      await this.#target.commit(() => {
        batch = this.#takeBatch();
        const transaction = this.#target.begin();
        for (const write of batch) write.enter(transaction);
        transaction.end();
      });
      for (const write of batch) write.settle();
    } catch (error) {
      for (const write of batch) write.fail(error);
      if (batch.length === 0) this.#failWaiting(error);
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
    this.#failWaiting(broken(failure));
  }

  #failWaiting(reason: unknown): void {
    for (const write of this.#waiting) {
      this.#withdraw(write);
      write.fail(reason);
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
