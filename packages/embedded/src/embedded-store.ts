import {
  type Capabilities,
  ClosedError,
  conditionOf,
  type DeleteOptions,
  type Entry,
  type GetOptions,
  InvalidArgumentError,
  type Key,
  KeyNotFoundError,
  type KvStore,
  type PutOptions,
  type Value,
  type Version,
} from '@norikv/store';
import { keyBytesOf, recordOf } from './bytes.js';
import { checkGetOptions, checkWriteOptions } from './call-options.js';
import type { EmbeddedStats, Engine } from './engine.js';
import type { PutRequest, WriteRequest } from './keyspace.js';
import { nextTurn } from './next-turn.js';
import type { WriteOrder } from './pending-write.js';

// A read waits for nothing, so a loop of reads would never let the write it waits for go on.
const readsPerTurn = 128;
// What a waiting write costs beside its bytes.
const overheadBytes = 512;

/**
 * A store inside this process. Made by `openEmbedded`.
 *
 * Reads are linearizable, also between processes: they see every write that was acknowledged before they
 * began, and nothing that is not flushed yet. Writes are acknowledged when flushed (see `durability`).
 */
export class EmbeddedStore implements KvStore, AsyncDisposable {
  readonly capabilities: Capabilities;
  readonly #engine: Engine;
  #reads = 0;
  #closing: Promise<void> | undefined;

  constructor(engine: Engine, durableAck: boolean) {
    this.#engine = engine;
    this.capabilities = Object.freeze({ ...offered, durableAck });
  }

  /** @throws KeyNotFoundError, DamagedStoreError, InvalidArgumentError, CancelledError or ClosedError. */
  async get(key: Key, options: GetOptions = {}): Promise<Entry> {
    const entry = await this.find(key, options);
    if (entry === null) throw new KeyNotFoundError('The key does not exist', { key });
    return entry;
  }

  /** @throws DamagedStoreError, InvalidArgumentError, CancelledError or ClosedError. */
  async find(key: Key, options: GetOptions = {}): Promise<Entry | null> {
    this.#checkOpen(key);
    const keyBytes = keyBytesOf(key, this.capabilities);
    checkGetOptions(options, key);
    this.#reads += 1;
    if (this.#reads % readsPerTurn === 0) await nextTurn();
    return this.#engine.find(keyBytes);
  }

  /**
   * Writes a key and returns the version of this write.
   *
   * @throws AlreadyExistsError or VersionMismatchError, with the entry that was in the way.
   * @throws ResourceExhaustedError if the disk is full or too many writes wait: nothing was applied.
   * @throws UnavailableError if the disk fails; its `outcome` says whether the write may be applied.
   * @throws CancelledError or DeadlineExceededError; `not-applied` before the write entered a transaction.
   * @throws DamagedStoreError, InvalidArgumentError or ClosedError.
   */
  put(key: Key, value: Value, options: PutOptions = {}): Promise<Version> {
    return this.#write(() => this.#putOrder(key, value, options));
  }

  /**
   * Deletes a key. True if it existed.
   *
   * @throws VersionMismatchError, with the entry that was in the way, and otherwise as {@link put}.
   */
  delete(key: Key, options: DeleteOptions = {}): Promise<boolean> {
    return this.#write(() => this.#deleteOrder(key, options));
  }

  /**
   * Removes every record that has expired by now and returns how many. This happens by itself; expired
   * records only take room, reads and conditions never see them.
   */
  async sweep(): Promise<number> {
    this.#checkOpen();
    return this.#engine.sweep();
  }

  /**
   * Writes a copy of the store, as it is at one moment, to a new file. Reads and writes go on meanwhile.
   * Bring it back with `restoreBackup`.
   *
   * @throws InvalidArgumentError if the file exists.
   * @throws PathUnusableError if it cannot be written.
   */
  async backup(file: string): Promise<void> {
    this.#checkOpen();
    if (typeof file !== 'string' || file === '') {
      throw new InvalidArgumentError(`file is ${JSON.stringify(file)}; name a file that does not exist`);
    }
    await this.#engine.backup(file);
  }

  /** Figures about the store: how much is in it, and how much is waiting. */
  async stats(): Promise<EmbeddedStats> {
    this.#checkOpen();
    return this.#engine.stats();
  }

  /**
   * Refuses further calls, lets those under way end, and closes the files. Calling it again is fine. A
   * process may also end without it: nothing acknowledged is lost.
   */
  close(): Promise<void> {
    this.#closing ??= this.#engine.close();
    return this.#closing;
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Not an async function, which would cost every write another promise. */
  #write<T>(orderOf: () => WriteOrder<T>): Promise<T> {
    try {
      return this.#engine.write(orderOf());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #putOrder(key: Key, value: Value, options: PutOptions): WriteOrder<Version> {
    this.#checkOpen(key);
    const keyBytes = keyBytesOf(key, this.capabilities);
    const record = recordOf(value, this.capabilities);
    const condition = conditionOf(options);
    checkWriteOptions(options, key);
    const { ttlMs, idempotencyKey } = options;
    const request: PutRequest = { key, keyBytes, condition, idempotencyKey, record, ttlMs };
    const bytes = overheadBytes + keyBytes.length + record.length;
    return { work: (transaction) => this.#engine.keyspace.put(transaction, request), bytes, options, key };
  }

  #deleteOrder(key: Key, options: DeleteOptions): WriteOrder<boolean> {
    this.#checkOpen(key);
    const keyBytes = keyBytesOf(key, this.capabilities);
    const condition = conditionOf(options);
    checkWriteOptions(options, key);
    const request: WriteRequest = { key, keyBytes, condition, idempotencyKey: options.idempotencyKey };
    const bytes = overheadBytes + keyBytes.length;
    return { work: (transaction) => this.#engine.keyspace.delete(transaction, request), bytes, options, key };
  }

  #checkOpen(key?: Key): void {
    if (this.#closing) throw new ClosedError('The store is closed', { key });
  }
}

const offered = {
  engine: 'embedded',
  atomicCas: true,
  createIfAbsent: true,
  deleteCas: true,
  linearizableReads: true,
  putVersionUsable: true,
  ttl: 'exact',
  idempotency: 'durable',
  maxKeyBytes: 1_024,
  maxValueBytes: 1_048_576,
  vector: false,
} as const;
