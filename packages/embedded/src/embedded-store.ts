import type {
  Capabilities,
  DeleteOptions,
  Entry,
  GetOptions,
  Key,
  KvStore,
  PutOptions,
  Value,
  Version,
} from '@norikv/store';

/** Figures about a store. */
export interface EmbeddedStats {
  /** Keys, expired ones that are not swept yet included. */
  readonly keys: number;
  /** Remembered idempotency keys, likewise. */
  readonly idempotencyKeys: number;
  /** Records of both kinds that expire one day. */
  readonly expiring: number;
  /** Writes of this store object that wait for a transaction. */
  readonly waitingWrites: number;
  /** Size of the data file. It never shrinks; room that becomes free is used again. */
  readonly fileBytes: number;
}

/**
 * A store inside this process. Made by `openEmbedded`.
 *
 * Reads are linearizable, also between processes: they see every write that was acknowledged before they
 * began, and none that is not flushed yet. Writes are acknowledged when flushed (see `durability`).
 *
 * Every call may also throw `InvalidArgumentError`, naming the option, and `ClosedError`.
 */
export interface EmbeddedStore extends KvStore, AsyncDisposable {
  /** What this store guarantees: everything but vectors. */
  readonly capabilities: Capabilities;

  /**
   * Reads a key.
   *
   * @throws KeyNotFoundError if it is absent or has expired.
   * @throws DamagedStoreError if what is on the disk is not what was written.
   * @throws UnavailableError if the disk fails.
   * @throws CancelledError if the signal is aborted already. A read waits for nothing.
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
   * Removes every record that has expired by now and returns how many. This happens by itself; expired
   * records only take room, reads and conditions never see them.
   */
  sweep(): Promise<number>;

  /**
   * Writes a copy of the store, as it is at one moment, to a new file. Reads and writes go on meanwhile.
   * Bring it back with `restoreBackup`.
   *
   * @throws InvalidArgumentError if the file exists.
   * @throws PathUnusableError if it cannot be written.
   */
  backup(file: string): Promise<void>;

  stats(): Promise<EmbeddedStats>;

  /**
   * Refuses further calls, lets those under way end, and closes the files. Calling it again is fine. A
   * process may also end without it: nothing acknowledged is lost.
   */
  close(): Promise<void>;
}
