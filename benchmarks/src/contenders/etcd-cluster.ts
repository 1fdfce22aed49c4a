import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import { temporaryFolder } from '../temporary-folder.js';

const longestStartMs = 20_000;

/** Members of an etcd cluster of our own on free loopback ports, all on this machine. */
export interface EtcdCluster extends AsyncDisposable {
  readonly hosts: readonly string[];
  /** A bare client, for comparison. */
  readonly bare: Etcd3;
}

/** Starts so many members of `etcd`; undefined, with a clear line, where it is not installed. */
export async function startEtcdCluster(size: number): Promise<EtcdCluster | undefined> {
  const folder = await temporaryFolder();
  const members = await Promise.all(
    Array.from({ length: size }, async (_, place) => ({
      name: `m${place}`,
      client: await freeAddress(),
      peer: `http://${await freeAddress()}`,
    })),
  );
  const initial = members.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const servers = members.map(({ name, client, peer }) => {
    const options = [
      ...['--data-dir', join(folder.path, name), '--name', name, '--logger', 'zap', '--log-level', 'error'],
      ...['--listen-client-urls', `http://${client}`, '--advertise-client-urls', `http://${client}`],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', initial],
    ];
    return spawn('etcd', options, { stdio: 'ignore' });
  });
  const installed = await Promise.all(
    servers.map(
      (server) =>
        new Promise<boolean>((resolve) => {
          server.once('spawn', () => resolve(true));
          server.once('error', () => resolve(false));
        }),
    ),
  );
  if (installed.includes(false)) {
    await folder[Symbol.asyncDispose]();
    console.log('etcd is not installed: its section is left out (Debian: apt-get install etcd-server)\n');
    return undefined;
  }
  const hosts = members.map(({ client }) => client);
  const bare = new Etcd3({ hosts: hosts.map((host) => `http://${host}`) });
  await untilItAnswers(bare);
  return {
    hosts,
    bare,
    async [Symbol.asyncDispose]() {
      bare.close();
      for (const server of servers) server.kill('SIGKILL');
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function untilItAnswers(client: Etcd3): Promise<void> {
  const endsAt = performance.now() + longestStartMs;
  for (;;) {
    try {
      await client.put('anything').value('');
      return;
    } catch (error) {
      if (performance.now() > endsAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freeAddress(): Promise<string> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}
