import { bytesToString, type KvStore } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { fencedGet, fencedPut, fencedSeal, type Lease } from '../src/index.js';
import { type Node, type NodeOptions, stores, World } from './world.js';

/** A store that forgets every condition. */
const unconditional = (store: KvStore): KvStore => ({
  ...store,
  put: (key, value, { ifMatchVersion: _, ifNotExists: __, ...options } = {}) =>
    store.put(key, value, options),
});

/** 50 workers add 10 each, by reading and writing without a condition: only the lease keeps them exact. */
async function countTo500(world: World, options: NodeOptions): Promise<number> {
  const nodes = Array.from({ length: 5 }, () => world.node({ ...options, ttlMs: 60_000, pollMs: 50 }));
  await world.base.put('count', '0');
  const work = nodes.flatMap(({ leases, store }) =>
    Array.from({ length: 10 }, async () => {
      for (let turn = 0; turn < 10; turn += 1) {
        await leases.withLease('x', {}, async () => {
          const count = Number(bytesToString((await store.get('count')).value));
          await store.put('count', String(count + 1));
        });
      }
    }),
  );
  await world.run(Promise.all(work));
  return Number(await world.text('count'));
}

// The numbers are those of scenarios.md.
describe.each(stores)('55: a count that only the lease protects, on $name', (kind) => {
  it('is exact', async () => {
    await using world = await World.open(kind);
    expect(await countTo500(world, {})).toBe(500);
  });

  it('is not exact if writes are not conditional: the test can fail', async () => {
    await using world = await World.open(kind);
    expect(await countTo500(world, { wrap: unconditional })).toBeLessThan(500);
  });
});

interface Outcome {
  /** Additions that were acknowledged. */
  readonly acknowledged: readonly string[];
  /** Additions that are there in the end. */
  readonly kept: readonly string[];
}

type Add = (node: Node, lease: Lease, item: string) => Promise<void>;

/** Leaders read a set, wait for up to two leases, and write it back, and now and then stand still. */
async function growSet(world: World, add: Add, read: () => Promise<string>): Promise<Outcome> {
  const nodes = Array.from({ length: 3 }, () => world.node({ ttlMs: 2_000, pollMs: 100 }));
  const acknowledged: string[] = [];
  const work = nodes.map(async (node) => {
    for (let turn = 0; turn < 40; turn += 1) {
      const item = `${node.owner}/${turn}`;
      const lease = await node.leases.acquire('x');
      if (node.random() < 0.3) node.process.freeze(node.random() * 6_000);
      try {
        await add(node, lease, item);
        acknowledged.push(item);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(LEASE_LOST|STALE_TOKEN)$/) });
      }
      await lease.release();
    }
  });
  await world.run(Promise.all(work));
  return { acknowledged, kept: (await read()).split(' ').filter(Boolean) };
}

describe.each(stores)('56: a set that leaders grow while they stand still at times, on $name', (kind) => {
  it('loses acknowledged additions without a fence', async () => {
    await using world = await World.open(kind);
    await world.base.put('set', '');
    const read = (): Promise<string> => world.text('set');
    const { acknowledged, kept } = await growSet(
      world,
      async ({ process, random, store }, lease, item) => {
        lease.assertHeld();
        const before = bytesToString((await store.get('set')).value);
        await process.sleep(random() * 2_000);
        lease.assertHeld();
        if (random() < 0.3) process.freeze(random() * 6_000);
        await process.sleep(1);
        await store.put('set', `${before} ${item}`);
      },
      read,
    );
    expect(acknowledged.filter((item) => !kept.includes(item)).length).toBeGreaterThan(0);
  });

  it('loses none with a fence', async () => {
    await using world = await World.open(kind);
    const read = async (): Promise<string> => {
      const found = await fencedGet(world.base, 'set');
      return bytesToString(found?.value ?? new Uint8Array());
    };
    const { acknowledged, kept } = await growSet(
      world,
      async ({ process, random, store }, lease, item) => {
        const before = bytesToString((await fencedSeal(store, 'set', lease.token)) ?? new Uint8Array());
        await process.sleep(random() * 2_000);
        if (random() < 0.3) process.freeze(random() * 6_000);
        await process.sleep(1);
        await fencedPut(store, 'set', `${before} ${item}`, lease.token);
      },
      read,
    );
    expect(acknowledged.length).toBeGreaterThan(40);
    expect(acknowledged.filter((item) => !kept.includes(item))).toEqual([]);
  });
});
