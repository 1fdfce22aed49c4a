import type { Transition } from '@norikv/cas-retry';
import type { CallBudget } from '../core/call-budget.js';
import type { LimitedUpdater } from '../core/limited-updater.js';
import { type DocumentState, documentCodec, isGone, unknownDocument } from './document-state.js';

/** The records of documents. */
export class DocumentTable {
  readonly #updater: LimitedUpdater;
  readonly #prefix: string;
  readonly #tombstoneMs: number | undefined;

  /** @param tombstoneMs - how long the fence of a removed document stays; undefined for ever. */
  constructor(updater: LimitedUpdater, prefix: string, tombstoneMs: number | undefined) {
    this.#updater = updater;
    this.#prefix = prefix;
    this.#tombstoneMs = tombstoneMs;
  }

  async read(id: string, budget: CallBudget): Promise<DocumentState> {
    return (await this.#updater.read(this.#keyOf(id), documentCodec, budget)) ?? unknownDocument;
  }

  update<Result>(
    id: string,
    transition: Transition<DocumentState, Result>,
    budget: CallBudget,
  ): Promise<Result> {
    return this.#updater.update(
      this.#keyOf(id),
      documentCodec,
      (current: DocumentState | undefined, now) => {
        const change = transition(current, now);
        return change.state && isGone(change.state) ? { ...change, ttlMs: this.#tombstoneMs } : change;
      },
      budget,
    );
  }

  #keyOf(id: string): string {
    return `${this.#prefix}doc/${id}`;
  }
}
