import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NoriKVClient } from './client.js';
import { EphemeralServerError } from './errors.js';

/** How a `norikv-server` is started. */
export interface EphemeralServerOptions {
  /** Default: a free port. */
  readonly port?: number | undefined;
  /** Default: a temporary folder that is removed. A folder of your own is kept. */
  readonly dataDir?: string | undefined;
  /** Default 256. */
  readonly totalShards?: number | undefined;
  /** How long the server may take to answer, in seconds. Default 10. */
  readonly startupTimeout?: number | undefined;
}

/** A server process of our own. */
export interface StartedServer {
  readonly address: string;
  readonly totalShards: number;
  stop(): Promise<void>;
}

const mostAttempts = 3;
const stopPatienceMs = 5_000;
const pauseMs = 100;
const longestLogTail = 2_000;

/** Starts a binary with a configuration file as its argument and waits until it answers. */
export async function startServer(binary: string, options: EphemeralServerOptions): Promise<StartedServer> {
  if (options.port !== undefined) return startAt(options.port, binary, options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startAt(await freePort(), binary, options);
    } catch (error) {
      // A port that is free can be somebody else's by the time the server listens.
      const isTaken = error instanceof EphemeralServerError && /\bin use\b/i.test(error.message);
      if (!isTaken || attempt === mostAttempts) throw error;
    }
  }
}

async function startAt(
  port: number,
  binary: string,
  options: EphemeralServerOptions,
): Promise<StartedServer> {
  const { totalShards = 256, startupTimeout = 10 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'norikv-ephemeral-'));
  const dataDir = options.dataDir ?? join(folder, 'data');
  const address = `127.0.0.1:${port}`;
  const [configFile, logFile] = [join(folder, 'norikv.yaml'), join(folder, 'norikv.log')];
  await mkdir(dataDir, { recursive: true });
  // JSON is YAML.
  await writeFile(configFile, JSON.stringify(serverConfig(address, dataDir, totalShards)));
  const log = await open(logFile, 'w');
  const server = spawn(binary, [configFile], { stdio: ['ignore', log.fd, log.fd] });
  const stop = async (): Promise<void> => {
    await end(server);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await started(server);
    await untilItAnswers(server, address, startupTimeout * 1_000);
  } catch (cause) {
    const tail = (await readFile(logFile, 'utf8')).slice(-longestLogTail);
    await stop();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EphemeralServerError(`${binary} did not start: ${why}. End of its log:\n${tail}`, { cause });
  } finally {
    await log.close();
  }
  return { address, totalShards, stop };
}

function serverConfig(address: string, dataDir: string, totalShards: number): object {
  return {
    node_id: `ephemeral-${randomUUID()}`,
    rpc_addr: address,
    http_addr: '127.0.0.1:0',
    data_dir: dataDir,
    cluster: { seed_nodes: [], total_shards: totalShards, replication_factor: 1 },
    telemetry: { prometheus: { enabled: false }, otlp: { enabled: false } },
  };
}

async function started(server: ChildProcess): Promise<void> {
  await once(server, 'spawn');
}

async function untilItAnswers(server: ChildProcess, address: string, patienceMs: number): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  for (;;) {
    if (server.exitCode !== null || server.signalCode !== null) {
      throw new Error(`it ended with ${server.exitCode ?? server.signalCode}`);
    }
    const remainingMs = Math.ceil(endsAt - performance.now());
    if (remainingMs <= 0) throw new Error(`it did not answer at ${address} within ${patienceMs} ms`);
    const client = new NoriKVClient({
      nodes: [address],
      timeout: Math.min(remainingMs, 1_000),
      watchCluster: false,
    });
    try {
      await client.connect();
      return;
    } catch {
      await sleep(pauseMs);
    } finally {
      await client.close();
    }
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  const patience = setTimeout(() => server.kill('SIGKILL'), stopPatienceMs);
  await exited;
  clearTimeout(patience);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address ? address.port : 0;
}
