import { CorruptRecordError } from '@norikv/cas-retry';
import { describe, expect, it } from 'vitest';
import { LeaderElection, type Lease, type LeaseListener } from '../src/index.js';
import { type Node, stores, World } from './world.js';

const electionOf = ({ store, process, random, owner }: Node, ttlMs?: number): LeaderElection =>
  new LeaderElection(store, 'my-service', owner, ttlMs, { clock: process, random });

describe.each(stores)('LeaderElection on $name', (kind) => {
  const open = (): Promise<World> => World.open(kind);

  it('runs the example of the documentation', async () => {
    await using world = await open();
    const { store, process } = world.node();
    const log: string[] = [];
    const election = new LeaderElection(store, 'my-service', 'node-1', 10_000, { clock: process });
    await world.run(
      election.start(
        () => {
          log.push('Became leader - starting background tasks');
        },
        () => {
          log.push('Lost leadership - stopping background tasks');
        },
      ),
    );
    if (election.getIsLeader()) log.push('I am the leader');
    await world.pass(60_000);
    await world.run(election.stop());
    expect(log).toEqual([
      'Became leader - starting background tasks',
      'I am the leader',
      'Lost leadership - stopping background tasks',
    ]);
    expect(election.getIsLeader()).toBe(false);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('calls nobody who would find that it does not lead, where a listener stopped it', async () => {
    await using world = await open();
    const { store, process } = world.node();
    const onEvent: LeaseListener = ({ kind }) => {
      if (kind === 'leader-changed') void election.stop();
    };
    const election = new LeaderElection(store, 'my-service', 'node-1', 10_000, { clock: process, onEvent });
    const calls: string[] = [];
    await world.run(
      election.start(
        () => calls.push('became leader'),
        () => calls.push('lost leadership'),
      ),
    );
    await world.pass(10_000);
    expect(calls).toEqual([]);
    expect(await world.text('leader:my-service')).toContain('"holder":null');
  });

  it('needs no callbacks, and has a time of 10 seconds by default', async () => {
    await using world = await open();
    const election = electionOf(world.node());
    expect(election.getIsLeader()).toBe(false);
    await world.run(election.start());
    expect(election.getIsLeader()).toBe(true);
    expect(await world.text('leader:my-service')).toContain('"ttlMs":10000');
    await world.run(election.stop());
    await world.run(election.stop());
  });

  it.each<[string, readonly unknown[]]>([
    ['electionName is ""; use well-formed text', ['', 'node-1']],
    ['nodeId is 7; use well-formed text of 1 to 256 bytes', ['jobs', 7]],
    ['leaseTtlMs is "10s"; use a whole number', ['jobs', 'node-1', '10s']],
    [
      'an option is "ttlMs"; use the arguments nodeId and leaseTtlMs',
      ['jobs', 'node-1', 1_000, { ttlMs: 5 }],
    ],
    ['an option is "owner"; use the arguments nodeId and leaseTtlMs', ['jobs', 'a', 1_000, { owner: 'b' }]],
  ])('refuses at once what it is told wrong, by the name it has here: %s', async (message, given) => {
    await using world = await open();
    const { store } = world.node();
    const [name, nodeId, ttlMs, options] = given as [string, string, number?, object?];
    expect(() => new LeaderElection(store, name, nodeId, ttlMs, options)).toThrow(message);
  });

  it('refuses callbacks that are none, of which nobody would hear', async () => {
    await using world = await open();
    const node = world.node();
    const election = electionOf(node);
    const callbacks = { onBecameLeader: () => {} };
    await expect(world.run(election.start(callbacks as never))).rejects.toThrow(
      'onBecameLeader is [object Object]; use a function',
    );
    await expect(world.run(election.start(undefined, 'stop' as never))).rejects.toThrow(
      'onLostLeadership is "stop"; use a function',
    );
    expect(node.store.calls.total).toBe(0);
  });

  it('resolves the start of a standby, which takes over later', async () => {
    await using world = await open();
    const [a, b] = [world.node(), world.node()];
    const [first, second] = [electionOf(a), electionOf(b)];
    const became: Lease[] = [];
    await world.run(first.start());
    await world.run(second.start((lease) => became.push(lease)));
    expect([first.getIsLeader(), second.getIsLeader()]).toEqual([true, false]);
    a.process.crash();
    await world.pass(9_000);
    expect(first.getIsLeader()).toBe(false);
    await world.pass(5_000);
    expect(second.getIsLeader()).toBe(true);
    expect(became.map(({ token }) => token)).toEqual([2n]);
    await world.run(second.stop());
  });

  it('tells of a loss at once, even if the first callback has not returned', async () => {
    await using world = await open();
    const node = world.node();
    const log: string[] = [];
    let finish = (): void => {};
    const election = electionOf(node);
    await world.run(
      election.start(
        () => new Promise<void>((resolve) => (finish = resolve)),
        () => {
          log.push('lost');
          finish();
        },
      ),
    );
    node.faults.outage(15_000);
    await world.pass(9_100);
    expect(log).toEqual(['lost']);
    await world.pass(30_000);
    expect(election.getIsLeader()).toBe(true);
    await world.run(election.stop());
    expect(log).toEqual(['lost', 'lost']);
  });

  it('waits for the second callback before it gives the lease back', async () => {
    await using world = await open();
    const node = world.node();
    const election = electionOf(node);
    let recordAtEnd = '';
    await world.run(
      election.start(undefined, async () => {
        await node.process.sleep(3_000);
        recordAtEnd = await world.text('leader:my-service');
      }),
    );
    await world.run(election.stop());
    expect(recordAtEnd).toContain(`"holder":"${node.owner}"`);
    expect(await world.text('leader:my-service')).toContain('"holder":null');
  });

  it.each(['throws', 'rejects'])('waits for the first callback also when the second one %s', async (how) => {
    await using world = await open();
    const node = world.node();
    const election = electionOf(node);
    let recordAtEnd = '';
    const work = async (lease: Lease): Promise<void> => {
      await lease.lost;
      await node.process.sleep(3_000);
      recordAtEnd = await world.text('leader:my-service');
    };
    const error = new Error('bug');
    await world.run(
      election.start(work, () => {
        if (how === 'throws') throw error;
        return Promise.reject(error);
      }),
    );
    await world.run(election.stop());
    expect(recordAtEnd).toContain(`"holder":"${node.owner}"`);
    expect(await world.text('leader:my-service')).toContain('"holder":null');
  });

  it.each(['throws', 'rejects'])('resigns and tries again when the first callback %s', async (how) => {
    await using world = await open();
    const node = world.node();
    const election = electionOf(node);
    const log: string[] = [];
    await world.run(
      election.start(
        () => {
          log.push('became');
          const error = new Error('bug');
          if (how === 'throws') throw error;
          return Promise.reject(error);
        },
        () => log.push('lost'),
      ),
    );
    await world.pass(6_000);
    expect(log.slice(0, 4)).toEqual(['became', 'lost', 'became', 'lost']);
    await world.run(election.stop());
  });

  it('is one election however often it is started, and can be started again after a stop', async () => {
    await using world = await open();
    const node = world.node();
    const election = electionOf(node);
    let elected = 0;
    const count = (): void => {
      elected += 1;
    };
    await world.run(Promise.all([election.start(count), election.start(count)]));
    await world.pass(30_000);
    expect(elected).toBe(1);
    await world.run(election.stop());
    await world.run(election.start(count));
    expect(elected).toBe(2);
    await world.run(election.stop());
  });

  it('begins no second leadership while the callbacks of one that outlasted its stop are at work', async () => {
    await using world = await open();
    const node = world.node();
    const election = electionOf(node, 3_000);
    const finish: (() => void)[] = [];
    let atWork = 0;
    let mostAtWork = 0;
    const work = async (): Promise<void> => {
      atWork += 1;
      mostAtWork = Math.max(mostAtWork, atWork);
      await new Promise<void>((resolve) => finish.push(resolve));
      atWork -= 1;
    };
    await world.run(election.start(work));
    await world.run(election.stop());
    let isStarted = false;
    const again = election.start(work).then(() => {
      isStarted = true;
    });
    await world.pass(30_000);
    expect([isStarted, election.getIsLeader(), finish.length]).toEqual([false, false, 1]);
    finish[0]?.();
    await world.run(again);
    await world.pass(10_000);
    expect(election.getIsLeader()).toBe(true);
    const stopping = election.stop();
    finish[1]?.();
    await world.run(stopping);
    expect([mostAtWork, atWork]).toEqual([1, 0]);
  });

  it('stops while it waits for a callback that outlasted an earlier stop', async () => {
    await using world = await open();
    const node = world.node();
    const election = electionOf(node, 3_000);
    await world.run(election.start(() => new Promise(() => {})));
    await world.run(election.stop());
    const again = election.start();
    await world.pass(5_000);
    await world.run(election.stop());
    await world.run(again);
    expect(election.getIsLeader()).toBe(false);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('waits out an outage at the start', async () => {
    await using world = await open();
    const node = world.node();
    node.faults.outage(10_000);
    const election = electionOf(node);
    await world.run(election.start());
    expect(election.getIsLeader()).toBe(false);
    await world.pass(20_000);
    expect(election.getIsLeader()).toBe(true);
    await world.run(election.stop());
  });

  it('does not start where the key holds something else, such as the record of an earlier version', async () => {
    await using world = await open();
    await world.base.put('leader:my-service', 'node-1');
    const election = electionOf(world.node());
    await expect(world.run(election.start())).rejects.toBeInstanceOf(CorruptRecordError);
    expect(election.getIsLeader()).toBe(false);
    await world.pass(60_000);
    expect(world.clock.pendingTimers).toBe(0);
    expect(await world.text('leader:my-service')).toBe('node-1');
  });

  it('has one leader among three nodes over a long time of faults', async () => {
    await using world = await open();
    const nodes = Array.from({ length: 3 }, () => world.node());
    const elections = nodes.map((node) => electionOf(node));
    await world.run(Promise.all(elections.map((election) => election.start())));
    let leaderless = 0;
    for (let second = 0; second < 600; second += 1) {
      await world.pass(1_000);
      const leaders = elections.filter((election) => election.getIsLeader()).length;
      expect(leaders).toBeLessThanOrEqual(1);
      if (leaders === 0) leaderless += 1;
      if (second % 60 === 0) nodes[(second / 60) % 3]?.faults.outage(30_000);
    }
    expect(leaderless).toBeLessThan(200);
    await world.run(Promise.all(elections.map((election) => election.stop())));
  });
});
