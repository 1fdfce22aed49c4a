import { NoriKVError, KvStore, Capabilities, Key, GetOptions, Entry, Clock } from '@norikv/store';

/** A user of etcd's own. */
interface EtcdCredentials {
    readonly username: string;
    readonly password: string;
}
/** What gives the credentials that hold now, such as from a file or a vault. */
type EtcdCredentialsSource = () => EtcdCredentials | Promise<EtcdCredentials>;

/**
 * A key of this store's prefix holds something that this package did not write, or that a newer one wrote.
 *
 * Update the package, or write or delete the key without a condition.
 */
declare class UnreadableRecordError extends NoriKVError {
    static readonly code: string;
}
/**
 * etcd gave up the leases that collect expired keys, twice in a row, before a key could be tied to one. The
 * write was not applied. Somebody revokes leases of this store, or the member's clock leaps.
 */
declare class EtcdLeaseLostError extends NoriKVError {
    static readonly code: string;
}

/** The contract of `@norikv/store` on an etcd cluster. */
interface EtcdStore extends KvStore, AsyncDisposable {
    readonly capabilities: Capabilities;
    find(key: Key, options?: GetOptions): Promise<Entry | null>;
    /** Refuses further calls, waits for those under way, and closes the connections. Calling it again is fine. */
    close(): Promise<void>;
}

/** Keys and certificates, each as PEM text or bytes. */
interface EtcdTlsOptions {
    /** Certificate authorities to trust instead of the machine's. */
    readonly ca?: string | Uint8Array | undefined;
    /** The client's certificate chain, for clusters that ask for one. Needs `key`. */
    readonly cert?: string | Uint8Array | undefined;
    /** The private key of `cert`. */
    readonly key?: string | Uint8Array | undefined;
    /** The name the members' certificates must carry, if it is not the host that is connected to. */
    readonly serverName?: string | undefined;
}
/** What gives the keys and certificates of a new connection, such as from files that are renewed. */
type EtcdTlsSource = () => EtcdTlsOptions;

/** Options of `openEtcd`. */
interface EtcdOptions {
    /** The members of one cluster, as `host:port`. `https://` before it needs `tls`, and `http://` none. */
    readonly hosts: string | readonly string[];
    /**
     * Who to log in as, where the cluster has logins. Beyond this machine it needs `tls`: the password travels as it is.
     * A function is asked for each login, so that passwords can change, and has half of `timeoutMs`; if it fails, so does
     * what waits for the login, with the code `UNAUTHENTICATED`.
     */
    readonly credentials?: EtcdCredentials | EtcdCredentialsSource | undefined;
    /** Sends the password without TLS, too, where anybody between can read it. Loopback needs no permission. */
    readonly unsafeAllowPasswordWithoutTls?: boolean | undefined;
    /**
     * TLS with keys of your own; `{}` trusts the machine's certificate authorities. A function is asked for each new
     * connection, so that keys and authorities can be renewed; what it throws counts as a failed attempt. Default: no TLS.
     */
    readonly tls?: EtcdTlsOptions | EtcdTlsSource | undefined;
    /** What all keys begin with, so that stores can share a cluster. Up to 256 bytes. Default `norikv`. */
    readonly prefix?: string | undefined;
    /** Total time of a call that does not set its own, in milliseconds. Default 5,000. */
    readonly timeoutMs?: number | undefined;
    /** By how much the wall clocks of two clients may differ, in milliseconds. Default 1,000. */
    readonly maxClockSkewMs?: number | undefined;
    /** How long an idempotency key is remembered, in milliseconds. Default: one day. */
    readonly idempotencyRetentionMs?: number | undefined;
    /** How many calls may travel at once; more wait their turn. Default 512. */
    readonly maxInFlight?: number | undefined;
    /** How many bytes of calls may travel or wait before more are refused. Default 256 MiB. */
    readonly maxPendingBytes?: number | undefined;
    /** Where wall time for expiry comes from. Deadlines are in real time. Default: the clock of the process. */
    readonly clock?: Clock | undefined;
    /** Uniform in [0, 1). Default `Math.random`. */
    readonly random?: (() => number) | undefined;
}

/**
 * Opens a store on an etcd cluster, of which at least one member has to answer within `timeoutMs`.
 *
 * Every write is one etcd transaction; it is applied once or not at all, and an answer that is lost leaves it
 * unknown. Reads go on to other members within their deadline. Close it when done.
 *
 * @example
 * ```ts
 * await using store = await openEtcd({ hosts: ['10.0.0.1:2379', '10.0.0.2:2379', '10.0.0.3:2379'] });
 * const version = await store.put('greeting', 'hello', { ifNotExists: true });
 * await store.put('greeting', 'good day', { ifMatchVersion: version });
 * ```
 *
 * @throws InvalidArgumentError if an option is wrong.
 * @throws DeadlineExceededError if no member answers; the message says why for each of them.
 * @throws NoriKVError with the code `UNAUTHENTICATED` if the login is refused.
 */
declare function openEtcd(options: EtcdOptions): Promise<EtcdStore>;

export { type EtcdCredentials, type EtcdCredentialsSource, EtcdLeaseLostError, type EtcdOptions, type EtcdStore, type EtcdTlsOptions, type EtcdTlsSource, UnreadableRecordError, openEtcd };
