import { ClosedError, find, type KvStore, UnavailableError } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import type { AcquireOptions, Lease } from '../src/index.js';
import { type Node, stores, World } from './world.js';

type Acquire = (node: Node, options: AcquireOptions) => Promise<Lease>;

const ways: readonly (readonly [way: string, key: string, acquire: Acquire])[] = [
  ['acquire', 'lease:x', ({ leases }, options) => leases.acquire('x', options)],
  ['withLease', 'lease:x', ({ leases }, options) => leases.withLease('x', options, (lease) => lease)],
  ['semaphore.acquire', 'semaphore/0:x', ({ leases }, options) => leases.semaphore('x', 1).acquire(options)],
];

/** A node whose claim lands, and which is cut off for so long before it hears of it. */
async function cutOff(
  world: World,
  outageMs: number,
  acquire: (node: Node) => Promise<unknown>,
  wrap?: (store: KvStore) => KvStore,
): Promise<{ readonly node: Node; readonly ending: Promise<unknown> }> {
  const node = world.node({ latencyMs: 40, ...(wrap && { wrap }) });
  // So that the limit of the semaphore is agreed upon, and the next write is the claim.
  await world.run(async () => (await node.leases.semaphore('x', 1).acquire()).release());
  await world.run(async () => (await node.leases.acquire('x')).release());
  node.store.reset();
  node.faults.next('put', 'lost-reply');
  const ending = acquire(node).then(
    () => 'acquired',
    (error: unknown) => error,
  );
  while (node.store.calls.put === 0) await world.pass(10);
  node.faults.outage(outageMs);
  return { node, ending };
}

// The numbers are those of scenarios.md.
describe.each(stores)('61: a claim whose answer was lost, on $name', (kind) => {
  const open = (): Promise<World> => World.open(kind);

  describe.each(ways)('%s', (_way, key, acquire) => {
    it('that cannot be given back when the wait is over leaves the outcome unknown', async () => {
      await using world = await open();
      const { node, ending } = await cutOff(world, 60_000, (node) => acquire(node, { waitMs: 1_000 }));
      expect(await world.run(ending)).toMatchObject({
        code: 'ACQUIRE_TIMEOUT',
        outcome: 'unknown',
        retryable: true,
        cause: { code: 'OUTCOME_UNKNOWN', message: expect.stringContaining('"x" may have been acquired') },
      });
      expect(await world.text(key)).toContain(`"holder":"${node.owner}"`);
    });

    it('that cannot be given back when the signal ended leaves the outcome unknown', async () => {
      await using world = await open();
      const controller = new AbortController();
      const reason = new Error('shutting down');
      const { node, ending } = await cutOff(world, 60_000, (node) =>
        acquire(node, { signal: controller.signal }),
      );
      controller.abort(reason);
      expect(await world.run(ending)).toMatchObject({
        name: 'AbortError',
        code: 'CANCELLED',
        outcome: 'unknown',
        cause: reason,
      });
      expect(await world.text(key)).toContain(`"holder":"${node.owner}"`);
    });

    it('that was given back is not applied', async () => {
      await using world = await open();
      const { ending } = await cutOff(world, 6_000, (node) => acquire(node, { waitMs: 1_000 }));
      expect(await world.run(ending)).toMatchObject({ code: 'ACQUIRE_TIMEOUT', outcome: 'not-applied' });
      expect(await world.text(key)).toContain('"holder":null');
    });
  });

  it('that was sent and is not there when it is to be given back leaves the outcome unknown', async () => {
    await using world = await open();
    const lost = new UnavailableError('no reply');
    // It may be on its way: a store that delivers it later would not be wrong.
    const wrap = (store: KvStore): KvStore => ({ ...store, put: () => Promise.reject(lost) });
    const { leases } = world.node({ wrap });
    await expect(world.run(leases.acquire('x', { waitMs: 0 }))).rejects.toMatchObject({ outcome: 'unknown' });
  });

  it('is told of with what will not pass, too', async () => {
    await using world = await open();
    const closed = new ClosedError('The store is closed');
    let isClosed = false;
    const wrap = (store: KvStore): KvStore => ({
      ...store,
      find: (key, options) => (isClosed ? Promise.reject(closed) : find(store, key, options)),
    });
    const { ending } = await cutOff(world, 60_000, ({ leases }) => leases.acquire('x'), wrap);
    await world.pass(5_000);
    isClosed = true;
    expect(await world.run(ending)).toMatchObject({ code: 'OUTCOME_UNKNOWN', cause: closed });
  });

  it('and came too late to rely on is told of where it cannot be given back', async () => {
    await using world = await open();
    const node = world.node({ latencyMs: 100 });
    const acquiring = node.leases.tryAcquire('x');
    await world.pass(150);
    node.process.jumpWallClock(20_000);
    await world.pass(30);
    node.faults.outage(60_000);
    await expect(world.run(acquiring)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(await world.record('x')).toMatchObject({ holder: node.owner });
  });

  it('says nothing where another one was answered', async () => {
    await using world = await open();
    const { ending } = await cutOff(world, 6_000, ({ leases }) => leases.acquire('x'));
    expect(await world.run(ending)).toBe('acquired');
  });
});
