import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serveConfig } from '../src/serve-config.js';
import { type Folder, newFolder } from './support/programs.js';

let folder: Folder;
let file: string;
beforeEach(async () => {
  folder = await newFolder();
  file = join(folder.path, 'norikv.yaml');
  await writeFile(
    file,
    `node_id: file
rpc_addr: file:1
http_addr: file:2
data_dir: file
advertise: file:3
token_file: file
grace_ms: 4
log_calls: true
cluster: { total_shards: 5 }
tls: { cert: file, key: file-key, client_ca: file-ca }
limits: { max_in_flight: 6, max_calls_per_second: 7, max_pending_bytes: 8 }
`,
  );
});
afterEach(() => folder[Symbol.asyncDispose]());

const ofFile = {
  dataDir: 'file',
  server: {
    host: 'file',
    port: 1,
    nodeId: 'file',
    advertise: 'file:3',
    totalShards: 5,
    maxInFlight: 6,
    maxCallsPerSecond: 7,
    maxPendingBytes: 8,
    logCalls: true,
  },
  http: { host: 'file', port: 2 },
  files: { tls: { cert: 'file', key: 'file-key', clientCa: 'file-ca' }, tokens: 'file' },
  graceMs: 4,
  unknown: [],
};

const environment = {
  NORIKV_DATA_DIR: 'environment',
  NORIKV_RPC_ADDR: '[::1]:11',
  NORIKV_HTTP_ADDR: 'environment:12',
  NORIKV_NODE_ID: 'environment',
  NORIKV_TOKEN_FILE: 'environment',
};

const ofEnvironment = {
  ...ofFile,
  dataDir: 'environment',
  server: { ...ofFile.server, host: '::1', port: 11, nodeId: 'environment' },
  http: { host: 'environment', port: 12 },
  files: { ...ofFile.files, tokens: 'environment' },
};

const flags = [
  ...['--data', 'flag', '--host', 'flag', '--port', '21', '--http', 'flag:22', '--node-id', 'flag'],
  ...['--advertise', 'flag:23', '--token-file', 'flag', '--grace-ms', '24', '--total-shards', '25'],
  ...['--tls-cert', 'flag', '--tls-key', 'flag-key', '--tls-client-ca', 'flag-ca'],
  ...['--max-in-flight', '26', '--max-calls-per-second', '27', '--log-calls'],
  ...['--max-pending-bytes', '28'],
];

const ofFlags = {
  dataDir: 'flag',
  server: {
    host: 'flag',
    port: 21,
    nodeId: 'flag',
    advertise: 'flag:23',
    totalShards: 25,
    maxInFlight: 26,
    maxCallsPerSecond: 27,
    maxPendingBytes: 28,
    logCalls: true,
  },
  http: { host: 'flag', port: 22 },
  files: { tls: { cert: 'flag', key: 'flag-key', clientCa: 'flag-ca' }, tokens: 'flag' },
  graceMs: 24,
  unknown: [],
};

it('every setting is taken from the file, and the environment and flags win over it', async () => {
  expect(await serveConfig([file], {})).toEqual(ofFile);
  expect(await serveConfig([file], environment)).toEqual(ofEnvironment);
  expect(await serveConfig([file, ...flags], environment)).toEqual(ofFlags);
  expect(await serveConfig(flags, environment)).toEqual(ofFlags);
});

it('what nobody sets has a default, and nothing is guarded', async () => {
  expect(await serveConfig(['--ephemeral'], { NORIKV_DATA_DIR: 'elsewhere' })).toEqual({
    server: { host: '127.0.0.1', port: 7_447, logCalls: false },
    http: { host: '127.0.0.1', port: 8_080 },
    files: {},
    graceMs: 10_000,
    unknown: [],
  });
});

it.each<[string, string[], Record<string, string>, string]>([
  ['seeds of the environment', [], { NORIKV_SEED_NODES: 'other:7447' }, 'seed nodes are other:7447'],
  ['a port beyond all', [], { NORIKV_RPC_ADDR: 'host:65536' }, 'NORIKV_RPC_ADDR is host:65536'],
  ['a number below 0', ['--grace-ms=-1'], {}, '--grace-ms is -1'],
  ['half a number', ['--max-calls-per-second', '0.5'], {}, '--max-calls-per-second is 0.5'],
  ['a number that is empty', ['--max-in-flight', ' '], {}, '--max-in-flight is  '],
  ['a size in words', ['--max-pending-bytes', '64M'], {}, '--max-pending-bytes is 64M; use a whole number'],
  ['half of TLS', ['--tls-key', 'x'], {}, 'TLS needs both'],
])('%s: refused', async (_what, args, env, message) => {
  await expect(serveConfig(['--ephemeral', ...args], env)).rejects.toThrow(message);
});

it.each(['--token-file', '--tls-cert'])('an empty %s is not as good as none', async (flag) => {
  const { files } = await serveConfig([file, flag, ''], {});
  expect(flag === '--token-file' ? files.tokens : files.tls?.cert).toBe('');
});
