import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { Etcd3 } from 'etcd3';
import { temporaryFolder } from '../temporary-folder.js';

const longestStartMs = 20_000;

/** An etcd server of our own on free loopback ports, and a client. */
export interface EtcdPeer extends AsyncDisposable {
  readonly client: Etcd3;
}

/** Starts `etcd`; undefined, with a clear line, where it is not installed. */
export async function startEtcd(): Promise<EtcdPeer | undefined> {
  const [clientUrl, peerUrl] = [await freeUrl(), await freeUrl()];
  const folder = await temporaryFolder();
  const options = [
    ...['--data-dir', folder.path, '--name', 'one', '--log-level', 'error'],
    ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--initial-cluster', `one=${peerUrl}`],
  ];
  const server = spawn('etcd', options, { stdio: 'ignore' });
  const isInstalled = await new Promise<boolean>((resolve) => {
    server.once('spawn', () => resolve(true));
    server.once('error', () => resolve(false));
  });
  if (!isInstalled) {
    await folder[Symbol.asyncDispose]();
    console.log('etcd is not installed: the etcd rows are left out (Debian: apt-get install etcd-server)\n');
    return undefined;
  }
  const client = new Etcd3({ hosts: clientUrl });
  await untilItAnswers(client);
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      server.kill('SIGKILL');
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function untilItAnswers(client: Etcd3): Promise<void> {
  const endsAt = performance.now() + longestStartMs;
  for (;;) {
    try {
      await client.get('anything');
      return;
    } catch (error) {
      if (performance.now() > endsAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freeUrl(): Promise<string> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}
