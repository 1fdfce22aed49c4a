import type { CallBudget } from '../core/call-budget.js';
import type { Ledger } from '../core/ledger.js';
import type { Admission } from './admission.js';
import { type DocumentState, hasOutstanding, isGone } from './document-state.js';
import type { DocumentTable } from './document-table.js';
import { fence, settled, unlist } from './document-transitions.js';
import type { Fingerprint } from './fingerprint.js';
import type { FingerprintIndex } from './fingerprint-index.js';
import type { Verdict } from './verdict.js';
import { withdrawContent } from './withdrawal.js';

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
    const { table, ledger } = this.#access;
    let state = known ?? (await table.read(id, budget));
    for (let last: number | null = upTo; last !== null; ) {
      // Of other calls nobody knows whether they will come here. Those that have not begun begin again.
      state = await this.#finish(id, await this.#fence(id, state, last, budget), budget);
      // Whoever decides upon the candidate comes here afterwards.
      if (state.candidate) return;
      const later: number | null = isGone(state)
        ? await ledger.forget(id, state.floor, budget)
        : await ledger.close(id, last, budget);
      last = later;
    }
  }

  async #finish(id: string, known: DocumentState, budget: CallBudget): Promise<DocumentState> {
    const { table } = this.#access;
    let state = known;
    while (hasOutstanding(state)) {
      const { formerHeads } = state;
      for (const leftover of state.leftovers) {
        await withdrawContent(this.#access, id, leftover, budget, state);
      }
      for (const head of formerHeads) await table.update(head, unlist([id]), budget);
      for (const orphan of state.orphans) await this.promote(orphan, budget);
      ({ state } = await table.update(id, settled(state), budget));
      // It has become an alias of the same document again, and was struck off by mistake.
      if (state.alias && formerHeads.includes(state.alias.match.id)) {
        await this.promote(id, budget);
        state = await table.read(id, budget);
      }
    }
    return state;
  }

  async #fence(id: string, state: DocumentState, floor: number, budget: CallBudget): Promise<DocumentState> {
    if (state.floor >= floor) return state;
    return (await this.#access.table.update(id, fence(floor), budget)).state;
  }

  /** Does what is outstanding after a decision. */
  async conclude(
    id: string,
    { replaced = [], listedBy, generation, state }: Verdict,
    budget: CallBudget,
  ): Promise<void> {
    for (const { match, allotted } of replaced) {
      await this.settle(match.id, allotted, budget);
      await this.confirm(id, match.id, budget);
    }
    if (listedBy !== undefined) await this.confirm(listedBy, id, budget);
    await this.settle(id, generation, budget, state);
  }

  /**
   * Makes the list of a document agree with what another one's record says of its being an alias. That one may be
   * removed between becoming an alias and being listed, and come back between that and being struck off.
   */
  async confirm(head: string, alias: string, budget: CallBudget): Promise<void> {
    const { table } = this.#access;
    const isAlias = async (): Promise<boolean> => (await table.read(alias, budget)).alias?.match.id === head;
    const [isOne, { aliases }] = await Promise.all([isAlias(), table.read(head, budget)]);
    const isListed = aliases.includes(alias);
    if (isOne === isListed) return;
    if (isListed) await table.update(head, unlist([alias]), budget);
    if (isOne || (await isAlias())) await this.promote(alias, budget);
  }

  /**
   * Decides anew upon a document that is an alias of nothing that stands. New content of it is left to whoever stores it:
   * that caller may have been told that nothing is stored.
   *
   * @param embedded - its content, where the embedding was outstanding.
   * @returns what was decided; undefined if it is no alias any more.
   */
  async promote(id: string, budget: CallBudget, embedded?: Fingerprint): Promise<Verdict | undefined> {
    const { alias } = await this.#access.table.read(id, budget);
    if (!alias) return undefined;
    const fingerprint = embedded ?? alias.revision.fingerprint;
    const policy = alias.isMember ? 'merge' : 'link';
    const petition = { id, fingerprint, policy, basis: 'alias' } as const;
    const verdict = await this.#access.admission.decide(petition, budget);
    await this.conclude(id, verdict, budget);
    return verdict;
  }
}
