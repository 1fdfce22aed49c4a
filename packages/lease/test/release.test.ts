import type { KvStore } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../src/index.js';
import { type Node, stores, World } from './world.js';

// The numbers are those of scenarios.md.
describe.each(stores)('release on $name', (kind) => {
  const open = (): Promise<World> => World.open(kind);
  const acquire = (world: World, node: Node): Promise<Lease> => world.run(node.leases.acquire('x'));

  it('31: frees the lease, ends the handle and keeps the epoch', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    const releasing = lease.release();
    expect(lease.isHeld()).toBe(false);
    expect(lease.signal.reason).toMatchObject({ code: 'LEASE_LOST', reason: 'released' });
    await world.run(releasing);
    expect(await lease.lost).toBe('released');
    expect(await world.record('x')).toMatchObject({ holder: null, epoch: '1' });
    expect(node.kinds()).toEqual(['acquired', 'released']);
  });

  it('31: does not free what another tenure holds', async () => {
    await using world = await open();
    const lease = await acquire(world, world.node());
    await world.tamper('x', { tenure: 'other', epoch: '2' });
    const before = await world.text('lease:x');
    await world.run(lease.release());
    expect(await world.text('lease:x')).toBe(before);
  });

  it('32: does nothing the second time', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    await world.run(Promise.all([lease.release(), lease.release()]));
    node.store.reset();
    await world.run(lease.release());
    expect(node.store.calls.total).toBe(0);
  });

  it('32: is one where who hears of the end releases, too', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    lease.signal.addEventListener('abort', () => void lease.release());
    node.store.reset();
    await world.run(lease.release());
    expect(node.store.calls.total).toBe(1);
    expect(node.kinds()).toEqual(['acquired', 'released']);
  });

  it('33: leaves the successor alone after a loss', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const lease = await acquire(world, a);
    a.faults.outage(20_000);
    const next = await acquire(world, b);
    await world.pass(10_000);
    a.store.reset();
    await world.run(lease.release());
    expect(a.store.calls.total).toBe(0);
    expect(next.isHeld()).toBe(true);
    expect(await world.record('x')).toMatchObject({ holder: b.owner });
  });

  it.each([undefined, 'lost-reply', 'delayed-delivery', 'duplicated-delivery', 'own-mismatch'] as const)(
    '34: succeeds while a renewal is under way (%s)',
    async (fault) => {
      await using world = await open();
      const node = world.node({ latencyMs: 100 });
      const lease = await acquire(world, node);
      node.faults.next('put', fault);
      const renewal = lease.renew();
      renewal.catch(() => {});
      await world.pass(60);
      await world.run(lease.release());
      await world.pass(1_000);
      expect(await world.record('x')).toMatchObject({ holder: null, epoch: '1' });
    },
  );

  it('34: succeeds although the record was renewed behind its back', async () => {
    await using world = await open();
    const lease = await acquire(world, world.node());
    await world.tamper('x', { seq: 7 });
    await world.run(lease.release());
    expect(await world.record('x')).toMatchObject({ holder: null, seq: 8 });
  });

  it('35: succeeds when the work was cancelled, with a time limit of its own', async () => {
    await using world = await open();
    const { leases } = world.node();
    const controller = new AbortController();
    const work = leases.withLease('x', { signal: controller.signal }, async () => {
      controller.abort(new Error('stop'));
      controller.signal.throwIfAborted();
    });
    await expect(world.run(work)).rejects.toThrow('stop');
    expect(await world.record('x')).toMatchObject({ holder: null });
  });

  it('36: can be tried again after a failure, and ends the handle all the same', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    node.faults.outage(10_000);
    const start = world.clock.monotonic();
    await expect(world.run(lease.release())).rejects.toMatchObject({ outcome: 'unknown' });
    expect(world.clock.monotonic() - start).toBeLessThanOrEqual(4_100);
    expect(lease.isHeld()).toBe(false);
    expect(node.kinds()).toContain('release-failed');
    await world.pass(7_000);
    await world.run(lease.release());
    expect(await world.record('x')).toMatchObject({ holder: null });
  });

  it('36: frees nothing newer when it is tried again', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const lease = await acquire(world, a);
    a.faults.outage(10_000);
    await expect(world.run(lease.release())).rejects.toThrow();
    const next = await acquire(world, b);
    await world.run(lease.release());
    expect(await world.record('x')).toMatchObject({ holder: b.owner });
    expect(next.isHeld()).toBe(true);
  });

  it('37: does not hide the error of the work behind its own', async () => {
    await using world = await open();
    const { leases, faults, kinds } = world.node();
    const work = leases.withLease('x', {}, () => {
      faults.outage();
      throw new Error('the work failed');
    });
    await expect(world.run(work)).rejects.toThrow('the work failed');
    expect(kinds()).toContain('release-failed');
  });

  it('37: does not turn finished work into a failure', async () => {
    await using world = await open();
    const { leases, faults } = world.node();
    const work = leases.withLease('x', {}, () => {
      faults.outage();
      return 42;
    });
    expect(await world.run(work)).toBe(42);
  });

  describe('38: await using', () => {
    it('frees on return', async () => {
      await using world = await open();
      const { leases } = world.node();
      const work = async (): Promise<boolean> => {
        await using lease = await leases.acquire('x');
        return lease.isHeld();
      };
      expect(await world.run(work)).toBe(true);
      expect(await world.record('x')).toMatchObject({ holder: null });
    });

    it('frees on throw', async () => {
      await using world = await open();
      const { leases } = world.node();
      const work = async (): Promise<void> => {
        await using lease = await leases.acquire('x');
        throw new Error(`work of ${lease.token}`);
      };
      await expect(world.run(work)).rejects.toThrow('work of 1');
      expect(await world.record('x')).toMatchObject({ holder: null });
    });

    it('frees on abort', async () => {
      await using world = await open();
      const { leases } = world.node();
      const controller = new AbortController();
      const work = async (): Promise<void> => {
        await using _lease = await leases.acquire('x');
        controller.abort(new Error('enough'));
        controller.signal.throwIfAborted();
      };
      await expect(world.run(work)).rejects.toThrow('enough');
      expect(await world.record('x')).toMatchObject({ holder: null });
    });

    it('does not throw when the store is away', async () => {
      await using world = await open();
      const { leases, faults } = world.node();
      const work = async (): Promise<string> => {
        await using _lease = await leases.acquire('x');
        faults.outage();
        return 'done';
      };
      expect(await world.run(work)).toBe('done');
    });
  });

  it('39: hands over within one look', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    for (let round = 0; round < 10; round += 1) {
      const lease = await acquire(world, a);
      const waiting = b.leases.acquire('x');
      await world.pass(7_000 + 100 * round);
      await world.run(lease.release());
      const start = world.clock.monotonic();
      const next = await world.run(waiting);
      expect(world.clock.monotonic() - start).toBeLessThanOrEqual(2_400 + 2 * 2 + 20);
      await world.run(next.release());
    }
  });

  it('40: waits for the work before it frees', async () => {
    await using world = await open();
    const { leases, process } = world.node();
    const order: string[] = [];
    const wrapped = leases.withLease('x', {}, async (lease) => {
      lease.signal.addEventListener('abort', () => order.push('ended'));
      await process.sleep(30_000);
      order.push('worked');
      expect(await world.record('x')).toMatchObject({ holder: expect.any(String) });
    });
    await world.run(wrapped);
    expect(order).toEqual(['worked', 'ended']);
    expect(await world.record('x')).toMatchObject({ holder: null });
  });

  it('40: waits for the work also when the lease is lost, then says so', async () => {
    await using world = await open();
    const { leases, faults, process } = world.node();
    let isDone = false;
    const work = leases.withLease('x', {}, async () => {
      faults.outage();
      await process.sleep(20_000);
      isDone = true;
      throw new Error('interrupted');
    });
    await expect(world.run(work)).rejects.toMatchObject({
      code: 'LEASE_LOST',
      reason: 'outage',
      cause: { message: 'interrupted' },
    });
    expect(isDone).toBe(true);
  });

  it('40: tells that the lease was lost even if the work did not notice', async () => {
    await using world = await open();
    const { leases, process } = world.node();
    const work = leases.withLease('x', { autoRenew: false }, () => process.sleep(20_000));
    await expect(world.run(work)).rejects.toMatchObject({
      reason: 'expired',
      cause: { code: 'LEASE_LOST' },
    });
  });

  it('accepts that the work gives the lease back itself', async () => {
    await using world = await open();
    const { leases } = world.node();
    const work = leases.withLease('x', {}, async (lease) => {
      await lease.release();
      return 'early';
    });
    expect(await world.run(work)).toBe('early');
  });

  it('is not held up for longer than its limit by a renewal that hangs', async () => {
    await using world = await open();
    let hangs = false;
    const wrap = (store: KvStore): KvStore => ({
      ...store,
      put: (...call) => (hangs ? new Promise(() => {}) : store.put(...call)),
    });
    const lease = await acquire(world, world.node({ wrap }));
    hangs = true;
    lease.renew().catch(() => {});
    await world.pass(100);
    hangs = false;
    await world.run(lease.release());
    expect(await world.record('x')).toMatchObject({ holder: null });
  });
});
