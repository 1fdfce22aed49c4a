import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { NoriKVClient } from '@norikv/client';
import { temporaryFolder } from '../temporary-folder.js';

const require = createRequire(import.meta.url);

/** A durable `norikv` of our own in a process of its own, and a client. */
export interface NorikvPeer extends AsyncDisposable {
  readonly client: NoriKVClient;
  /** Another client, with a single connection. */
  readonly single: NoriKVClient;
}

/** Starts the command as it is built: the sources run slower, as they are translated while they run. */
export async function startNorikv(connections: number): Promise<NorikvPeer> {
  const folder = await temporaryFolder();
  const command = join(dirname(require.resolve('@norikv/server/package.json')), 'dist', 'norikv.js');
  const options = ['--data', folder.path, '--port', '0', '--http', 'off'];
  const server = spawn(process.execPath, [command, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await addressIn(createInterface({ input: server.stdout }));
  const client = new NoriKVClient({ nodes: [address], maxConnectionsPerNode: connections });
  const single = new NoriKVClient({ nodes: [address], maxConnectionsPerNode: 1 });
  await Promise.all([client.connect(), single.connect()]);
  return {
    client,
    single,
    async [Symbol.asyncDispose]() {
      await Promise.all([client.close(), single.close()]);
      server.kill('SIGKILL');
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function addressIn(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const { event, address } = JSON.parse(line) as { readonly event: string; readonly address: string };
    if (event === 'serving') return address;
  }
  throw new Error('norikv ended before it served');
}
