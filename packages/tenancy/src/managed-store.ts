import {
  AlreadyExistsError,
  type Capabilities,
  checkDurationMs,
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
  VersionMismatchError,
  valueToBytes,
  versionsEqual,
} from '@norikv/store';
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
  readonly #maxValueBytes: number;

  constructor(store: FullStore, admit: Admission, ledger: UsageLedger) {
    const { capabilities } = store;
    this.#store = store;
    this.#admit = admit;
    this.#ledger = ledger;
    this.#maxValueBytes = (capabilities?.maxValueBytes ?? contractValueBytes) - 1;
    this.capabilities = capabilities && { ...capabilities, maxValueBytes: this.#maxValueBytes };
  }

  async get(key: Key, options?: GetOptions): Promise<Entry> {
    const entry = await this.find(key, options);
    if (entry) return entry;
    throw new KeyNotFoundError('the key is absent', { key });
  }

  async find(key: Key, options?: GetOptions): Promise<Entry | null> {
    const own = ownKey(key);
    await this.#admit();
    const entry = await this.#store.find(own, options);
    return entry && unwrap(entry);
  }

  async put(key: Key, value: Value, options: PutOptions = {}): Promise<Version> {
    const bytes = valueToBytes(value, { maxKeyBytes: 0, maxValueBytes: this.#maxValueBytes });
    const own = ownKey(key);
    conditionOf(options);
    checkDurationMs('ttlMs', options.ttlMs);
    const limits = await this.#admit();
    checkValue(bytes.length, limits);
    checkTtl(options.ttlMs, limits);
    const isCounted = options.ttlMs === undefined && isCounting(limits);
    try {
      if (!isCounting(limits)) return await this.#store.put(own, wrap(bytes, false), options);
      return await this.#putCounted(own, wrap(bytes, isCounted), options, limits);
    } catch (error) {
      throw unwrapError(error);
    }
  }

  async delete(key: Key, options: DeleteOptions = {}): Promise<boolean> {
    const own = ownKey(key);
    conditionOf(options);
    const limits = await this.#admit();
    try {
      if (!isCounting(limits)) return await this.#store.delete(own, options);
      return await this.#deleteCounted(own, options);
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
  ): Promise<Version> {
    const condition = conditionOf(options);
    for (;;) {
      const existing = await this.#store.find(key, callOptions(options));
      if (condition.kind === 'version' && !(existing && versionsEqual(existing.version, condition.version))) {
        // That version never comes back, so this writes nothing; or it repeats what was counted.
        return await this.#store.put(key, value, options);
      }
      const isCreate = condition.kind === 'absent';
      if (isCreate && existing && options.idempotencyKey === undefined) throw exists(key, existing);
      // A create with an id may repeat one: its condition stays, and it is counted as if it were the first.
      const [before, after] = [
        isCreate ? nothing : countOf(existing),
        countOf({ value, version: noVersion }),
      ];
      const growth = {
        keys: Math.max(0, after.keys - before.keys),
        bytes: Math.max(0, after.bytes - before.bytes),
      };
      await this.#ledger.take(growth, limits);
      const { ifNotExists: _create, ifMatchVersion: _match, ...others } = options;
      const exactly = existing && !isCreate ? { ifMatchVersion: existing.version } : { ifNotExists: true };
      let version: Version;
      try {
        version = await this.#store.put(key, value, { ...others, ...exactly });
      } catch (error) {
        // What may have been written stays counted: the limit holds, whatever happened.
        if (!isNoriKVError(error) || error.outcome !== 'unknown') await this.#giveBack(growth);
        if (condition.kind !== 'always' || !(isVersionMismatch(error) || isAlreadyExists(error))) throw error;
        continue;
      }
      // A repeated put writes nothing, so nothing may be given back for it.
      if (options.idempotencyKey === undefined) await this.#shrink(before, after);
      return version;
    }
  }

  async #deleteCounted(key: Key, options: DeleteOptions): Promise<boolean> {
    const condition = conditionOf(options);
    for (;;) {
      const existing = await this.#store.find(key, callOptions(options));
      const isOther =
        condition.kind === 'version' && !(existing && versionsEqual(existing.version, condition.version));
      if (isOther || condition.kind === 'absent') return await this.#store.delete(key, options);
      try {
        // What another process creates meanwhile must not be removed uncounted.
        const ifMatchVersion = existing?.version ?? noVersion;
        const existed = await this.#store.delete(key, { ...options, ifMatchVersion });
        if (existed && options.idempotencyKey === undefined) await this.#shrink(countOf(existing), nothing);
        return existed;
      } catch (error) {
        if (condition.kind === 'version' || !(error instanceof VersionMismatchError)) throw error;
      }
    }
  }

  async #shrink(before: Count, after: Count): Promise<void> {
    await this.#giveBack({
      keys: Math.max(0, before.keys - after.keys),
      bytes: Math.max(0, before.bytes - after.bytes),
    });
  }

  async #giveBack(units: Count): Promise<void> {
    if (units.keys === 0 && units.bytes === 0) return;
    try {
      await this.#ledger.give(units);
    } catch {
      // What cannot be given back is only less than the tenant may use.
    }
  }

  async vectorCreateIndex(
    namespace: string,
    dimensions: number,
    distance: DistanceFunction,
    indexType?: VectorIndexType,
    options?: VectorWriteOptions,
  ): Promise<boolean> {
    await this.#admit();
    return this.#store.vectorCreateIndex(namespace, dimensions, distance, indexType, options);
  }

  async vectorDropIndex(namespace: string, options?: VectorWriteOptions): Promise<boolean> {
    await this.#admit();
    return this.#store.vectorDropIndex(namespace, options);
  }

  async vectorInsert(
    namespace: string,
    id: string,
    vector: readonly number[] | Float32Array,
    options?: VectorWriteOptions,
  ): Promise<Version> {
    await this.#admit();
    return this.#store.vectorInsert(namespace, id, vector, options);
  }

  async vectorDelete(namespace: string, id: string, options?: VectorWriteOptions): Promise<boolean> {
    await this.#admit();
    return this.#store.vectorDelete(namespace, id, options);
  }

  async vectorSearch(
    namespace: string,
    query: readonly number[] | Float32Array,
    k: number,
    options?: VectorSearchOptions,
  ): Promise<VectorSearchResult> {
    await this.#admit();
    return this.#store.vectorSearch(namespace, query, k, options);
  }

  async vectorGet(namespace: string, id: string, options?: VectorGetOptions): Promise<number[] | null> {
    await this.#admit();
    return this.#store.vectorGet(namespace, id, options);
  }
}

type Count = ReturnType<typeof countOf>;
const nothing: Count = { keys: 0, bytes: 0 };
const noVersion: Version = { term: 0n, index: 0n };

function callOptions({ signal, timeoutMs }: PutOptions): GetOptions {
  return { signal, timeoutMs };
}

function exists(key: Key, actual: Entry): AlreadyExistsError {
  return new AlreadyExistsError('the key exists', { key, actual });
}

/** A key that its caller may change while the call waits. */
function ownKey(key: Key): Key {
  return key instanceof Uint8Array ? new Uint8Array(key) : key;
}
