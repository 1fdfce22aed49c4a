import type { CallOptions } from '@norikv/store';
import { isCutOff } from './after-write.js';
import type { CallBudget } from './call-budget.js';
import { checkFlags } from './checks.js';
import { Damage } from './damage.js';
import type { GhostList } from './ghost-list.js';
import type { Ledger, LedgerEntry } from './ledger.js';
import { mapBounded } from './map-bounded.js';
import { isSettled, type RecordTransitions } from './record-state.js';
import type { RecordTable } from './record-table.js';
import type { StoredVectors } from './stored-vectors.js';
import type { VectorName } from './vector-id.js';
import type { VectorRecord } from './vector-record.js';

/** What is out of order. */
export interface VerifyReport {
  /** Ids looked at. */
  readonly checked: number;
  /** Vectors that belong to no record. They are never shown. */
  readonly ghosts: number;
  /** Vectors of records that are not in the store. */
  readonly missing: number;
  /** Ids whose write or delete had not ended. */
  readonly resumed: number;
  /** Records with missing vectors. */
  readonly requeued: readonly string[];
  /** Nothing was found. */
  readonly isClean: boolean;
}

/** What a repair found. In `requeued` are the records that it could not mend: index them again. */
export interface RepairReport extends VerifyReport {}

/** Options of `VectorRecords.repair`. */
export interface RepairOptions<T> extends CallOptions {
  /** Looks only at ids whose write or delete has not ended, not at every record. Default false. */
  readonly openOnly?: boolean | undefined;
  /**
   * Makes the vectors of a record again. Without it, and where it fails, records with missing vectors are reported
   * only.
   */
  readonly restore?: ((record: VectorRecord<T>) => Promise<readonly Float32Array[]>) | undefined;
}

/** What a repair works with. */
export interface RepairAccess<T> {
  readonly table: RecordTable<T>;
  readonly ledger: Ledger;
  readonly vectors: StoredVectors;
  readonly ghosts: GhostList;
  readonly transitions: RecordTransitions;
  readonly concurrency: number;
}

/** A text the model does not take must not keep the others from being restored. */
function passOnIfCutOff(error: unknown): undefined {
  if (isCutOff(error)) throw error;
}

/** One look at everything. */
interface Run<T> {
  readonly findings: Findings;
  readonly restore: RepairOptions<T>['restore'];
  readonly budget: CallBudget;
}

class Findings {
  checked = 0;
  ghosts = 0;
  missing = 0;
  resumed = 0;
  readonly requeued: string[] = [];
  readonly damage: Damage = new Damage();

  report(): VerifyReport {
    this.damage.throwIfAny();
    const { checked, ghosts, missing, resumed, requeued } = this;
    return { checked, ghosts, missing, resumed, requeued, isClean: ghosts + missing + resumed === 0 };
  }
}

/** Compares the ledger, the records and the vectors, and mends what differs. */
export class Repairs<T> {
  readonly #access: RepairAccess<T>;

  constructor(access: RepairAccess<T>) {
    this.#access = access;
  }

  async repair({ openOnly = false, restore }: RepairOptions<T>, budget: CallBudget): Promise<RepairReport> {
    checkFlags({ openOnly });
    const findings = new Findings();
    const { ledger, ghosts, concurrency } = this.#access;
    for await (const entries of ledger.shards(budget)) {
      const ids = [...entries].filter(([, { isOpen }]) => isOpen || !openOnly);
      await mapBounded(ids, concurrency, ([id, entry]) =>
        findings.damage.pass(this.#mend(id, entry, { findings, restore, budget })),
      );
    }
    await mapBounded(ghosts.all, concurrency, (name) =>
      findings.damage.pass(this.#removeGhost(name, findings, budget)),
    );
    ghosts.clear();
    return findings.report();
  }

  async verify(budget: CallBudget): Promise<VerifyReport> {
    const findings = new Findings();
    for await (const entries of this.#access.ledger.shards(budget)) {
      await mapBounded([...entries], this.#access.concurrency, ([id, entry]) =>
        findings.damage.pass(this.#inspect(id, entry, findings, budget)),
      );
    }
    return findings.report();
  }

  async #mend(id: string, { generation, isOpen }: LedgerEntry, run: Run<T>): Promise<void> {
    const { table, vectors, transitions, ledger } = this.#access;
    const { findings, budget } = run;
    findings.checked += 1;
    let state = await table.read(id, budget);
    if (isOpen || !state?.live || !isSettled(state)) {
      findings.resumed += 1;
      state = await table.update(id, transitions.settle(generation), budget);
      const removed = await vectors.remove(id, state.stale, budget);
      findings.ghosts += removed;
      await table.update(id, transitions.swept(state.stale), budget);
      if (state.live) await ledger.close(id, generation, budget);
      else await ledger.forget(id, state.floor, budget);
    }
    const record = table.record(id, state);
    if (record) await this.#complete(record, run);
  }

  async #complete(record: VectorRecord<T>, { findings, restore, budget }: Run<T>): Promise<void> {
    const { vectors } = this.#access;
    const lost = await this.#lostVectors(record, budget);
    if (lost === 0 || !(await this.#isLive(record, budget))) return;
    findings.missing += lost;
    const made = await restore?.(record).catch(passOnIfCutOff);
    if (made?.length !== record.vectorCount) {
      findings.requeued.push(record.id);
      return;
    }
    await vectors.insert(record.id, record.generation, made, budget);
    // Written again meanwhile: whoever did so has removed this generation already.
    if (!(await this.#isLive(record, budget))) await vectors.remove(record.id, [record], budget);
  }

  async #isLive({ id, generation }: VectorRecord<T>, budget: CallBudget): Promise<boolean> {
    return (await this.#access.table.read(id, budget))?.live?.generation === generation;
  }

  async #inspect(id: string, { isOpen }: LedgerEntry, findings: Findings, budget: CallBudget): Promise<void> {
    findings.checked += 1;
    const state = await this.#access.table.read(id, budget);
    if (isOpen || !state?.live || !isSettled(state)) findings.resumed += 1;
    for (const generation of [...(state?.stale ?? []), ...(state?.pending ?? [])]) {
      const found = await this.#access.vectors.get(id, generation, budget);
      findings.ghosts += found.filter((vector) => vector !== null).length;
    }
    const record = this.#access.table.record(id, state);
    const lost = record ? await this.#lostVectors(record, budget) : 0;
    if (lost > 0) findings.requeued.push(id);
    findings.missing += lost;
  }

  async #lostVectors(record: VectorRecord<T>, budget: CallBudget): Promise<number> {
    const found = await this.#access.vectors.get(record.id, record, budget);
    return found.filter((vector) => vector === null).length;
  }

  async #removeGhost(name: VectorName, findings: Findings, budget: CallBudget): Promise<void> {
    if (!(await this.#isGhost(name, budget))) return;
    const isRemoved = await this.#access.vectors.removeOne(name, budget);
    findings.ghosts += Number(isRemoved);
  }

  /** A generation that was announced once and is neither live nor pending now never will be again. */
  async #isGhost({ id, generation }: VectorName, budget: CallBudget): Promise<boolean> {
    const state = await this.#access.table.read(id, budget);
    const owned = [state?.live, ...(state?.pending ?? [])];
    return !owned.some((one) => one?.generation === generation);
  }
}
