import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { temporaryFolder } from '../temporary-folder.js';

/** A Redis server of our own on a free loopback port, and a client. */
export interface RedisPeer extends AsyncDisposable {
  readonly client: Redis;
}

/** Starts `redis-server` without persistence; undefined, with a clear line, where it is not installed. */
export async function startRedis(): Promise<RedisPeer | undefined> {
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
    'no',
    '--dir',
    folder.path,
  ];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  const [failure] = await Promise.race([once(server, 'spawn'), once(server, 'error')]);
  if (failure instanceof Error) {
    await folder[Symbol.asyncDispose]();
    console.log(
      'redis-server is not installed: the Redis rows are left out (Debian: apt-get install redis-server)\n',
    );
    return undefined;
  }
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50 });
  client.on('error', () => {});
  await client.ping();
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.disconnect();
      server.kill('SIGKILL');
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address ? address.port : 0;
}
