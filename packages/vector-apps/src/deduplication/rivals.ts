import { delay } from '@norikv/cas-retry';
import type { Clock } from '@norikv/store';
import type { CallBudget } from '../core/call-budget.js';
import { mapBounded } from '../core/map-bounded.js';
import { compare, type Thresholds } from './comparison.js';
import {
  type Alias,
  type Candidate,
  type DocumentState,
  liveRevisions,
  type SimilarDocument,
} from './document-state.js';
import type { DocumentTable } from './document-table.js';
import { withdraw } from './document-transitions.js';
import type { Fingerprint } from './fingerprint.js';
import type { IndexEntry } from './index-entry.js';

/** Another document that a content was compared with. */
export type Rival = {
  readonly match: SimilarDocument;
  /** The document whose content it is: that of `match`, or a member of it. */
  readonly via: string;
} & (
  | { readonly kind: 'standing'; readonly generation: number }
  /** It is being decided upon. */
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
);

/** What entries of the index led to. */
export interface Encounter {
  /** Similar documents, the most similar first. */
  readonly rivals: readonly Rival[];
  /** A claim on this text whose holder does not stand in the way. */
  readonly lostClaim: IndexEntry | undefined;
  /** Entries of contents that are gone, and that nobody is going to remove. */
  readonly ghosts: readonly IndexEntry[];
}

const concurrency = 32;
const pollGrowth = 1.5;

/** How {@link Rivals} wait. */
export interface Patience {
  /** How long another call may take to decide, before it is taken for dead. */
  readonly leaseMs: number;
  /** The first pause between two looks; later ones are longer, up to ten times. */
  readonly pollMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Meets other documents: reads, compares, and outlasts those that are being decided upon. */
export class Rivals {
  readonly #table: DocumentTable;
  readonly #thresholds: Thresholds;
  readonly #patience: Patience;

  constructor(table: DocumentTable, thresholds: Thresholds, patience: Patience) {
    this.#table = table;
    this.#thresholds = thresholds;
    this.#patience = patience;
  }

  /** Reads the documents that entries name, and compares them. One batch of parallel reads. */
  async meet(
    id: string,
    fingerprint: Fingerprint,
    entries: readonly IndexEntry[],
    budget: CallBudget,
  ): Promise<Encounter> {
    const ids = [...new Set(entries.map((entry) => entry.id))].filter((other) => other !== id);
    const states = new Map<string, DocumentState>();
    const met = await mapBounded(ids, concurrency, async (other) => {
      const state = await this.#table.read(other, budget);
      states.set(other, state);
      return this.#compareWith(id, fingerprint, other, state, budget);
    });
    const rivals = met.flat().sort((left, right) => right.match.similarity - left.match.similarity);
    const isOpposed = (holder: IndexEntry): boolean =>
      rivals.some(({ via, match }) => via === holder.id && match.stage === 'exact');
    return {
      rivals,
      lostClaim: entries.find((entry) => isClaim(entry) && !isOpposed(entry)),
      ghosts: entries.filter((entry) => {
        const state = states.get(entry.id);
        return state && !isClaim(entry) && !knows(state, entry);
      }),
    };
  }

  /** The standing document an alias belongs to, if there is one that lists it. */
  async headOf(
    alias: string,
    { match }: Alias,
    budget: CallBudget,
  ): Promise<{ readonly id: string; readonly generation: number } | null> {
    const passed = new Set<string>();
    let [member, { id }] = [alias, match];
    while (!passed.has(id)) {
      passed.add(id);
      const state = await this.#table.read(id, budget);
      if (!state.aliases.includes(member)) return null;
      if (state.standing) return { id, generation: state.standing.generation };
      member = id;
      id = state.alias?.match.id ?? id;
    }
    return null;
  }

  /**
   * Waits until a candidate is decided upon. If that takes longer than the lease by this process's own clock,
   * it is taken back. That is safe whatever the clocks say: a call that was not dead finds its candidate gone
   * and begins again.
   */
  async outlast(id: string, generation: number, budget: CallBudget): Promise<void> {
    const { clock, leaseMs, pollMs, random } = this.#patience;
    const startedAt = clock.monotonic();
    for (let pauseMs = pollMs; ; pauseMs = Math.min(pauseMs * pollGrowth, pollMs * 10)) {
      const leftMs = startedAt + leaseMs - clock.monotonic();
      if (leftMs <= 0) return this.oust(id, generation, budget);
      await delay(Math.min(leftMs, pauseMs * (0.5 + random())), budget.signal, clock);
      const { candidate } = await this.#table.read(id, budget);
      if (candidate?.generation !== generation) return;
    }
  }

  /** Takes a candidate back, unless it was decided upon meanwhile. */
  async oust(id: string, generation: number, budget: CallBudget): Promise<void> {
    await this.#table.update(id, withdraw(generation), budget);
  }

  async #compareWith(
    id: string,
    fingerprint: Fingerprint,
    via: string,
    state: DocumentState,
    budget: CallBudget,
  ): Promise<Rival[]> {
    const rivals: Rival[] = [];
    const { standing, candidate, alias } = state;
    for (const revision of liveRevisions(state)) {
      const comparison = compare(fingerprint, revision.fingerprint, this.#thresholds);
      if (!comparison) continue;
      const match = { id: via, ...comparison };
      if (revision === candidate) {
        rivals.push({ kind: 'candidate', match, candidate, via });
      } else if (revision === standing) {
        rivals.push({ kind: 'standing', match, generation: standing.generation, via });
      } else if (alias) {
        const head = await this.headOf(via, alias, budget);
        if (!head || head.id === id) continue;
        rivals.push({ kind: 'standing', match: { ...match, id: head.id }, generation: head.generation, via });
      }
    }
    return rivals;
  }
}

function isClaim({ place }: IndexEntry): boolean {
  return place === 'claim';
}

function knows(state: DocumentState, { generation }: IndexEntry): boolean {
  return [...liveRevisions(state), ...state.leftovers].some((one) => one.generation === generation);
}
