import { type CallOptions, isNoriKVError, type Key } from '@norikv/store';
import type { LimitWatch } from './limit-watch.js';
import type { WriteTransaction } from './write-transaction.js';

/**
 * What a write does to its transaction. An error of the contract it throws is its caller's answer. It is done
 * again, in another transaction, if another process has committed meanwhile.
 */
export type Work<T> = (transaction: WriteTransaction) => T;

/** What a waiting write costs beside its bytes, about. */
export const overheadBytes = 512;

/** A write somebody asked for. */
export interface WriteOrder<T> {
  readonly work: Work<T>;
  /** What it costs to keep it waiting. */
  readonly bytes: number;
  readonly options: CallOptions;
  readonly key: Key | undefined;
}

/** A write on its way: it waits, enters a transaction, and is settled when that has ended. */
export class PendingWrite {
  readonly promise: Promise<unknown>;
  readonly bytes: number;
  #work: Work<unknown> | undefined;
  #hasEntered = false;
  #answer: unknown;
  #refusal: unknown;
  #resolve: ((answer: unknown) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #stopWatching: (() => void) | undefined;

  /** @param withdraw - called when the caller gave up. */
  constructor(
    { work, bytes, options, key }: WriteOrder<unknown>,
    limits: LimitWatch,
    withdraw: (write: PendingWrite) => void,
  ) {
    this.#work = work;
    this.bytes = bytes;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (options.signal === undefined && options.timeoutMs === undefined) return;
    this.#stopWatching = limits.watch(options, key, (errorOf) => {
      withdraw(this);
      this.fail(errorOf(this.#hasEntered ? 'unknown' : 'not-applied'));
    });
  }

  /** Does the work. From here on, whoever gives up cannot know whether it is applied. */
  enter(transaction: WriteTransaction): void {
    this.#hasEntered = true;
    this.#refusal = undefined;
    try {
      this.#answer = this.#work?.(transaction);
    } catch (error) {
      if (!isNoriKVError(error)) throw error;
      this.#refusal = error;
    }
  }

  /** Gives the caller the answer: the transaction has ended well. */
  settle(): void {
    this.#stopWatching?.();
    if (this.#refusal === undefined) this.#resolve?.(this.#answer);
    else this.#reject?.(this.#refusal);
  }

  /** Ends the write; it enters no other transaction. */
  fail(error: unknown): void {
    this.#work = undefined;
    this.#stopWatching?.();
    this.#reject?.(error);
  }
}
