import { find, type KvStore, UnavailableError } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../src/index.js';
import { stores, World } from './world.js';

// The numbers are those of scenarios.md.
describe.each(stores)('58: a semaphore on $name', (kind) => {
  const open = (): Promise<World> => World.open(kind);

  it('never has more holders than slots', async () => {
    await using world = await open();
    const nodes = Array.from({ length: 4 }, () => world.node());
    let holders = 0;
    let most = 0;
    let done = 0;
    const work = nodes.flatMap(({ leases, process, random }) => {
      const semaphore = leases.semaphore('x', 3);
      return Array.from({ length: 3 }, async () => {
        for (let turn = 0; turn < 5; turn += 1) {
          await semaphore.withSlot({}, async (lease) => {
            holders += 1;
            most = Math.max(most, holders);
            await process.sleep(random() * 3_000);
            expect(lease.isHeld()).toBe(true);
            holders -= 1;
            done += 1;
          });
        }
      });
    });
    await world.run(Promise.all(work));
    expect(done).toBe(60);
    expect(most).toBe(3);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('hands out every slot, then none until one is free', async () => {
    await using world = await open();
    const semaphore = world.node().leases.semaphore('x', 3);
    const held: Lease[] = [];
    for (let slot = 0; slot < 3; slot += 1) {
      const lease = await world.run(semaphore.tryAcquire());
      if (lease) held.push(lease);
    }
    expect(held).toHaveLength(3);
    expect(held.every(({ name }) => name === 'x')).toBe(true);
    expect(await world.run(semaphore.tryAcquire())).toBeNull();
    await expect(world.run(semaphore.acquire({ waitMs: 3_000 }))).rejects.toMatchObject({
      code: 'ACQUIRE_TIMEOUT',
    });
    await world.run(held[1]?.release() ?? Promise.resolve());
    expect(await world.run(semaphore.tryAcquire())).toMatchObject({ token: 2n });
  });

  it('gets the slot of a dead holder back', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    await world.run(a.leases.semaphore('x', 1).acquire());
    a.process.crash();
    const start = world.clock.monotonic();
    await world.run(b.leases.semaphore('x', 1).acquire());
    expect(world.clock.monotonic() - start).toBeLessThanOrEqual(15_000 + 2_400 + 50);
  });

  it('notices that its users disagree about the limit, every time', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    await world.run(a.leases.semaphore('x', 3).acquire());
    const other = b.leases.semaphore('x', 4);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(world.run(other.acquire())).rejects.toMatchObject({
        code: 'SEMAPHORE_LIMIT',
        message: expect.stringContaining('has 3 slots, and 4 were asked for'),
      });
    }
    await expect(world.run(other.tryAcquire())).rejects.toMatchObject({ code: 'SEMAPHORE_LIMIT' });
    expect(b.store.calls.put).toBe(0);
  });

  it('waits out faults of the store at its first use, too, for as long as its caller waits', async () => {
    await using world = await open();
    const { leases, faults } = world.node();
    faults.outage(9_000);
    const semaphore = leases.semaphore('x', 3);
    await expect(world.run(semaphore.acquire({ waitMs: 5_000 }))).rejects.toMatchObject({
      code: 'ACQUIRE_TIMEOUT',
      cause: { retryable: true },
    });
    const controller = new AbortController();
    const cancelled = semaphore.acquire({ signal: controller.signal });
    controller.abort();
    await expect(world.run(cancelled)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await world.run(semaphore.acquire())).toMatchObject({ token: 1n });
  });

  it.each(['3', '{"v":2,"limit":3}', '{"v":1}', 'null'])(
    'refuses a key that holds something else: %s',
    async (text) => {
      await using world = await open();
      await world.base.put('semaphore:x', text);
      const semaphore = world.node().leases.semaphore('x', 3);
      await expect(world.run(semaphore.acquire())).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
      expect(await world.text('semaphore:x')).toBe(text);
    },
  );

  it('gives back a slot of which it is not sure whether it got it, when it has another', async () => {
    await using world = await open();
    let random = 0;
    let isCutOff = true;
    const away = new UnavailableError('no reply');
    const wrap = (store: KvStore): KvStore => ({
      ...store,
      async find(key, options) {
        if (isCutOff && key === 'semaphore/0:x') throw away;
        return find(store, key, options);
      },
      async put(key, value, options) {
        const version = await store.put(key, value, options);
        if (isCutOff && key === 'semaphore/0:x') throw away;
        return version;
      },
    });
    const node = world.node({ wrap, random: () => random });
    await world.run(async () => {
      isCutOff = false;
      await (await node.leases.semaphore('x', 2).acquire()).release();
      isCutOff = true;
    });
    const acquiring = node.leases.semaphore('x', 2).acquire();
    await world.pass(4_100);
    expect(node.kinds()).toContain('attempt-failed');
    expect(await world.text('semaphore/0:x')).toContain(`"holder":"${node.owner}"`);
    random = 0.9;
    isCutOff = false;
    await world.run(acquiring);
    expect(await world.text('semaphore/0:x')).toContain('"holder":null');
    expect(await world.text('semaphore/1:x')).toContain(`"holder":"${node.owner}"`);
  });

  it('tells its limit', async () => {
    await using world = await open();
    expect(world.node().leases.semaphore('x', 3)).toMatchObject({ name: 'x', limit: 3 });
  });
});
