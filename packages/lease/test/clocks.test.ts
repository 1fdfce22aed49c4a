import { describe, expect, it } from 'vitest';
import type { Lease } from '../src/index.js';
import { type Node, stores, World } from './world.js';

const day = 86_400_000;
const times = { ttlMs: 2_000, pollMs: 200 };

/** Three processes whose clocks run at their own speed, and are set by up to 60 years; each stands still at times. */
function startNodes(world: World): Node[] {
  return [0.95, 1, 1.05].map((rate) => {
    const node = world.node({ ...times, rate });
    const { process, random } = node;
    const disturb = (): void => {
      if (random() < 0.3) process.freeze(random() * 2 * times.ttlMs);
      else process.jumpWallClock((random() - 0.5) * (random() < 0.5 ? times.ttlMs : 120 * 365 * day));
      process.startTimer(disturb, random() * times.ttlMs);
    };
    process.startTimer(disturb, random() * times.ttlMs);
    return node;
  });
}

describe.each(stores)('clocks that are set and processes that stand still, on $name', (kind) => {
  it('never let more hold a semaphore than it has slots, and everybody gets a turn', async () => {
    await using world = await World.open(kind);
    const leases: Lease[] = [];
    const holdInTurn = async ({ leases: own, process, random }: Node): Promise<void> => {
      const semaphore = own.semaphore('x', 2);
      for (let turn = 0; turn < 4; turn += 1) {
        const lease = await semaphore.acquire();
        leases.push(lease);
        expect(leases.filter((each) => each.isHeld()).length).toBeLessThanOrEqual(2);
        await Promise.race([process.sleep(random() * 3 * times.ttlMs), lease.lost]);
        await lease.release();
      }
    };
    await world.run(Promise.all(startNodes(world).flatMap((node) => [holdInTurn(node), holdInTurn(node)])));
    expect(leases).toHaveLength(24);
  });

  it('never let two lead that both believe it', async () => {
    await using world = await World.open(kind);
    const led: Lease[] = [];
    const believers: number[] = [];
    const elections = startNodes(world).map(({ leases, process, random }) =>
      leases.elect('x', {
        lead: async (lease) => {
          led.push(lease);
          believers.push(led.filter(({ signal }) => !signal.aborted).length);
          await Promise.race([process.sleep(random() * times.ttlMs), lease.lost]);
        },
      }),
    );
    await world.pass(30_000);
    await world.run(Promise.all(elections.map((election) => election.stop())));
    expect(Math.max(...believers)).toBe(1);
    const tokens = led.map(({ token }) => Number(token));
    expect(tokens).toEqual([...new Set(tokens)].sort((one, other) => one - other));
  });
});
