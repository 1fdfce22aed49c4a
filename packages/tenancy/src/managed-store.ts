import {
  AlreadyExistsError,
  type CallOptions,
  type Capabilities,
  type Clock,
  conditionOf,
  type DeleteOptions,
  type DistanceFunction,
  type Entry,
  type GetOptions,
  isAlreadyExists,
  isNoriKVError,
  isVersionMismatch,
  type Key,
  KeyNotFoundError,
  type PutOptions,
  type Value,
  type VectorGetOptions,
  type VectorIndexType,
  type VectorSearchOptions,
  type VectorSearchResult,
  type VectorWriteOptions,
  type Version,
  valueToBytes,
  versionsEqual,
} from '@norikv/store';
import { checkWriteOptions } from '@norikv/store/call-options';
import { CallBudget } from './call-budget.js';
import { countOf, unwrap, unwrapError, wrap } from './envelope.js';
import { checkTtl, checkValue, isCounting } from './limit-checks.js';
import type { TenantLimits } from './plans.js';
import type { FullStore } from './scoped-store.js';
import type { UsageLedger } from './usage.js';

/** Lets an operation pass, and tells the limits that hold for it; or throws. */
export type Admission = () => Promise<TenantLimits>;

const contractValueBytes = 1_048_576;

/** A tenant's part of a store with the tenant's status and limits. */
export class ManagedStore implements FullStore {
  readonly capabilities: Capabilities | undefined;
  readonly #store: FullStore;
  readonly #admit: Admission;
  readonly #ledger: UsageLedger;
  readonly #clock: Clock;
  readonly #maxValueBytes: number;

  constructor(store: FullStore, admit: Admission, ledger: UsageLedger, clock: Clock) {
    const { capabilities } = store;
    this.#store = store;
    this.#admit = admit;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#maxValueBytes = (capabilities?.maxValueBytes ?? contractValueBytes) - 1;
    this.capabilities = capabilities && { ...capabilities, maxValueBytes: this.#maxValueBytes };
  }

  async get(key: Key, options?: GetOptions): Promise<Entry> {
    const entry = await this.find(key, options);
    if (entry) return entry;
    throw new KeyNotFoundError('the key is absent', { key });
  }

  async find(key: Key, options: GetOptions = {}): Promise<Entry | null> {
    const own = ownKey(key);
    const entry = await this.#served(options, own, (rest) => this.#store.find(own, rest));
    return entry && unwrap(entry);
  }

  async put(key: Key, value: Value, options: PutOptions = {}): Promise<Version> {
    const bytes = valueToBytes(value, { maxKeyBytes: 0, maxValueBytes: this.#maxValueBytes });
    const own = ownKey(key);
    checkCondition(options);
    const budget = new CallBudget(options, this.#clock, own);
    const limits = await budget.before(this.#admit);
    checkValue(bytes.length, limits);
    checkTtl(options.ttlMs, limits);
    const isCounted = options.ttlMs === undefined && isCounting(limits);
    const wrapped = wrap(bytes, isCounted);
    try {
      if (isCounting(limits)) return await this.#putCounted(own, wrapped, options, limits, budget);
      return await this.#store.put(own, wrapped, { ...options, ...budget.rest });
    } catch (error) {
      throw unwrapError(error);
    }
  }

  async delete(key: Key, options: DeleteOptions = {}): Promise<boolean> {
    const own = ownKey(key);
    checkCondition(options);
    const budget = new CallBudget(options, this.#clock, own);
    const limits = await budget.before(this.#admit);
    try {
      if (isCounting(limits)) return await this.#deleteCounted(own, options, budget);
      return await this.#store.delete(own, { ...options, ...budget.rest });
    } catch (error) {
      throw unwrapError(error);
    }
  }

  /** Which key is new, and what the old value counted for, is only certain on a version. */
  async #putCounted(
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

  async #deleteCounted(key: Key, options: DeleteOptions, budget: CallBudget): Promise<boolean> {
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
  async #giveBack(units: Count, budget: CallBudget): Promise<void> {
    if (units.keys === 0 && units.bytes === 0) return;
    // What cannot be given back is only less than the tenant may use.
    const given = this.#ledger.give(units).catch(() => {});
    await budget.before(() => given).catch(() => {});
  }

  vectorCreateIndex(
    namespace: string,
    dimensions: number,
    distance: DistanceFunction,
    indexType?: VectorIndexType,
    options: VectorWriteOptions = {},
  ): Promise<boolean> {
    return this.#served(options, undefined, (rest) =>
      this.#store.vectorCreateIndex(namespace, dimensions, distance, indexType, rest),
    );
  }

  vectorDropIndex(namespace: string, options: VectorWriteOptions = {}): Promise<boolean> {
    return this.#served(options, undefined, (rest) => this.#store.vectorDropIndex(namespace, rest));
  }

  vectorInsert(
    namespace: string,
    id: string,
    vector: readonly number[] | Float32Array,
    options: VectorWriteOptions = {},
  ): Promise<Version> {
    return this.#served(options, undefined, (rest) => this.#store.vectorInsert(namespace, id, vector, rest));
  }

  vectorDelete(namespace: string, id: string, options: VectorWriteOptions = {}): Promise<boolean> {
    return this.#served(options, undefined, (rest) => this.#store.vectorDelete(namespace, id, rest));
  }

  vectorSearch(
    namespace: string,
    query: readonly number[] | Float32Array,
    k: number,
    options: VectorSearchOptions = {},
  ): Promise<VectorSearchResult> {
    return this.#served(options, undefined, (rest) => this.#store.vectorSearch(namespace, query, k, rest));
  }

  vectorGet(namespace: string, id: string, options: VectorGetOptions = {}): Promise<number[] | null> {
    return this.#served(options, undefined, (rest) => this.#store.vectorGet(namespace, id, rest));
  }

  /** Asks for leave, and then the store, within the limits of the call. */
  async #served<Options extends CallOptions, Result>(
    options: Options,
    key: Key | undefined,
    send: (rest: Options) => Promise<Result>,
  ): Promise<Result> {
    const budget = new CallBudget(options, this.#clock, key);
    await budget.before(this.#admit);
    return send({ ...options, ...budget.rest });
  }
}

type Count = ReturnType<typeof countOf>;
const nothing: Count = { keys: 0, bytes: 0 };
const noVersion: Version = { term: 0n, index: 0n };

/** How much more one is than the other. */
function excess(one: Count, other: Count): Count {
  return { keys: Math.max(0, one.keys - other.keys), bytes: Math.max(0, one.bytes - other.bytes) };
}

function isVersion(entry: Entry | null, version: Version): boolean {
  return entry !== null && versionsEqual(entry.version, version);
}

function checkCondition(options: PutOptions & DeleteOptions): void {
  conditionOf(options);
  checkWriteOptions(options);
}

function exists(key: Key, actual: Entry): AlreadyExistsError {
  return new AlreadyExistsError('the key exists', { key, actual });
}

/** A key that its caller may change while the call waits. */
function ownKey(key: Key): Key {
  return key instanceof Uint8Array ? new Uint8Array(key) : key;
}
