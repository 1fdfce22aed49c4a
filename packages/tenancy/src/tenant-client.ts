import type {
  Capabilities,
  DeleteOptions,
  DistanceFunction,
  Entry,
  GetOptions,
  Key,
  KvStore,
  PutOptions,
  Value,
  VectorGetOptions,
  VectorIndexType,
  VectorSearchOptions,
  VectorSearchResult,
  VectorStore,
  VectorWriteOptions,
  Version,
} from '@norikv/store';
import { encodeName } from './names.js';
import { type FullStore, ScopedStore } from './scoped-store.js';

/**
 * A tenant's part of a store, as a full store: every pattern runs inside it.
 *
 * No key, idempotency key or vector namespace of one tenant is one of another, whatever their names. The key
 * budget in `capabilities` is what is left for the tenant's own keys. This is a convention that this client
 * keeps, not access control: who holds the store itself reaches everything.
 *
 * @example
 * ```ts
 * const acme = new TenantClient(store, 'acme');
 * await acme.put('config', 'dark');
 * ```
 */
export class TenantClient implements FullStore {
  readonly capabilities: Capabilities | undefined;
  readonly #store: FullStore;
  readonly #tenantId: string;

  /**
   * @param scoped - used by `TenantManager`: the part of the store it allocated. Without it, the part is named
   * by the tenant id, which must then never be given to somebody else.
   * @throws InvalidArgumentError if the id is empty or not well-formed Unicode.
   */
  constructor(client: KvStore & Partial<VectorStore>, tenantId: string, scoped?: FullStore) {
    this.#store = scoped ?? new ScopedStore(client, `tenant.named/${encodeName(tenantId)}/`);
    this.#tenantId = tenantId;
    this.capabilities = this.#store.capabilities;
  }

  /** Whose part of the store this is. */
  getTenantId(): string {
    return this.#tenantId;
  }

  get(key: Key, options?: GetOptions): Promise<Entry> {
    return this.#store.get(key, options);
  }

  find(key: Key, options?: GetOptions): Promise<Entry | null> {
    return this.#store.find(key, options);
  }

  put(key: Key, value: Value, options?: PutOptions): Promise<Version> {
    return this.#store.put(key, value, options);
  }

  delete(key: Key, options?: DeleteOptions): Promise<boolean> {
    return this.#store.delete(key, options);
  }

  vectorCreateIndex(
    namespace: string,
    dimensions: number,
    distance: DistanceFunction,
    indexType?: VectorIndexType,
    options?: VectorWriteOptions,
  ): Promise<boolean> {
    return this.#store.vectorCreateIndex(namespace, dimensions, distance, indexType, options);
  }

  vectorDropIndex(namespace: string, options?: VectorWriteOptions): Promise<boolean> {
    return this.#store.vectorDropIndex(namespace, options);
  }

  vectorInsert(
    namespace: string,
    id: string,
    vector: readonly number[] | Float32Array,
    options?: VectorWriteOptions,
  ): Promise<Version> {
    return this.#store.vectorInsert(namespace, id, vector, options);
  }

  vectorDelete(namespace: string, id: string, options?: VectorWriteOptions): Promise<boolean> {
    return this.#store.vectorDelete(namespace, id, options);
  }

  vectorSearch(
    namespace: string,
    query: readonly number[] | Float32Array,
    k: number,
    options?: VectorSearchOptions,
  ): Promise<VectorSearchResult> {
    return this.#store.vectorSearch(namespace, query, k, options);
  }

  vectorGet(namespace: string, id: string, options?: VectorGetOptions): Promise<number[] | null> {
    return this.#store.vectorGet(namespace, id, options);
  }
}
