import { ContentionError } from '@norikv/cas-retry';
import type { Clock } from '@norikv/store';
import type { CallBudget } from './call-budget.js';
import type { Ledger } from './ledger.js';
import { type Generation, type RecordTransitions, tombstoneMs } from './record-state.js';
import type { RecordTable } from './record-table.js';
import type { StoredVectors } from './stored-vectors.js';

/** What writing needs. */
export interface WriterAccess<T> {
  readonly table: RecordTable<T>;
  readonly ledger: Ledger;
  readonly vectors: StoredVectors;
  readonly transitions: RecordTransitions;
  readonly clock: Clock;
}

const tries = 5;

/** The steps of a write and of a delete. Each may be repeated; after a crash between two, a repair goes on. */
export class RecordWriter<T> {
  readonly #access: WriterAccess<T>;

  constructor(access: WriterAccess<T>) {
    this.#access = access;
  }

  async put(id: string, data: T, vectors: readonly Float32Array[], budget: CallBudget): Promise<Generation> {
    const { table, ledger, vectors: stored, transitions, clock } = this.#access;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const allottedAt = clock.monotonic();
      const generation = await ledger.allot(id, budget);
      const begun = { generation, vectorCount: vectors.length };
      // A tombstone fences this generation only while it lives.
      if (clock.monotonic() - allottedAt > tombstoneMs / 2) continue;
      if (!(await table.update(id, transitions.begin(begun), budget))) continue;
      await stored.insert(id, generation, vectors, budget);
      const outcome = await table.update(id, transitions.publish(generation, data), budget);
      if (!outcome.isFenced) {
        const { stale, floor, isLast } = outcome;
        // Else one that was begun before is being written, or died: the ledger must not lose sight of it.
        const close = async (): Promise<unknown> => isLast && ledger.close(id, floor, budget);
        await this.#sweep(id, stale, close, budget);
        return begun;
      }
      // Whoever fenced it may have removed its vectors before all of them were there.
      await stored.remove(id, [begun], budget);
    }
    throw fenced('Writing', id);
  }

  async delete(id: string, budget: CallBudget): Promise<boolean> {
    const { table, ledger, transitions } = this.#access;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      if (!(await table.read(id, budget))?.live) return false;
      const generation = await ledger.allot(id, budget);
      const outcome = await table.update(id, transitions.retire(generation), budget);
      if (outcome.isFenced) continue;
      const { existed, stale, isLast } = outcome;
      const forget = async (): Promise<unknown> => isLast && ledger.forget(id, generation, budget);
      await this.#sweep(id, stale, forget, budget);
      return existed;
    }
    throw fenced('Deleting', id);
  }

  /** The write itself is done: what fails here is left to a repair, and the caller succeeds. */
  async #sweep(
    id: string,
    stale: readonly Generation[],
    enterInLedger: () => Promise<unknown>,
    budget: CallBudget,
  ): Promise<void> {
    const { table, vectors, transitions } = this.#access;
    try {
      if (stale.length > 0) {
        await vectors.remove(id, stale, budget);
        await table.update(id, transitions.swept(stale), budget);
      }
      await enterInLedger();
    } catch {
      // The ledger still has the id open: repair() goes on from here.
    }
  }
}

function fenced(what: string, id: string): ContentionError {
  const message = `${what} ${JSON.stringify(id)} was fenced ${tries} times; try again later`;
  return new ContentionError(message, { attempts: tries });
}
