import { type ClientConfig, NoriKVClient } from '@norikv/client';
import { createEphemeral, openEmbedded } from '@norikv/embedded';
import type { KvStore } from '@norikv/store';
import { createMemoryStore, defineConformance, FakeClock } from '@norikv/testkit';
import { describe, it } from 'vitest';
import { createServer, type ServerOptions } from '../src/index.js';
import { Authority } from './support/certificates.js';
import { type Folder, newFolder, ServerProcess } from './support/programs.js';

const notApplicable = {
  20: 'see faulty-network.test.ts and kill.test.ts',
  26: 'see the hash vectors of @norikv/client',
  27: 'see the golden bytes of @norikv/client',
};
const probe = await createEphemeral();
const { capabilities: embedded } = probe;
await probe.close();

interface Target {
  readonly store: NoriKVClient;
  readonly peers: readonly NoriKVClient[];
  close(): Promise<void>;
}

describe('a memory store behind a server, with two clients and a fake clock', () => {
  const clock = new FakeClock();
  defineConformance({
    describe,
    it,
    capabilities: createMemoryStore().capabilities,
    createStore: () => serve(createMemoryStore({ clock })),
    advance: (ms) => clock.advance(ms),
    jumpWallClock: (ms) => clock.jumpWallClock(ms),
    expectations: { idempotencyWindowMs: 86_400_000, monotonicStaleReads: true },
    notApplicable,
    load: 0.3,
  });
});

describe('an embedded store behind a server, over mutual TLS and with a token', () => {
  const authority = new Authority('norikv test authority');
  const server = { tls: { ...authority.issue('localhost'), clientCa: authority.cert }, tokens: ['a secret'] };
  const client = {
    tls: { ...authority.issue('a client'), ca: authority.cert, serverName: 'localhost' },
    token: async () => 'a secret',
  };
  const start = async (folder: Folder) => {
    const { close: stop, ...target } = await serve(await openEmbedded({ path: folder.path }), server, client);
    const close = async (): Promise<void> => {
      await stop();
      await folder[Symbol.asyncDispose]();
    };
    return { ...target, folder, stop, close };
  };
  defineConformance({
    describe,
    it,
    capabilities: embedded,
    createStore: async () => start(await newFolder()),
    async reopen({ stop, folder }) {
      await stop();
      return start(folder);
    },
    expectations: { ttlToleranceMs: 200 },
    notApplicable,
    load: 0.1,
  });
});

describe('the norikv command in a process of its own, which is killed', () => {
  defineConformance({
    describe,
    it,
    capabilities: embedded,
    async createStore() {
      const folder = await newFolder();
      return startCommand(folder.path, async () => folder[Symbol.asyncDispose]());
    },
    async reopen(target) {
      await target.server.end('SIGTERM');
      await target.store.close();
      return startCommand(target.path, target.remove);
    },
    async kill(target) {
      await target.server.end('SIGKILL');
      await target.store.close();
      return startCommand(target.path, target.remove);
    },
    expectations: { ttlToleranceMs: 200 },
    notApplicable: {
      ...notApplicable,
      ...Object.fromEntries(everyGroupBut([10, 12, 15]).map((group) => [group, 'run in one process above'])),
    },
    load: 0.1,
  });
});

async function serve(
  store: KvStore & { close(): Promise<void> },
  serverOptions: ServerOptions = {},
  config: Partial<ClientConfig> = {},
): Promise<Target> {
  const server = await createServer(store, { port: 0, ...serverOptions });
  const [client, peer] = await Promise.all([
    connect(server.address, config),
    connect(server.address, config),
  ]);
  const close = async (): Promise<void> => {
    await Promise.all([client.close(), peer.close()]);
    await server.close(1_000);
    await store.close();
  };
  return { store: client, peers: [peer], close };
}

interface CommandTarget extends Target {
  readonly server: ServerProcess;
  readonly path: string;
  remove(): Promise<void>;
}

async function startCommand(path: string, remove: () => Promise<void>): Promise<CommandTarget> {
  const server = await ServerProcess.start(['--data', path, '--port', '0', '--http', 'off']);
  const client = await connect(server.address, { timeout: 30_000 });
  const close = async (): Promise<void> => {
    await client.close();
    await server.end('SIGTERM');
    await remove();
  };
  return { store: client, peers: [], server, path, remove, close };
}

async function connect(address: string, config: Partial<ClientConfig> = {}): Promise<NoriKVClient> {
  const client = new NoriKVClient({ nodes: [address], ...config });
  await client.connect();
  return client;
}

function everyGroupBut(groups: readonly number[]): number[] {
  return Array.from({ length: 29 }, (_, place) => place + 1).filter((group) => !groups.includes(group));
}
