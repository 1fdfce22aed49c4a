import type {
  Capabilities,
  DeleteOptions,
  Entry,
  GetOptions,
  Key,
  KvStore,
  PutOptions,
  Value,
  VectorSearchResult,
  VectorStore,
  Version,
} from '@norikv/store';
import type { FilteredSearchOptions, InsertManyOptions, VectorItem, VectorStats } from './vector-options.js';

/** Figures about a store. */
export interface EmbeddedStats {
  /** Keys, expired ones that are not swept yet included. */
  readonly keys: number;
  /** Remembered idempotency keys, likewise. */
  readonly idempotencyKeys: number;
  /** Keys and remembered idempotency keys that expire one day. One whose life was prolonged may count twice. */
  readonly expiring: number;
  /** Writes of this store object that wait for a transaction. */
  readonly waitingWrites: number;
  /** Size of the data file. It never shrinks; room that becomes free is used again. */
  readonly fileBytes: number;
  readonly vectors: VectorStats;
}

/**
 * A store inside this process. Made by `openEmbedded`.
 *
 * Reads are linearizable, also between processes: they see every write that was acknowledged before they
 * began, and none that is not flushed yet. Writes are acknowledged when flushed (see `durability`).
 *
 * Every call may also throw `InvalidArgumentError`, naming the option, and `ClosedError`.
 */
export interface EmbeddedStore extends KvStore, VectorStore, AsyncDisposable {
  /** What this store guarantees. */
  readonly capabilities: Capabilities;

  /**
   * Reads a key.
   *
   * @throws KeyNotFoundError if it is absent or has expired.
   * @throws DamagedStoreError if what is on the disk is not what was written.
   * @throws UnavailableError if the disk fails.
   * @throws CancelledError if the signal is aborted already. A read does not wait for anything else.
   */
  get(key: Key, options?: GetOptions): Promise<Entry>;

  /** Reads a key, or returns null. Throws as {@link get}. */
  find(key: Key, options?: GetOptions): Promise<Entry | null>;

  /**
   * Writes a key and returns the version of this write.
   *
   * @throws AlreadyExistsError or VersionMismatchError, with the entry that was in the way.
   * @throws ResourceExhaustedError if the disk is full or too many writes wait: nothing was applied.
   * @throws UnavailableError if the disk fails; its `outcome` says whether the write may be applied.
   * @throws CancelledError or DeadlineExceededError; `not-applied` until the write is inside a transaction.
   * @throws DamagedStoreError if the condition cannot be checked.
   */
  put(key: Key, value: Value, options?: PutOptions): Promise<Version>;

  /**
   * Deletes a key. True if it existed.
   *
   * @throws VersionMismatchError, with the entry that was in the way, and otherwise as {@link put}.
   */
  delete(key: Key, options?: DeleteOptions): Promise<boolean>;

  /**
   * The `k` nearest vectors, exactly: nearest first, at equal distance in the order of their ids. It sees every
   * insert and delete that was acknowledged before it began, by any process. Long searches yield to the event loop.
   *
   * A large namespace of type `hnsw` is searched by a graph (see `hnswFrom`), unless there is a filter. Some of the
   * nearest may then be missed, with others in their place. Everything else holds: what is found exists, at exactly
   * this distance.
   *
   * @throws KeyNotFoundError if the namespace does not exist.
   * @throws InvalidArgumentError for a query of another length, and for one of zeros if the distance is cosine.
   * @throws ResourceExhaustedError if the namespace does not fit the memory of this process.
   * @throws CancelledError or DeadlineExceededError.
   */
  vectorSearch(
    namespace: string,
    query: readonly number[] | Float32Array,
    k: number,
    options?: FilteredSearchOptions,
  ): Promise<VectorSearchResult>;

  /**
   * Inserts or replaces many vectors: in groups of up to 512, each in one transaction. All are checked before
   * the first is written. Gives their versions in the same order. An array can be used for others at once, its vectors
   * once they are inserted.
   *
   * @throws UnavailableError, outcome unknown, if it broke off after the first group: insert all of them again.
   * And what `vectorInsert` throws.
   */
  vectorInsertMany(
    namespace: string,
    items: Iterable<VectorItem>,
    options?: InsertManyOptions,
  ): Promise<Version[]>;

  /**
   * Removes every record that has expired by now and returns how many. This happens by itself; expired
   * records only take room, reads and conditions never see them.
   */
  sweep(): Promise<number>;

  /**
   * Writes a copy of the store, as it is at one moment, to a new file. Reads and writes go on meanwhile.
   * Bring it back with `restoreBackup`.
   *
   * @throws InvalidArgumentError if the file exists.
   * @throws PathUnusableError if it cannot be written, ResourceExhaustedError for want of room.
   */
  backup(file: string): Promise<void>;

  /** Figures about the store and its vectors. Only the first call in a store with vectors may wait for commits of others. */
  stats(): Promise<EmbeddedStats>;

  /**
   * Refuses further calls, waits for those under way, and closes the files. It may be called again. A process may
   * also end without it: nothing acknowledged is lost.
   */
  close(): Promise<void>;
}
