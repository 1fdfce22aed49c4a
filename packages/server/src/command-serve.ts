import { readCredentials } from './credential-files.js';
import { HealthServer } from './http.js';
import { jsonLog } from './log.js';
import { Renewal } from './renewal.js';
import { serveConfig } from './serve-config.js';
import { createServer } from './server.js';
import { reasonOf, type Terminal } from './terminal.js';
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

  const read = () => readCredentials(config);
  const first = await read();
  const { openEmbedded } = await embedded();
  await using store = await openEmbedded(config.dataDir === undefined ? {} : { path: config.dataDir });
  const { host, port, nodeId, advertise, totalShards, maxInFlight, maxCallsPerSecond, logCalls } = config;
  await using server = await createServer(store, {
    ...{ host, port, nodeId, advertise, totalShards, maxInFlight, maxCallsPerSecond, logCalls },
    ...first,
    log,
  });
  const hasFiles = first.tls !== undefined || first.tokens !== undefined;
  await using renewal = hasFiles ? new Renewal({ server, first, read, log }) : undefined;
  const health = {
    get isReady() {
      return server.isReady;
    },
    metrics: async () => `${await server.metrics()}${renewal?.metrics() ?? ''}`,
  };
  await using http = config.http && (await HealthServer.listen(health, config.http.host, config.http.port));
  const where = {
    address: server.address,
    http: http?.address ?? 'off',
    data: config.dataDir ?? 'ephemeral',
  };
  // Until now a signal ends the process at once, as it may: a store survives that, and opening it may take long.
  const stopped = new Promise<void>((resolve) => terminal.stopped(resolve));
  if (renewal) terminal.hungUp(() => void renewal.reload());
  log({
    level: 'info',
    event: 'serving',
    version: packageVersion(),
    ...where,
    tls: first.tls !== undefined,
    tokens: first.tokens?.length ?? 0,
  });

  await stopped;
  log({ level: 'info', event: 'stopping' });
  await server.close(config.graceMs);
  await store.close();
  log({ level: 'info', event: 'stopped' });
  return 0;
}

/** Loaded here alone: the other commands also run where LMDB does not. */
async function embedded(): Promise<typeof import('@norikv/embedded')> {
  try {
    return await import('@norikv/embedded');
  } catch (cause) {
    const hint = 'its binary is an optional dependency of lmdb: install without --omit=optional';
    throw new Error(`the store cannot be loaded (${reasonOf(cause)}); ${hint}`, { cause });
  }
}
