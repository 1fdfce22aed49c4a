import {
  type Capabilities,
  ClosedError,
  conditionOf,
  type DeleteOptions,
  type Entry,
  type GetOptions,
  type Key,
  KeyNotFoundError,
  keyToBytes,
  type PutOptions,
  type Value,
  type Version,
  valueToBytes,
} from '@norikv/store';
import { checkReadOptions, checkWriteOptions, deleteNames } from '@norikv/store/call-options';
import { CallLimit } from './call-limit.js';
import type { Caller } from './caller.js';
import type { Cluster } from './cluster.js';
import { Engine, type WriteRequest, type Written } from './engine.js';
import type { EtcdStore } from './etcd-store.js';
import { Gate } from './gate.js';
import type { Settings } from './options.js';

// What a waiting call costs beside its bytes.
const overheadBytes = 2_048;

/** The calls of a store: checks what it is given and hands it to the engine. */
export class CheckedStore implements EtcdStore {
  readonly capabilities: Capabilities = offered;
  readonly #cluster: Cluster;
  readonly #engine: Engine;
  readonly #gate: Gate;
  readonly #timeoutMs: number;
  #closing: Promise<void> | undefined;

  constructor(cluster: Cluster, caller: Caller, settings: Settings) {
    this.#cluster = cluster;
    this.#engine = new Engine(cluster, caller, settings);
    this.#gate = new Gate(settings);
    this.#timeoutMs = settings.timeoutMs;
  }

  async get(key: Key, options: GetOptions = {}): Promise<Entry> {
    const entry = await this.find(key, options);
    if (entry === null) throw new KeyNotFoundError('The key does not exist', { key });
    return entry;
  }

  async find(key: Key, options: GetOptions = {}): Promise<Entry | null> {
    this.#checkOpen(key);
    const keyBytes = keyToBytes(key, this.capabilities);
    checkReadOptions(options);
    const limit = new CallLimit(options, this.#timeoutMs, key);
    const mayBeStale = options.consistency === 'stale_ok';
    const bytes = keyBytes.length + overheadBytes;
    return this.#gate.pass(bytes, limit, () => this.#engine.find(key, keyBytes, mayBeStale, limit));
  }

  async put(key: Key, value: Value, options: PutOptions = {}): Promise<Version> {
    this.#checkOpen(key);
    const keyBytes = keyToBytes(key, this.capabilities);
    const valueBytes = valueToBytes(value, this.capabilities);
    const condition = conditionOf(options);
    checkWriteOptions(options);
    const { ttlMs, idempotencyKey } = options;
    const request = { key, keyBytes, condition, value: valueBytes, ttlMs, idempotencyKey };
    const written = await this.#write(request, new CallLimit(options, this.#timeoutMs, key));
    return written.version;
  }

  async delete(key: Key, options: DeleteOptions = {}): Promise<boolean> {
    this.#checkOpen(key);
    const keyBytes = keyToBytes(key, this.capabilities);
    const condition = conditionOf(options);
    checkWriteOptions(options, deleteNames);
    const { idempotencyKey } = options;
    const request = { key, keyBytes, condition, value: undefined, ttlMs: undefined, idempotencyKey };
    const written = await this.#write(request, new CallLimit(options, this.#timeoutMs, key));
    return written.existed;
  }

  close(): Promise<void> {
    this.#closing ??= this.#gate.idle().then(() => this.#cluster.close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #write(request: WriteRequest, limit: CallLimit): Promise<Written> {
    const bytes = request.keyBytes.length + (request.value?.length ?? 0) + overheadBytes;
    return this.#gate.pass(bytes, limit, () => this.#engine.write(request, limit));
  }

  #checkOpen(key: Key): void {
    if (this.#closing) throw new ClosedError('The store is closed', { key });
  }
}

const offered: Capabilities = Object.freeze({
  engine: 'etcd',
  atomicCas: true,
  createIfAbsent: true,
  deleteCas: true,
  linearizableReads: true,
  putVersionUsable: true,
  ttl: 'coarse',
  durableAck: true,
  idempotency: 'durable',
  maxKeyBytes: 1_024,
  maxValueBytes: 1_048_576,
  vector: false,
});
