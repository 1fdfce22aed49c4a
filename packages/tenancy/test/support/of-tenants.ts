import type { Capabilities, Clock } from '@norikv/store';
import type { OpenedStore, StoreKind } from '../../../testkit/test/pattern-suites/instead-of-memory.js';
import type { LeftOut } from '../../../testkit/test/pattern-suites/left-out.js';
import { type FullStore, ScopedStore, TenantManager } from '../../src/index.js';

const plans = { free: { maxKeys: 1_000_000, maxStorageMB: 1_000 } };
const needed: readonly (keyof Capabilities)[] = [
  'atomicCas',
  'createIfAbsent',
  'linearizableReads',
  'deleteCas',
];

/** A tenant whose keys and bytes are counted; where no tenant can be kept safe, a part of the store. */
async function ofTenant(store: OpenedStore, clock: Clock | undefined): Promise<OpenedStore> {
  if (needed.some((capability) => !store.capabilities?.[capability])) {
    return opened(new ScopedStore(store, 'part-of-many/'), () => store.close());
  }
  const tenants = new TenantManager(store, { plans, clock });
  await tenants.create('acme', 'Acme Corp', 'free');
  return opened(await tenants.getClient('acme'), async () => {
    await tenants.close();
    await store.close();
  });
}

function opened(client: FullStore, close: () => Promise<void>): OpenedStore {
  return {
    capabilities: client.capabilities,
    get: (...call) => client.get(...call),
    find: (...call) => client.find(...call),
    put: (...call) => client.put(...call),
    delete: (...call) => client.delete(...call),
    close,
  };
}

/** What a tenant of a memory store has of it. */
export const ofTenants: StoreKind = {
  capabilities: (asked, { createMemoryStore }) =>
    new ScopedStore(createMemoryStore(asked), 'part-of-many/').capabilities as Capabilities,
  open: (asked, { createMemoryStore }) => ofTenant(createMemoryStore(asked), asked.clock),
};

const narrow = 'counts the bytes of keys of a whole store';

/** What a part of a store cannot do. */
export const leftOut: LeftOut = {
  lease: { 'is not every odd name': narrow },
  cache: { 'refuses a prefix that leaves no room for a key': narrow },
};
