import { ContentionError } from '@norikv/cas-retry';
import type { Clock } from '@norikv/store';
import { cutOff, isCutOff } from '../core/after-write.js';
import type { CallBudget } from '../core/call-budget.js';
import type { Ledger } from '../core/ledger.js';
import { mapBounded } from '../core/map-bounded.js';
import { tombstoneMs } from '../core/record-state.js';
import { type Candidate, precedes, type SimilarDocument } from './document-state.js';
import type { DocumentTable } from './document-table.js';
import { admit, type Basis, begin, demote, link, list, remove, withdraw } from './document-transitions.js';
import type { Fingerprint } from './fingerprint.js';
import type { FingerprintIndex } from './fingerprint-index.js';
import type { DeduplicationPolicy } from './options.js';
import type { Rival, Rivals } from './rivals.js';
import { type Replaced, unchanged, type Verdict } from './verdict.js';
import { withdrawContent } from './withdrawal.js';

/** What an admission works with. */
export interface AdmissionAccess {
  readonly table: DocumentTable;
  readonly index: FingerprintIndex;
  readonly ledger: Ledger;
  readonly rivals: Rivals;
  readonly maxAliases: number;
  readonly clock: Clock;
}

/** What is to be decided upon. */
export interface Petition {
  readonly id: string;
  readonly fingerprint: Fingerprint;
  /** `keep`: it stands already, and stays whatever its embedding resembles. */
  readonly policy: DeduplicationPolicy | 'keep';
  /** For a content that the document has already. */
  readonly basis?: Basis | undefined;
}

type StandingRival = Extract<Rival, { readonly kind: 'standing' }>;

interface Contender extends Petition {
  readonly candidate: Candidate;
  readonly isUpdate: boolean;
  readonly progress: Progress;
}

/** What a call has changed beyond its own candidate, in all its attempts. */
interface Progress {
  /** What it has made its aliases, to be listed when it stands. */
  readonly replaced: Replaced[];
  isLinked: boolean;
}

const mostAttempts = 64;
const concurrency = 16;

/**
 * Decides whether a content is admitted, so that of similar contents at most one is, whoever races, and at
 * least one.
 *
 * A content becomes the candidate of its record, is entered in the index, and is then compared with everything
 * found there. Of two similar candidates at least one finds the other. The later waits for the earlier; the
 * earlier takes the later's candidate back. Only a candidate that is still in its record when all similar
 * ones are gone can be made to stand, by one compare-and-swap.
 */
export class Admission {
  readonly #access: AdmissionAccess;

  constructor(access: AdmissionAccess) {
    this.#access = access;
  }

  /**
   * Decides upon a content. What is outstanding afterwards is noted in the record.
   *
   * @throws ContentionError when others took its candidate back again and again.
   * @throws OutcomeUnknownError also when it was cut off half-way.
   */
  async decide(petition: Petition, budget: CallBudget): Promise<Verdict> {
    const progress: Progress = { replaced: [], isLinked: false };
    try {
      return await this.#decide(petition, progress, budget);
    } catch (error) {
      const isPartlyDone = progress.isLinked || progress.replaced.some(({ isDemoted }) => isDemoted);
      if (!isPartlyDone || !isCutOff(error)) throw error;
      throw cutOff(`${petition.id} is partly decided upon`, 'store it again, or run repair()', error);
    }
  }

  async #decide(petition: Petition, progress: Progress, budget: CallBudget): Promise<Verdict> {
    const { table, ledger, rivals, clock } = this.#access;
    const { id, fingerprint, basis } = petition;
    const since = clock.now();
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const allottedAt = clock.monotonic();
      const generation = await ledger.allot(id, budget);
      // The fence of a removed document does not last for ever.
      if (clock.monotonic() - allottedAt > tombstoneMs / 2) continue;
      const wanted = { generation, fingerprint, since };
      const beginning = await table.update(id, begin(wanted, basis), budget);
      if (beginning.kind === 'settled') {
        return { ...unchanged(beginning.state, generation), replaced: progress.replaced };
      }
      if (beginning.kind === 'occupied') {
        await rivals.outlast(id, beginning.candidate.generation, budget);
      } else if (beginning.kind !== 'fenced') {
        const verdict = await this.#contend({ ...petition, ...beginning, progress }, budget);
        // Its own, if it joined the candidate of another call: that call knows of no later one.
        if (verdict) return { ...verdict, generation: Math.max(generation, verdict.generation) };
        // Whoever took the candidate back may have done so before all of it was entered.
        await withdrawContent(this.#access, id, beginning.candidate, budget);
      }
    }
    throw new ContentionError(
      `${JSON.stringify(id)} was not decided upon in ${mostAttempts} attempts; try again later`,
      { attempts: mostAttempts },
    );
  }

  /** Null if the candidate was taken back, or what it duplicates is gone: the document is to begin again. */
  async #contend(contender: Contender, budget: CallBudget): Promise<Verdict | null> {
    const { id, candidate, policy, progress } = contender;
    const { index, rivals } = this.#access;
    let entries = await index.publish(id, candidate, budget);
    for (;;) {
      const met = await rivals.meet(id, candidate.fingerprint, entries, budget);
      const evidence = met.rivals.map(({ match }) => match);
      const duplicates = met.rivals.filter(({ match }) => match.verdict === 'duplicate');
      const standing = policy === 'keep' ? undefined : duplicates.find(({ kind }) => kind === 'standing');
      if (standing?.kind === 'standing') {
        if (policy === 'replace') {
          progress.replaced.push(await this.#supersede(id, standing, budget));
        } else {
          return this.#concede(contender, standing, evidence, budget);
        }
      } else if (!(await this.#standAside(contender, duplicates, budget))) {
        await mapBounded(met.ghosts, concurrency, (ghost) => index.prune(ghost, budget));
        entries = entries.filter((entry) => entry !== met.lostClaim && !met.ghosts.includes(entry));
        const holder = met.lostClaim && (await index.takeClaim(id, candidate, met.lostClaim, budget));
        if (!holder || holder.id === id) return this.#stand(contender, evidence, budget);
        entries = [...entries, holder];
      }
    }
  }

  /** Waits for an earlier candidate, or takes later ones back. False if there are none. */
  async #standAside(
    contender: Contender,
    duplicates: readonly Rival[],
    budget: CallBudget,
  ): Promise<boolean> {
    const undecided = duplicates.flatMap((rival) =>
      rival.kind === 'candidate' ? [{ id: rival.match.id, candidate: rival.candidate }] : [],
    );
    const elder = undecided.find((rival) => precedes(rival, contender));
    if (elder) {
      await this.#access.rivals.outlast(elder.id, elder.candidate.generation, budget);
    } else {
      await mapBounded(undecided, concurrency, (rival) =>
        this.#access.rivals.oust(rival.id, rival.candidate.generation, budget),
      );
    }
    return undecided.length > 0;
  }

  async #concede(
    { id, policy, candidate, isUpdate, progress }: Contender,
    { match, generation }: StandingRival,
    evidence: readonly SimilarDocument[],
    budget: CallBudget,
  ): Promise<Verdict | null> {
    const { table, ledger, maxAliases } = this.#access;
    const isUnembedded = candidate.fingerprint.unembedded !== null;
    const verdict = { duplicate: match, evidence, isUnembedded, generation: candidate.generation };
    if (policy !== 'reject' && !isUpdate) {
      const isMember = policy === 'merge';
      const linked = await table.update(id, link(candidate.generation, match, isMember), budget);
      if (!linked.isDone) return null;
      progress.isLinked = true;
      const listing = await table.update(match.id, list(id, generation, maxAliases), budget);
      const action = isMember ? 'merged' : 'linked';
      if (listing === 'listed') return { ...verdict, action, state: linked.state, listedBy: match.id };
      if (listing === 'not-standing') return null;
      const allotted = await ledger.allot(id, budget);
      const { isDone, state } = await table.update(id, remove(allotted), budget);
      return isDone ? { ...verdict, action: 'rejected', generation: allotted, state } : null;
    }
    const { isDone, state } = await table.update(id, withdraw(candidate.generation), budget);
    return isDone ? { ...verdict, action: 'rejected', state } : null;
  }

  /** Makes a standing document an alias of this candidate: for a moment neither stands. */
  async #supersede(id: string, { match, generation }: StandingRival, budget: CallBudget): Promise<Replaced> {
    const { table, ledger } = this.#access;
    const allotted = await ledger.allot(match.id, budget);
    const { isDone } = await table.update(match.id, demote(generation, { ...match, id }, allotted), budget);
    return { match, allotted, isDemoted: isDone };
  }

  async #stand(
    { id, policy, candidate, isUpdate, progress: { replaced } }: Contender,
    evidence: readonly SimilarDocument[],
    budget: CallBudget,
  ): Promise<Verdict | null> {
    const { generation, fingerprint } = candidate;
    const isOpen = (match: SimilarDocument): boolean => policy === 'keep' || match.verdict === 'review';
    const review = evidence.find(isOpen) ?? null;
    const former = replaced.flatMap(({ match, isDemoted }) => (isDemoted ? [match] : []));
    const names = former.map((match) => match.id);
    const stood = await this.#access.table.update(id, admit(generation, review, names), budget);
    if (!stood.isDone) return null;
    const [duplicate = null] = former;
    const action = duplicate ? 'replaced' : isUpdate ? 'updated' : 'admitted';
    return {
      action,
      duplicate,
      evidence: [...former, ...evidence],
      isUnembedded: fingerprint.unembedded !== null,
      replaced,
      generation,
      state: stood.state,
    };
  }
}
