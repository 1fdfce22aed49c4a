import { type KvStore, NoriKVError } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { createLeases, type Lease, LeaseLostError } from '../src/index.js';
import { type Node, stores, World } from './world.js';

// The numbers are those of scenarios.md.
describe.each(stores)('renewal and loss on $name', (kind) => {
  const open = (): Promise<World> => World.open(kind);
  const acquire = (world: World, node: Node): Promise<Lease> => world.run(node.leases.acquire('x'));

  it('17: keeps the lease for ten times its time', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    await world.pass(150_000);
    expect(lease.isHeld()).toBe(true);
    expect(lease.signal.aborted).toBe(false);
    expect(await world.record('x')).toMatchObject({ epoch: '1', seq: 30 });
    expect(node.kinds().filter((kind) => kind === 'renewed')).toHaveLength(30);
  });

  it.each([1, 2])('18: survives %i failed renewals', async (failures) => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    node.faults.next('put', ...Array(failures).fill('lost-request'));
    await world.pass(60_000);
    expect(lease.isHeld()).toBe(true);
    expect(node.kinds()).not.toContain('lost');
  });

  it('18: tries again where the store refuses for a while, and tells', async () => {
    await using world = await open();
    const refusal = new NoriKVError('no permission', { code: 'UNAUTHENTICATED' });
    let refusals = 0;
    const wrap = (store: KvStore): KvStore => ({
      ...store,
      put: (...call) => (refusals-- > 0 ? Promise.reject(refusal) : store.put(...call)),
    });
    const node = world.node({ wrap });
    const lease = await acquire(world, node);
    refusals = 2;
    await world.pass(60_000);
    expect(lease.isHeld()).toBe(true);
    const failures = node.events.filter(({ kind }) => kind === 'renew-failed');
    expect(failures).toHaveLength(2);
    expect(failures[0]).toMatchObject({ token: 1n, error: refusal, remainingMs: expect.any(Number) });
  });

  it('19: gives up in an outage before others can take over, and says why', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    node.faults.outage();
    const start = world.clock.monotonic();
    expect(await world.run(lease.lost)).toBe('outage');
    expect(world.clock.monotonic() - start).toBeLessThanOrEqual(13_500 + 10);
    expect(lease.signal.reason).toBeInstanceOf(LeaseLostError);
    expect(lease.signal.reason).toMatchObject({ reason: 'outage' });
    expect(node.events.at(-1)).toMatchObject({ kind: 'lost', reason: 'outage' });
    expect(() => lease.assertHeld()).toThrow(LeaseLostError);
  });

  it('19: keeps the cause where a renewal was refused', async () => {
    await using world = await open();
    const refusal = new NoriKVError('no permission', { code: 'UNAUTHENTICATED' });
    let isDown = false;
    const wrap = (store: KvStore): KvStore => ({
      ...store,
      put: (...call) => (isDown ? Promise.reject(refusal) : store.put(...call)),
    });
    const lease = await acquire(world, world.node({ wrap }));
    isDown = true;
    await expect(lease.renew()).rejects.toBe(refusal);
    expect(lease.isHeld()).toBe(true);
    expect(await world.run(lease.lost)).toBe('outage');
    expect(lease.signal.reason).toMatchObject({ reason: 'outage', cause: refusal });
  });

  it('20: notices at its next renewal that another tenure is there', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    await world.tamper('x', { tenure: 'other', epoch: '2' });
    const start = world.clock.monotonic();
    expect(await world.run(lease.lost)).toBe('stolen');
    expect(world.clock.monotonic() - start).toBeLessThanOrEqual(5_000 + 50);
    expect(lease.isHeld()).toBe(false);
    await expect(lease.renew()).rejects.toMatchObject({ code: 'LEASE_LOST', reason: 'stolen' });
    await world.pass(60_000);
    expect(node.kinds().filter((kind) => kind === 'lost')).toHaveLength(1);
  });

  it('20: notices that somebody else has released it', async () => {
    await using world = await open();
    const lease = await acquire(world, world.node());
    await world.tamper('x', { holder: null });
    await expect(world.run(lease.renew())).rejects.toMatchObject({ reason: 'stolen' });
    expect(await world.record('x')).toMatchObject({ holder: null, seq: 0 });
  });

  it('21: goes on when a mismatch was caused by its own write', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    node.faults.next('put', 'own-mismatch', 'lost-reply', 'duplicated-delivery');
    await world.pass(60_000);
    expect(lease.isHeld()).toBe(true);
    expect(node.kinds()).not.toContain('lost');
  });

  it('22: is not held up by a call that never ends', async () => {
    await using world = await open();
    let hangs = false;
    const wrap = (store: KvStore): KvStore => ({
      ...store,
      put: (...call) => (hangs ? new Promise(() => {}) : store.put(...call)),
    });
    const lease = await acquire(world, world.node({ wrap }));
    const start = world.clock.monotonic();
    hangs = true;
    expect(await world.run(lease.lost)).toBe('outage');
    expect(world.clock.monotonic() - start).toBeLessThanOrEqual(13_500 + 10);
  });

  it('23: is not revived by a renewal that succeeds after the deadline', async () => {
    await using world = await open();
    let deliver = (): void => {};
    let isSlow = false;
    const wrap = (store: KvStore): KvStore => ({
      ...store,
      async put(...call) {
        const version = await store.put(...call);
        if (isSlow) await new Promise<void>((resolve) => (deliver = resolve));
        return version;
      },
    });
    const node = world.node({ wrap });
    const lease = await world.run(node.leases.acquire('x', { autoRenew: false }));
    await world.pass(10_000);
    isSlow = true;
    const renewal = lease.renew();
    renewal.catch(() => {});
    await world.pass(100);
    // The deadline passes, by the clock that a suspend moves, so that no timer tells.
    node.process.jumpWallClock(4_000);
    deliver();
    await expect(world.run(renewal)).rejects.toMatchObject({ code: 'LEASE_LOST', reason: 'expired' });
    await world.pass(10_000);
    expect(lease.isHeld()).toBe(false);
    expect(node.kinds().filter((kind) => kind === 'lost')).toHaveLength(1);
  });

  it('24: knows after a standstill that it is lost, before anything else runs', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    node.process.freeze(20_000);
    await world.pass(19_999);
    let steps = 0;
    const body = (): void => {
      lease.assertHeld();
      steps += 1;
    };
    expect(body).toThrow(LeaseLostError);
    expect(steps).toBe(0);
    expect(lease.signal.reason).toMatchObject({ reason: 'expired' });
  });

  it('24: aborts its signal for whoever looks at that first after a standstill', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    node.process.freeze(20_000);
    await world.pass(19_999);
    expect(lease.signal.aborted).toBe(true);
    expect(lease.signal.reason).toMatchObject({ reason: 'expired' });
    expect(node.kinds().filter((kind) => kind === 'lost')).toHaveLength(1);
  });

  it('24: notices a standstill by itself, and tells how long a short one was', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    node.process.freeze(9_000);
    await world.pass(10_000);
    expect(lease.isHeld()).toBe(true);
    expect(node.events).toContainEqual({ kind: 'stalled', name: 'x', token: 1n, lateMs: expect.any(Number) });
    node.process.freeze(20_000);
    await world.pass(20_001);
    expect(lease.signal.aborted).toBe(true);
    expect(node.events.at(-1)).toMatchObject({ kind: 'lost', reason: 'expired' });
  });

  it.each([-3_600_000, 3_600_000])(
    '25: a step of the wall clock by %i ms makes nobody take over early or hold on late',
    async (stepMs) => {
      await using world = await open();
      const [a, b] = [world.node(), world.node()];
      const lease = await acquire(world, a);
      a.faults.outage();
      const start = world.clock.monotonic();
      const waiting = b.leases.acquire('x');
      await world.pass(3_000);
      a.process.jumpWallClock(stepMs);
      b.process.jumpWallClock(stepMs);
      await world.run(lease.lost);
      expect(world.clock.monotonic() - start).toBeLessThanOrEqual(13_500 + 10);
      await world.run(waiting);
      expect(world.clock.monotonic() - start).toBeGreaterThanOrEqual(15_000);
    },
  );

  it('26: gives up after a suspend, in which only the wall clock moved', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    node.process.jumpWallClock(14_000);
    expect(lease.isHeld()).toBe(false);
    expect(lease.remainingMs()).toBe(0);
  });

  it('26: notices a suspend at its next renewal', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    node.process.jumpWallClock(14_000);
    await world.pass(5_010);
    expect(lease.signal.reason).toMatchObject({ reason: 'expired' });
  });

  it('27: is lost when the record is deleted', async () => {
    await using world = await open();
    const lease = await acquire(world, world.node());
    await world.base.delete('lease:x');
    expect(await world.run(lease.lost)).toBe('deleted');
    await expect(world.base.get('lease:x')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('27: is lost when something else overwrites the record', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    await world.base.put('lease:x', 'node-1');
    await expect(world.run(lease.renew())).rejects.toMatchObject({
      reason: 'deleted',
      cause: { code: 'CORRUPT_RECORD' },
    });
    expect(await world.text('lease:x')).toBe('node-1');
  });

  it('28: does not fall below the floor after a deletion', async () => {
    await using world = await open();
    let highest = 0n;
    const { leases } = world.node({ epochFloor: () => highest });
    const use = (): Promise<void> =>
      world.run(() =>
        leases.withLease('x', {}, ({ token }) => {
          expect(token).toBeGreaterThan(highest);
          highest = token;
        }),
      );
    await use();
    await use();
    await world.base.delete('lease:x');
    await use();
    expect(highest).toBe(3n);
    highest = 41n;
    await use();
    expect(highest).toBe(42n);
  });

  it('29: leaves no timer behind, and does not renew after release', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    await world.pass(12_000);
    await world.run(lease.release());
    expect(world.clock.pendingTimers).toBe(0);
    const calls = node.store.calls.total;
    await world.pass(60_000);
    expect(node.store.calls.total).toBe(calls);
  });

  it('30: never has two renewals under way', async () => {
    await using world = await open();
    const node = world.node({ latencyMs: 1_500 });
    const lease = await acquire(world, node);
    node.store.reset();
    await world.run(Promise.all([lease.renew(), lease.renew(), lease.renew()]));
    expect(node.store.calls.put).toBe(1);
    const underWay = lease.renew();
    await world.pass(100);
    await world.run(Promise.all([underWay, lease.renew()]));
    expect(node.store.calls.put).toBe(2);
    expect(await world.record('x')).toMatchObject({ seq: 2 });
  });

  it('renews only when told to, if wanted', async () => {
    await using world = await open();
    const { leases, store } = world.node();
    const lease = await world.run(leases.acquire('x', { autoRenew: false }));
    await world.pass(10_000);
    await world.run(lease.renew());
    await world.pass(10_000);
    expect(lease.remainingMs()).toBeGreaterThan(3_000);
    store.reset();
    expect(await world.run(lease.lost)).toBe('expired');
    expect(store.calls.total).toBe(0);
  });

  it.each([
    ['says no', () => false, []],
    [
      'gives a promise',
      () => Promise.resolve(true) as never,
      ['InvalidArgumentError: renewWhile() is [object Promise]; use what it resolves to'],
    ],
    [
      'throws',
      () => {
        throw new Error('sick');
      },
      ['Error: sick'],
    ],
  ])('lets go when the health of the process %s', async (_what, sick, told) => {
    await using world = await open();
    let isSick = false;
    const renewWhile = (): boolean => (isSick ? sick() : true);
    const { leases, events } = world.node();
    const lease = await world.run(leases.acquire('x', { renewWhile }));
    await world.pass(30_000);
    expect(lease.isHeld()).toBe(true);
    isSick = true;
    expect(await world.run(lease.lost)).toBe('expired');
    const failures = events.filter(({ kind }) => kind === 'renew-failed');
    expect(failures.map((event) => 'error' in event && String(event.error))).toEqual(told);
  });

  it('is not renewed by hand either once the process was sick, and says so', async () => {
    await using world = await open();
    let isSick = true;
    const { leases, kinds } = world.node();
    const lease = await world.run(leases.acquire('x', { renewWhile: () => !isSick }));
    await world.pass(6_000);
    isSick = false;
    await expect(world.run(lease.renew())).rejects.toMatchObject({ code: 'LEASE_LOST', reason: 'expiring' });
    expect(lease.isHeld()).toBe(true);
    expect(await world.run(lease.lost)).toBe('expired');
    expect(kinds()).toEqual(['acquired', 'lost']);
  });

  it('has run out, and nothing has failed, if its time passes while health is looked at', async () => {
    await using world = await open();
    const { leases, process, kinds } = world.node();
    const renewWhile = (): boolean => {
      process.jumpWallClock(20_000);
      return true;
    };
    const lease = await world.run(leases.acquire('x', { renewWhile }));
    expect(await world.run(lease.lost)).toBe('expired');
    expect(lease.signal.reason).not.toHaveProperty('cause');
    expect(kinds()).toEqual(['acquired', 'lost']);
  });

  it.each([Number.NaN, -1, '5'])('asserts no %j: that is no loss', async (needMs) => {
    await using world = await open();
    const lease = await world.run(world.node().leases.acquire('x'));
    expect(() => lease.assertHeld(needMs as number)).toThrow(/^needMs is .*; use milliseconds from 0/);
  });

  it('asserts that enough time is left', async () => {
    await using world = await open();
    const lease = await world.run(world.node().leases.acquire('x', { autoRenew: false }));
    await world.pass(10_000);
    lease.assertHeld();
    lease.assertHeld(3_000);
    expect(() => lease.assertHeld(4_000)).toThrow(
      expect.objectContaining({
        code: 'LEASE_LOST',
        reason: 'expiring',
        message: expect.stringContaining('4000 ms'),
      }),
    );
    expect(lease.isHeld()).toBe(true);
  });

  it('survives a listener that throws', async () => {
    await using world = await open();
    const { store, process } = world.node();
    const onEvent = (): void => {
      throw new Error('a bug in the metrics');
    };
    const leases = createLeases(store, { clock: process, onEvent });
    const lease = await world.run(leases.acquire('x'));
    await world.pass(60_000);
    expect(lease.isHeld()).toBe(true);
  });

  it('60: shows its loss to those who look late', async () => {
    await using world = await open();
    const node = world.node();
    const lease = await acquire(world, node);
    node.faults.outage();
    await world.pass(60_000);
    expect(lease.signal.aborted).toBe(true);
    expect(await lease.lost).toBe('outage');
    expect(lease.isHeld()).toBe(false);
    expect(await world.run(lease[Symbol.asyncDispose]())).toBeUndefined();
  });
});
