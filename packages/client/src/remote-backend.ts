import {
  type CallOptions,
  type Capabilities,
  ClosedError,
  conditionOf,
  type DeleteOptions,
  type Entry,
  errorCode,
  type GetOptions,
  type Key,
  KeyNotFoundError,
  keyToBytes,
  NoriKVError,
  type PutOptions,
  type Value,
  type Version,
  valueToBytes,
} from '@norikv/store';
import { checkReadOptions, checkWriteOptions, deleteNames } from '@norikv/store/call-options';
import type { Backend, ClientStats } from './backend.js';
import { CallRunner } from './call-runner.js';
import { Cluster } from './cluster.js';
import { ClusterWatch } from './cluster-watch.js';
import type { Settings } from './config.js';
import { planDelete, planGet, planPut } from './plans.js';
import type { ClusterView, TopologyListener } from './topology.js';
import { VectorCalls } from './vector-calls.js';
import { wireLimits } from './wire/limits.js';
import { methods } from './wire/methods.js';

/** The contract, kept by servers at the other end of connections. */
export class RemoteBackend extends VectorCalls implements Backend {
  readonly #settings: Settings;
  readonly #cluster: Cluster;
  readonly #runner: CallRunner;
  readonly #watch: ClusterWatch;
  #connecting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #isConnected = false;
  #isClosed = false;

  constructor(settings: Settings) {
    const cluster = new Cluster(settings);
    const runner = new CallRunner(cluster, settings);
    super(runner, settings.allowPlainServer);
    this.#settings = settings;
    this.#cluster = cluster;
    this.#runner = runner;
    this.#watch = new ClusterWatch(cluster, settings);
  }

  get capabilities(): Capabilities | undefined {
    return this.#cluster.capabilities;
  }

  get view(): ClusterView | null {
    return this.#cluster.topology.view;
  }

  get stats(): ClientStats {
    const { gate, calls, repetitions, failures } = this.#runner;
    return {
      isConnected: this.#isConnected && !this.#isClosed,
      inFlight: gate.inFlight,
      waiting: gate.waiting,
      pendingBytes: gate.pendingBytes,
      calls,
      retries: repetitions,
      failures,
      nodes: this.#cluster.nodes.map(({ address, connections }) => ({
        address,
        ready: connections.filter(({ description }) => description !== undefined).length,
        connections: connections.length,
      })),
    };
  }

  connect(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new ClosedError('The client is closed'));
    this.#connecting ??= this.#connect().catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }

  async get(key: Key, options: GetOptions = {}): Promise<Entry> {
    const entry = await this.find(key, options);
    if (entry === null) throw new KeyNotFoundError('The key does not exist', { key });
    return entry;
  }

  async find(key: Key, options: GetOptions = {}): Promise<Entry | null> {
    checkReadOptions(options);
    const keyBytes = keyToBytes(key, wireLimits);
    const answer = await existing(this.#runner.run(planGet(key, keyBytes, options)));
    if (!answer?.version) return null;
    const { term, index } = answer.version;
    // A copy: the message it is part of need not be kept.
    return { value: answer.value.slice(), version: { term, index } };
  }

  async put(key: Key, value: Value, options: PutOptions = {}): Promise<Version> {
    const condition = conditionOf(options);
    checkWriteOptions(options);
    const keyBytes = keyToBytes(key, wireLimits);
    const valueBytes = valueToBytes(value, wireLimits);
    const put = { key, keyBytes, valueBytes, condition, options };
    const { version } = await this.#runner.run(planPut(put, this.#settings.allowPlainServer));
    if (version) return { term: version.term, index: version.index };
    throw new NoriKVError('The server answered a put without a version', {
      code: 'INTERNAL',
      outcome: 'unknown',
      key,
    });
  }

  async delete(key: Key, options: DeleteOptions = {}): Promise<boolean> {
    const condition = conditionOf(options);
    checkWriteOptions(options, deleteNames);
    const keyBytes = keyToBytes(key, wireLimits);
    const plan = planDelete({ key, keyBytes, condition, options }, this.#settings.allowPlainServer);
    const call = this.#runner.run(plan);
    const answer = condition.kind === 'always' ? await existing(call) : await call;
    return answer?.tombstoned ?? false;
  }

  async serverStats(options: CallOptions = {}): Promise<Readonly<Record<string, number>>> {
    const plan = { key: '', bytes: 0, options, isWrite: false, request: () => ({}) };
    const { figures } = await this.#runner.run({ ...plan, method: methods.stats, resend: () => 'always' });
    return figures;
  }

  onTopologyChange(listener: TopologyListener): () => void {
    return this.#cluster.topology.listen(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.close();
    this.#cluster.topology.close();
    this.#cluster.refuse();
    await this.#runner.close();
    this.#cluster.close();
  }

  async #connect(): Promise<void> {
    await this.#cluster.connect(this.#settings.timeoutMs);
    this.#isConnected = true;
    if (this.#settings.watchCluster) this.#watch.start();
  }
}

/** Servers may also answer with NOT_FOUND that a key is missing: null. */
async function existing<Answer>(call: Promise<Answer>): Promise<Answer | null> {
  try {
    return await call;
  } catch (error) {
    if (errorCode(error) === 'KEY_NOT_FOUND') return null;
    throw error;
  }
}
