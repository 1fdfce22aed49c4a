import { readFile } from 'node:fs/promises';
import { openEmbedded } from '@norikv/embedded';
import { HealthServer } from './http.js';
import { jsonLog } from './log.js';
import type { ServerTls } from './options.js';
import { type ServeConfig, serveConfig } from './serve-config.js';
import { createServer } from './server.js';
import { type Terminal, UsageError } from './terminal.js';
import { packageVersion } from './version.js';

/** Serves a store until it is told to stop. */
export async function serveCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<number> {
  const config = await serveConfig(args, env);
  const log = jsonLog((line) => terminal.out(line));
  for (const setting of config.unknown) log({ level: 'warn', event: 'unknown setting', setting });

  const tls = await readTls(config.tlsFiles);
  const tokens = await readTokens(config.tokenFile);
  await using store = await openEmbedded(config.dataDir === undefined ? {} : { path: config.dataDir });
  const { host, port, nodeId, advertise, totalShards, maxInFlight, maxCallsPerSecond, logCalls } = config;
  await using server = await createServer(store, {
    ...{ host, port, nodeId, advertise, totalShards, maxInFlight, maxCallsPerSecond, logCalls },
    ...{ tls, tokens, log },
  });
  await using http = config.http && (await HealthServer.listen(server, config.http.host, config.http.port));
  const where = {
    address: server.address,
    http: http?.address ?? 'off',
    data: config.dataDir ?? 'ephemeral',
  };
  // Until now a signal ends the process at once, as it may: a store survives that, and opening it may take long.
  const stopped = new Promise<void>((resolve) => terminal.stopped(resolve));
  log({
    level: 'info',
    event: 'serving',
    version: packageVersion(),
    ...where,
    tls: tls !== undefined,
    tokens: tokens.length,
  });

  await stopped;
  log({ level: 'info', event: 'stopping' });
  await server.close(config.graceMs);
  await store.close();
  log({ level: 'info', event: 'stopped' });
  return 0;
}

async function readTls(files: ServeConfig['tlsFiles']): Promise<ServerTls | undefined> {
  if (files === undefined) return undefined;
  const { cert, key, clientCa } = files;
  return {
    cert: await read(cert),
    key: await read(key),
    clientCa: clientCa === undefined ? undefined : await read(clientCa),
  };
}

async function readTokens(path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  const tokens = (await read(path))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (tokens.length === 0) throw new UsageError(`${path} holds no token; nobody could call`);
  return tokens;
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
