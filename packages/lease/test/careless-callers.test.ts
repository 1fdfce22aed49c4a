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

  it('random that gives no share makes no slots beside those that others know', async () => {
    for (const random of [() => Number.NaN, () => -1, later as unknown as () => number]) {
      const leases = createLeases(createMemoryStore({ capabilities: { durableAck: true } }), { random });
      await expect(leases.semaphore('x', 2).tryAcquire()).rejects.toThrow(InvalidArgumentError);
    }
  });

  it('epochFloor that gives a promise is refused, and ends no process', async () => {
    const store = createMemoryStore({ capabilities: { durableAck: true } });
    const leases = createLeases(store, { epochFloor: later as unknown as () => bigint });
    await expect(leases.tryAcquire('x')).rejects.toThrow('epochFloor()');
  });
});
