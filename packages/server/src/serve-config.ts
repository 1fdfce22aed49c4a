import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import type { Place } from './listen.js';
import { readText, unreadable } from './read-text.js';
import { UsageError } from './terminal.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What `norikv serve` was told, from flags, the environment and a file. */
export interface ServeConfig {
  /** Undefined: ephemeral. */
  readonly dataDir: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Undefined: no HTTP. */
  readonly http: Place | undefined;
  readonly nodeId: string | undefined;
  readonly advertise: string | undefined;
  readonly totalShards: number | undefined;
  readonly tlsFiles:
    | { readonly cert: string; readonly key: string; readonly clientCa: string | undefined }
    | undefined;
  readonly tokenFile: string | undefined;
  readonly maxInFlight: number | undefined;
  readonly maxPendingBytes: number | undefined;
  readonly maxCallsPerSecond: number | undefined;
  readonly graceMs: number;
  readonly logCalls: boolean;
  /** Settings of the file this server does not know. */
  readonly unknown: readonly string[];
}

const defaultHost = '127.0.0.1';
const defaultPort = 7_447;
const defaultHttp = '127.0.0.1:8080';
const defaultGraceMs = 10_000;

/** Settings of the public server's file; those without a meaning here are accepted and have none. */
const knownSettings: ReadonlySet<string> = new Set([
  'node_id',
  'rpc_addr',
  'http_addr',
  'data_dir',
  'cluster.seed_nodes',
  'cluster.total_shards',
  'cluster.replication_factor',
  'telemetry',
  'advertise',
  'tls.cert',
  'tls.key',
  'tls.client_ca',
  'token_file',
  'limits.max_in_flight',
  'limits.max_pending_bytes',
  'limits.max_calls_per_second',
  'grace_ms',
  'log_calls',
]);

/** Flags before the environment before the file. Throws UsageError that names what is wrong. */
export async function serveConfig(args: readonly string[], env: Environment): Promise<ServeConfig> {
  const { values: flags, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      ephemeral: { type: 'boolean' },
      host: { type: 'string' },
      port: { type: 'string' },
      http: { type: 'string' },
      'node-id': { type: 'string' },
      advertise: { type: 'string' },
      'total-shards': { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      'tls-client-ca': { type: 'string' },
      'token-file': { type: 'string' },
      'max-in-flight': { type: 'string' },
      'max-pending-bytes': { type: 'string' },
      'max-calls-per-second': { type: 'string' },
      'grace-ms': { type: 'string' },
      'log-calls': { type: 'boolean' },
    },
  });
  if (positionals.length > 1) {
    const [name, more] = positionals;
    throw new UsageError(`"${name}" is no command, and beside a file "${more}" is one argument too many`);
  }
  const file = positionals[0] === undefined ? {} : await readSettings(positionals[0]);
  refuseCluster(file, env);
  const rpc = address(
    'rpc address',
    env.NORIKV_RPC_ADDR ?? text(file, 'rpc_addr') ?? `${defaultHost}:${defaultPort}`,
  );
  const http = flags.http ?? env.NORIKV_HTTP_ADDR ?? text(file, 'http_addr') ?? defaultHttp;
  const [cert, key] = [
    flags['tls-cert'] ?? guard(file, 'tls.cert'),
    flags['tls-key'] ?? guard(file, 'tls.key'),
  ];
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError('TLS needs both --tls-cert and --tls-key (tls.cert and tls.key)');
  }
  const clientCa = flags['tls-client-ca'] ?? guard(file, 'tls.client_ca');
  if (clientCa !== undefined && cert === undefined) {
    throw new UsageError(
      '--tls-client-ca asks clients for certificates, which needs --tls-cert and --tls-key',
    );
  }
  return {
    dataDir: dataDir(flags, env, file),
    host: flags.host ?? rpc.host,
    port: wholeNumber('--port', flags.port) ?? rpc.port,
    http: http === 'off' ? undefined : address('HTTP address', http),
    nodeId: flags['node-id'] ?? env.NORIKV_NODE_ID ?? text(file, 'node_id'),
    advertise: flags.advertise ?? text(file, 'advertise'),
    totalShards: wholeNumber('total shards', flags['total-shards'] ?? text(file, 'cluster.total_shards')),
    tlsFiles: cert === undefined || key === undefined ? undefined : { cert, key, clientCa },
    tokenFile: flags['token-file'] ?? env.NORIKV_TOKEN_FILE ?? guard(file, 'token_file'),
    maxInFlight: wholeNumber('max in flight', flags['max-in-flight'] ?? text(file, 'limits.max_in_flight')),
    maxPendingBytes: wholeNumber(
      'max pending bytes',
      flags['max-pending-bytes'] ?? text(file, 'limits.max_pending_bytes'),
    ),
    maxCallsPerSecond: wholeNumber(
      'max calls per second',
      flags['max-calls-per-second'] ?? text(file, 'limits.max_calls_per_second'),
    ),
    graceMs: wholeNumber('grace', flags['grace-ms'] ?? text(file, 'grace_ms')) ?? defaultGraceMs,
    logCalls: flags['log-calls'] ?? isOn(file, 'log_calls'),
    unknown: unknownSettings(file),
  };
}

/** Those of the public server's that have no meaning here are fine; one that was meant to keep strangers out is not. */
function unknownSettings(file: Settings): string[] {
  const unknown = Object.keys(file).filter(
    (name) => !knownSettings.has(name) && !name.startsWith('telemetry.'),
  );
  const meant = unknown.find((name) => /(?:^|[._-])(?:tls|token)/i.test(name));
  if (meant === undefined) return unknown.filter((name) => file[name] !== '' || !isSection(name));
  throw new UsageError(
    `${meant} is no setting of this server, which would be open without it; use tls.cert, tls.key, tls.client_ca or token_file`,
  );
}

function isSection(name: string): boolean {
  return [...knownSettings].some((known) => known.startsWith(`${name}.`));
}

type Settings = Readonly<Record<string, string>>;

/** The file, flat: `cluster.total_shards`. */
async function readSettings(path: string): Promise<Settings> {
  const text = await readText(path);
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new UsageError(`${path} holds no settings; use lines such as data_dir: ./data`);
  }
  return Object.fromEntries(flatten(content));
}

function flatten(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([name, part]: [string, unknown]) => {
    const path = `${prefix}${name}`;
    if (Array.isArray(part)) return [[path, part.join(',')]];
    if (typeof part === 'object' && part !== null && Object.keys(part).length > 0) {
      return flatten(part, `${path}.`);
    }
    return [[path, typeof part === 'object' ? '' : String(part)]];
  });
}

function refuseCluster(file: Settings, env: Environment): void {
  const seeds = env.NORIKV_SEED_NODES ?? text(file, 'cluster.seed_nodes');
  if (seeds) {
    throw new UsageError(`seed nodes are ${seeds}; this server is a node of its own: leave them out`);
  }
  const copies = text(file, 'cluster.replication_factor') ?? '1';
  if (copies !== '1') {
    throw new UsageError(`cluster.replication_factor is ${copies}; this server keeps one copy: use 1`);
  }
}

function dataDir(
  flags: { readonly data?: string | undefined; readonly ephemeral?: boolean | undefined },
  env: Environment,
  file: Settings,
): string | undefined {
  if (flags.ephemeral && flags.data !== undefined)
    throw new UsageError('--data and --ephemeral exclude each other');
  if (flags.ephemeral) return undefined;
  const folder = flags.data ?? env.NORIKV_DATA_DIR ?? text(file, 'data_dir');
  if (folder) return folder;
  throw new UsageError('name a folder for the store with --data FOLDER, or use --ephemeral');
}

function address(name: string, value: string): Place {
  const parts = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:]+)):(?<port>\d{1,5})$/.exec(value)?.groups;
  const port = Number(parts?.port);
  const host = parts?.six ?? parts?.host;
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new UsageError(`the ${name} is ${value}; use HOST:PORT, such as 127.0.0.1:7447`);
}

function text(file: Settings, name: string): string | undefined {
  const value = file[name];
  return value === '' ? undefined : value;
}

/** A setting that keeps strangers out. An empty one, such as that of a template nobody filled in, would let them in. */
function guard(file: Settings, name: string): string | undefined {
  const value = file[name];
  if (value !== '') return value;
  throw new UsageError(
    `${name} is empty, and the server would be open; name a file, or leave the setting out`,
  );
}

function isOn(file: Settings, name: string): boolean {
  const value = text(file, name) ?? 'false';
  if (value === 'true' || value === 'false') return value === 'true';
  throw new UsageError(`${name} is ${value}; use true or false`);
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new UsageError(`${name} is ${value}; use a whole number`);
}
