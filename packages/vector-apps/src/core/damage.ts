import { CorruptRecordError } from '@norikv/cas-retry';
import { errorCode } from '@norikv/store';

/** Whether a record cannot be read: its bytes are something else, or those of a later version. */
export function isDamaged(error: unknown): boolean {
  return errorCode(error) === CorruptRecordError.code;
}

/** One record that cannot be read must not keep the others from being looked at: its error waits until the end. */
export class Damage {
  #first: unknown;

  /** Waits for work on one record. */
  async pass(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!isDamaged(error)) throw error;
      this.#first ??= error;
    }
  }

  /** @throws CorruptRecordError if there was one. */
  throwIfAny(): void {
    if (this.#first) throw this.#first;
  }
}
