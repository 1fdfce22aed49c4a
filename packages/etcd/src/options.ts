import { type Clock, checkDurationMs, InvalidArgumentError, systemClock } from '@norikv/store';
import { checkNames, checkObject, checkWhole, refuse } from '@norikv/store/checks';

/** A user of etcd's own. */
export interface EtcdCredentials {
  readonly username: string;
  readonly password: string;
}

/** Keys and certificates, each as PEM text or bytes. */
export interface EtcdTlsOptions {
  /** Certificate authorities to trust instead of the machine's. */
  readonly ca?: string | Uint8Array | undefined;
  /** The client's certificate chain, for clusters that ask for one. Needs `key`. */
  readonly cert?: string | Uint8Array | undefined;
  /** The private key of `cert`. */
  readonly key?: string | Uint8Array | undefined;
  /** The name the members' certificates must carry, if it is not the host that is connected to. */
  readonly serverName?: string | undefined;
}

/** Options of `openEtcd`. */
export interface EtcdOptions {
  /** The members of one cluster, as `host:port`. `https://` before it needs `tls`, and `http://` none. */
  readonly hosts: string | readonly string[];
  /** Who to log in as, where the cluster has logins. The password travels as it is: use `tls`. */
  readonly credentials?: EtcdCredentials | undefined;
  /** Connects by TLS. `{}` trusts the machine's certificate authorities. Default: no TLS. */
  readonly tls?: EtcdTlsOptions | undefined;
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

/** Options, checked and complete. */
export interface Settings {
  readonly hosts: readonly string[];
  readonly credentials: EtcdCredentials | undefined;
  readonly tls: EtcdTlsOptions | undefined;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly maxClockSkewMs: number;
  readonly idempotencyRetentionMs: number;
  readonly maxInFlight: number;
  readonly maxPendingBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
}

const oneDayMs = 86_400_000;
const longestPrefix = 256;

/** @throws InvalidArgumentError naming the option that is wrong. */
export function settingsOf(options: EtcdOptions): Settings {
  checkObject('options', options);
  const { prefix = 'norikv', credentials, tls } = options;
  const { timeoutMs = 5_000, idempotencyRetentionMs = oneDayMs, maxClockSkewMs = 1_000 } = options;
  const { maxInFlight = 512, maxPendingBytes = 256 * 2 ** 20 } = options;
  const { clock = systemClock, random = Math.random } = options;
  checkDurationMs('timeoutMs', timeoutMs);
  checkDurationMs('idempotencyRetentionMs', idempotencyRetentionMs);
  checkWhole('maxClockSkewMs', maxClockSkewMs, 0);
  checkWhole('maxInFlight', maxInFlight, 1);
  checkWhole('maxPendingBytes', maxPendingBytes, 1);
  checkPrefix(prefix);
  checkCredentials(credentials);
  const settings = {
    hosts: hostsOf(options.hosts, tls),
    credentials,
    tls,
    prefix,
    timeoutMs,
    maxClockSkewMs,
    idempotencyRetentionMs,
    maxInFlight,
    maxPendingBytes,
    clock,
    random,
  };
  checkNames('an option', options, Object.keys(settings));
  return settings;
}

function hostsOf(hosts: unknown, tls: EtcdTlsOptions | undefined): readonly string[] {
  const list: readonly unknown[] = Array.isArray(hosts) ? hosts : [hosts];
  const addresses = list.map((host) => {
    if (typeof host === 'string' && host.includes('@')) {
      throw new InvalidArgumentError('hosts has a login in it (a name before "@"); pass it as credentials');
    }
    const parts = typeof host === 'string' ? /^(?:([a-z]+):\/\/)?([^/\s]+:\d{1,5})\/?$/.exec(host) : null;
    const [, scheme, address] = parts ?? [];
    if (address === undefined) return refuse('hosts', host, "'host:port', such as '10.0.0.1:2379'");
    if (scheme === 'https' && !tls) refuse('hosts', host, "tls as well, {} for the machine's authorities");
    if (scheme === 'http' && tls) refuse('hosts', host, 'https:// where there is tls');
    return address;
  });
  if (addresses.length > 0) return [...new Set(addresses)];
  throw new InvalidArgumentError("hosts is empty; name the cluster's members as 'host:port'");
}

function checkPrefix(prefix: unknown): void {
  const isGood =
    typeof prefix === 'string' &&
    prefix.isWellFormed() &&
    !prefix.includes('\0') &&
    Buffer.byteLength(prefix) <= longestPrefix;
  if (isGood) return;
  refuse('prefix', prefix, `a string of at most ${longestPrefix} bytes without a zero byte`);
}

function checkCredentials(credentials: EtcdCredentials | undefined): void {
  if (credentials === undefined) return;
  if (typeof credentials?.username === 'string' && typeof credentials.password === 'string') {
    checkNames('an option of credentials', credentials, ['username', 'password']);
    return;
  }
  throw new InvalidArgumentError('credentials lacks username or password; pass both as strings');
}
