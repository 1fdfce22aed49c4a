import type { CallOptions } from '@norikv/store';
import type { CallBudget } from '../core/call-budget.js';
import { checkFlags } from '../core/checks.js';
import { Damage } from '../core/damage.js';
import type { Ledger, LedgerEntry } from '../core/ledger.js';
import { mapBounded } from '../core/map-bounded.js';
import { type DocumentState, isGone, isSettled, unembeddedText } from './document-state.js';
import type { DocumentTable } from './document-table.js';
import type { FingerprintIndex } from './fingerprint-index.js';
import type { Rivals } from './rivals.js';
import type { Settlement } from './settlement.js';
import { withdrawContent } from './withdrawal.js';

/** Options of `repair` and `verify`. */
export interface DeduplicationRunOptions extends CallOptions {
  /** Looks only at documents whose call is not known to have ended. Default false. */
  readonly openOnly?: boolean | undefined;
}

/** What is out of order. */
export interface DeduplicationReport {
  /** Documents looked at. */
  readonly checked: number;
  /** Documents whose call was cut off, or is under way. */
  readonly unfinished: number;
  /** Documents that are aliases of nothing that stands. */
  readonly strays: number;
  /** Aliases in lists that are none. */
  readonly ghosts: number;
  /** Claims, bands and vectors of admitted documents that are not there. */
  readonly missing: number;
  /** Documents whose embedding is outstanding: `resume` sees to them. */
  readonly unembedded: number;
  /** Nothing was found. Outstanding embeddings do not count. */
  readonly isClean: boolean;
}

/** What a repair works with. */
export interface RepairAccess {
  readonly table: DocumentTable;
  readonly index: FingerprintIndex;
  readonly ledger: Ledger;
  readonly rivals: Rivals;
  readonly settlement: Settlement;
}

interface Inspected {
  readonly id: string;
  readonly entry: LedgerEntry;
  readonly state: DocumentState;
}

interface Findings {
  readonly isUnfinished: boolean;
  readonly isStray: boolean;
  readonly ghosts: readonly string[];
  readonly missing: number;
  readonly isUnembedded: boolean;
}

const concurrency = 16;

/** Compares the ledger, the records and the index, and mends what differs. */
export class DeduplicationRepair {
  readonly #access: RepairAccess;

  constructor(access: RepairAccess) {
    this.#access = access;
  }

  /** Looks at all documents, and changes nothing. */
  verify(options: DeduplicationRunOptions, budget: CallBudget): Promise<DeduplicationReport> {
    return this.#lookAtAll(options, budget, async () => {});
  }

  /** Looks at all documents, and mends what is out of order. */
  repair(options: DeduplicationRunOptions, budget: CallBudget): Promise<DeduplicationReport> {
    return this.#lookAtAll(options, budget, (document, findings) => this.#mend(document, findings, budget));
  }

  async #lookAtAll(
    { openOnly = false }: DeduplicationRunOptions,
    budget: CallBudget,
    follow: (document: Inspected, findings: Findings) => Promise<void>,
  ): Promise<DeduplicationReport> {
    checkFlags({ openOnly });
    const all: Findings[] = [];
    const damage = new Damage();
    for await (const entries of this.#access.ledger.shards(budget)) {
      const looked = [...entries].filter(([, { isOpen }]) => isOpen || !openOnly);
      const look = async ([id, entry]: readonly [string, LedgerEntry]): Promise<void> => {
        const document = { id, entry, state: await this.#access.table.read(id, budget) };
        const findings = await this.#inspect(document, budget);
        all.push(findings);
        await follow(document, findings);
      };
      await mapBounded(looked, concurrency, (one) => damage.pass(look(one)));
    }
    damage.throwIfAny();
    return reportOf(all);
  }

  async #inspect({ id, entry, state }: Inspected, budget: CallBudget): Promise<Findings> {
    const { standing } = state;
    const listed = await mapBounded(state.aliases, concurrency, async (alias) => {
      const { candidate, alias: made } = await this.#access.table.read(alias, budget);
      return candidate || made?.match.id === id ? [] : [alias];
    });
    return {
      isUnfinished: entry.isOpen || isGone(state) || !isSettled(state),
      isStray: state.alias !== null && !(await this.#isListed(id, state.alias.match.id, budget)),
      ghosts: listed.flat(),
      missing: standing ? await this.#access.index.missing(id, standing, budget) : 0,
      isUnembedded: unembeddedText(state) !== null,
    };
  }

  /** Whether an alias's document stands, or is itself an alias, and knows of it. */
  async #isListed(id: string, head: string, budget: CallBudget): Promise<boolean> {
    const { standing, alias, aliases } = await this.#access.table.read(head, budget);
    return (standing !== null || alias !== null) && aliases.includes(id);
  }

  async #mend(
    { id, entry: { generation }, state: { candidate, standing } }: Inspected,
    { isUnfinished, isStray, ghosts, missing }: Findings,
    budget: CallBudget,
  ): Promise<void> {
    const { index, rivals, settlement } = this.#access;
    if (candidate) await rivals.outlast(id, candidate.generation, budget);
    if (isUnfinished) await settlement.settle(id, generation, budget);
    for (const ghost of ghosts) await settlement.confirm(id, ghost, budget);
    if (isStray) await settlement.promote(id, budget);
    if (!standing || missing === 0) return;
    await index.publish(id, standing, budget);
    // Removed or written again meanwhile: whoever did so may have missed what was just entered.
    await withdrawContent(this.#access, id, standing, budget);
  }
}

function reportOf(all: readonly Findings[]): DeduplicationReport {
  const count = (measure: (findings: Findings) => number): number =>
    all.reduce((sum, findings) => sum + measure(findings), 0);
  const counts = {
    unfinished: count(({ isUnfinished }) => Number(isUnfinished)),
    strays: count(({ isStray }) => Number(isStray)),
    ghosts: count(({ ghosts }) => ghosts.length),
    missing: count(({ missing }) => missing),
  };
  const isClean = Object.values(counts).every((found) => found === 0);
  return {
    checked: all.length,
    ...counts,
    unembedded: count(({ isUnembedded }) => Number(isUnembedded)),
    isClean,
  };
}
