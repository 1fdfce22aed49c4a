import {
  type Capabilities,
  ClosedError,
  conditionOf,
  type DeleteOptions,
  type Entry,
  type GetOptions,
  type Key,
  KeyNotFoundError,
  type PutOptions,
  type Value,
  type VectorSearchResult,
  type VectorStore,
  type Version,
} from '@norikv/store';
import { deleteNames } from '@norikv/store/call-options';
import { refuse } from '@norikv/store/checks';
import { keyBytesOf, recordOf } from './bytes.js';
import { checkGetOptions, checkWriteOptions } from './call-options.js';
import type { EmbeddedStats, EmbeddedStore } from './embedded-store.js';
import type { Engine } from './engine.js';
import type { PutRequest, WriteRequest } from './keyspace.js';
import { nextTurn } from './next-turn.js';
import { overheadBytes, type WriteOrder } from './pending-write.js';
import { checkedVector, ownFilter, ownItems } from './vectors/vector-checks.js';

// A read waits for nothing, so a loop of reads would never let the write it waits for go on.
const readsPerTurn = 128;

/** The calls of a store: checks what it is given and hands it to the engine. */
export class CheckedStore implements EmbeddedStore {
  readonly capabilities: Capabilities;
  readonly #engine: Engine;
  #reads = 0;
  #closing: Promise<void> | undefined;

  constructor(engine: Engine, durableAck: boolean) {
    this.#engine = engine;
    this.capabilities = Object.freeze({ ...offered, durableAck });
  }

  async get(key: Key, options: GetOptions = {}): Promise<Entry> {
    const entry = await this.find(key, options);
    if (entry === null) throw new KeyNotFoundError('The key does not exist', { key });
    return entry;
  }

  async find(key: Key, options: GetOptions = {}): Promise<Entry | null> {
    this.#checkOpen(key);
    const keyBytes = keyBytesOf(key, this.capabilities);
    checkGetOptions(options, key);
    this.#reads += 1;
    if (this.#reads % readsPerTurn === 0) await this.#engine.track(nextTurn());
    return this.#engine.find(keyBytes);
  }

  put(key: Key, value: Value, options: PutOptions = {}): Promise<Version> {
    return this.#write(() => this.#putOrder(key, value, options));
  }

  delete(key: Key, options: DeleteOptions = {}): Promise<boolean> {
    return this.#write(() => this.#deleteOrder(key, options));
  }

  vectorCreateIndex(...call: Parameters<VectorStore['vectorCreateIndex']>): Promise<boolean> {
    return this.#vectors((vectors) => vectors.vectorCreateIndex(...call));
  }

  vectorDropIndex(...call: Parameters<VectorStore['vectorDropIndex']>): Promise<boolean> {
    return this.#vectors((vectors) => vectors.vectorDropIndex(...call));
  }

  async vectorInsert(...[namespace, id, vector, options]: InsertCall): Promise<Version> {
    const own = checkedVector('vector', vector);
    return this.#vectors((vectors) => vectors.vectorInsert(namespace, id, own, options));
  }

  async vectorInsertMany(...[namespace, items, options]: InsertManyCall): Promise<Version[]> {
    const own = ownItems(items);
    return this.#vectors((vectors) => vectors.vectorInsertMany(namespace, own, options));
  }

  vectorDelete(...call: Parameters<VectorStore['vectorDelete']>): Promise<boolean> {
    return this.#vectors((vectors) => vectors.vectorDelete(...call));
  }

  async vectorSearch(...[namespace, query, k, options]: SearchCall): Promise<VectorSearchResult> {
    const own = checkedVector('query', query);
    const asked = options?.filter === undefined ? options : { ...options, filter: ownFilter(options.filter) };
    return this.#vectors((vectors) => vectors.vectorSearch(namespace, own, k, asked));
  }

  vectorGet(...call: Parameters<VectorStore['vectorGet']>): Promise<number[] | null> {
    return this.#vectors((vectors) => vectors.vectorGet(...call));
  }

  async sweep(): Promise<number> {
    this.#checkOpen();
    return this.#engine.sweep();
  }

  async backup(file: string): Promise<void> {
    this.#checkOpen();
    if (typeof file !== 'string' || file === '') {
      refuse('file', file, 'the name of a file that does not exist');
    }
    await this.#engine.backup(file);
  }

  async stats(): Promise<EmbeddedStats> {
    this.#checkOpen();
    return this.#engine.stats();
  }

  close(): Promise<void> {
    this.#closing ??= this.#engine.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #vectors<T>(call: (vectors: VectorCalls) => Promise<T>): Promise<T> {
    this.#checkOpen();
    return this.#engine.vectorCall(call);
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
    checkWriteOptions(options, key, deleteNames);
    const request: WriteRequest = { key, keyBytes, condition, idempotencyKey: options.idempotencyKey };
    const bytes = overheadBytes + keyBytes.length;
    return { work: (transaction) => this.#engine.keyspace.delete(transaction, request), bytes, options, key };
  }

  #checkOpen(key?: Key): void {
    if (this.#closing) throw new ClosedError('The store is closed', { key });
  }
}

type VectorCalls = Pick<EmbeddedStore, keyof VectorStore | 'vectorInsertMany'>;
type InsertManyCall = Parameters<EmbeddedStore['vectorInsertMany']>;
type InsertCall = Parameters<VectorStore['vectorInsert']>;
type SearchCall = Parameters<EmbeddedStore['vectorSearch']>;

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
  vector: true,
} as const;
