import type { CallBudget } from '../core/call-budget.js';
import type { Ledger } from '../core/ledger.js';
import type { Admission, Verdict } from './admission.js';
import { type DocumentState, hasOutstanding, isGone, isSettled } from './document-state.js';
import type { DocumentTable } from './document-table.js';
import { fence, settled, unlist } from './document-transitions.js';
import type { FingerprintIndex } from './fingerprint-index.js';

/** What a settlement works with. */
export interface SettlementAccess {
  readonly table: DocumentTable;
  readonly index: FingerprintIndex;
  readonly ledger: Ledger;
  readonly admission: Admission;
}

/** Does what a record says is outstanding. Every step may be repeated, by anybody. */
export class Settlement {
  readonly #access: SettlementAccess;

  constructor(access: SettlementAccess) {
    this.#access = access;
  }

  /**
   * Removes the traces of contents that are gone, decides upon former aliases anew, and closes the ledger.
   *
   * @param upTo - the last generation that is known to have been allotted to the document.
   * @param known - the record, if it was just read.
   */
  async settle(id: string, upTo: number, budget: CallBudget, known?: DocumentState): Promise<void> {
    const { table, index, ledger } = this.#access;
    let state = known ?? (await table.read(id, budget));
    while (hasOutstanding(state)) {
      for (const leftover of state.leftovers) await index.withdraw(id, leftover, state, budget);
      for (const head of state.formerHeads) await table.update(head, unlist([id]), budget);
      for (const orphan of state.orphans) await this.promote(orphan, budget);
      ({ state } = await table.update(id, settled(state), budget));
    }
    if (isGone(state)) {
      const floor = Math.max(upTo, state.floor);
      ({ state } = await table.update(id, fence(floor), budget));
      if (isGone(state)) await ledger.forget(id, floor, budget);
    } else if (isSettled(state)) {
      await ledger.close(id, upTo, budget);
    }
  }

  /** Does what is outstanding after a decision. */
  async conclude(
    id: string,
    { replaced = [], generation, state }: Verdict,
    budget: CallBudget,
  ): Promise<void> {
    for (const former of replaced) await this.settle(former.match.id, former.generation, budget);
    await this.settle(id, generation, budget, state);
  }

  /** Decides anew upon a document that is an alias of nothing that stands, or half on its way to be one. */
  async promote(id: string, budget: CallBudget): Promise<void> {
    const { candidate, alias } = await this.#access.table.read(id, budget);
    const revision = candidate ?? alias?.revision;
    if (!revision) return;
    const { fingerprint } = revision;
    const policy = alias?.isMember ? 'merge' : 'link';
    const petition = { id, fingerprint, policy, basis: 'alias' } as const;
    const verdict = await this.#access.admission.decide(petition, budget);
    await this.conclude(id, verdict, budget);
  }
}
