import { isAddress } from '@norikv/client/wire';
import { type Clock, checkDurationMs, InvalidArgumentError, systemClock } from '@norikv/store';
import { checkFunction, checkOneOf, checkOptions, checkText, checkWhole, refuse } from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import type { Log } from './log.js';
import { secureOptions } from './tls.js';

/** The view of a cluster names every shard, and has to fit into a message. */
const mostShards = 65_536;
/** Enough for a label of a host name, and little enough to be named with each of them. */
const longestNodeId = 64;

/** Keys and certificates of a server, each as PEM text or bytes. */
export interface ServerTls {
  /** The server's certificate chain. */
  readonly cert: string | Uint8Array;
  /** The private key of `cert`. */
  readonly key: string | Uint8Array;
  /** Authorities of clients: with it every client must show a certificate one of them has signed. */
  readonly clientCa?: string | Uint8Array | undefined;
}

/** Options of `createServer`. */
export interface ServerOptions {
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

/** Options with every default filled in. */
export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly nodeId: string;
  readonly advertise: string | undefined;
  readonly totalShards: number;
  readonly tls: ServerTls | undefined;
  readonly tokens: readonly string[];
  readonly maxInFlight: number;
  readonly maxPendingBytes: number;
  readonly maxCallsPerSecond: number;
  readonly logCalls: boolean;
  readonly log: Log;
  readonly clock: Clock;
}

const optionNames: readonly (keyof ServerOptions)[] = [
  'host',
  'port',
  'nodeId',
  'advertise',
  'totalShards',
  'tls',
  'tokens',
  'maxInFlight',
  'maxPendingBytes',
  'maxCallsPerSecond',
  'logCalls',
  'log',
  'clock',
];

/** Checks options. Throws InvalidArgumentError that names the option, its value and the fix. */
export function serverSettings(options: ServerOptions): ServerSettings {
  checkOptions(options, optionNames);
  const { port = 7_447, tokens = [], maxCallsPerSecond = Number.POSITIVE_INFINITY } = options;
  const { totalShards = 1_024, maxInFlight = 10_000, maxPendingBytes = 256 * 2 ** 20 } = options;
  const { host = '127.0.0.1', nodeId = 'node1' } = options;
  if (typeof host !== 'string' || host === '') refuse('host', host, 'a string, or leave it out');
  if (options.advertise !== undefined && !isAddress(options.advertise)) {
    refuse('advertise', options.advertise, 'host:port, such as db1.example.org:7447');
  }
  checkCredentials(options);
  checkOneOf('logCalls', options.logCalls, [undefined, true, false]);
  if (options.log !== undefined) checkFunction('log', options.log);
  checkWhole('port', port, 0, 65_535);
  if (typeof maxCallsPerSecond !== 'number' || !(maxCallsPerSecond > 0)) {
    refuse('maxCallsPerSecond', maxCallsPerSecond, 'a number above 0, or leave it out');
  }
  return {
    host,
    port,
    nodeId: checkText('nodeId', nodeId, longestNodeId),
    advertise: options.advertise,
    totalShards: checkWhole('totalShards', totalShards, 1, mostShards),
    tls: options.tls,
    tokens,
    maxInFlight: checkWhole('maxInFlight', maxInFlight),
    maxPendingBytes: checkWhole('maxPendingBytes', maxPendingBytes),
    maxCallsPerSecond,
    logCalls: options.logCalls ?? false,
    log: (entry) => tell(options.log, entry),
    clock: options.clock ?? systemClock,
  };
}

/** What a server can be given anew while it runs. */
export type ServerCredentials = Pick<ServerOptions, 'tls' | 'tokens'>;

/** Refuses broken TLS or tokens, and shows nothing of what is in them. */
function checkCredentials({ tls, tokens }: ServerCredentials): void {
  if (tls !== undefined) secureOptions(checkOptions(tls, ['cert', 'key', 'clientCa'], 'tls'));
  if (tokens === undefined) return;
  if (tokens?.length === 0)
    throw new InvalidArgumentError('tokens is empty; give at least one, or leave it out');
  if (Array.isArray(tokens) && tokens.every((token) => typeof token === 'string' && token !== '')) return;
  throw new InvalidArgumentError('tokens is no list of strings, or has an empty one that anybody could send');
}

/** Refuses what would leave open what was guarded when the server was started. */
export function checkRenewal(renewal: ServerCredentials, { tls: before }: ServerSettings): void {
  checkOptions(renewal, ['tls', 'tokens'], 'credentials');
  checkCredentials(renewal);
  const { tls } = renewal;
  if (tls === undefined) return;
  if (before && (tls.clientCa === undefined) === (before.clientCa === undefined)) return;
  const what = before ? 'tls.clientCa' : 'tls';
  throw new InvalidArgumentError(`${what} cannot be turned on or off; start the server anew`);
}

/** A grace period: 0 or more. */
export function checkGraceMs(graceMs: number): void {
  if (graceMs !== 0) checkDurationMs('graceMs', graceMs);
}
