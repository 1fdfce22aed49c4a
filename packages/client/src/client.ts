import type {
  CallOptions,
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
import { refuse } from '@norikv/store/checks';
import type { Backend, ClientStats } from './backend.js';
import { type ClientConfig, settingsOf } from './config.js';
import { RemoteBackend } from './remote-backend.js';
import type { ClusterView, TopologyListener } from './topology.js';

/**
 * A NoriKV client: the store contract over gRPC.
 *
 * A call has one total deadline, ends when its signal fires, and is sent again only if that cannot apply it
 * twice. What a server does not declare to keep (conditions, TTLs, idempotency keys) is refused with
 * `UnsupportedError` before it is sent. A write whose answer is lost ends with an error of outcome `unknown`.
 *
 * @example
 * ```ts
 * await using client = new NoriKVClient({ nodes: ['localhost:7447'] });
 * await client.connect();
 * const version = await client.put('user:123', 'Alice', { ifNotExists: true });
 * await client.put('user:123', 'Bob', { ifMatchVersion: version });
 * ```
 */
export class NoriKVClient implements KvStore, VectorStore, AsyncDisposable {
  readonly #backend: Backend;

  /**
   * Nothing is sent before {@link connect}.
   *
   * @param backend - for `createEphemeral`: stands in for the servers, and the configuration is not used.
   * @throws InvalidArgumentError naming the option that is wrong.
   */
  constructor(config: ClientConfig, backend?: Backend) {
    this.#backend = backend ?? new RemoteBackend(settingsOf(config));
  }

  /**
   * What all servers asked so far guarantee; undefined before {@link connect}. Each connection is asked anew
   * when it is made, so this can only be what servers said of themselves, never an assumption.
   */
  get capabilities(): Capabilities | undefined {
    return this.#backend.capabilities;
  }

  /**
   * Reaches a server and asks what it guarantees. Calling it again is fine; calls made without it connect by
   * themselves, but patterns need it first.
   *
   * @throws UnavailableError if no server answers within `timeout`.
   * @throws NoriKVError with the code `UNAUTHENTICATED` if a server refuses the token.
   */
  connect(): Promise<void> {
    return this.#backend.connect();
  }

  /** @throws KeyNotFoundError, and as any read: outcome not-applied. */
  get(key: Key, options?: GetOptions): Promise<Entry> {
    return this.#backend.get(key, options);
  }

  /** As {@link get}, with null for a missing key. */
  find(key: Key, options?: GetOptions): Promise<Entry | null> {
    return this.#backend.find(key, options);
  }

  /**
   * Writes a key and returns the version of this write.
   *
   * @throws AlreadyExistsError or VersionMismatchError if the condition did not hold.
   * @throws UnsupportedError if the server does not declare that it keeps what the options ask for.
   * @throws ResourceExhaustedError if too many calls are under way.
   * @throws UnavailableError, NotLeaderError, DeadlineExceededError or CancelledError with an honest `outcome`.
   */
  put(key: Key, value: Value, options?: PutOptions): Promise<Version> {
    return this.#backend.put(key, value, options);
  }

  /** Deletes a key. True if it existed. Throws as {@link put}. */
  delete(key: Key, options?: DeleteOptions): Promise<boolean> {
    return this.#backend.delete(key, options);
  }

  /**
   * Writes a key if it has the expected version; null: if it is absent.
   *
   * @throws VersionMismatchError or AlreadyExistsError if not, and as {@link put}.
   * @throws InvalidArgumentError if `expected` is undefined, which would be no condition at all.
   */
  async compareAndSet(
    key: Key,
    expected: Version | null,
    value: Value,
    options: PutOptions = {},
  ): Promise<Version> {
    if (expected === undefined) refuse('expected', expected, 'a version, or null for a key that is absent');
    const condition = expected === null ? { ifNotExists: true } : { ifMatchVersion: expected };
    return this.#backend.put(key, value, { ...options, ...condition });
  }

  /** Creates a namespace for vectors. False if it existed. */
  vectorCreateIndex(
    namespace: string,
    dimensions: number,
    distance: DistanceFunction,
    indexType?: VectorIndexType,
    options?: VectorWriteOptions,
  ): Promise<boolean> {
    return this.#backend.vectorCreateIndex(namespace, dimensions, distance, indexType, options);
  }

  /** Drops a namespace with its vectors. False if there was none. */
  vectorDropIndex(namespace: string, options?: VectorWriteOptions): Promise<boolean> {
    return this.#backend.vectorDropIndex(namespace, options);
  }

  /** Inserts a vector, or replaces the one with the same id. */
  vectorInsert(
    namespace: string,
    id: string,
    vector: readonly number[] | Float32Array,
    options?: VectorWriteOptions,
  ): Promise<Version> {
    return this.#backend.vectorInsert(namespace, id, vector, options);
  }

  /** Removes a vector. True if it existed. */
  vectorDelete(namespace: string, id: string, options?: VectorWriteOptions): Promise<boolean> {
    return this.#backend.vectorDelete(namespace, id, options);
  }

  /** The `k` nearest vectors. */
  vectorSearch(
    namespace: string,
    query: readonly number[] | Float32Array,
    k: number,
    options?: VectorSearchOptions,
  ): Promise<VectorSearchResult> {
    return this.#backend.vectorSearch(namespace, query, k, options);
  }

  /** One vector, or null. */
  vectorGet(namespace: string, id: string, options?: VectorGetOptions): Promise<number[] | null> {
    return this.#backend.vectorGet(namespace, id, options);
  }

  /** What the servers say about themselves, or null if none has said anything. */
  getClusterView(): ClusterView | null {
    return this.#backend.view;
  }

  /** Calls back when nodes come and go and leaders change. Returns what ends that. */
  onTopologyChange(listener: TopologyListener): () => void {
    return this.#backend.onTopologyChange(listener);
  }

  /** Figures about calls and connections. */
  getStats(): ClientStats {
    return this.#backend.stats;
  }

  /** Figures of the server: its metrics by name. @throws UnsupportedError if it has none to give. */
  getServerStats(options?: CallOptions): Promise<Readonly<Record<string, number>>> {
    return this.#backend.serverStats(options);
  }

  /** Refuses further calls, lets those that are sent end, and ends the connections. Calling it again is fine. */
  close(): Promise<void> {
    return this.#backend.close();
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Makes a {@link NoriKVClient}; call its `connect()`. */
export function createClient(config: ClientConfig): NoriKVClient {
  return new NoriKVClient(config);
}
