import { openEmbedded } from '@norikv/embedded';
import type { Capabilities, KvStore } from '@norikv/store';
import { createMemoryStore, defineConformance, FakeClock } from '@norikv/testkit';
import { describe, it } from 'vitest';
import { type FullStore, TenantClient, TenantManager } from '../src/index.js';

type Scope = (store: KvStore, clock: FakeClock) => Promise<FullStore>;

const plans = {
  free: { maxKeys: 1e9, maxStorageMB: 1e6 },
  open: { maxKeys: Infinity, maxStorageMB: Infinity },
};
const managed =
  (plan: string): Scope =>
  async (store, clock) => {
    const manager = new TenantManager(store, { plans, clock });
    await manager.create('a:b/c', 'A tenant', plan);
    return manager.getClient('a:b/c');
  };
const scopes: Readonly<Record<string, Scope>> = {
  'a tenant by name': async (store) => new TenantClient(store, 'a:b/c'),
  'a managed tenant without limits': managed('open'),
  'a managed tenant with limits': managed('free'),
};

async function capabilitiesOf(scope: Scope): Promise<Capabilities> {
  const { capabilities } = await scope(createMemoryStore(), new FakeClock());
  if (!capabilities) throw new Error('a scoped store declares what it can do');
  return capabilities;
}

for (const [name, scope] of Object.entries(scopes)) {
  const clock = new FakeClock();
  const capabilities = await capabilitiesOf(scope);
  describe(`${name} keeps the contract, over memory`, () => {
    defineConformance({
      describe,
      it,
      capabilities,
      async createStore() {
        const store = createMemoryStore({ clock });
        return { store: await scope(store, clock), close: () => store.close() };
      },
      advance: (ms) => clock.advance(ms),
      jumpWallClock: (ms) => clock.jumpWallClock(ms),
      load: 0.2,
    });
  });
}

describe('a managed tenant keeps the contract, over the embedded store', async () => {
  const clock = new FakeClock();
  await using probe = await openEmbedded({ clock });
  const capabilities = (await managed('free')(probe, clock)).capabilities;
  if (!capabilities) throw new Error('a scoped store declares what it can do');
  defineConformance({
    describe,
    it,
    capabilities,
    async createStore() {
      const store = await openEmbedded({ clock });
      return { store: await managed('free')(store, clock), close: () => store.close() };
    },
    advance: (ms) => clock.advance(ms),
    load: 0.1,
  });
});
