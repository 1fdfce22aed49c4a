import { type Clock, checkDurationMs, InvalidArgumentError, systemClock } from '@norikv/store';
import { checkOneOf, checkOptions, checkWhole, refuse } from '@norikv/store/checks';
import { isAddress, isLoopback } from './address.js';
import type { MetadataHook, Token } from './call-metadata.js';
import { longestTimerMs } from './grpc/timeouts.js';
import { checkedTls, type TlsOptions, type TlsSource } from './tls.js';

/** When and how often a call is sent again. Only what cannot be applied twice is ever sent again. */
export interface RetryConfig {
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
export interface ClientConfig {
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

const configNames: readonly (keyof ClientConfig)[] = [
  'nodes',
  'totalShards',
  'timeout',
  'retry',
  'watchCluster',
  'maxConnectionsPerNode',
  'maxInFlight',
  'maxWaiting',
  'maxPendingBytes',
  'keepAliveMs',
  'keepAliveTimeoutMs',
  'tls',
  'token',
  'metadata',
  'unsafeAllowTokenWithoutTls',
  'unsafeAllowPlainServer',
  'exchange',
  'clock',
  'random',
];

const retryNames: readonly (keyof RetryConfig)[] = [
  'maxAttempts',
  'initialDelayMs',
  'maxDelayMs',
  'backoffMultiplier',
];

const switches = [
  'watchCluster',
  'exchange',
  'unsafeAllowTokenWithoutTls',
  'unsafeAllowPlainServer',
] as const;

/** A configuration with every default filled in. */
export interface Settings {
  readonly nodes: readonly string[];
  readonly totalShards: number;
  readonly timeoutMs: number;
  readonly retry: { readonly [Name in keyof RetryConfig]-?: number };
  readonly watchCluster: boolean;
  readonly connectionsPerNode: number;
  readonly maxInFlight: number;
  readonly maxWaiting: number;
  readonly maxPendingBytes: number;
  readonly keepAliveMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly tls: TlsOptions | TlsSource | undefined;
  readonly token: Token | undefined;
  readonly metadata: MetadataHook | undefined;
  readonly allowTokenWithoutTls: boolean;
  readonly allowPlainServer: boolean;
  readonly exchange: boolean;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Checks a configuration. Throws InvalidArgumentError that names the option, its value and the fix. */
export function settingsOf(config: ClientConfig): Settings {
  checkOptions(config, configNames, 'the configuration');
  const { retry = {}, tls = false } = config;
  checkOptions(retry, retryNames, 'retry');
  // "false" from the environment would be as good as true.
  for (const name of switches) checkOneOf(name, config[name], [undefined, true, false]);
  if (typeof tls !== 'boolean' && typeof tls !== 'function') checkedTls(tls);
  checkToken(config.token);
  checkHook(config.metadata);
  const settings: Settings = {
    nodes: [...new Set(checkedNodes(config.nodes))],
    totalShards: whole('totalShards', config.totalShards, 1_024),
    timeoutMs: duration('timeout', config.timeout, 5_000),
    retry: {
      maxAttempts: whole('retry.maxAttempts', retry.maxAttempts, 3),
      initialDelayMs: duration('retry.initialDelayMs', retry.initialDelayMs, 10),
      maxDelayMs: duration('retry.maxDelayMs', retry.maxDelayMs, 1_000),
      backoffMultiplier: factor('retry.backoffMultiplier', retry.backoffMultiplier, 2),
    },
    watchCluster: config.watchCluster ?? true,
    connectionsPerNode: whole('maxConnectionsPerNode', config.maxConnectionsPerNode, 2),
    maxInFlight: whole('maxInFlight', config.maxInFlight, 1_024),
    maxWaiting: whole('maxWaiting', config.maxWaiting, 16_384),
    maxPendingBytes: whole('maxPendingBytes', config.maxPendingBytes, 256 * 2 ** 20),
    keepAliveMs: duration('keepAliveMs', config.keepAliveMs, 10_000),
    keepAliveTimeoutMs: duration('keepAliveTimeoutMs', config.keepAliveTimeoutMs, 5_000),
    tls: tls === true ? {} : tls || undefined,
    token: config.token,
    metadata: config.metadata,
    allowTokenWithoutTls: config.unsafeAllowTokenWithoutTls ?? false,
    allowPlainServer: config.unsafeAllowPlainServer ?? false,
    exchange: config.exchange ?? true,
    clock: config.clock ?? systemClock,
    random: config.random ?? Math.random,
  };
  for (const node of settings.nodes) refuseOpenToken(settings, node);
  return settings;
}

/** Whether calls to this address may carry the token. */
export function mayCarryToken({ token, tls, allowTokenWithoutTls }: Settings, address: string): boolean {
  return token === undefined || tls !== undefined || allowTokenWithoutTls || isLoopback(address);
}

function refuseOpenToken(settings: Settings, node: string): void {
  if (mayCarryToken(settings, node)) return;
  throw new InvalidArgumentError(
    `token would travel to ${node} without TLS, readable by anybody between; ` +
      'set tls, or unsafeAllowTokenWithoutTls if something else protects the connection',
  );
}

function checkedNodes(nodes: unknown): string[] {
  if (!Array.isArray(nodes)) refuse('nodes', nodes, "an array, such as ['localhost:7447']");
  if (nodes.length === 0) {
    throw new InvalidArgumentError("nodes is empty; name at least one server, such as ['localhost:7447']");
  }
  for (const node of nodes) {
    if (!isAddress(node)) refuse('nodes', node, 'host:port, such as localhost:7447');
  }
  return nodes;
}

function checkToken(token: unknown): void {
  if (token === undefined || typeof token === 'string' || typeof token === 'function') return;
  throw new InvalidArgumentError(
    `token is of type ${typeof token}; use a string, or a function that gives one`,
  );
}

function checkHook(metadata: unknown): void {
  if (metadata === undefined || typeof metadata === 'function') return;
  refuse('metadata', metadata, 'a function that gives the metadata of a call');
}

function whole(name: string, value: number | undefined, fallback: number): number {
  return checkWhole(name, value === undefined ? fallback : value);
}

function duration(name: string, value: number | undefined, fallback: number): number {
  checkDurationMs(name, value);
  return Math.min(value ?? fallback, longestTimerMs);
}

function factor(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (Number.isFinite(value) && value >= 1) return value;
  return refuse(name, value, 'a number, at least 1');
}
