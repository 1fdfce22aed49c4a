import {
  AlreadyExistsError,
  conditionOf,
  type DeleteOptions,
  type Entry,
  isAlreadyExists,
  isNoriKVError,
  isVersionMismatch,
  type Key,
  type PutOptions,
  type Version,
  versionsEqual,
} from '@norikv/store';
import type { CallBudget } from './call-budget.js';
import { countOf } from './envelope.js';
import type { TenantLimits } from './plans.js';
import type { FullStore } from './scoped-store.js';
import type { Usage } from './tenant-record.js';
import { excess, isNothing, nothing } from './units.js';
import type { UsageLedger } from './usage.js';

const noVersion: Version = { term: 0n, index: 0n };

/** Writes that are counted against limits: what they add is taken before, and what they free is given back after. */
export class CountedWrites {
  readonly #store: FullStore;
  readonly #ledger: UsageLedger;

  constructor(store: FullStore, ledger: UsageLedger) {
    this.#store = store;
    this.#ledger = ledger;
  }

  /**
   * Writes a value in its envelope. Which key is new, and what the old value counted for, is only certain on a version.
   *
   * @throws TenantLimitError if the limits leave no room for it.
   */
  async put(
    key: Key,
    value: Uint8Array,
    options: PutOptions,
    limits: TenantLimits,
    budget: CallBudget,
  ): Promise<Version> {
    const condition = conditionOf(options);
    for (;;) {
      const existing = await this.#store.find(key, budget.rest);
      if (condition.kind === 'version' && !isVersion(existing, condition.version)) {
        // That version never comes back, so this writes nothing; or it repeats what was counted.
        return await this.#store.put(key, value, { ...options, ...budget.rest });
      }
      const isCreate = condition.kind === 'absent';
      if (isCreate && existing && options.idempotencyKey === undefined) throw exists(key, existing);
      // A create with an id may repeat one: its condition stays, and it is counted as if it were the first.
      const before = isCreate ? nothing : countOf(existing);
      const after = countOf({ value, version: noVersion });
      const growth = excess(after, before);
      await this.#ledger.take(growth, limits, budget);
      const { ifNotExists: _create, ifMatchVersion: _match, ...others } = options;
      const exactly = existing && !isCreate ? { ifMatchVersion: existing.version } : { ifNotExists: true };
      let version: Version;
      try {
        version = await this.#store.put(key, value, { ...others, ...exactly, ...budget.rest });
      } catch (error) {
        // What may have been written stays counted: the limit holds, whatever happened.
        if (!isNoriKVError(error) || error.outcome !== 'unknown') await this.#giveBack(growth, budget);
        if (condition.kind !== 'always' || !(isVersionMismatch(error) || isAlreadyExists(error))) throw error;
        continue;
      }
      // A repeated put writes nothing, so nothing may be given back for it, unless it is known to be one.
      if (options.idempotencyKey === undefined) await this.#giveBack(excess(before, after), budget);
      else if (isVersion(existing, version)) await this.#giveBack(growth, budget);
      return version;
    }
  }

  /** Removes a key, and gives back what it counted for. */
  async delete(key: Key, options: DeleteOptions, budget: CallBudget): Promise<boolean> {
    const condition = conditionOf(options);
    for (;;) {
      const existing = await this.#store.find(key, budget.rest);
      const isOther = condition.kind === 'version' && !isVersion(existing, condition.version);
      if (isOther || condition.kind === 'absent') {
        return await this.#store.delete(key, { ...options, ...budget.rest });
      }
      try {
        // What another process creates meanwhile must not be removed uncounted.
        const ifMatchVersion = existing?.version ?? noVersion;
        const existed = await this.#store.delete(key, { ...options, ifMatchVersion, ...budget.rest });
        if (existed && options.idempotencyKey === undefined) await this.#giveBack(countOf(existing), budget);
        return existed;
      } catch (error) {
        if (condition.kind === 'version' || !isVersionMismatch(error)) throw error;
      }
    }
  }

  /** Waits for it only as long as the call may take: the call itself is done. */
  async #giveBack(units: Usage, budget: CallBudget): Promise<void> {
    if (isNothing(units)) return;
    // What cannot be given back is only less than the tenant may use.
    const given = this.#ledger.give(units).catch(() => {});
    await budget.before(() => given).catch(() => {});
  }
}

function exists(key: Key, actual: Entry): AlreadyExistsError {
  return new AlreadyExistsError('the key exists', { key, actual });
}

function isVersion(entry: Entry | null, version: Version): boolean {
  return entry !== null && versionsEqual(entry.version, version);
}
