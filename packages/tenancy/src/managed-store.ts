import {
  type CallOptions,
  type Capabilities,
  type Clock,
  conditionOf,
  type DeleteOptions,
  type DistanceFunction,
  type Entry,
  type GetOptions,
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
} from '@norikv/store';
import { checkWriteOptions, deleteNames } from '@norikv/store/call-options';
import { CallBudget } from './call-budget.js';
import { CountedWrites } from './counted-writes.js';
import { unwrap, unwrapError, wrap } from './envelope.js';
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
  readonly #counted: CountedWrites;
  readonly #clock: Clock;
  readonly #maxValueBytes: number;

  constructor(store: FullStore, admit: Admission, ledger: UsageLedger, clock: Clock) {
    const { capabilities } = store;
    this.#store = store;
    this.#admit = admit;
    this.#counted = new CountedWrites(store, ledger);
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
    const ownKey = own(key);
    const entry = await this.#served(options, ownKey, (rest) => this.#store.find(ownKey, rest));
    return entry && unwrap(entry, ownKey);
  }

  async put(key: Key, value: Value, options: PutOptions = {}): Promise<Version> {
    const bytes = valueToBytes(own(value), { maxKeyBytes: 0, maxValueBytes: this.#maxValueBytes });
    const ownKey = own(key);
    checkCondition(options);
    const ownOptions = { ...options };
    const budget = new CallBudget(options, this.#clock, ownKey);
    const limits = await budget.before(this.#admit);
    checkValue(bytes.length, limits);
    checkTtl(ownOptions.ttlMs, limits);
    const isCounted = ownOptions.ttlMs === undefined && isCounting(limits);
    const wrapped = wrap(bytes, isCounted);
    try {
      if (isCounting(limits)) return await this.#counted.put(ownKey, wrapped, ownOptions, limits, budget);
      return await this.#store.put(ownKey, wrapped, { ...ownOptions, ...budget.rest });
    } catch (error) {
      throw unwrapError(error);
    }
  }

  async delete(key: Key, options: DeleteOptions = {}): Promise<boolean> {
    const ownKey = own(key);
    checkCondition(options, deleteNames);
    const ownOptions = { ...options };
    const budget = new CallBudget(options, this.#clock, ownKey);
    const limits = await budget.before(this.#admit);
    try {
      if (isCounting(limits)) return await this.#counted.delete(ownKey, ownOptions, budget);
      return await this.#store.delete(ownKey, { ...ownOptions, ...budget.rest });
    } catch (error) {
      throw unwrapError(error);
    }
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
    const own = ownVector(vector);
    return this.#served(options, undefined, (rest) => this.#store.vectorInsert(namespace, id, own, rest));
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
    const own = ownVector(query);
    return this.#served(options, undefined, (rest) => this.#store.vectorSearch(namespace, own, k, rest));
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
    const own = { ...options };
    await budget.before(this.#admit);
    return send({ ...own, ...budget.rest });
  }
}

function checkCondition(options: PutOptions & DeleteOptions, known?: readonly string[]): void {
  conditionOf(options);
  checkWriteOptions(options, known);
}

/** A copy of what its caller may change while the call waits. */
function own(given: Key | Value): Key | Value {
  return given instanceof Uint8Array ? new Uint8Array(given) : given;
}

/** As {@link own}; what is no vector the store refuses. */
function ownVector(vector: readonly number[] | Float32Array): readonly number[] | Float32Array {
  return Array.isArray(vector) || vector instanceof Float32Array ? vector.slice() : vector;
}
