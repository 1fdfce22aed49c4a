import { type Clock, checkDurationMs, InvalidArgumentError, systemClock } from '@norikv/store';
import { checkNames, checkObject, checkOneOf, checkWhole, refuse } from '@norikv/store/checks';
import {
  type Credentials,
  credentialsOf,
  type EtcdCredentials,
  type EtcdCredentialsSource,
} from './credentials.js';
import type { EtcdTlsOptions, EtcdTlsSource } from './tls.js';

/** Options of `openEtcd`. */
export interface EtcdOptions {
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

/** Options, checked and complete. */
export interface Settings {
  readonly hosts: readonly string[];
  readonly credentials: Credentials | undefined;
  readonly unsafeAllowPasswordWithoutTls: boolean;
  readonly tls: EtcdTlsOptions | EtcdTlsSource | undefined;
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
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):/i;

/** @throws InvalidArgumentError naming the option that is wrong. */
export function settingsOf(options: EtcdOptions): Settings {
  checkObject('options', options);
  const { prefix = 'norikv', tls, unsafeAllowPasswordWithoutTls = false } = options;
  const { timeoutMs = 5_000, idempotencyRetentionMs = oneDayMs, maxClockSkewMs = 1_000 } = options;
  const { maxInFlight = 512, maxPendingBytes = 256 * 2 ** 20 } = options;
  const { clock = systemClock, random = Math.random } = options;
  checkDurationMs('timeoutMs', timeoutMs);
  checkDurationMs('idempotencyRetentionMs', idempotencyRetentionMs);
  checkWhole('maxClockSkewMs', maxClockSkewMs, 0);
  checkWhole('maxInFlight', maxInFlight, 1);
  checkWhole('maxPendingBytes', maxPendingBytes, 1);
  checkPrefix(prefix);
  checkOneOf('unsafeAllowPasswordWithoutTls', unsafeAllowPasswordWithoutTls, [true, false]);
  const settings = {
    hosts: hostsOf(options.hosts, tls),
    credentials: credentialsOf(options.credentials, timeoutMs),
    unsafeAllowPasswordWithoutTls,
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
  for (const host of settings.hosts) refuseOpenPassword(settings, host);
  return settings;
}

function refuseOpenPassword(
  { credentials, tls, unsafeAllowPasswordWithoutTls }: Settings,
  host: string,
): void {
  if (!credentials || tls || unsafeAllowPasswordWithoutTls || loopback.test(host)) return;
  throw new InvalidArgumentError(
    `credentials would travel to ${host} without TLS, readable by anybody between; ` +
      'set tls, or unsafeAllowPasswordWithoutTls if something else protects the connection',
  );
}

function hostsOf(hosts: unknown, tls: EtcdOptions['tls']): readonly string[] {
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
