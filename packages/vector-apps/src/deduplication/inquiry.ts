import type { CallBudget } from '../core/call-budget.js';
import { type DocumentState, isSettled } from './document-state.js';
import type { DocumentTable } from './document-table.js';
import type { Fingerprint } from './fingerprint.js';
import type { FingerprintIndex } from './fingerprint-index.js';
import type { IndexEntry } from './index-entry.js';
import type { DeduplicationPolicy } from './options.js';
import type { Rivals } from './rivals.js';
import { unchanged, type Verdict } from './verdict.js';

/** What an inquiry works with. */
export interface InquiryAccess {
  readonly table: DocumentTable;
  readonly index: FingerprintIndex;
  readonly rivals: Rivals;
  readonly policy: DeduplicationPolicy;
}

/** Answers from what is there, without a write: most duplicates need no more. */
export class Inquiry {
  readonly #access: InquiryAccess;

  constructor(access: InquiryAccess) {
    this.#access = access;
  }

  /** Compares the text itself: one batch of parallel reads, and one of what they lead to. */
  async byText(id: string, fingerprint: Fingerprint, budget: CallBudget): Promise<Verdict | null> {
    const { table, index } = this.#access;
    const [state, entries] = await Promise.all([table.read(id, budget), index.look(fingerprint, budget)]);
    const known = isSettled(state) ? await this.#known(id, state, fingerprint, budget) : null;
    return known ?? this.#rejection(id, state, fingerprint, entries, budget);
  }

  /** Compares the meaning: one vector call, and one batch of parallel reads. */
  async byMeaning(id: string, fingerprint: Fingerprint, budget: CallBudget): Promise<Verdict | null> {
    const { table, index } = this.#access;
    const [state, entries] = await Promise.all([
      table.read(id, budget),
      index.lookAround(fingerprint, budget),
    ]);
    return this.#rejection(id, state, fingerprint, entries, budget);
  }

  /** The answer for a content that the document has already. */
  async #known(
    id: string,
    state: DocumentState,
    { hash }: Fingerprint,
    budget: CallBudget,
  ): Promise<Verdict | null> {
    const { standing, alias } = state;
    if (standing) return standing.fingerprint.hash === hash ? unchanged(state, 0) : null;
    if (alias?.revision.fingerprint.hash !== hash) return null;
    const head = await this.#access.rivals.headOf(id, alias, budget);
    const duplicate = head && { ...alias.match, id: head.id };
    return duplicate && { ...unchanged(state, 0), duplicate, evidence: [alias.match] };
  }

  async #rejection(
    id: string,
    state: DocumentState,
    fingerprint: Fingerprint,
    entries: readonly IndexEntry[],
    budget: CallBudget,
  ): Promise<Verdict | null> {
    const { policy, rivals } = this.#access;
    const isRejecting = policy === 'reject' || (policy !== 'replace' && state.standing !== null);
    if (!isRejecting) return null;
    const met = await rivals.meet(id, fingerprint, entries, budget);
    const evidence = met.rivals.map(({ match }) => match);
    const found = met.rivals.find(({ kind, match }) => kind === 'standing' && match.verdict === 'duplicate');
    if (!found) return null;
    return { action: 'rejected', duplicate: found.match, evidence, isUnembedded: false, generation: 0 };
  }
}
