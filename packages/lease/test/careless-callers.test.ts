import { InvalidArgumentError } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createLeases } from '../src/index.js';
import { stores, World } from './world.js';

const later = async (): Promise<never> => {
  throw new Error('later');
};

describe.each(stores)('what callers do, on $name', (kind) => {
  it('options of an election that are used again leave the first one as it was', async () => {
    await using world = await World.open(kind);
    const { leases } = world.node();
    const led: string[] = [];
    const options = { lead: async () => void led.push('first'), signal: undefined };
    const first = leases.elect('x', options);
    options.lead = async () => void led.push('second');
    await world.run(first.ready);
    await world.run(first.stop());
    expect(new Set(led)).toEqual(new Set(['first']));
  });

  it('renewWhile that gives a promise lets the lease run out, and ends no process', async () => {
    await using world = await World.open(kind);
    const { leases } = world.node();
    const lease = await world.run(leases.acquire('x', { renewWhile: later as unknown as () => boolean }));
    expect(await world.run(lease.lost)).toBe('expired');
  });

  it('random that gives no share is refused by its name when the leases are opened', () => {
    const store = createMemoryStore({ capabilities: { durableAck: true } });
    for (const random of [() => Number.NaN, () => -1, later as unknown as () => number]) {
      expect(() => createLeases(store, { random })).toThrow('random() is');
      expect(() => createLeases(store, { random })).toThrow(InvalidArgumentError);
    }
    expect(() => createLeases(store, { random: 0.5 as never })).toThrow(/^random is 0.5; use/);
  });

  describe.each([
    ['NaN', () => Number.NaN],
    ['a promise', (async () => 0.5) as unknown as () => number],
  ])('random that comes to give %s', (_what, broken) => {
    const openWith = (world: World) => {
      const source = { random: () => 0.5 };
      const node = world.node({ random: () => source.random(), ttlMs: 1_000 });
      return { ...node, source };
    };

    it('makes no slots beside those that others know, and ends a wait with its name', async () => {
      await using world = await World.open(kind);
      const { leases, source } = openWith(world);
      await world.run(world.node().leases.acquire('x'));
      await world.run(leases.semaphore('x', 2).tryAcquire());
      source.random = broken;
      await expect(world.run(leases.semaphore('x', 2).tryAcquire())).rejects.toThrow('random() is');
      await expect(world.run(leases.acquire('x', { waitMs: 5_000 }))).rejects.toThrow('random() is');
    });

    it('does not make an election spin, which says what is wrong', async () => {
      await using world = await World.open(kind);
      const { leases, source, store } = openWith(world);
      await world.run(world.node().leases.acquire('x'));
      source.random = broken;
      const election = leases.elect('x', { lead: () => {} });
      await world.run(election.ready);
      store.reset();
      await world.pass(4_000);
      expect(election.health().error).toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(store.calls.total).toBeLessThanOrEqual(20);
      await world.run(election.stop());
    });

    it('does not make renewals spin while the store is away', async () => {
      await using world = await World.open(kind);
      const { leases, source, store, faults } = openWith(world);
      const lease = await world.run(leases.acquire('x'));
      source.random = broken;
      faults.outage();
      store.reset();
      expect(await world.run(lease.lost)).toBe('outage');
      expect(store.calls.total).toBeLessThanOrEqual(10);
    });
  });

  it('epochFloor that gives a promise is refused, and ends no process', async () => {
    const store = createMemoryStore({ capabilities: { durableAck: true } });
    const leases = createLeases(store, { epochFloor: later as unknown as () => bigint });
    await expect(leases.tryAcquire('x')).rejects.toThrow('epochFloor()');
  });
});
