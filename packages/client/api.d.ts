import { KvStore, VectorStore, Capabilities, Key, GetOptions, Entry, CallOptions, Clock, Value, PutOptions, Version, DeleteOptions, DistanceFunction, VectorIndexType, VectorWriteOptions, VectorSearchOptions, VectorSearchResult, VectorGetOptions, NoriKVError, Outcome, ErrorFacts } from '@norikv/store';
export { AlreadyExistsError, CallOptions, CancelledError, Capabilities, ClosedError, UnavailableError as ConnectionError, Consistency, Consistency as ConsistencyLevel, DeadlineExceededError, DeleteOptions, DistanceFunction, Entry, GetOptions, GetResult, InvalidArgumentError, Key, KeyNotFoundError, NoriKVError, KeyNotFoundError as NotFoundError, PutOptions, ResourceExhaustedError, UnavailableError, UnsupportedError, Value, VectorGetOptions, VectorIndexType, VectorMatch, VectorSearchOptions, VectorSearchResult, VectorWriteOptions, Version, VersionMismatchError, bytesToString, errorCode, isAlreadyExists, isKeyNotFound, isNoriKVError, isVersionMismatch, stringToBytes } from '@norikv/store';

/** A server of a cluster. */
interface ClusterNode {
    readonly id: string;
    readonly addr: string;
    readonly role: string;
}
/** A copy of a shard. */
interface ShardReplica {
    readonly nodeId: string;
    readonly leader: boolean;
}
/** A shard and where its copies are. */
interface ShardInfo {
    readonly id: number;
    readonly replicas: readonly ShardReplica[];
}
/** What the servers say about themselves. It is advice: routing works without it. */
interface ClusterView {
    readonly epoch: bigint;
    readonly nodes: readonly ClusterNode[];
    readonly shards: readonly ShardInfo[];
}
/** How one view differs from the one before. */
interface TopologyChange {
    readonly previousEpoch: bigint;
    readonly currentEpoch: bigint;
    /** Ids. */
    readonly addedNodes: readonly string[];
    /** Ids. */
    readonly removedNodes: readonly string[];
    /** Shards whose leader is another now: id of the shard to id of the node, or null. */
    readonly leaderChanges: ReadonlyMap<number, string | null>;
}
/** Called with each change. */
type TopologyListener = (change: TopologyChange) => void;

/** Figures about a client. */
interface ClientStats {
    readonly isConnected: boolean;
    /** Calls that are sent and not answered. */
    readonly inFlight: number;
    /** Calls that wait for their turn. */
    readonly waiting: number;
    /** Bytes of keys and values under way or waiting. */
    readonly pendingBytes: number;
    /** Calls since the start. */
    readonly calls: number;
    /** Attempts beyond the first of each call. */
    readonly retries: number;
    /** Calls that ended with an error, lost conditions included. */
    readonly failures: number;
    readonly nodes: readonly NodeStats[];
}
/** Figures about one server. */
interface NodeStats {
    readonly address: string;
    /** Connections that are up, of how many. */
    readonly ready: number;
    readonly connections: number;
}
/** What a client stands on: servers far away, or a store in this process. */
interface Backend extends KvStore, VectorStore {
    readonly capabilities: Capabilities | undefined;
    readonly view: ClusterView | null;
    readonly stats: ClientStats;
    find(key: Key, options?: GetOptions): Promise<Entry | null>;
    /** Resolves when calls can be made. */
    connect(): Promise<void>;
    /** Figures the server gives about itself. */
    serverStats(options?: CallOptions): Promise<Readonly<Record<string, number>>>;
    /** Calls back when the view of the cluster changes; returns how to stop that. */
    onTopologyChange(listener: TopologyListener): () => void;
    /** Ends what is under way and lets go of connections. */
    close(): Promise<void>;
}

/** Keys and certificates, each as PEM text or bytes. */
interface TlsOptions {
    /** Certificate authorities to trust instead of the machine's. */
    readonly ca?: string | Uint8Array | undefined;
    /** The client's certificate chain, for servers that ask for one. Needs `key`. */
    readonly cert?: string | Uint8Array | undefined;
    /** The private key of `cert`. */
    readonly key?: string | Uint8Array | undefined;
    /** The name the server's certificate must carry, if it is not the host that is connected to. */
    readonly serverName?: string | undefined;
}
/** A bearer token, or what gives one. */
type Token = string | (() => string | Promise<string>);
/** Gives the metadata of a call to a method, such as `/norikv.v1.Kv/Put`. */
type MetadataHook = (method: string) => Readonly<Record<string, string>>;

/** When and how often a call is sent again. Only what cannot be applied twice is ever sent again. */
interface RetryConfig {
    /** How often a call is sent at most, the first time included. Default 3. */
    readonly maxAttempts?: number | undefined;
    /** Upper bound of the first pause, in milliseconds; pauses are random below their bound. Default 10. */
    readonly initialDelayMs?: number | undefined;
    /** Upper bound of every pause, in milliseconds. Default 1,000. */
    readonly maxDelayMs?: number | undefined;
    /** What the bound grows by from pause to pause. Default 2. */
    readonly backoffMultiplier?: number | undefined;
}
/** Configuration of a {@link NoriKVClient}. */
interface ClientConfig {
    /** Addresses `host:port` of one or more servers. */
    readonly nodes: readonly string[];
    /** Shards keys are spread over, as the servers are configured. Default 1,024. */
    readonly totalShards?: number | undefined;
    /** Total time of a call in milliseconds, connecting and retries included. Default 5,000. */
    readonly timeout?: number | undefined;
    readonly retry?: RetryConfig | undefined;
    /** Follows the cluster's topology. Default true. */
    readonly watchCluster?: boolean | undefined;
    /** Connections to each node. Default 2; more serve many calls at once. */
    readonly maxConnectionsPerNode?: number | undefined;
    /** Calls that travel at one time; more wait. Default 1,024. */
    readonly maxInFlight?: number | undefined;
    /** Calls that may wait for their turn; beyond them a call gets `ResourceExhaustedError`. Default 16,384. */
    readonly maxWaiting?: number | undefined;
    /** Bytes of keys and values that may be under way or waiting; beyond them likewise. Default 256 MiB. */
    readonly maxPendingBytes?: number | undefined;
    /** Silence on a connection with calls under way after which it is probed, in milliseconds. Default 10,000. */
    readonly keepAliveMs?: number | undefined;
    /** How long nothing may come after a probe until the connection counts as dead, in milliseconds. Default 5,000. */
    readonly keepAliveTimeoutMs?: number | undefined;
    /** TLS with the machine's certificate authorities (`true`), or with keys of your own. Default: no TLS. */
    readonly tls?: boolean | TlsOptions | undefined;
    /** Sent as `authorization: Bearer …`. A function is asked for each call. */
    readonly token?: Token | undefined;
    /** Further metadata for each call; secrets belong into `token`. */
    readonly metadata?: MetadataHook | undefined;
    /** Sends the token without TLS, too, where anybody between can read it. Loopback needs no permission. */
    readonly unsafeAllowTokenWithoutTls?: boolean | undefined;
    /**
     * Sends conditions, TTLs and idempotency keys to a server that does not declare to keep them. Such a server
     * may overwrite what it should not. Its capabilities stay undeclared, so patterns still refuse it.
     */
    readonly unsafeAllowPlainServer?: boolean | undefined;
    /**
     * Sends short calls on keys on one stream of each connection, where the server offers that, which is several times
     * as fast. Not used with a `metadata` hook or a token function: what they say belongs to one call. Default true; set
     * false behind a proxy that ends long streams, or that spreads streams over servers.
     */
    readonly exchange?: boolean | undefined;
    /** Default: the clock of the process. */
    readonly clock?: Clock | undefined;
    /** Uniform in [0, 1). Default `Math.random`. */
    readonly random?: (() => number) | undefined;
}

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
declare class NoriKVClient implements KvStore, VectorStore, AsyncDisposable {
    #private;
    /**
     * Nothing is sent before {@link connect}.
     *
     * @param backend - for `createEphemeral`: stands in for the servers, and the configuration is not used.
     * @throws InvalidArgumentError naming the option that is wrong.
     */
    constructor(config: ClientConfig, backend?: Backend);
    /**
     * What all servers asked so far guarantee; undefined before {@link connect}. Each connection is asked anew
     * when it is made, so this can only be what servers said of themselves, never an assumption.
     */
    get capabilities(): Capabilities | undefined;
    /**
     * Reaches a server and asks what it guarantees. Calling it again is fine; calls made without it connect by
     * themselves, but patterns need it first.
     *
     * @throws UnavailableError if no server answers within `timeout`.
     */
    connect(): Promise<void>;
    /** @throws KeyNotFoundError, and as any read: outcome not-applied. */
    get(key: Key, options?: GetOptions): Promise<Entry>;
    /** As {@link get}, with null for a missing key. */
    find(key: Key, options?: GetOptions): Promise<Entry | null>;
    /**
     * Writes a key and returns the version of this write.
     *
     * @throws AlreadyExistsError or VersionMismatchError if the condition did not hold.
     * @throws UnsupportedError if the server does not declare that it keeps what the options ask for.
     * @throws ResourceExhaustedError if too many calls are under way.
     * @throws UnavailableError, NotLeaderError, DeadlineExceededError or CancelledError with an honest `outcome`.
     */
    put(key: Key, value: Value, options?: PutOptions): Promise<Version>;
    /** Deletes a key. True if it existed. Throws as {@link put}. */
    delete(key: Key, options?: DeleteOptions): Promise<boolean>;
    /**
     * Writes a key if it has the expected version; null: if it is absent.
     *
     * @throws VersionMismatchError or AlreadyExistsError if not, and as {@link put}.
     */
    compareAndSet(key: Key, expected: Version | null, value: Value, options?: PutOptions): Promise<Version>;
    /** Creates a namespace for vectors. False if it existed. */
    vectorCreateIndex(namespace: string, dimensions: number, distance: DistanceFunction, indexType?: VectorIndexType, options?: VectorWriteOptions): Promise<boolean>;
    /** Drops a namespace with its vectors. False if there was none. */
    vectorDropIndex(namespace: string, options?: VectorWriteOptions): Promise<boolean>;
    /** Inserts a vector, or replaces the one with the same id. */
    vectorInsert(namespace: string, id: string, vector: readonly number[] | Float32Array, options?: VectorWriteOptions): Promise<Version>;
    /** Removes a vector. True if it existed. */
    vectorDelete(namespace: string, id: string, options?: VectorWriteOptions): Promise<boolean>;
    /** The `k` nearest vectors. */
    vectorSearch(namespace: string, query: readonly number[] | Float32Array, k: number, options?: VectorSearchOptions): Promise<VectorSearchResult>;
    /** One vector, or null. */
    vectorGet(namespace: string, id: string, options?: VectorGetOptions): Promise<number[] | null>;
    /** What the servers say about themselves, or null if none has said anything. */
    getClusterView(): ClusterView | null;
    /** Calls back when nodes come and go and leaders change. Returns what ends that. */
    onTopologyChange(listener: TopologyListener): () => void;
    /** Figures about calls and connections. */
    getStats(): ClientStats;
    /** Figures of the server: its metrics by name. @throws UnsupportedError if it has none to give. */
    getServerStats(options?: CallOptions): Promise<Readonly<Record<string, number>>>;
    /** Refuses further calls, lets those that are sent end, and ends the connections. Calling it again is fine. */
    close(): Promise<void>;
    /** As {@link close}. */
    [Symbol.asyncDispose](): Promise<void>;
}
/** Makes a {@link NoriKVClient}; call its `connect()`. */
declare function createClient(config: ClientConfig): NoriKVClient;

/** How a `norikv-server` is started. */
interface EphemeralServerOptions {
    /** Default: a free port. */
    readonly port?: number | undefined;
    /** Default: a temporary folder that is removed. A folder of your own is kept. */
    readonly dataDir?: string | undefined;
    /** Default 256. */
    readonly totalShards?: number | undefined;
    /** How long the server may take to answer, in seconds. Default 10. */
    readonly startupTimeout?: number | undefined;
}

/** Options of {@link createEphemeral}. */
interface EphemeralOptions extends EphemeralServerOptions {
    /** A `norikv-server` binary to start. Default: `NORIKV_SERVER_PATH`, and without that a store in this process. */
    readonly serverBinary?: string | undefined;
}
/** A store that is gone when it is stopped, and a client for it. */
declare class EphemeralNoriKV implements AsyncDisposable {
    #private;
    /** Use {@link createEphemeral}. */
    constructor(client: NoriKVClient, address: string | undefined, stop: () => Promise<void>);
    /** Address of the server; undefined if the store is in this process. */
    get address(): string | undefined;
    /** The client; always the same one. */
    getClient(): NoriKVClient;
    /** Closes the client and removes the store. Calling it again is fine. */
    stop(): Promise<void>;
    /** As {@link stop}. */
    [Symbol.asyncDispose](): Promise<void>;
}
/**
 * Starts a store for a test or a first look: in this process through `@norikv/embedded`, or a `norikv-server`
 * binary if `serverBinary` or the environment variable `NORIKV_SERVER_PATH` names one.
 *
 * @throws UnsupportedError if there is neither a binary nor `@norikv/embedded`.
 * @throws EphemeralServerError if the binary does not start; the message has the end of its log.
 *
 * @example
 * ```ts
 * await using cluster = await createEphemeral();
 * const client = cluster.getClient();
 * await client.connect();
 * ```
 */
declare function createEphemeral(options?: EphemeralOptions): Promise<EphemeralNoriKV>;

/** Facts of a {@link NotLeaderError}. */
interface NotLeaderFacts extends ErrorFacts {
    readonly leaderHint?: string | undefined;
}
/** The node does not lead the shard of the key. On a write the outcome is unknown unless the error says otherwise. */
declare class NotLeaderError extends NoriKVError {
    static readonly code: string;
    static readonly outcome: Outcome;
    static readonly retryable: boolean;
    /** Address of the leader, if the node named one that can be connected to. */
    readonly leaderHint: string | undefined;
    constructor(message: string, facts?: NotLeaderFacts);
}
/** A server of `createEphemeral` did not start; the message says why and where its log is. */
declare class EphemeralServerError extends NoriKVError {
    static readonly code: string;
}

/** XXH64 of a key with seed 0: what every NoriKV server and client hashes keys with. */
declare function xxhash64(key: Key): bigint;
/**
 * Jump consistent hash: the bucket, 0 to `buckets - 1`, of a hash.
 *
 * Divides before it multiplies, as the servers do: the other order rounds differently.
 */
declare function jumpConsistentHash(hash: bigint, buckets: number): number;
/** The shard of a key. */
declare function getShardForKey(key: Key, totalShards?: number): number;

export { type Backend, type ClientConfig, type ClientStats, type ClusterNode, type ClusterView, EphemeralNoriKV, type EphemeralOptions, EphemeralServerError, type EphemeralServerOptions, type MetadataHook, type NodeStats, NoriKVClient, NotLeaderError, type NotLeaderFacts, type RetryConfig, type ShardInfo, type ShardReplica, type TlsOptions, type Token, type TopologyChange, type TopologyListener, createClient, createEphemeral, getShardForKey, jumpConsistentHash, xxhash64 };
