import { createMemoryStore, type FakeClock } from '@norikv/testkit';
import { vi } from 'vitest';

// The suite of @norikv/lease, on a store behind a server in place of its own kinds of store.
vi.mock('../../../lease/test/world.js', async (original) => {
  const { behindServer } = await import('../support/behind-a-server.js');
  const open = async (clock: FakeClock): Promise<ReturnType<typeof behindServer>> =>
    behindServer(createMemoryStore({ clock, capabilities: { durableAck: true } }));
  return { ...(await original<object>()), stores: [{ name: 'a store behind a server', open }] };
});

vi.setConfig({ testTimeout: 240_000 });

await import('../../../lease/test/acquisition.test.js');
await import('../../../lease/test/renewal.test.js');
await import('../../../lease/test/release.test.js');
await import('../../../lease/test/fencing.test.js');
await import('../../../lease/test/semaphore.test.js');
await import('../../../lease/test/election.test.js');
await import('../../../lease/test/leader-election.test.js');
await import('../../../lease/test/exclusion.test.js');
await import('../../../lease/test/round-trips.test.js');
