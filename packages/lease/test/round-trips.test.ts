import { describe, expect, it } from 'vitest';
import { fencedPut } from '../src/index.js';
import { stores, World } from './world.js';

describe.each(stores)('round trips on $name', (kind) => {
  it('are two to acquire, one to renew, one to release', async () => {
    await using world = await World.open(kind);
    const { leases, store } = world.node();
    const cost = async (work: () => Promise<unknown>): Promise<number> => {
      store.reset();
      await world.run(work);
      return store.calls.total;
    };
    const lease = await world.run(async () => {
      const acquired = await leases.acquire('x', { autoRenew: false });
      expect(store.calls.total).toBe(2);
      return acquired;
    });
    for (let renewal = 0; renewal < 5; renewal += 1) expect(await cost(() => lease.renew())).toBe(1);
    expect(await cost(() => leases.holder('x'))).toBe(1);
    expect(await cost(() => lease.release())).toBe(1);
  });

  it('are two for a lease that another process released, and one for one that is held', async () => {
    await using world = await World.open(kind);
    const [a, b, c] = [world.node(), world.node(), world.node()];
    const lease = await world.run(a.leases.acquire('x', { autoRenew: false }));
    expect(await world.run(b.leases.tryAcquire('x'))).toBeNull();
    expect(b.store.calls.total).toBe(1);
    await world.run(lease.release());
    expect(await world.run(c.leases.tryAcquire('x'))).not.toBeNull();
    expect(c.store.calls.total).toBe(2);
  });

  it('are one look per poll for a standby, and one write to take over from a holder that died', async () => {
    await using world = await World.open(kind);
    const [a, b] = [world.node(), world.node({ jitter: 0 })];
    await world.run(a.leases.acquire('x'));
    a.process.crash();
    const waiting = b.leases.acquire('x');
    await world.pass(14_500);
    expect(b.store.calls).toMatchObject({ find: 8, total: 8 });
    b.store.reset();
    const lease = await world.run(waiting);
    expect(b.store.calls).toMatchObject({ put: 1, total: 1 });
    b.store.reset();
    await world.run(lease.renew());
    expect(b.store.calls.total).toBe(1);
  });

  it('are two for a semaphore, one more for each held slot, and one more for its first use', async () => {
    await using world = await World.open(kind);
    const [a, b] = [world.node({ random: () => 0 }), world.node({ random: () => 0 })];
    await world.run(a.leases.semaphore('x', 3).acquire({ autoRenew: false }));
    expect(a.store.calls.total).toBe(2 + 2);
    const semaphore = b.leases.semaphore('x', 3);
    await world.run(semaphore.acquire({ autoRenew: false }));
    expect(b.store.calls.total).toBe(1 + 1 + 2);
    b.store.reset();
    await world.run(semaphore.acquire({ autoRenew: false }));
    expect(b.store.calls.total).toBe(2 + 2);
  });

  it('are two for the first fenced write of a key, and one for each after it', async () => {
    await using world = await World.open(kind);
    const { store } = world.node();
    await world.run(fencedPut(store, 'key', 'one', 1n));
    expect(store.calls.total).toBe(2);
    await world.run(fencedPut(store, 'key', 'two', 1n));
    expect(store.calls.total).toBe(3);
  });
});
