import type { Clock } from '@norikv/store';
import { textOf } from './bytes.js';
import type { Bytes } from './environment.js';
import type { WriteTransaction } from './write-transaction.js';

const offsetKey = Buffer.from('time');

/**
 * The time by which records expire: wall-clock time as it was when the store was opened, carried on by a
 * clock that cannot be set. So a step of the wall clock neither ends a record early nor brings one back.
 */
export class StoreTime {
  readonly #clock: Clock;
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.now() - clock.monotonic();
  }

  /** Milliseconds since the epoch. */
  nowMs(): number {
    return this.#clock.monotonic() + this.#offsetMs;
  }

  /**
   * Makes all who have the store open share one time: the first sets it, the others take it over. Only for
   * clocks that count from the same start in every process.
   */
  agree(transaction: WriteTransaction, meta: Bytes, isAlone: boolean): void {
    const shared = Number(textOf(transaction.read(meta, offsetKey)) ?? Number.NaN);
    if (isAlone || Number.isNaN(shared))
      transaction.put(meta, offsetKey, Buffer.from(String(this.#offsetMs)));
    else this.#offsetMs = shared;
  }
}

/** Those who come later set the time anew: what is kept may be that of an earlier start of the machine. */
export function forgetTime(transaction: WriteTransaction, meta: Bytes): void {
  transaction.remove(meta, offsetKey);
}
