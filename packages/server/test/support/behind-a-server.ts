import { NoriKVClient } from '@norikv/client';
import type { OpenedStore, StoreKind } from '../../../testkit/test/pattern-suites/instead-of-memory.js';
import { createServer } from '../../src/index.js';

/** Puts a server and a client before a store: every call goes through both. */
async function behindServer(store: OpenedStore): Promise<OpenedStore> {
  const server = await createServer(store, { port: 0 });
  const client = new NoriKVClient({ nodes: [server.address], watchCluster: false, timeout: 60_000 });
  await client.connect();
  return {
    get: (...call) => client.get(...call),
    find: (...call) => client.find(...call),
    put: (...call) => client.put(...call),
    delete: (...call) => client.delete(...call),
    async close() {
      await client.close();
      await server.close(1_000);
      await store.close();
    },
  };
}

/** Memory stores, each behind a server of its own. */
export const behindServers: StoreKind = {
  capabilities: (asked, { createMemoryStore }) => createMemoryStore(asked).capabilities,
  open: (asked, { createMemoryStore }) => behindServer(createMemoryStore(asked)),
};
