import { bytesToString, find, type KvStore } from '@norikv/store';
import type { RaceProcess, ScheduleWorld } from '@norikv/testkit';
import { expect } from 'vitest';
import { unlessFault } from '../../testkit/test/every-schedule/every-schedule.js';
import { type Cache, CachedClient, type CacheOptions, createCache } from '../src/index.js';
import { NoriKVKeyvStore } from '../src/keyv.js';

/** A race, and what must be so after it, whatever its schedule was. */
export type CacheRace = (world: ScheduleWorld) => Promise<void>;

/** How a race of an invalidation with a load is made. */
interface Invalidation {
  readonly invalidate: (cache: Cache<number>) => Promise<unknown>;
  /** What the process that invalidates names when it reads, and the other one. Default: the same. */
  readonly tags?: { readonly own: readonly string[]; readonly others: readonly string[] };
  /** The namespace in which both read. */
  readonly inside?: string;
  readonly options?: CacheOptions<number>;
}

type Member = Pick<RaceProcess, 'store' | 'clock'> & { readonly random?: () => number };

const maxStalenessMs = 10;
const shared = ['tag'];

function cacheOn(
  { store, clock, random = () => 0.5 }: Member,
  options?: CacheOptions<number>,
): Cache<number> {
  const limits = { maxStalenessMs, maxEntries: 10, shards: 1, hardTimeoutMs: 100, maxWaitMs: 400 };
  return createCache<number>(store, { clock, random, ...limits, ...options });
}

/** What a cache spares: it is in the store, so that each look at it has its place in the schedule. */
async function source(store: KvStore): Promise<number> {
  return Number(bytesToString((await store.get('source')).value));
}

/** A store of which the calls go elsewhere once its race is over, and are in no schedule any more. */
function leaving(process: RaceProcess, world: ScheduleWorld): { readonly store: KvStore; leave(): void } {
  let target = process.store;
  const store: KvStore = {
    capabilities: process.store.capabilities,
    get: (...call) => target.get(...call),
    find: (...call) => find(target, ...call),
    put: (...call) => target.put(...call),
    delete: (...call) => target.delete(...call),
  };
  const leave = (): void => {
    target = world.store;
  };
  return { store, leave };
}

/** Calls of one process at once: what begins after its invalidation joins nothing from before. */
export const ownInvalidation: CacheRace = async (world) => {
  await world.store.put('source', '1');
  await cacheOn(world).set('key', 1);
  await world.race(async (process) => {
    const cache = cacheOn(process);
    const renew = async (): Promise<void> => {
      await process.store.put('source', '2');
      await cache.delete('key');
      expect(await cache.get('key')).not.toBe(1);
    };
    await Promise.all([cache.get('key'), renew().catch(unlessFault)]);
  });
};

/**
 * One process changes the source and invalidates, the other one loads. What the first reads once that is acknowledged is
 * new, and after the bound what all others read.
 */
export function invalidation(race: Invalidation): CacheRace {
  const { invalidate, inside, options, tags = { own: shared, others: shared } } = race;
  return async (world) => {
    const open = (member: Member) => {
      const cache = cacheOn(member, options);
      const space = inside === undefined ? cache : cache.namespace(inside);
      const load = (names: readonly string[]) =>
        space.getOrSet('key', () => source(member.store), { tags: names });
      return { cache, get: () => space.get('key'), load };
    };
    await world.store.put('source', '1');
    await open(world).load(tags.own);
    // With a short ttl what is there is stale from here on.
    await world.clock.advance(2);

    let isAcknowledged = false;
    const seen: (() => Promise<void>)[] = [];
    /** `get` names no tags: it takes what those of others do not invalidate. */
    const checkNew = async ({ get, load }: ReturnType<typeof open>): Promise<void> => {
      if (tags.own === tags.others) expect(await get()).not.toBe(1);
      expect(await load(tags.own)).toBe(2);
    };
    const join = (process: RaceProcess) => {
      const { store, leave } = leaving(process, world);
      const opened = open({ ...process, store });
      seen[Number(process.name) - 1] = () => {
        leave();
        return checkNew(opened);
      };
      return opened;
    };
    const ends = await world.race(
      async (process) => {
        const opened = join(process);
        await process.store.put('source', '2');
        await invalidate(opened.cache);
        isAcknowledged = true;
        if (tags.own === tags.others) expect(await opened.get()).not.toBe(1);
        else expect(await opened.load(tags.own)).toBe(2);
      },
      (process) => join(process).load(tags.others),
    );
    if (!isAcknowledged) return;
    await world.clock.advance(maxStalenessMs + 1);
    for (const [position, check] of seen.entries()) {
      if (ends[position]?.status !== 'crashed') await world.clock.run(check());
    }
    await world.clock.run(checkNew(open(world)));
  };
}

/** Two processes want the same value. */
export const oneLoad: CacheRace = async (world) => {
  const startedAt = world.clock.monotonic();
  let loads = 0;
  const want = (process: RaceProcess) =>
    cacheOn(process).getOrSet('key', () => {
      loads += 1;
      return 1;
    });
  const ends = await world.race(want, want);
  const crashed = ends.filter(({ status }) => status === 'crashed').length;
  expect(loads).toBeLessThanOrEqual(1 + crashed);
  expect(ends.filter((end) => end.status === 'fulfilled' && end.value === 1)).toHaveLength(2 - crashed);
  // `maxWaitMs`, and the look before it is up.
  expect(world.clock.monotonic() - startedAt).toBeLessThan(700);
};

/** A clear beside what others read and write. */
export const cleared: CacheRace = async (world) => {
  const openOn = ({ store, clock }: Member): NoriKVKeyvStore => {
    const keyv = new NoriKVKeyvStore(store, { clock, maxStalenessMs });
    keyv.namespace = 'users';
    return keyv;
  };
  await openOn(world).set('users:7', 'old');
  const [clearing] = await world.race(
    async (process) => {
      const keyv = openOn(process);
      await keyv.clear();
      expect(await keyv.get('users:7')).toBeUndefined();
    },
    async (process: RaceProcess) => {
      const keyv = openOn(process);
      await keyv.get('users:7');
      await keyv.set('users:8', 'new');
    },
  );
  if (clearing.status === 'fulfilled') expect(await openOn(world).get('users:7')).toBeUndefined();
};

/** Writes of a process beside its own reads, and beside a write of another one. */
export const writtenThrough: CacheRace = async (world) => {
  const parse = (bytes: Uint8Array): number => Number(bytesToString(bytes));
  await world.store.put('key', '1');
  const check = { afterRace: async (): Promise<void> => {} };
  const [own] = await world.race(
    async (process) => {
      const { store, leave } = leaving(process, world);
      const client = new CachedClient<number>(store, 1_000, 10, { clock: process.clock });
      check.afterRace = async () => {
        leave();
        await world.clock.advance(1_001);
        expect(await client.get('key', parse)).toBe(parse((await world.store.get('key')).value));
      };
      let written = 1;
      const read = async (): Promise<void> => {
        const least = written;
        expect(await client.get('key', parse)).toBeGreaterThanOrEqual(least);
      };
      const write = async (): Promise<void> => {
        await client.put('key', 2, String);
        written = 2;
        await read();
      };
      await Promise.all([read(), write(), read()].map((work) => work.catch(unlessFault)));
      await read();
    },
    (process: RaceProcess) => process.store.put('key', '3'),
  );
  if (own.status !== 'crashed') await check.afterRace();
};
