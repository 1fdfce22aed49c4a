import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Election, ElectOptions, Leader, Lease } from '../src/index.js';
import { type Node, stores, World } from './world.js';

const untilOver = (lease: Lease): Promise<unknown> => lease.lost;

/** A candidate that writes down what happens to it. */
function campaign(node: Node, options: Partial<ElectOptions> = {}): { election: Election; log: string[] } {
  const log: string[] = [];
  const lead = async (lease: Lease): Promise<void> => {
    log.push(`elected ${lease.token}`);
    await lease.lost;
    log.push(`stopped ${lease.token}`);
  };
  return { election: node.leases.elect('x', { lead, ...options }), log };
}

// The numbers are those of scenarios.md.
describe.each(stores)('an election on $name', (kind) => {
  const open = (): Promise<World> => World.open(kind);

  it('42: calls the leader once for each epoch', async () => {
    await using world = await open();
    const nodes = [world.node(), world.node(), world.node()];
    const candidates = nodes.map((node) => campaign(node));
    await world.pass(60_000);
    const [first] = nodes.filter((_, number) => candidates[number]?.log.length === 1);
    expect(candidates.flatMap(({ log }) => log)).toEqual(['elected 1']);
    first?.faults.outage(60_000);
    await world.pass(120_000);
    const elected = candidates.flatMap(({ log }) => log).filter((line) => line.startsWith('elected'));
    expect(elected.sort()).toEqual(['elected 1', 'elected 2']);
    await world.run(Promise.all(candidates.map(({ election }) => election.stop())));
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('43: does not stop what was never started', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const leading = campaign(a);
    await world.pass(1_000);
    const standby = campaign(b);
    await world.pass(10_000);
    await world.run(standby.election.stop());
    expect(standby.log).toEqual([]);
    await world.run(leading.election.stop());
    expect(leading.log).toEqual(['elected 1', 'stopped 1']);
  });

  it('44: campaigns again after a loss', async () => {
    await using world = await open();
    const node = world.node();
    const { election, log } = campaign(node);
    await world.pass(1_000);
    node.faults.outage(30_000);
    await world.pass(60_000);
    expect(log).toEqual(['elected 1', 'stopped 1', 'elected 2']);
    await world.run(election.stop());
  });

  it('45: stops while it campaigns', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    await world.run(a.leases.acquire('x', { autoRenew: false }));
    const { election, log } = campaign(b);
    await world.pass(5_000);
    await world.run(election.stop());
    expect(election.health()).toEqual({ healthy: true, role: 'stopped', error: undefined });
    await world.pass(60_000);
    expect(log).toEqual([]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('45: stops from inside its work at once, if that does not wait for it', async () => {
    await using world = await open();
    const node = world.node();
    const { election } = campaign(node, { lead: () => void election.stop() });
    await world.run(election.ready);
    await world.pass(100);
    expect(election.health()).toEqual({ healthy: true, role: 'stopped', error: undefined });
    expect(await world.record('x')).toMatchObject({ holder: null });
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('45: gives up after the grace on work that waits for its own stop', async () => {
    await using world = await open();
    const { election } = campaign(world.node(), { graceMs: 3_000, lead: () => election.stop() });
    await world.run(election.ready);
    await world.pass(2_900);
    expect(election.health()).toMatchObject({ healthy: true, role: 'stopped' });
    await world.pass(200);
    await world.run(election.stop());
    expect(await world.record('x')).toMatchObject({ holder: expect.anything() });
  });

  it('45: stops while its write is on the way, and leads nothing', async () => {
    await using world = await open();
    const node = world.node({ latencyMs: 100 });
    const { election, log } = campaign(node);
    await world.pass(160);
    await world.run(election.stop());
    expect(log).toEqual([]);
    expect(await world.record('x')).toMatchObject({ holder: null });
  });

  it('45: stops between a grant and the start of the work', async () => {
    await using world = await open();
    const node = world.node({
      onEvent: ({ kind }) => {
        if (kind === 'acquired') void election.stop();
      },
    });
    const { election, log } = campaign(node);
    await world.pass(10_000);
    expect(log).toEqual([]);
    expect(await world.record('x')).toMatchObject({ holder: null, epoch: '1' });
  });

  it('45: stops when it tells that it leads, and leads nothing', async () => {
    await using world = await open();
    const leaders: unknown[] = [];
    const node = world.node({
      onEvent: (event) => {
        if (event.kind !== 'leader-changed') return;
        leaders.push(event.leader?.token);
        void election.stop();
      },
    });
    const { election, log } = campaign(node);
    await world.pass(10_000);
    expect(log).toEqual([]);
    expect(leaders).toEqual([1n, undefined]);
    expect(election.health()).toEqual({ healthy: true, role: 'stopped', error: undefined });
    expect(await world.record('x')).toMatchObject({ holder: null, epoch: '1' });
  });

  it('45: stops while it leads: the work hears of it, ends, and only then is the lease given back', async () => {
    await using world = await open();
    const node = world.node();
    let holderAtEnd: unknown;
    const lead = async (lease: Lease): Promise<void> => {
      await lease.lost;
      expect(lease.isHeld()).toBe(false);
      await node.process.sleep(20_000);
      holderAtEnd = (await world.record('x')).holder;
    };
    const election = node.leases.elect('x', { lead, graceMs: 30_000 });
    const standby = campaign(world.node());
    await world.pass(10_000);
    expect(election.health().role).toBe('leader');
    await world.run(election.stop());
    expect(holderAtEnd).toBe(node.owner);
    expect(await world.record('x')).toMatchObject({ holder: null, epoch: '1' });
    await world.pass(3_000);
    expect(standby.log).toEqual(['elected 2']);
    await world.run(standby.election.stop());
  });

  it('45: stops while it leads, and leaves a record alone that is not its own any more', async () => {
    await using world = await open();
    const node = world.node();
    const lead = async ({ lost }: Lease): Promise<void> => {
      await lost;
      await node.process.sleep(10_000);
    };
    const election = node.leases.elect('x', { lead });
    await world.pass(1_000);
    const stopping = election.stop();
    await world.tamper('x', { holder: 'other', tenure: 'other', epoch: '2' });
    const before = await world.text('lease:x');
    await world.run(stopping);
    expect(await world.text('lease:x')).toBe(before);
    expect(node.kinds()).not.toContain('lost');
  });

  it('45: stops while it gives the lease back', async () => {
    await using world = await open();
    const node = world.node({ latencyMs: 200 });
    const election = node.leases.elect('x', { lead: () => {} });
    await world.pass(500);
    await world.run(Promise.all([election.stop(), election.stop(), election[Symbol.asyncDispose]()]));
    expect(await world.record('x')).toMatchObject({ holder: null });
  });

  it('45: stops by a signal, also by one that was aborted before', async () => {
    await using world = await open();
    const node = world.node();
    const controller = new AbortController();
    const { election, log } = campaign(node, { signal: controller.signal });
    await world.pass(1_000);
    controller.abort();
    await world.pass(1_000);
    expect(log).toEqual(['elected 1', 'stopped 1']);
    expect(await world.record('x')).toMatchObject({ holder: null });
    expect(election.health().role).toBe('stopped');
    const late = campaign(world.node(), { signal: controller.signal });
    await world.run(late.election.ready);
    expect(late.election.health().role).toBe('stopped');
    expect(late.log).toEqual([]);
  });

  it('45: stops at the end of the block that it is used in', async () => {
    await using world = await open();
    const node = world.node();
    const lead = async (): Promise<string[]> => {
      const { election, log } = campaign(node);
      await using _ = election;
      await election.ready;
      return log;
    };
    expect(await world.run(lead())).toEqual(['elected 1', 'stopped 1']);
    expect(await world.record('x')).toMatchObject({ holder: null });
  });

  it('41: may overrun again and again without a warning of a leak', async () => {
    await using world = await open();
    const node = world.node();
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const lead = async (lease: Lease): Promise<void> => {
      await lease.release();
      await node.process.sleep(300);
    };
    const election = node.leases.elect('x', { lead, graceMs: 100 });
    await world.pass(6_000);
    process.off('warning', warn);
    expect(node.kinds().filter((kindOf) => kindOf === 'overrun').length).toBeGreaterThan(11);
    expect(warnings).toEqual([]);
    await world.run(election.stop());
  });

  it('45: shares one signal with many others, without a warning of a leak, and leaves it alone after', async () => {
    await using world = await open();
    const node = world.node();
    const { signal } = new AbortController();
    const lead = untilOver;
    const elections = Array.from({ length: 12 }, (_, number) =>
      node.leases.elect(`x${number}`, { lead, signal }),
    );
    await world.run(Promise.all(elections.map(({ ready }) => ready)));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await world.run(Promise.all(elections.map((election) => election.stop())));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([
    [
      'throws at once',
      () => {
        throw new Error('bug');
      },
    ],
    ['rejects', () => Promise.reject(new Error('bug'))],
  ])('46: when the work %s, it resigns, waits, and campaigns again', async (_what, fail) => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const tokens: bigint[] = [];
    const faulty = a.leases.elect('x', {
      lead: ({ token }) => {
        tokens.push(token);
        return fail();
      },
    });
    await world.pass(100);
    expect(a.kinds()).toEqual(['acquired', 'leader-changed', 'lead-failed', 'leader-changed', 'released']);
    await world.pass(20_000);
    expect(tokens.length).toBeGreaterThanOrEqual(4);
    expect(tokens.length).toBeLessThanOrEqual(6);
    const healthy = campaign(b);
    await world.pass(20_000);
    expect(healthy.log).toHaveLength(1);
    await world.run(Promise.all([faulty.stop(), healthy.election.stop()]));
  });

  it('46: does not report work that stopped because the lease was lost', async () => {
    await using world = await open();
    const node = world.node();
    const election = node.leases.elect('x', {
      lead: async (lease) => {
        for (;;) {
          lease.assertHeld();
          await node.process.sleep(100);
        }
      },
    });
    await world.pass(1_000);
    node.faults.outage(20_000);
    await world.pass(20_000);
    expect(node.kinds()).not.toContain('lead-failed');
    await world.run(election.stop());
  });

  it('47: shows each change of the leader once and in order, also to late observers', async () => {
    await using world = await open();
    const [a, b, c] = [world.node({ owner: 'a' }), world.node({ owner: 'b' }), world.node({ owner: 'c' })];
    const watcher = campaign(c, { lead: untilOver });
    const seen: (Leader | null)[] = [];
    const watch = async (leaders: AsyncIterable<Leader | null>, list: (Leader | null)[]): Promise<void> => {
      for await (const leader of leaders) list.push(leader);
    };
    const early = watch(watcher.election.observe(), seen);
    await world.run(watcher.election.ready);
    expect(watcher.election.leader()).toMatchObject({ owner: 'c', token: 1n });
    await world.pass(10);
    const others = [campaign(a), campaign(b)];
    await world.pass(5_000);
    c.faults.outage(20_000);
    await world.pass(60_000);
    expect(seen.map((leader) => leader?.token)).toEqual([1n, undefined, 2n]);
    const late: (Leader | null)[] = [];
    const lateWatch = watch(watcher.election.observe(), late);
    const [winner] = others.filter(({ log }) => log.length > 0);
    await world.run(winner?.election.stop() ?? Promise.resolve());
    await world.pass(10_000);
    await world.run(Promise.all([...others, watcher].map(({ election }) => election.stop())));
    await world.run(Promise.all([early, lateWatch]));
    const tokens = (list: (Leader | null)[]): unknown[] => list.map((leader) => leader?.token ?? null);
    expect(tokens(seen).filter((token) => token !== null)).toEqual([1n, 2n, 3n]);
    expect(tokens(seen).every((token, place, all) => token !== all[place - 1])).toBe(true);
    expect(late).toEqual(seen.slice(2));
    const changes = c.events.filter(({ kind }) => kind === 'leader-changed');
    expect(changes.map((event) => 'leader' in event && event.leader)).toEqual(seen);
  });

  it('47: names the leader that was seen last while the store is away', async () => {
    await using world = await open();
    const [a, b] = [world.node({ owner: 'a' }), world.node()];
    const leading = campaign(a);
    await world.pass(1_000);
    const standby = campaign(b);
    await world.run(standby.election.ready);
    b.faults.outage(60_000);
    await world.pass(30_000);
    expect(standby.election.health().error).toMatchObject({ code: expect.any(String) });
    expect(standby.election.leader()).toMatchObject({ owner: 'a', token: 1n });
    expect(b.kinds().filter((event) => event === 'leader-changed')).toHaveLength(1);
    await world.run(Promise.all([leading, standby].map(({ election }) => election.stop())));
  });

  it('47: lets an observer leave', async () => {
    await using world = await open();
    const { election } = campaign(world.node());
    await world.run(election.ready);
    for await (const leader of election.observe()) {
      expect(leader).toMatchObject({ token: 1n });
      break;
    }
    await world.run(election.stop());
  });

  it('47: lets an observer leave while it waits for the next leader', async () => {
    await using world = await open();
    const { election } = campaign(world.node());
    await world.run(election.ready);
    const leaders = election.observe()[Symbol.asyncIterator]();
    expect(await leaders.next()).toMatchObject({ value: { token: 1n } });
    const left: unknown[] = [];
    for (const answer of [leaders.next(), leaders.next(), leaders.return?.(), leaders.next()]) {
      void answer?.then((result) => left.push(result));
    }
    await world.pass(1_000);
    expect(left).toEqual(Array.from({ length: 4 }, () => ({ value: undefined, done: true })));
    await world.run(election.stop());
  });

  it('48: goes round when leaders resign: everybody gets a turn', async () => {
    await using world = await open();
    const turns = new Map<string, number>();
    const elections = Array.from({ length: 5 }, () => {
      const { leases, owner, process } = world.node();
      const lead = async (): Promise<void> => {
        turns.set(owner, (turns.get(owner) ?? 0) + 1);
        await process.sleep(100);
      };
      return leases.elect('x', { lead });
    });
    await world.pass(300_000);
    expect(turns.size).toBe(5);
    const counts = [...turns.values()];
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(Math.max(...counts) / 4);
    await world.run(Promise.all(elections.map((election) => election.stop())));
  });

  it('49: has one leader at work, through a crash of the leader and an outage of the store', async () => {
    await using world = await open();
    const nodes = Array.from({ length: 3 }, () => world.node());
    const atWork = new Set<Node>();
    let mostAtWork = 0;
    const elections = nodes.map((node) =>
      node.leases.elect('x', {
        lead: async (lease) => {
          atWork.add(node);
          mostAtWork = Math.max(mostAtWork, atWork.size);
          await lease.lost;
          atWork.delete(node);
        },
      }),
    );
    await world.pass(10_000);
    const [leader] = atWork;
    leader?.process.crash();
    atWork.clear();
    await world.pass(20_000);
    expect([...atWork]).not.toEqual([leader]);
    expect(atWork.size).toBe(1);
    for (const { faults } of nodes) faults.outage(40_000);
    await world.pass(20_000);
    expect(atWork.size).toBe(0);
    await world.pass(50_000);
    expect(atWork.size).toBe(1);
    expect(mostAtWork).toBe(1);
    const alive = elections.filter((_, number) => nodes[number] !== leader);
    await world.run(Promise.all(alive.map((election) => election.stop())));
  });

  it('49: takes over from a leader that crashed within its bound', async () => {
    await using world = await open();
    for (let round = 0; round < 10; round += 1) {
      const name = `x${round}`;
      const [a, b] = [world.node(), world.node({ latencyMs: 100 })];
      await world.run(a.leases.acquire(name));
      const standby = b.leases.elect(name, { lead: untilOver });
      await world.pass(20_000 + 731 * round);
      a.process.crash();
      const start = world.clock.monotonic();
      while (standby.health().role !== 'leader') await world.pass(10);
      const boundMs = 15_000 + 2_000 * 1.2 + 2 * 100;
      expect(world.clock.monotonic() - start).toBeLessThanOrEqual(boundMs + 10);
      await world.run(standby.stop());
    }
  });

  it('50: keeps two elections of one process apart', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const one = a.leases.elect('one', { lead: untilOver });
    const two = a.leases.elect('two', { lead: untilOver });
    const other = b.leases.elect('one', { lead: untilOver });
    await world.pass(1_000);
    await world.run(one.stop());
    await world.pass(5_000);
    expect([one, two, other].map((election) => election.health().role)).toEqual([
      'stopped',
      'leader',
      'leader',
    ]);
    await world.run(Promise.all([two.stop(), other.stop()]));
  });

  it('51: is healthy as a standby and as a leader, with and without the store', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const leading = campaign(a);
    await world.pass(1_000);
    const standby = campaign(b);
    await world.pass(1_000);
    expect(leading.election.health()).toEqual({ healthy: true, role: 'leader', error: undefined });
    expect(standby.election.health()).toEqual({ healthy: true, role: 'standby', error: undefined });
    expect(standby.election.leader()).toMatchObject({ owner: a.owner, token: 1n });
    b.faults.outage(30_000);
    await world.pass(10_000);
    expect(standby.election.health()).toMatchObject({
      healthy: true,
      role: 'standby',
      error: { retryable: true },
    });
    await world.pass(30_000);
    expect(standby.election.health().error).toBeUndefined();
    await world.run(Promise.all([leading.election.stop(), standby.election.stop()]));
  });

  it('51: is unhealthy while the work goes on for too long after the loss', async () => {
    await using world = await open();
    const node = world.node();
    let finish = (): void => {};
    const calls: bigint[] = [];
    const election = node.leases.elect('x', {
      graceMs: 1_000,
      lead: ({ token }) => {
        calls.push(token);
        return new Promise<void>((resolve) => (finish = resolve));
      },
    });
    await world.pass(1_000);
    node.faults.outage(20_000);
    await world.pass(13_000);
    expect(election.health()).toMatchObject({ healthy: true, role: 'standby' });
    await world.pass(1_500);
    expect(election.health().healthy).toBe(false);
    expect(node.kinds()).toContain('overrun');
    await world.pass(60_000);
    expect(calls).toEqual([1n]);
    finish();
    await world.pass(20_000);
    expect(election.health()).toMatchObject({ healthy: true, role: 'leader' });
    expect(calls).toEqual([1n, 2n]);
    finish();
    await world.run(election.stop());
  });

  it('41: does not give the lease back while the work goes on after its grace', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    let finish = (): void => {};
    const election = a.leases.elect('x', {
      graceMs: 3_000,
      lead: () => new Promise<void>((resolve) => (finish = resolve)),
    });
    await world.pass(1_000);
    const stopping = election.stop();
    const start = world.clock.monotonic();
    await world.run(stopping);
    expect(world.clock.monotonic() - start).toBeGreaterThanOrEqual(3_000);
    expect(a.kinds()).toContain('overrun');
    expect(await world.record('x')).toMatchObject({ holder: a.owner });
    expect(election.health().healthy).toBe(false);
    finish();
    await world.pass(10);
    expect(election.health().healthy).toBe(true);
    expect(await world.record('x')).toMatchObject({ holder: a.owner });
    const next = await world.run(b.leases.acquire('x'));
    expect(next.token).toBe(2n);
    expect(b.events.at(-1)).toMatchObject({ takenFrom: a.owner });
  });

  it('41: tells what work fails with that overran, and campaigns again', async () => {
    await using world = await open();
    const node = world.node();
    const error = new Error('the disk is full');
    let fail = (): void => {};
    const leads: bigint[] = [];
    const election = node.leases.elect('x', {
      graceMs: 100,
      lead({ token, lost }) {
        leads.push(token);
        return token === 1n ? new Promise((_, reject) => (fail = () => reject(error))) : lost;
      },
    });
    await world.pass(1_000);
    node.faults.outage(20_000);
    await world.pass(60_000);
    expect([leads, election.health().healthy]).toEqual([[1n], false]);
    fail();
    await world.pass(60_000);
    expect(node.events).toContainEqual({ kind: 'lead-failed', name: 'x', token: 1n, error });
    expect([leads, election.health().healthy]).toEqual([[1n, 2n], true]);
    await world.run(election.stop());
  });

  it('41: stops at once if the work has overrun already', async () => {
    await using world = await open();
    const node = world.node();
    const election = node.leases.elect('x', { graceMs: 100, lead: () => new Promise(() => {}) });
    await world.pass(1_000);
    node.faults.outage();
    await world.pass(20_000);
    const start = world.clock.monotonic();
    await world.run(election.stop());
    expect(world.clock.monotonic() - start).toBeLessThanOrEqual(10);
    expect(election.health()).toMatchObject({ healthy: false, role: 'stopped' });
  });

  it('12: goes on trying where the key holds something else, says so, and recovers once it is gone', async () => {
    await using world = await open();
    const node = world.node();
    const { election, log } = campaign(node);
    await world.base.put('lease:x', 'node-1');
    await world.run(election.ready);
    expect(election.leader()).toBeNull();
    expect(election.health()).toMatchObject({ role: 'standby', error: { code: 'CORRUPT_RECORD' } });
    await world.pass(20_000);
    expect(node.kinds().length).toBeLessThanOrEqual(6);
    const { error } = election.health();
    expect(node.events).toContainEqual({ kind: 'attempt-failed', name: 'x', error });
    expect(await world.text('lease:x')).toBe('node-1');
    expect(log).toEqual([]);
    await world.base.delete('lease:x');
    await world.pass(20_000);
    expect(log).toEqual(['elected 1']);
    expect(election.health()).toEqual({ healthy: true, role: 'leader', error: undefined });
    await world.run(election.stop());
    expect(log).toEqual(['elected 1', 'stopped 1']);
  });

  it('lets a sick leader go', async () => {
    await using world = await open();
    let isSick = false;
    const { election, log } = campaign(world.node(), { renewWhile: () => !isSick });
    await world.pass(30_000);
    isSick = true;
    await world.pass(14_000);
    expect(log).toEqual(['elected 1', 'stopped 1']);
    await world.run(election.stop());
  });
});
