import { type CallOptions, isNoriKVError, type Key } from '@norikv/store';
import type { LimitWatch } from './limit-watch.js';
import type { WriteTransaction } from './write-transaction.js';

/** What a write does inside its transaction. An error of the contract it throws is its caller's answer. */
export type Work<T> = (transaction: WriteTransaction) => T;

/** A write somebody asked for. */
export interface WriteOrder<T> {
  readonly work: Work<T>;
  /** What it costs to keep it waiting. */
  readonly bytes: number;
  readonly options: CallOptions;
  readonly key: Key | undefined;
}

/** The two ends of a promise. */
interface Caller {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** A write on its way: it waits, enters a transaction, and is settled when that has ended. */
export class PendingWrite {
  readonly promise: Promise<unknown>;
  readonly bytes: number;
  #work: Work<unknown> | undefined;
  #answer: unknown;
  #refusal: unknown;
  #caller: Caller | undefined;
  #stopWatching: (() => void) | undefined;

  /** @param withdraw - called when the caller gave up before the write entered a transaction. */
  constructor(
    { work, bytes, options, key }: WriteOrder<unknown>,
    limits: LimitWatch,
    withdraw: (write: PendingWrite) => void,
  ) {
    this.#work = work;
    this.bytes = bytes;
    this.promise = new Promise((resolve, reject) => {
      this.#caller = { resolve, reject };
    });
    if (options.signal === undefined && options.timeoutMs === undefined) return;
    this.#stopWatching = limits.watch(options, key, (errorOf) => {
      const waiting = this.#work !== undefined;
      if (waiting) withdraw(this);
      this.fail(errorOf(waiting ? 'not-applied' : 'unknown'));
    });
  }

  /** Does the work. From here on, whoever gives up cannot know whether it is applied. */
  enter(transaction: WriteTransaction): void {
    const work = this.#work;
    this.#work = undefined;
    try {
      this.#answer = work?.(transaction);
    } catch (error) {
      if (!isNoriKVError(error)) throw error;
      this.#refusal = error;
    }
  }

  /** Gives the caller the answer: the transaction has ended well. */
  settle(): void {
    this.#stopWatching?.();
    if (this.#refusal === undefined) this.#caller?.resolve(this.#answer);
    else this.#caller?.reject(this.#refusal);
  }

  fail(error: unknown): void {
    this.#work = undefined;
    this.#stopWatching?.();
    this.#caller?.reject(error);
  }
}
