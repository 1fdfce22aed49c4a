import { type WireMethod, watchCluster } from '@norikv/client/wire';
import type { KvStore } from '@norikv/store';
import { checkStore } from '@norikv/store/checks';
import { addressText } from './address-text.js';
import { ClusterService } from './cluster-service.js';
import { exposures } from './exposures.js';
import { aboutCalls } from './ext-service.js';
import { FailureLog } from './failure-log.js';
import { Guard } from './guard.js';
import { kvCalls } from './kv-service.js';
import { type Gauge, Metrics } from './metrics.js';
import {
  checkGraceMs,
  checkRenewal,
  type ServerCredentials,
  type ServerOptions,
  type ServerSettings,
  serverSettings,
} from './options.js';
import { Router } from './router.js';
import { Transport } from './transport.js';
import { type Served, type Surroundings, unaryHandler } from './unary-handler.js';
import { vectorCalls } from './vector-service.js';

const defaultGraceMs = 10_000;

/** A store behind the NoriKV wire. Made by {@link createServer}. */
export class NoriKVServer implements AsyncDisposable {
  readonly #router: Router;
  readonly #transport: Transport;
  readonly #settings: ServerSettings;
  readonly #guard: Guard;
  readonly #metrics: Metrics;
  readonly #cluster: ClusterService;
  #port = 0;
  #closing: Promise<void> | undefined;

  /** Use {@link createServer}, which also listens. @throws InvalidArgumentError naming the option that is wrong. */
  constructor(store: KvStore, options: ServerOptions) {
    checkStore(store);
    const settings = serverSettings(options);
    this.#settings = settings;
    this.#guard = new Guard(settings);
    this.#router = new Router(this.#guard);
    this.#metrics = new Metrics(this.#gauges());
    this.#cluster = new ClusterService(this.#guard, () => ({
      nodeId: settings.nodeId,
      address: settings.advertise ?? this.address,
      totalShards: settings.totalShards,
    }));
    this.#transport = new Transport(settings.tls, (stream, headers) => this.#router.route(stream, headers));
    this.#serve(store);
  }

  /** Where it listens: `host:port`. */
  get address(): string {
    return addressText(this.#settings.host, this.#port);
  }

  get port(): number {
    return this.#port;
  }

  /** Whether calls are served: false once {@link close} has begun. */
  get isReady(): boolean {
    return this.#port !== 0 && !this.#guard.isClosed;
  }

  /** The figures in the text format of Prometheus. */
  metrics(): Promise<string> {
    return this.#metrics.text();
  }

  /** Starts to listen; done by {@link createServer}. */
  async listen(): Promise<void> {
    this.#port = await this.#transport.listen(this.#settings);
    for (const entry of exposures(this.#settings)) this.#settings.log(entry);
  }

  /**
   * Takes other certificates and tokens, for connections and calls from now on; those under way go on. What is left
   * out stays.
   *
   * @throws InvalidArgumentError if something is broken, or would leave open what was guarded; then all stays.
   */
  renew(credentials: ServerCredentials): void {
    checkRenewal(credentials, this.#settings);
    const { tls, tokens } = credentials;
    if (tls) this.#transport.secure(tls);
    if (tokens) this.#guard.renew(tokens);
  }

  /**
   * Refuses new calls, lets those under way end, and stops to listen. Calling it again is fine. The store stays
   * open: it belongs to the caller.
   *
   * @param graceMs - how long calls under way may take before they are cut off. Default 10,000.
   */
  close(graceMs: number = defaultGraceMs): Promise<void> {
    checkGraceMs(graceMs);
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    this.#guard.isClosed = true;
    this.#cluster.close();
    this.#router.close();
    const cancel = this.#settings.clock.startTimer(() => this.#transport.destroy(), graceMs);
    await this.#transport.close();
    cancel();
  }

  #serve(store: KvStore): void {
    const { put, get, delete: remove, deleteExactly } = kvCalls(store);
    const { describe, stats } = aboutCalls(store, this.#settings.nodeId, this.#metrics);
    const vectors = vectorCalls(store);
    const surroundings = {
      settings: this.#settings,
      guard: this.#guard,
      metrics: this.#metrics,
      failures: new FailureLog(this.#settings),
    };
    const add = <Method extends WireMethod>(served: Served<Method>): void => this.#add(served, surroundings);
    add(put);
    add(get);
    add(remove);
    add(deleteExactly);
    add(describe);
    add(stats);
    add(vectors.createIndex);
    add(vectors.dropIndex);
    add(vectors.insert);
    add(vectors.delete);
    add(vectors.search);
    add(vectors.get);
    this.#router.addStream(watchCluster.path, this.#cluster.watch);
  }

  #add<Method extends WireMethod>(served: Served<Method>, surroundings: Surroundings): void {
    this.#router.add(served.method.path, unaryHandler(served, surroundings));
  }

  #gauges(): Gauge[] {
    const startedAt = this.#settings.clock.monotonic();
    return [
      {
        name: 'norikv_uptime_seconds',
        help: 'Time since the start.',
        read: () => (this.#settings.clock.monotonic() - startedAt) / 1_000,
      },
      {
        name: 'norikv_connections',
        help: 'Connections of clients. Each takes a file descriptor.',
        read: () => this.#transport.connections,
      },
      { name: 'norikv_calls_in_flight', help: 'Calls under way.', read: () => this.#guard.inFlight },
      {
        name: 'norikv_pending_bytes',
        help: 'Bytes of requests and answers under way.',
        read: () => this.#guard.pendingBytes,
      },
      {
        name: 'norikv_watchers',
        help: 'Streams that follow the cluster view.',
        read: () => this.#cluster.watchers,
      },
      {
        name: 'norikv_resident_memory_bytes',
        help: 'Memory of the process.',
        read: () => process.memoryUsage.rss(),
      },
    ];
  }
}

/**
 * Serves a store over the NoriKV wire, with the extension service of `@norikv/client`, and listens.
 *
 * Whatever the store guarantees its clients are told, and nothing else. The store stays the caller's: close the
 * server first, then the store.
 *
 * @throws InvalidArgumentError naming the option that is wrong, and for a store that is none, such as a promise of one.
 * @throws NoriKVError with code UNAVAILABLE if the address cannot be listened on.
 *
 * @example
 * ```ts
 * await using store = await openEmbedded({ path: './data' });
 * await using server = await createServer(store, { port: 7447 });
 * ```
 */
export async function createServer(store: KvStore, options: ServerOptions = {}): Promise<NoriKVServer> {
  const server = new NoriKVServer(store, options);
  await server.listen();
  return server;
}
