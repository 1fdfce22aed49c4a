import { Clock, KvStore } from '@norikv/store';

/** How much a log entry matters. */
type LogLevel = 'info' | 'warn' | 'error';
/** Something that happened. */
interface LogEntry {
    readonly level: LogLevel;
    /** What, in a few words that stay the same. */
    readonly event: string;
    readonly [fact: string]: unknown;
}
/** Takes log entries. Never called with keys' values, tokens or private keys. */
type Log = (entry: LogEntry) => void;
/** A log of one JSON object a line, with the time. */
declare function jsonLog(write: (line: string) => void): Log;

/** Keys and certificates of a server, each as PEM text or bytes. */
interface ServerTls {
    /** The server's certificate chain. */
    readonly cert: string | Uint8Array;
    /** The private key of `cert`. */
    readonly key: string | Uint8Array;
    /** Authorities of clients: with it every client must show a certificate one of them has signed. */
    readonly clientCa?: string | Uint8Array | undefined;
}
/** Options of `createServer`. */
interface ServerOptions {
    /** Default `127.0.0.1`. `0.0.0.0` and `::` listen everywhere. */
    readonly host?: string | undefined;
    /** 0 takes a free port. Default 7447. */
    readonly port?: number | undefined;
    /** Name of this node in the cluster view, at most 64 bytes of UTF-8. Default `node1`. */
    readonly nodeId?: string | undefined;
    /** Address `host:port` clients reach this node at, for the cluster view. Default: where it listens. */
    readonly advertise?: string | undefined;
    /** Shards clients route by, at most 65,536. Default 1,024. */
    readonly totalShards?: number | undefined;
    /** Default: no TLS. */
    readonly tls?: ServerTls | undefined;
    /** Bearer tokens, at least one, of which every call must carry one. Default: none is asked for. */
    readonly tokens?: readonly string[] | undefined;
    /** Calls under way at one time; more are refused with RESOURCE_EXHAUSTED. Default 10,000. */
    readonly maxInFlight?: number | undefined;
    /**
     * Bytes of requests, and of answers to reads until they are taken, likewise. Further reads wait, and as many bytes of
     * their requests may be kept again. Default 256 MiB.
     */
    readonly maxPendingBytes?: number | undefined;
    /** Calls a second one peer may make on average, bursts of one second allowed. Default: no limit. */
    readonly maxCallsPerSecond?: number | undefined;
    /** Whether each call is logged, beside what goes wrong. Default false. */
    readonly logCalls?: boolean | undefined;
    /** Default: nothing is logged. What it throws is dropped: a call does not fail for its log. */
    readonly log?: Log | undefined;
    /** Default: the clock of the process. */
    readonly clock?: Clock | undefined;
}
/** What a server can be given anew while it runs. */
type ServerCredentials = Pick<ServerOptions, 'tls' | 'tokens'>;

/** A store behind the NoriKV wire. Made by {@link createServer}. */
declare class NoriKVServer implements AsyncDisposable {
    #private;
    /** Use {@link createServer}, which also listens. @throws InvalidArgumentError naming the option that is wrong. */
    constructor(store: KvStore, options: ServerOptions);
    /** Where it listens: `host:port`. */
    get address(): string;
    get port(): number;
    /** Whether calls are served: false once {@link close} has begun. */
    get isReady(): boolean;
    /** The figures in the text format of Prometheus. */
    metrics(): Promise<string>;
    /** Starts to listen; done by {@link createServer}. */
    listen(): Promise<void>;
    /**
     * Takes other certificates and tokens, for connections and calls from now on; those under way go on. What is left
     * out stays.
     *
     * @throws InvalidArgumentError if something is broken, or would leave open what was guarded; then all stays.
     */
    renew(credentials: ServerCredentials): void;
    /**
     * Refuses new calls, lets those under way end, and stops to listen. Calling it again is fine. The store stays
     * open: it belongs to the caller.
     *
     * @param graceMs - how long calls under way may take before they are cut off. Default 10,000.
     */
    close(graceMs?: number): Promise<void>;
    /** As {@link close}. */
    [Symbol.asyncDispose](): Promise<void>;
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
declare function createServer(store: KvStore, options?: ServerOptions): Promise<NoriKVServer>;

export { type Log, type LogEntry, type LogLevel, NoriKVServer, type ServerCredentials, type ServerOptions, type ServerTls, createServer, jsonLog };
