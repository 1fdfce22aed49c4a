import { CorruptRecordError } from '@norikv/cas-retry';
import { UnavailableError } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import { describe, expect, it } from 'vitest';
import { Campaigns } from '../src/campaigns.js';
import { Entrance } from '../src/entrance.js';
import { Ledger } from '../src/ledger.js';
import { settingsOf } from '../src/settings.js';
import { stores, World } from './world.js';

// The numbers are those of the table of scenarios in scenarios.md.
describe.each(stores)('acquisition on $name', (kind) => {
  const open = (): Promise<World> => World.open(kind);

  it('1: takes a lease that has no record', async () => {
    await using world = await open();
    const { leases, events } = world.node({ owner: 'a' });
    const lease = await world.run(leases.tryAcquire('x'));
    expect(lease).toMatchObject({ name: 'x', token: 1n });
    expect(lease?.isHeld()).toBe(true);
    expect(await world.record('x')).toMatchObject({ holder: 'a', epoch: '1', seq: 0, ttlMs: 15_000 });
    expect(events).toEqual([
      { kind: 'acquired', name: 'x', token: 1n, waitedMs: expect.any(Number), takenFrom: undefined },
    ]);
  });

  it('1: holds it to the last millisecond', async () => {
    await using world = await open();
    const lease = await world.run(world.node().leases.acquire('x', { autoRenew: false }));
    await world.pass(lease.remainingMs() - 1);
    expect(lease.remainingMs()).toBe(1);
    expect(lease.isHeld()).toBe(true);
    await world.pass(1);
    expect(lease.isHeld()).toBe(false);
  });

  it('2: takes a lease whose record has no holder, with the next epoch', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    await world.run(async () => (await a.leases.acquire('x')).release());
    expect(await world.record('x')).toMatchObject({ holder: null, epoch: '1' });
    expect(await world.run(b.leases.tryAcquire('x'))).toMatchObject({ token: 2n });
  });

  it('3: refuses a lease that is held, and writes nothing', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    await world.run(a.leases.acquire('x'));
    const before = await world.text('lease:x');
    expect(await world.run(b.leases.tryAcquire('x'))).toBeNull();
    expect(await world.text('lease:x')).toBe(before);
    expect(b.store.calls.put).toBe(0);
  });

  it('4: takes a lease that stays unchanged for its whole time, with the next epoch', async () => {
    await using world = await open();
    const [a, b] = [world.node({ owner: 'a' }), world.node()];
    await world.run(a.leases.acquire('x'));
    a.process.crash();
    await world.pass(60_000);
    const waiting = b.leases.acquire('x');
    await world.pass(14_990);
    expect(await world.record('x')).toMatchObject({ epoch: '1' });
    await world.pass(100);
    expect(await waiting).toMatchObject({ token: 2n });
    const acquired = b.events.at(-1);
    if (acquired?.kind !== 'acquired') throw new Error('it was not acquired');
    expect(acquired.takenFrom).toBe('a');
    expect(acquired.waitedMs).toBeGreaterThanOrEqual(15_000);
    expect(acquired.waitedMs).toBeLessThan(15_100);
  });

  it('5: never takes a lease that changes', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const lease = await world.run(a.leases.acquire('x'));
    await expect(world.run(b.leases.acquire('x', { waitMs: 150_000 }))).rejects.toMatchObject({
      code: 'ACQUIRE_TIMEOUT',
    });
    expect(lease.isHeld()).toBe(true);
  });

  it('6: waits for the time the holder has set, not for its own', async () => {
    await using world = await open();
    const [a, b] = [world.node({ ttlMs: 30_000 }), world.node({ ttlMs: 5_000 })];
    await world.run(a.leases.acquire('x'));
    a.process.crash();
    const start = world.clock.monotonic();
    await world.run(b.leases.acquire('x'));
    expect(world.clock.monotonic() - start).toBeGreaterThanOrEqual(30_000);
    expect(await world.record('x')).toMatchObject({ ttlMs: 5_000 });
  });

  it('7: keeps epoch, tenure and start while it renews', async () => {
    await using world = await open();
    const lease = await world.run(world.node().leases.acquire('x'));
    const before = await world.record('x');
    await world.run(lease.renew());
    expect(await world.record('x')).toEqual({ ...before, seq: 1 });
    expect(lease.token).toBe(1n);
  });

  it('8: takes a released lease at once', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const lease = await world.run(a.leases.acquire('x'));
    const waiting = b.leases.acquire('x');
    await world.pass(10_000);
    await world.run(lease.release());
    const start = world.clock.monotonic();
    await world.run(waiting);
    expect(world.clock.monotonic() - start).toBeLessThanOrEqual(2_400 + 50);
  });

  it('9: lets one of two racers win, and the other change nothing', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const outcome = await world.run(Promise.all([a, b].map(({ leases }) => leases.tryAcquire('x'))));
    expect(outcome.filter((lease) => lease !== null)).toHaveLength(1);
    expect(await world.record('x')).toMatchObject({ epoch: '1', seq: 0 });
  });

  it('10: knows itself when the reply to its create was lost', async () => {
    await using world = await open();
    const { leases, faults } = world.node();
    faults.next('put', 'lost-reply');
    expect(await world.run(leases.tryAcquire('x'))).toMatchObject({ token: 1n });
    expect(await world.record('x')).toMatchObject({ epoch: '1', seq: 0 });
  });

  it('10: knows itself even when it could not look for long, and starts its time anew', async () => {
    await using world = await open();
    const { leases, faults, kinds } = world.node({ latencyMs: 40 });
    faults.next('put', 'lost-reply');
    const acquiring = leases.acquire('x');
    await world.pass(50);
    faults.outage(8_000);
    const lease = await world.run(acquiring);
    expect(kinds()).toContain('attempt-failed');
    expect(lease.token).toBe(1n);
    expect(await world.record('x')).toMatchObject({ epoch: '1', seq: 1 });
    expect(lease.remainingMs()).toBeGreaterThan(13_400);
  });

  it('11: does not take its own name in the record for itself', async () => {
    await using world = await open();
    const [first, restarted] = [world.node({ owner: 'pod-1' }), world.node({ owner: 'pod-1' })];
    await world.run(first.leases.acquire('x'));
    first.process.crash();
    expect(await world.run(restarted.leases.tryAcquire('x'))).toBeNull();
  });

  it.each([
    ['a bare name, as in the documentation', 'node-1'],
    ['other JSON', '{"count":1}'],
    ['JSON that is no object', 'null'],
    ['nothing', ''],
    [
      'a record of a later version',
      '{"v":2,"holder":"a","tenure":"t","epoch":"1","seq":0,"ttlMs":1,"since":1}',
    ],
    ['no epoch', '{"v":1,"holder":"a","tenure":"t","seq":0,"ttlMs":1,"since":1}'],
    ['a holder that is a number', '{"v":1,"holder":7,"tenure":"t","epoch":"1","seq":0,"ttlMs":1,"since":1}'],
    ['no tenure', '{"v":1,"holder":"a","epoch":"1","seq":0,"ttlMs":1,"since":1}'],
    ['half a seq', '{"v":1,"holder":"a","tenure":"t","epoch":"1","seq":0.5,"ttlMs":1,"since":1}'],
    ['endless time', '{"v":1,"holder":"a","tenure":"t","epoch":"1","seq":0,"ttlMs":1e12,"since":1}'],
    ['no start', '{"v":1,"holder":"a","tenure":"t","epoch":"1","seq":0,"ttlMs":1}'],
  ])('12: refuses a key that holds %s, and leaves it as it is', async (_what, text) => {
    await using world = await open();
    const { leases } = world.node();
    await world.base.put('lease:x', text);
    for (const use of [
      () => leases.tryAcquire('x'),
      () => leases.acquire('x'),
      () => leases.holder('x'),
      () => leases.withLease('x', {}, () => 1),
    ]) {
      await expect(world.run<unknown>(use)).rejects.toBeInstanceOf(CorruptRecordError);
    }
    expect(await world.text('lease:x')).toBe(text);
  });

  it('13: does not hand out a lease that has run out on the way, and gives it back', async () => {
    await using world = await open();
    const { leases, process, kinds } = world.node({ latencyMs: 100 });
    const acquiring = leases.tryAcquire('x');
    await world.pass(150);
    process.jumpWallClock(20_000);
    expect(await world.run(acquiring)).toBeNull();
    expect(kinds()).toEqual([]);
    expect(await world.record('x')).toMatchObject({ holder: null, epoch: '1' });
  });

  it('13: writes it once more where there is time, under the same epoch', async () => {
    await using world = await open();
    const { leases, process } = world.node({ latencyMs: 100 });
    const acquiring = leases.acquire('x');
    await world.pass(150);
    process.jumpWallClock(20_000);
    const lease = await world.run(acquiring);
    expect(lease.token).toBe(1n);
    expect(lease.remainingMs()).toBeGreaterThan(13_000);
  });

  it('14: remembers between tries what it saw, and starts anew when that changed', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const lease = await world.run(a.leases.acquire('x', { autoRenew: false }));
    const tryNow = async (): Promise<unknown> => world.run(b.leases.tryAcquire('x'));
    expect(await tryNow()).toBeNull();
    await world.pass(12_000);
    await world.run(lease.renew());
    expect(await tryNow()).toBeNull();
    await world.pass(14_900);
    expect(await tryNow()).toBeNull();
    await world.pass(100);
    expect(await tryNow()).toMatchObject({ token: 2n });
  });

  /** Leases of a holder that died, and the way in for a process that remembers few of them between tries. */
  const heldByTheDead = async (world: World, remembered: number): Promise<Entrance[]> => {
    const [a, b] = [world.node(), world.node()];
    const names = ['x', 'y', 'z'];
    await world.run(Promise.all(names.map((name) => a.leases.acquire(name, { autoRenew: false }))));
    const ledger = new Ledger(b.store, settingsOf({ clock: b.process }));
    const campaigns = new Campaigns(ledger, new BoundedMap(remembered));
    return names.map((name) => new Entrance(campaigns, { name, keys: () => [`lease:${name}`] }));
  };

  it('14: remembers a bounded number of leases between tries', async () => {
    await using world = await open();
    const entrances = await heldByTheDead(world, 2);
    for (const entrance of entrances) await world.run(entrance.tryAcquire());
    await world.pass(16_000);
    expect(await world.run(entrances[0]?.tryAcquire() ?? Promise.reject())).toBeNull();
    expect(await world.run(entrances[2]?.tryAcquire() ?? Promise.reject())).toMatchObject({ token: 2n });
  });

  it('14: has seen nothing in a process that is started for one job: that has to wait', async () => {
    await using world = await open();
    const dead = world.node({ owner: 'a' });
    await world.run(dead.leases.acquire('x'));
    dead.process.crash();
    for (let night = 1; night <= 3; night += 1) {
      await world.pass(60_000);
      const { leases } = world.node();
      expect(await world.run(leases.tryAcquire('x'))).toBeNull();
      await expect(world.run(leases.acquire('x', { waitMs: 0 }))).rejects.toThrow(
        '"x" was not free within 0 ms: "a" holds it (token 1). If its holder has died, wait for more than its 15000 ms.',
      );
    }
    const { leases } = world.node();
    expect(await world.run(leases.acquire('x', { waitMs: 20_000 }))).toMatchObject({ token: 2n });
    const late = world.node().leases.acquire('x', { waitMs: 16_000 });
    await expect(world.run(late)).rejects.toThrow(/holds it \(token 2\)\.$/);
  });

  it('16: names no holder that may have died where it has seen none', async () => {
    await using world = await open();
    const { leases, faults } = world.node({ ttlMs: 1_000 });
    faults.outage(60_000);
    await expect(world.run(leases.acquire('x', { waitMs: 0 }))).rejects.toThrow(/: the last try failed\.$/);
  });

  it('14: waits for more leases than it remembers between tries', async () => {
    await using world = await open();
    const entrances = await heldByTheDead(world, 1);
    const waiting = entrances.map((entrance) => entrance.acquire({ waitMs: 20_000 }));
    expect(await world.run(Promise.all(waiting))).toHaveLength(3);
  });

  it('15: waits out faults of the store', async () => {
    await using world = await open();
    const { leases, faults, kinds } = world.node();
    faults.outage(9_000);
    expect(await world.run(leases.acquire('x'))).toMatchObject({ token: 1n });
    expect(kinds()).toContain('attempt-failed');
  });

  it('15: gives up when its time is up, and says why', async () => {
    await using world = await open();
    const { leases, faults } = world.node();
    faults.outage();
    await expect(world.run(leases.acquire('x', { waitMs: 9_000 }))).rejects.toMatchObject({
      code: 'ACQUIRE_TIMEOUT',
      retryable: true,
      leader: undefined,
      cause: { retryable: true },
    });
    await expect(world.run(leases.tryAcquire('x'))).rejects.toMatchObject({ retryable: true });
  });

  it('15: does not hammer a store that fails just when the lease could be taken', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    await world.run(a.leases.acquire('x'));
    a.process.crash();
    const waiting = b.leases.acquire('x');
    await world.pass(14_000);
    b.store.reset();
    b.faults.outage(60_000);
    await world.pass(59_000);
    expect(b.store.calls.total).toBeLessThan(300);
    expect(await world.run(waiting)).toMatchObject({ token: 2n });
  });

  it('15: does not wait out what will not pass', async () => {
    await using world = await open();
    const refusal = new UnavailableError('no permission', { outcome: 'not-applied', retryable: false });
    const wrap = (store: World['base']): World['base'] => ({ ...store, put: () => Promise.reject(refusal) });
    const { leases } = world.node({ wrap });
    await expect(world.run(leases.acquire('x'))).rejects.toBe(refusal);
  });

  it.each([0, 1, 5_000])('16: waits for %i ms and not much longer', async (waitMs) => {
    await using world = await open();
    const [a, b] = [world.node({ owner: 'a' }), world.node()];
    await world.run(a.leases.acquire('x'));
    const start = world.clock.monotonic();
    await expect(world.run(b.leases.acquire('x', { waitMs }))).rejects.toMatchObject({
      code: 'ACQUIRE_TIMEOUT',
      leader: { owner: 'a', token: 1n, since: expect.any(Number) },
    });
    const tookMs = world.clock.monotonic() - start;
    expect(tookMs).toBeGreaterThanOrEqual(waitMs);
    expect(tookMs).toBeLessThanOrEqual(waitMs + 100);
  });

  it('16: waits without end by default', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const lease = await world.run(a.leases.acquire('x'));
    const waiting = b.leases.acquire('x');
    await world.pass(600_000);
    await world.run(lease.release());
    expect(await world.run(waiting)).toMatchObject({ token: 2n });
  });

  describe('16: a signal', () => {
    it('that is aborted before: nothing is sent', async () => {
      await using world = await open();
      const { leases, store } = world.node();
      const reason = new Error('shutting down');
      await expect(
        world.run(leases.acquire('x', { signal: AbortSignal.abort(reason) })),
      ).rejects.toMatchObject({ name: 'AbortError', code: 'CANCELLED', cause: reason });
      expect(store.calls.total).toBe(0);
    });

    it('that is aborted while others hold it: the wait ends at once and leaves nothing', async () => {
      await using world = await open();
      const [a, b] = [world.node(), world.node()];
      const lease = await world.run(a.leases.acquire('x', { autoRenew: false }));
      const controller = new AbortController();
      const waiting = b.leases.acquire('x', { signal: controller.signal });
      await world.pass(1_000);
      controller.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
      await world.run(lease.release());
      expect(world.clock.pendingTimers).toBe(0);
    });

    it('that is aborted while a write is on its way: what it wrote is given back', async () => {
      await using world = await open();
      const [a, b] = [world.node({ latencyMs: 100 }), world.node()];
      const controller = new AbortController();
      const acquiring = a.leases.acquire('x', { signal: controller.signal });
      await world.pass(130);
      controller.abort();
      await expect(world.run(acquiring)).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
      expect(await world.record('x')).toMatchObject({ holder: null, epoch: '1' });
      expect(await world.run(b.leases.tryAcquire('x'))).toMatchObject({ token: 2n });
    });

    it('that is aborted after: the lease is not touched', async () => {
      await using world = await open();
      const controller = new AbortController();
      const lease = await world.run(world.node().leases.acquire('x', { signal: controller.signal }));
      controller.abort();
      await world.pass(60_000);
      expect(lease.isHeld()).toBe(true);
    });
  });
});
