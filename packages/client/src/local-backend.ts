import {
  type Capabilities,
  type DeleteOptions,
  type Entry,
  find,
  type GetOptions,
  type Key,
  type KvStore,
  type PutOptions,
  UnsupportedError,
  type Value,
  type VectorSearchResult,
  type VectorStore,
  type Version,
} from '@norikv/store';
import type { Backend, ClientStats } from './backend.js';
import type { ClusterView } from './topology.js';

/** A store that can be closed. */
export interface LocalStore extends KvStore {
  close(): Promise<void>;
}

/** A store of this process in the place of servers. There is no topology and nothing to connect to. */
export class LocalBackend implements Backend {
  readonly #store: LocalStore;
  #isClosed = false;
  #calls = 0;
  #failures = 0;
  #inFlight = 0;

  constructor(store: LocalStore) {
    this.#store = store;
  }

  get capabilities(): Capabilities | undefined {
    return this.#store.capabilities;
  }

  get view(): ClusterView | null {
    return null;
  }

  get stats(): ClientStats {
    return {
      isConnected: !this.#isClosed,
      inFlight: this.#inFlight,
      waiting: 0,
      pendingBytes: 0,
      calls: this.#calls,
      retries: 0,
      failures: this.#failures,
      nodes: [],
    };
  }

  async connect(): Promise<void> {}

  get(key: Key, options?: GetOptions): Promise<Entry> {
    return this.#counted(() => this.#store.get(key, options));
  }

  find(key: Key, options?: GetOptions): Promise<Entry | null> {
    return this.#counted(() => find(this.#store, key, options));
  }

  put(key: Key, value: Value, options?: PutOptions): Promise<Version> {
    return this.#counted(() => this.#store.put(key, value, options));
  }

  delete(key: Key, options?: DeleteOptions): Promise<boolean> {
    return this.#counted(() => this.#store.delete(key, options));
  }

  vectorCreateIndex(...call: Parameters<VectorStore['vectorCreateIndex']>): Promise<boolean> {
    return this.#counted(async () => this.#vectors().vectorCreateIndex(...call));
  }

  vectorDropIndex(...call: Parameters<VectorStore['vectorDropIndex']>): Promise<boolean> {
    return this.#counted(async () => this.#vectors().vectorDropIndex(...call));
  }

  vectorInsert(...call: Parameters<VectorStore['vectorInsert']>): Promise<Version> {
    return this.#counted(async () => this.#vectors().vectorInsert(...call));
  }

  vectorDelete(...call: Parameters<VectorStore['vectorDelete']>): Promise<boolean> {
    return this.#counted(async () => this.#vectors().vectorDelete(...call));
  }

  vectorSearch(...call: Parameters<VectorStore['vectorSearch']>): Promise<VectorSearchResult> {
    return this.#counted(async () => this.#vectors().vectorSearch(...call));
  }

  vectorGet(...call: Parameters<VectorStore['vectorGet']>): Promise<number[] | null> {
    return this.#counted(async () => this.#vectors().vectorGet(...call));
  }

  async serverStats(): Promise<never> {
    throw new UnsupportedError('The store is in this process; there is no server to ask');
  }

  onTopologyChange(): () => void {
    return () => {};
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#store.close();
  }

  #vectors(): VectorStore {
    if (this.capabilities?.vector && 'vectorSearch' in this.#store) {
      return this.#store as LocalStore & VectorStore;
    }
    throw new UnsupportedError('The store in this process serves no vectors; nothing was applied');
  }

  async #counted<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#calls += 1;
    this.#inFlight += 1;
    try {
      return await call();
    } catch (error) {
      this.#failures += 1;
      throw error;
    } finally {
      this.#inFlight -= 1;
    }
  }
}
