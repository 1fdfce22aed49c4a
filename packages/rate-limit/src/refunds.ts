import type { Records } from './records.js';
import { type Refund, withRefund } from './refund.js';

interface Batch {
  readonly refunds: Refund[];
  isSent: boolean;
  readonly outcome: Promise<void>;
}

/** The refunds of this process: for each key one write at a time, which takes along all that wait for it. */
export class Refunds {
  readonly #records: Records;
  readonly #latest = new Map<string, Batch>();

  constructor(records: Records) {
    this.#records = records;
  }

  /** @throws OutcomeUnknownError where it cannot be known whether the permits came back. */
  give(key: string, refund: Refund): Promise<void> {
    const latest = this.#latest.get(key);
    const batch = latest?.isSent === false ? latest : this.#begin(key, latest);
    batch.refunds.push(refund);
    return batch.outcome;
  }

  #begin(key: string, previous: Batch | undefined): Batch {
    const refunds: Refund[] = [];
    const send = async (): Promise<void> => {
      await previous?.outcome.catch(() => {});
      batch.isSent = true;
      await this.#records.updateOnce(key, (record, now) =>
        refunds.reduce((state, refund) => withRefund(state, refund, now), record),
      );
    };
    const outcome = send().finally(() => {
      if (this.#latest.get(key) === batch) this.#latest.delete(key);
    });
    const batch: Batch = { refunds, isSent: false, outcome };
    this.#latest.set(key, batch);
    return batch;
  }
}
