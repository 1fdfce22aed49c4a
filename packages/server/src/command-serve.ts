import { readCredentials } from './credential-files.js';
import { exitCodes } from './exit-codes.js';
import { HealthServer } from './http.js';
import { checkFree } from './listen.js';
import { loadEmbedded } from './load-embedded.js';
import { jsonLog } from './log.js';
import { type ServerOptions, serverSettings } from './options.js';
import { Renewal } from './renewal.js';
import { serveConfig } from './serve-config.js';
import { createServer } from './server.js';
import { storeMetrics } from './store-metrics.js';
import type { Terminal } from './terminal.js';
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

  const read = () => readCredentials(config.files);
  const first = await read();
  const options: ServerOptions = { ...config.server, ...first, log };
  // What is wrong is told before a store is made.
  serverSettings(options);
  const { openEmbedded } = await loadEmbedded();
  await using http = config.http && (await HealthServer.listen(config.http));
  // Not kept meanwhile: who is refused knows at once that nothing was applied.
  await checkFree(config.server);
  const about = {
    version: packageVersion(),
    http: http?.address ?? 'off',
    data: config.dataDir ?? 'ephemeral',
  };
  log({ level: 'info', event: 'starting', ...about });
  await using store = await openEmbedded(config.dataDir === undefined ? {} : { path: config.dataDir });
  await using server = await createServer(store, options);
  const hasFiles = first.tls !== undefined || first.tokens !== undefined;
  await using renewal = hasFiles ? new Renewal({ server, first, read, log }) : undefined;
  if (http) {
    http.health = {
      get isReady() {
        return server.isReady;
      },
      // Once LMDB could not write its header it reads nothing more, not even a key that nobody has.
      check: () => store.find('\0'),
      metrics: async () => `${await server.metrics()}${await storeMetrics(store)}${renewal?.metrics() ?? ''}`,
    };
  }
  // Until now a signal ends the process at once, as it may: a store survives that, and opening it may take long.
  const stopped = new Promise<void>((resolve) => terminal.stopped(resolve));
  if (renewal) terminal.hungUp(() => void renewal.reload());
  log({
    level: 'info',
    event: 'serving',
    ...about,
    address: server.address,
    tls: first.tls !== undefined,
    tokens: first.tokens?.length ?? 0,
  });

  await stopped;
  log({ level: 'info', event: 'stopping' });
  await server.close(config.graceMs);
  await store.close();
  log({ level: 'info', event: 'stopped' });
  return exitCodes.done;
}
