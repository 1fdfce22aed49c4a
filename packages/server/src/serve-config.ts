import { parseArgs } from 'node:util';
import type { CredentialFiles } from './credential-files.js';
import type { Place } from './listen.js';
import type { ServerOptions } from './options.js';
import { SettingsFile } from './settings-file.js';
import { UsageError } from './terminal.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What `norikv serve` was told, from flags, the environment and a file. */
export interface ServeConfig {
  /** Undefined: ephemeral. */
  readonly dataDir: string | undefined;
  readonly server: Omit<ServerOptions, 'tls' | 'tokens' | 'log' | 'clock'> & Place;
  /** Undefined: no HTTP. */
  readonly http: Place | undefined;
  readonly files: CredentialFiles;
  readonly graceMs: number;
  /** Settings of the file this server does not know. */
  readonly unknown: readonly string[];
}

const defaultRpc: Place = { host: '127.0.0.1', port: 7_447 };
const defaultHttp: Place = { host: '127.0.0.1', port: 8_080 };
const defaultGraceMs = 10_000;

/** Flags before the environment before the file. Throws UsageError that names what is wrong. */
export async function serveConfig(args: readonly string[], env: Environment): Promise<ServeConfig> {
  const { values: flags, positionals } = parseFlags(args);
  if (positionals.length > 1) {
    const [name, more] = positionals;
    throw new UsageError(`"${name}" is no command, and beside a file "${more}" is one argument too many`);
  }
  const file = await SettingsFile.read(positionals[0]);
  refuseCluster(file, env);
  const number = (flag: NumberFlag, setting: string): number | undefined =>
    wholeNumber(`--${flag}`, flags[flag]) ?? wholeNumber(setting, file.text(setting));
  const rpc =
    address('NORIKV_RPC_ADDR', env.NORIKV_RPC_ADDR) ??
    address('rpc_addr', file.text('rpc_addr')) ??
    defaultRpc;
  return {
    dataDir: dataDir(flags, env, file),
    server: {
      host: flags.host ?? rpc.host,
      port: wholeNumber('--port', flags.port) ?? rpc.port,
      nodeId: flags['node-id'] ?? env.NORIKV_NODE_ID ?? file.text('node_id'),
      advertise: flags.advertise ?? file.text('advertise'),
      totalShards: number('total-shards', 'cluster.total_shards'),
      maxInFlight: number('max-in-flight', 'limits.max_in_flight'),
      maxPendingBytes: number('max-pending-bytes', 'limits.max_pending_bytes'),
      maxCallsPerSecond: number('max-calls-per-second', 'limits.max_calls_per_second'),
      logCalls: flags['log-calls'] ?? file.isOn('log_calls'),
    },
    http: httpPlace(flags, env, file),
    files: {
      tls: tlsFiles(flags, file),
      tokens: flags['token-file'] ?? env.NORIKV_TOKEN_FILE ?? file.guard('token_file'),
    },
    graceMs: number('grace-ms', 'grace_ms') ?? defaultGraceMs,
    unknown: file.unknown(),
  };
}

type Flags = ReturnType<typeof parseFlags>['values'];
type NumberFlag =
  | 'total-shards'
  | 'max-in-flight'
  | 'max-pending-bytes'
  | 'max-calls-per-second'
  | 'grace-ms';

function parseFlags(args: readonly string[]) {
  return parseArgs({
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
}

function refuseCluster(file: SettingsFile, env: Environment): void {
  const seeds = env.NORIKV_SEED_NODES ?? file.text('cluster.seed_nodes');
  if (seeds) {
    throw new UsageError(`seed nodes are ${seeds}; this server is a node of its own: leave them out`);
  }
  const copies = file.text('cluster.replication_factor') ?? '1';
  if (copies !== '1') {
    throw new UsageError(`cluster.replication_factor is ${copies}; this server keeps one copy: use 1`);
  }
}

function dataDir(flags: Flags, env: Environment, file: SettingsFile): string | undefined {
  if (flags.ephemeral && flags.data !== undefined)
    throw new UsageError('--data and --ephemeral exclude each other');
  if (flags.ephemeral) return undefined;
  const folder = flags.data ?? env.NORIKV_DATA_DIR ?? file.text('data_dir');
  if (folder) return folder;
  throw new UsageError('name a folder for the store with --data FOLDER, or use --ephemeral');
}

function httpPlace(flags: Flags, env: Environment, file: SettingsFile): Place | undefined {
  const setting = file.text('http_addr');
  if ((flags.http ?? env.NORIKV_HTTP_ADDR ?? setting) === 'off') return undefined;
  return (
    address('--http', flags.http) ??
    address('NORIKV_HTTP_ADDR', env.NORIKV_HTTP_ADDR) ??
    address('http_addr', setting) ??
    defaultHttp
  );
}

function tlsFiles(flags: Flags, file: SettingsFile): CredentialFiles['tls'] {
  const cert = flags['tls-cert'] ?? file.guard('tls.cert');
  const key = flags['tls-key'] ?? file.guard('tls.key');
  const clientCa = flags['tls-client-ca'] ?? file.guard('tls.client_ca');
  if (cert !== undefined && key !== undefined) return { cert, key, clientCa };
  if (cert !== undefined || key !== undefined) {
    throw new UsageError('TLS needs both --tls-cert and --tls-key (tls.cert and tls.key)');
  }
  if (clientCa === undefined) return undefined;
  throw new UsageError('--tls-client-ca asks clients for certificates, which needs --tls-cert and --tls-key');
}

function address(name: string, value: string | undefined): Place | undefined {
  if (value === undefined) return undefined;
  const parts = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:]+)):(?<port>\d{1,5})$/.exec(value)?.groups;
  const port = Number(parts?.port);
  const host = parts?.six ?? parts?.host;
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new UsageError(`${name} is ${value}; use HOST:PORT, such as 127.0.0.1:7447`);
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new UsageError(`${name} is ${value}; use a whole number`);
}
