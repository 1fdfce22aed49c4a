import { NoriKVClient } from '@norikv/client';
import type { KvStore } from '@norikv/store';
import { createServer } from '../../src/index.js';

/** A store as its clients see it: every call goes through a server. */
export interface RemoteStore extends KvStore, AsyncDisposable {
  close(): Promise<void>;
}

/** Puts a server and a client before a store. Usable at once: calls wait until both are up. */
export function behindServer(store: KvStore & { close(): Promise<void> }): RemoteStore {
  const started = start(store);
  const client = async (): Promise<NoriKVClient> => (await started).client;
  const close = async (): Promise<void> => {
    const running = await started;
    await running.client.close();
    await running.server.close(1_000);
    await store.close();
  };
  return {
    capabilities: store.capabilities,
    get: async (...call) => (await client()).get(...call),
    find: async (...call) => (await client()).find(...call),
    put: async (...call) => (await client()).put(...call),
    delete: async (...call) => (await client()).delete(...call),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function start(
  store: KvStore,
): Promise<{ server: Awaited<ReturnType<typeof createServer>>; client: NoriKVClient }> {
  const server = await createServer(store, { port: 0 });
  const client = new NoriKVClient({ nodes: [server.address], watchCluster: false, timeout: 60_000 });
  await client.connect();
  return { server, client };
}
