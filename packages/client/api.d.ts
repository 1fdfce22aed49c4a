// index.d.ts

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
/** What gives the keys and certificates of a new connection, such as from files that are renewed. */
type TlsSource = () => TlsOptions;

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
    /**
     * TLS with the machine's certificate authorities (`true`), or with keys of your own. A function is asked for each new
     * connection, so that keys and authorities can be renewed; what it throws counts as a failed attempt. Default: no TLS.
     */
    readonly tls?: boolean | TlsOptions | TlsSource | undefined;
    /** Sent as `authorization: Bearer …`. A function is asked for each call. */
    readonly token?: Token | undefined;
    /** Further metadata for each call; put secrets in `token`. */
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

/** A bearer token, or what gives one. */
type Token = string | (() => string | Promise<string>);
/** Gives the metadata of a call to a method, such as `/norikv.v1.Kv/Put`. */
type MetadataHook = (method: string) => Readonly<Record<string, string>>;

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
     * @throws NoriKVError with the code `UNAUTHENTICATED` if a server refuses the token.
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
     * @throws InvalidArgumentError if `expected` is undefined, which would be no condition at all.
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
/** The shard of a key, of 1,024 by default. */
declare function getShardForKey(key: Key, totalShards?: number): number;

export { type Backend, type ClientConfig, type ClientStats, type ClusterNode, type ClusterView, EphemeralNoriKV, type EphemeralOptions, EphemeralServerError, type EphemeralServerOptions, type MetadataHook, type NodeStats, NoriKVClient, NotLeaderError, type NotLeaderFacts, type RetryConfig, type ShardInfo, type ShardReplica, type TlsOptions, type TlsSource, type Token, type TopologyChange, type TopologyListener, createClient, createEphemeral, getShardForKey, jumpConsistentHash, xxhash64 };

// wire.d.ts

import { Http2Session } from 'node:http2';
import { DescMessage, MessageInitShape, MessageShape, Message, UnknownEnum } from '@bufbuild/protobuf';
import { DistanceFunction as DistanceFunction$1, VectorIndexType as VectorIndexType$1 } from '@norikv/store';
import { GenMessage } from '@bufbuild/protobuf/codegenv2';

/** A message as the side that receives it sees it. */
type Received<Schema extends DescMessage> = MessageShape<Schema>;
/** What is needed to make a message: fields that are left out have the value of proto3, zero. */
type Outgoing<Schema extends DescMessage> = MessageInitShape<Schema>;
/** The bytes of a message. */
declare function encode<Schema extends DescMessage>(schema: Schema, fields: Outgoing<Schema>): Buffer;
/**
 * The message in some bytes; fields nobody knows are dropped.
 *
 * @throws Error if the bytes are no such message.
 */
declare function decode<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): Received<Schema>;

/**
 * @generated from message norikv.v1.ClusterNode
 */
type ClusterNode = Message<'norikv.v1.ClusterNode'> & {
    /**
     * @generated from field: string id = 1;
     */
    id: string;
    /**
     * @generated from field: string addr = 2;
     */
    addr: string;
    /**
     * @generated from field: string role = 3;
     */
    role: string;
};
/**
 * @generated from message norikv.v1.ShardReplica
 */
type ShardReplica = Message<'norikv.v1.ShardReplica'> & {
    /**
     * @generated from field: string node_id = 1;
     */
    nodeId: string;
    /**
     * @generated from field: bool leader = 2;
     */
    leader: boolean;
};
/**
 * @generated from message norikv.v1.ShardInfo
 */
type ShardInfo = Message<'norikv.v1.ShardInfo'> & {
    /**
     * @generated from field: uint32 id = 1;
     */
    id: number;
    /**
     * @generated from field: repeated norikv.v1.ShardReplica replicas = 2;
     */
    replicas: ShardReplica[];
};
/**
 * @generated from message norikv.v1.ClusterView
 */
type ClusterView = Message<'norikv.v1.ClusterView'> & {
    /**
     * @generated from field: uint64 epoch = 1;
     */
    epoch: bigint;
    /**
     * @generated from field: repeated norikv.v1.ClusterNode nodes = 2;
     */
    nodes: ClusterNode[];
    /**
     * @generated from field: repeated norikv.v1.ShardInfo shards = 3;
     */
    shards: ShardInfo[];
};
/**
 * Describes the message norikv.v1.ClusterView.
 * Use `create(ClusterViewSchema)` to create a new message.
 */
declare const ClusterViewSchema: GenMessage<ClusterView>;

/** Whether a value is `host:port`: a name, an IPv4 address, or an IPv6 address in brackets. */
declare function isAddress(value: unknown): value is string;
/** Whether an address never leaves the machine. */
declare function isLoopback(address: string): boolean;

/** What a list of pieces of a message costs beside their bytes. */
declare const bytesPerPiece: number;
/** A message between the bytes that say how long it is. */
interface Frame {
    readonly isCompressed: boolean;
    readonly message: Buffer;
}
/** Bytes that are no frames, or one that is longer than allowed. */
declare class FrameError extends Error {
    readonly isTooLong: boolean;
    constructor(message: string, isTooLong: boolean);
}
/** A message, which may come in pieces, as it travels, uncompressed. */
declare function frameOf(...pieces: readonly Uint8Array[]): Buffer;
/** Cuts bytes, however they arrive, into frames. */
declare class FrameReader {
    #private;
    constructor(longestMessage: number);
    /** Bytes that a further frame keeps so far, with what the list of its pieces costs. */
    get bufferedBytes(): number;
    /** Whether nothing of a further frame has arrived. */
    get isAtEnd(): boolean;
    /**
     * Takes bytes and gives the frames that are whole now.
     *
     * @throws FrameError, after which the rest makes no sense.
     */
    take(chunk: Buffer): Frame[];
}

/**
 * Asks whether the other side of a connection is still there, and ends the connection if nothing comes from it in
 * time. The answer may be long on its way, behind what else the other side sends.
 */
declare function probe(session: Http2Session, timeoutMs: number): void;

/** The status codes of gRPC. */
declare const status: {
    readonly OK: 0;
    readonly CANCELLED: 1;
    readonly UNKNOWN: 2;
    readonly INVALID_ARGUMENT: 3;
    readonly DEADLINE_EXCEEDED: 4;
    readonly NOT_FOUND: 5;
    readonly ALREADY_EXISTS: 6;
    readonly PERMISSION_DENIED: 7;
    readonly RESOURCE_EXHAUSTED: 8;
    readonly FAILED_PRECONDITION: 9;
    readonly ABORTED: 10;
    readonly OUT_OF_RANGE: 11;
    readonly UNIMPLEMENTED: 12;
    readonly INTERNAL: 13;
    readonly UNAVAILABLE: 14;
    readonly DATA_LOSS: 15;
    readonly UNAUTHENTICATED: 16;
};
/** A status code of gRPC. */
type StatusCode = (typeof status)[keyof typeof status];
/** The name of a status code; of a number that is none, the number. */
declare function statusName(code: number): string;

/** Text as the header `grpc-message` carries it: printable ASCII, no space at either end, and the rest percent-encoded. */
declare function percentEncoded(text: string): string;

/** Calls back when a call has taken too long. Infinity: never. */
declare function startDeadline(ms: number, late: () => void): NodeJS.Timeout | undefined;
/** The milliseconds a `grpc-timeout` asks for; undefined if it is none. */
declare function timeoutMs(text: string): number | undefined;

/**
 * @generated from message norikv.v1.CreateVectorIndexRequest
 */
type CreateVectorIndexRequest = Message<'norikv.v1.CreateVectorIndexRequest'> & {
    /**
     * @generated from field: string namespace = 1;
     */
    namespace: string;
    /**
     * @generated from field: uint32 dimensions = 2;
     */
    dimensions: number;
    /**
     * @generated from field: norikv.v1.DistanceFunction distance = 3;
     */
    distance: DistanceFunction;
    /**
     * @generated from field: norikv.v1.VectorIndexType index_type = 4;
     */
    indexType: VectorIndexType;
    /**
     * @generated from field: string idempotency_key = 5;
     */
    idempotencyKey: string;
};
/**
 * Describes the message norikv.v1.CreateVectorIndexRequest.
 * Use `create(CreateVectorIndexRequestSchema)` to create a new message.
 */
declare const CreateVectorIndexRequestSchema: GenMessage<CreateVectorIndexRequest>;
/**
 * @generated from message norikv.v1.CreateVectorIndexResponse
 */
type CreateVectorIndexResponse = Message<'norikv.v1.CreateVectorIndexResponse'> & {
    /**
     * @generated from field: bool created = 1;
     */
    created: boolean;
    /**
     * @generated from field: map<string, string> meta = 2;
     */
    meta: {
        [key: string]: string;
    };
};
/**
 * Describes the message norikv.v1.CreateVectorIndexResponse.
 * Use `create(CreateVectorIndexResponseSchema)` to create a new message.
 */
declare const CreateVectorIndexResponseSchema: GenMessage<CreateVectorIndexResponse>;
/**
 * @generated from message norikv.v1.DropVectorIndexRequest
 */
type DropVectorIndexRequest = Message<'norikv.v1.DropVectorIndexRequest'> & {
    /**
     * @generated from field: string namespace = 1;
     */
    namespace: string;
    /**
     * @generated from field: string idempotency_key = 2;
     */
    idempotencyKey: string;
};
/**
 * Describes the message norikv.v1.DropVectorIndexRequest.
 * Use `create(DropVectorIndexRequestSchema)` to create a new message.
 */
declare const DropVectorIndexRequestSchema: GenMessage<DropVectorIndexRequest>;
/**
 * @generated from message norikv.v1.DropVectorIndexResponse
 */
type DropVectorIndexResponse = Message<'norikv.v1.DropVectorIndexResponse'> & {
    /**
     * @generated from field: bool dropped = 1;
     */
    dropped: boolean;
};
/**
 * Describes the message norikv.v1.DropVectorIndexResponse.
 * Use `create(DropVectorIndexResponseSchema)` to create a new message.
 */
declare const DropVectorIndexResponseSchema: GenMessage<DropVectorIndexResponse>;
/**
 * @generated from enum norikv.v1.DistanceFunction
 */
declare const DistanceFunction: {
    /**
     * @generated from enum value: DISTANCE_FUNCTION_UNSPECIFIED = 0;
     */
    readonly UNSPECIFIED: 0;
    /**
     * @generated from enum value: DISTANCE_FUNCTION_EUCLIDEAN = 1;
     */
    readonly EUCLIDEAN: 1;
    /**
     * @generated from enum value: DISTANCE_FUNCTION_COSINE = 2;
     */
    readonly COSINE: 2;
    /**
     * @generated from enum value: DISTANCE_FUNCTION_INNER_PRODUCT = 3;
     */
    readonly INNER_PRODUCT: 3;
};
/**
 * @generated from enum norikv.v1.DistanceFunction
 */
type DistanceFunction = (typeof DistanceFunction)[keyof typeof DistanceFunction] | UnknownEnum;
/**
 * @generated from enum norikv.v1.VectorIndexType
 */
declare const VectorIndexType: {
    /**
     * @generated from enum value: VECTOR_INDEX_TYPE_UNSPECIFIED = 0;
     */
    readonly UNSPECIFIED: 0;
    /**
     * @generated from enum value: VECTOR_INDEX_TYPE_BRUTE_FORCE = 1;
     */
    readonly BRUTE_FORCE: 1;
    /**
     * @generated from enum value: VECTOR_INDEX_TYPE_HNSW = 2;
     */
    readonly HNSW: 2;
};
/**
 * @generated from enum norikv.v1.VectorIndexType
 */
type VectorIndexType = (typeof VectorIndexType)[keyof typeof VectorIndexType] | UnknownEnum;

/** @throws InvalidArgumentError for any other name. */
declare function distanceToWire(distance: DistanceFunction$1): DistanceFunction;
/** @throws InvalidArgumentError for any other name. */
declare function indexTypeToWire(indexType: VectorIndexType$1): VectorIndexType;
/** Undefined for a number this version does not know. */
declare function distanceFromWire(value: DistanceFunction): DistanceFunction$1 | undefined;
/** Undefined for a number this version does not know; unspecified is `brute_force`. */
declare function indexTypeFromWire(value: VectorIndexType): VectorIndexType$1 | undefined;

/**
 * @generated from message norikv.v1.Version
 */
type Version = Message<'norikv.v1.Version'> & {
    /**
     * @generated from field: uint64 term = 1;
     */
    term: bigint;
    /**
     * @generated from field: uint64 index = 2;
     */
    index: bigint;
};
/**
 * @generated from message norikv.v1.PutRequest
 */
type PutRequest = Message<'norikv.v1.PutRequest'> & {
    /**
     * @generated from field: bytes key = 1;
     */
    key: Uint8Array;
    /**
     * @generated from field: bytes value = 2;
     */
    value: Uint8Array;
    /**
     * @generated from field: uint64 ttl_ms = 3;
     */
    ttlMs: bigint;
    /**
     * @generated from field: string idempotency_key = 4;
     */
    idempotencyKey: string;
    /**
     * Present and zero: the key must not exist.
     *
     * @generated from field: norikv.v1.Version if_match = 5;
     */
    ifMatch?: Version | undefined;
};
/**
 * Describes the message norikv.v1.PutRequest.
 * Use `create(PutRequestSchema)` to create a new message.
 */
declare const PutRequestSchema: GenMessage<PutRequest>;
/**
 * @generated from message norikv.v1.PutResponse
 */
type PutResponse = Message<'norikv.v1.PutResponse'> & {
    /**
     * @generated from field: norikv.v1.Version version = 1;
     */
    version?: Version | undefined;
    /**
     * @generated from field: map<string, string> meta = 2;
     */
    meta: {
        [key: string]: string;
    };
};
/**
 * Describes the message norikv.v1.PutResponse.
 * Use `create(PutResponseSchema)` to create a new message.
 */
declare const PutResponseSchema: GenMessage<PutResponse>;
/**
 * @generated from message norikv.v1.GetRequest
 */
type GetRequest = Message<'norikv.v1.GetRequest'> & {
    /**
     * @generated from field: bytes key = 1;
     */
    key: Uint8Array;
    /**
     * @generated from field: string consistency = 2;
     */
    consistency: string;
};
/**
 * Describes the message norikv.v1.GetRequest.
 * Use `create(GetRequestSchema)` to create a new message.
 */
declare const GetRequestSchema: GenMessage<GetRequest>;
/**
 * @generated from message norikv.v1.GetResponse
 */
type GetResponse = Message<'norikv.v1.GetResponse'> & {
    /**
     * @generated from field: bytes value = 1;
     */
    value: Uint8Array;
    /**
     * Absent if the key is absent.
     *
     * @generated from field: norikv.v1.Version version = 2;
     */
    version?: Version | undefined;
    /**
     * @generated from field: map<string, string> meta = 3;
     */
    meta: {
        [key: string]: string;
    };
};
/**
 * Describes the message norikv.v1.GetResponse.
 * Use `create(GetResponseSchema)` to create a new message.
 */
declare const GetResponseSchema: GenMessage<GetResponse>;
/**
 * @generated from message norikv.v1.DeleteRequest
 */
type DeleteRequest = Message<'norikv.v1.DeleteRequest'> & {
    /**
     * @generated from field: bytes key = 1;
     */
    key: Uint8Array;
    /**
     * @generated from field: string idempotency_key = 2;
     */
    idempotencyKey: string;
    /**
     * @generated from field: norikv.v1.Version if_match = 3;
     */
    ifMatch?: Version | undefined;
};
/**
 * Describes the message norikv.v1.DeleteRequest.
 * Use `create(DeleteRequestSchema)` to create a new message.
 */
declare const DeleteRequestSchema: GenMessage<DeleteRequest>;
/**
 * @generated from message norikv.v1.DeleteResponse
 */
type DeleteResponse = Message<'norikv.v1.DeleteResponse'> & {
    /**
     * @generated from field: bool tombstoned = 1;
     */
    tombstoned: boolean;
    /**
     * @generated from field: norikv.v1.Version version = 2;
     */
    version?: Version | undefined;
};
/**
 * Describes the message norikv.v1.DeleteResponse.
 * Use `create(DeleteResponseSchema)` to create a new message.
 */
declare const DeleteResponseSchema: GenMessage<DeleteResponse>;

/**
 * @generated from message norikv.ext.v1.DescribeRequest
 */
type DescribeRequest = Message<'norikv.ext.v1.DescribeRequest'> & {};
/**
 * Describes the message norikv.ext.v1.DescribeRequest.
 * Use `create(DescribeRequestSchema)` to create a new message.
 */
declare const DescribeRequestSchema: GenMessage<DescribeRequest>;
/**
 * @generated from message norikv.ext.v1.DescribeResponse
 */
type DescribeResponse = Message<'norikv.ext.v1.DescribeResponse'> & {
    /**
     * @generated from field: string engine = 1;
     */
    engine: string;
    /**
     * @generated from field: bool atomic_cas = 2;
     */
    atomicCas: boolean;
    /**
     * @generated from field: bool create_if_absent = 3;
     */
    createIfAbsent: boolean;
    /**
     * @generated from field: bool delete_cas = 4;
     */
    deleteCas: boolean;
    /**
     * @generated from field: bool linearizable_reads = 5;
     */
    linearizableReads: boolean;
    /**
     * @generated from field: bool put_version_usable = 6;
     */
    putVersionUsable: boolean;
    /**
     * exact, coarse or none.
     *
     * @generated from field: string ttl = 7;
     */
    ttl: string;
    /**
     * @generated from field: bool durable_ack = 8;
     */
    durableAck: boolean;
    /**
     * durable, node or none.
     *
     * @generated from field: string idempotency = 9;
     */
    idempotency: string;
    /**
     * @generated from field: uint32 max_key_bytes = 10;
     */
    maxKeyBytes: number;
    /**
     * @generated from field: uint32 max_value_bytes = 11;
     */
    maxValueBytes: number;
    /**
     * @generated from field: bool vector = 12;
     */
    vector: boolean;
    /**
     * @generated from field: string node_id = 13;
     */
    nodeId: string;
    /**
     * Whether there is an Exchange.
     *
     * @generated from field: bool exchange = 14;
     */
    exchange: boolean;
};
/**
 * Describes the message norikv.ext.v1.DescribeResponse.
 * Use `create(DescribeResponseSchema)` to create a new message.
 */
declare const DescribeResponseSchema: GenMessage<DescribeResponse>;
/**
 * @generated from message norikv.ext.v1.StatsRequest
 */
type StatsRequest = Message<'norikv.ext.v1.StatsRequest'> & {};
/**
 * Describes the message norikv.ext.v1.StatsRequest.
 * Use `create(StatsRequestSchema)` to create a new message.
 */
declare const StatsRequestSchema: GenMessage<StatsRequest>;
/**
 * @generated from message norikv.ext.v1.StatsResponse
 */
type StatsResponse = Message<'norikv.ext.v1.StatsResponse'> & {
    /**
     * @generated from field: map<string, double> figures = 1;
     */
    figures: {
        [key: string]: number;
    };
};
/**
 * Describes the message norikv.ext.v1.StatsResponse.
 * Use `create(StatsResponseSchema)` to create a new message.
 */
declare const StatsResponseSchema: GenMessage<StatsResponse>;

/**
 * @generated from message norikv.v1.VectorMatch
 */
type VectorMatch = Message<'norikv.v1.VectorMatch'> & {
    /**
     * @generated from field: string id = 1;
     */
    id: string;
    /**
     * @generated from field: float distance = 2;
     */
    distance: number;
    /**
     * @generated from field: repeated float vector = 3;
     */
    vector: number[];
};
/**
 * @generated from message norikv.v1.VectorSearchRequest
 */
type VectorSearchRequest = Message<'norikv.v1.VectorSearchRequest'> & {
    /**
     * @generated from field: string namespace = 1;
     */
    namespace: string;
    /**
     * @generated from field: repeated float query = 2;
     */
    query: number[];
    /**
     * @generated from field: uint32 k = 3;
     */
    k: number;
    /**
     * @generated from field: bool include_vectors = 4;
     */
    includeVectors: boolean;
    /**
     * @generated from field: string consistency = 5;
     */
    consistency: string;
};
/**
 * Describes the message norikv.v1.VectorSearchRequest.
 * Use `create(VectorSearchRequestSchema)` to create a new message.
 */
declare const VectorSearchRequestSchema: GenMessage<VectorSearchRequest>;
/**
 * @generated from message norikv.v1.VectorSearchResponse
 */
type VectorSearchResponse = Message<'norikv.v1.VectorSearchResponse'> & {
    /**
     * @generated from field: repeated norikv.v1.VectorMatch matches = 1;
     */
    matches: VectorMatch[];
    /**
     * @generated from field: uint64 search_time_us = 2;
     */
    searchTimeUs: bigint;
};
/**
 * Describes the message norikv.v1.VectorSearchResponse.
 * Use `create(VectorSearchResponseSchema)` to create a new message.
 */
declare const VectorSearchResponseSchema: GenMessage<VectorSearchResponse>;
/**
 * @generated from message norikv.v1.VectorGetRequest
 */
type VectorGetRequest = Message<'norikv.v1.VectorGetRequest'> & {
    /**
     * @generated from field: string namespace = 1;
     */
    namespace: string;
    /**
     * @generated from field: string id = 2;
     */
    id: string;
    /**
     * @generated from field: string consistency = 3;
     */
    consistency: string;
};
/**
 * Describes the message norikv.v1.VectorGetRequest.
 * Use `create(VectorGetRequestSchema)` to create a new message.
 */
declare const VectorGetRequestSchema: GenMessage<VectorGetRequest>;
/**
 * @generated from message norikv.v1.VectorGetResponse
 */
type VectorGetResponse = Message<'norikv.v1.VectorGetResponse'> & {
    /**
     * @generated from field: repeated float vector = 1;
     */
    vector: number[];
    /**
     * @generated from field: bool found = 2;
     */
    found: boolean;
};
/**
 * Describes the message norikv.v1.VectorGetResponse.
 * Use `create(VectorGetResponseSchema)` to create a new message.
 */
declare const VectorGetResponseSchema: GenMessage<VectorGetResponse>;

/**
 * @generated from message norikv.v1.VectorInsertRequest
 */
type VectorInsertRequest = Message<'norikv.v1.VectorInsertRequest'> & {
    /**
     * @generated from field: string namespace = 1;
     */
    namespace: string;
    /**
     * @generated from field: string id = 2;
     */
    id: string;
    /**
     * @generated from field: repeated float vector = 3;
     */
    vector: number[];
    /**
     * @generated from field: string idempotency_key = 4;
     */
    idempotencyKey: string;
};
/**
 * Describes the message norikv.v1.VectorInsertRequest.
 * Use `create(VectorInsertRequestSchema)` to create a new message.
 */
declare const VectorInsertRequestSchema: GenMessage<VectorInsertRequest>;
/**
 * @generated from message norikv.v1.VectorInsertResponse
 */
type VectorInsertResponse = Message<'norikv.v1.VectorInsertResponse'> & {
    /**
     * @generated from field: bool inserted = 1;
     */
    inserted: boolean;
    /**
     * @generated from field: norikv.v1.Version version = 2;
     */
    version?: Version | undefined;
};
/**
 * Describes the message norikv.v1.VectorInsertResponse.
 * Use `create(VectorInsertResponseSchema)` to create a new message.
 */
declare const VectorInsertResponseSchema: GenMessage<VectorInsertResponse>;
/**
 * @generated from message norikv.v1.VectorDeleteRequest
 */
type VectorDeleteRequest = Message<'norikv.v1.VectorDeleteRequest'> & {
    /**
     * @generated from field: string namespace = 1;
     */
    namespace: string;
    /**
     * @generated from field: string id = 2;
     */
    id: string;
    /**
     * @generated from field: string idempotency_key = 3;
     */
    idempotencyKey: string;
};
/**
 * Describes the message norikv.v1.VectorDeleteRequest.
 * Use `create(VectorDeleteRequestSchema)` to create a new message.
 */
declare const VectorDeleteRequestSchema: GenMessage<VectorDeleteRequest>;
/**
 * @generated from message norikv.v1.VectorDeleteResponse
 */
type VectorDeleteResponse = Message<'norikv.v1.VectorDeleteResponse'> & {
    /**
     * @generated from field: bool deleted = 1;
     */
    deleted: boolean;
};
/**
 * Describes the message norikv.v1.VectorDeleteResponse.
 * Use `create(VectorDeleteResponseSchema)` to create a new message.
 */
declare const VectorDeleteResponseSchema: GenMessage<VectorDeleteResponse>;

/** A method of the wire: where it is, and what goes there and back. */
interface WireMethod<Input extends DescMessage = DescMessage, Output extends DescMessage = DescMessage> {
    /** As in the HTTP/2 header `:path`. */
    readonly path: string;
    readonly input: Input;
    readonly output: Output;
}
type Method<Input extends DescMessage, Output extends DescMessage> = WireMethod<Input, Output>;
/** The unary methods. */
interface WireMethods {
    readonly put: Method<typeof PutRequestSchema, typeof PutResponseSchema>;
    readonly get: Method<typeof GetRequestSchema, typeof GetResponseSchema>;
    readonly delete: Method<typeof DeleteRequestSchema, typeof DeleteResponseSchema>;
    readonly describe: Method<typeof DescribeRequestSchema, typeof DescribeResponseSchema>;
    /** Delete on the extension service: with a condition or an id. */
    readonly deleteExactly: Method<typeof DeleteRequestSchema, typeof DeleteResponseSchema>;
    readonly stats: Method<typeof StatsRequestSchema, typeof StatsResponseSchema>;
    readonly createIndex: Method<typeof CreateVectorIndexRequestSchema, typeof CreateVectorIndexResponseSchema>;
    readonly dropIndex: Method<typeof DropVectorIndexRequestSchema, typeof DropVectorIndexResponseSchema>;
    readonly insertVector: Method<typeof VectorInsertRequestSchema, typeof VectorInsertResponseSchema>;
    readonly deleteVector: Method<typeof VectorDeleteRequestSchema, typeof VectorDeleteResponseSchema>;
    readonly searchVectors: Method<typeof VectorSearchRequestSchema, typeof VectorSearchResponseSchema>;
    readonly getVector: Method<typeof VectorGetRequestSchema, typeof VectorGetResponseSchema>;
}
/** Every unary method of the wire. */
declare const methods: WireMethods;
/** The one method that answers more than once. */
declare const watchCluster: WireMethod<typeof ClusterViewSchema, typeof ClusterViewSchema>;

/** Where the stream is on which many calls share their way. */
declare const exchangePath = "/norikv.ext.v1.Store/Exchange";
/** A call, or the end of the interest in one. */
interface CallFrame {
    readonly id: number;
    /** Undefined: nobody waits for the answer any more. */
    readonly path: string | undefined;
    /** Infinity: none. */
    readonly timeoutMs: number;
    readonly message: Buffer;
}
/** What a call came to: a message if the code is 0, else a text and what else there is to say. */
interface AnswerFrame {
    readonly id: number;
    readonly code: number;
    readonly message: Buffer;
    readonly details: string;
    readonly trailers: Readonly<Record<string, string>>;
}
/** A call as it travels: its identifier, the number of its method, its time in milliseconds, its message. */
declare function callFrame(id: number, method: number, timeoutMs: number, message: Uint8Array): Buffer;
/** Tells that nobody waits for the answer to a call any more. */
declare function cancelFrame(id: number): Buffer;
/** @throws Error if the bytes are no call. */
declare function readCall(frame: Buffer): CallFrame;
/** The answer to a call that went well. */
declare function answerFrame(id: number, message: Uint8Array): Buffer;
/** The answer to a call that did not. */
declare function refusalFrame(id: number, { code, details, trailers }: Pick<AnswerFrame, 'code' | 'details' | 'trailers'>): Buffer;
/** @throws Error if the bytes are no answer. */
declare function readAnswer(frame: Buffer): AnswerFrame;

/** Sizes the wire allows. */
interface WireLimits {
    readonly maxKeyBytes: number;
    readonly maxValueBytes: number;
    readonly maxNamespaceBytes: number;
    readonly maxVectorIdBytes: number;
    readonly maxDimensions: number;
}
/** Bytes of an answer that clients read. */
declare const longestAnswer: number;
/** The sizes the wire allows. */
declare const wireLimits: WireLimits;

/** Names of the metadata a server ends a call with. */
declare const trailers: {
    /** `host:port` of the leader. */
    readonly leaderHint: "leader-hint";
    readonly leader: "x-norikv-leader";
    /** `not-applied` if the server vouches that a failed write changed nothing. */
    readonly outcome: "norikv-outcome";
    /** The current entry, a GetResponse, after a lost condition. */
    readonly actual: "norikv-actual-bin";
};
/**
 * Key in `meta` of a PutResponse: names of the request's optional fields the server has honoured, separated by
 * commas. A server that skips fields it does not know cannot name them.
 */
declare const honouredKey = "norikv-honoured";
/** Names of the optional fields of a PutRequest. */
type OptionalField = 'if_match' | 'ttl_ms' | 'idempotency_key';

export { type AnswerFrame, type CallFrame, DescribeResponseSchema, type Frame, FrameError, FrameReader, GetResponseSchema, type OptionalField, type Outgoing, type Received, type StatusCode, type WireLimits, type WireMethod, type WireMethods, answerFrame, bytesPerPiece, callFrame, cancelFrame, decode, distanceFromWire, distanceToWire, encode, exchangePath, frameOf, honouredKey, indexTypeFromWire, indexTypeToWire, isAddress, isLoopback, longestAnswer, methods, percentEncoded, probe, readAnswer, readCall, refusalFrame, startDeadline, status, statusName, timeoutMs, trailers, watchCluster, wireLimits };
