import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { temporaryFolder } from '../temporary-folder.js';

/** A Redis server of our own on a free loopback port, and a client. */
export interface RedisPeer extends AsyncDisposable {
  readonly client: Redis;
  readonly port: number;
}

/** Whether a write is on the disk when it is acknowledged, or never. */
export type RedisPersistence = 'flushed' | 'none';

/** Starts `redis-server`; undefined, with a clear line, where it is not installed. */
export async function startRedis(persistence: RedisPersistence = 'none'): Promise<RedisPeer | undefined> {
  const port = await freePort();
  const folder = await temporaryFolder();
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    persistence === 'flushed' ? 'yes' : 'no',
    '--appendfsync',
    'always',
    '--dir',
    folder.path,
  ];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  const isInstalled = await new Promise<boolean>((resolve) => {
    server.once('spawn', () => resolve(true));
    server.once('error', () => resolve(false));
  });
  if (!isInstalled) {
    await folder[Symbol.asyncDispose]();
    console.log(
      'redis-server is not installed: the Redis rows are left out (Debian: apt-get install redis-server)\n',
    );
    return undefined;
  }
  const client = connectRedis(port);
  await client.ping();
  return {
    client,
    port,
    async [Symbol.asyncDispose]() {
      client.disconnect();
      server.kill('SIGKILL');
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A client of a Redis server on this machine, which may still be starting. */
export function connectRedis(port: number): Redis {
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50 });
  client.on('error', () => {});
  return client;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address ? address.port : 0;
}
