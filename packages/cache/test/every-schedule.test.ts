import { type KvStore, UnavailableError } from '@norikv/store';
import { exploreSchedules, type FakeClock, type ScheduleFault } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  allFaults as all,
  createCarelessStore,
  everySchedule,
  load,
  maxFaults,
} from '../../testkit/test/every-schedule/every-schedule.js';
import {
  type CacheRace,
  cleared,
  invalidation,
  oneLoad,
  ownInvalidation,
  writtenThrough,
} from './cache-races.js';

const timeout = 60_000 * Math.max(load, 2);

const few: readonly ScheduleFault[] = ['lost-reply', 'crash'];

const deleted = invalidation({ invalidate: (cache) => cache.delete('key') });
const replaced = invalidation({
  invalidate: async (cache) => {
    if (!(await cache.set('key', 2, { tags: ['tag'] }))) throw new UnavailableError('nothing is promised');
  },
});

interface Case {
  readonly promise: string;
  readonly race: CacheRace;
  readonly faults: readonly ScheduleFault[];
}

const cases: readonly Case[] = [
  { promise: 'gives what was deleted', race: deleted, faults: all },
  { promise: 'gives what was replaced', race: replaced, faults: few },
  {
    promise: 'gives what was cleared with the namespace around it',
    race: invalidation({ invalidate: (cache) => cache.clear(), inside: 'users' }),
    faults: [],
  },
  {
    promise: 'gives what a tag of its caller invalidated',
    race: invalidation({
      invalidate: (cache) => cache.invalidateTags(['mine']),
      tags: { own: ['mine'], others: ['theirs'] },
    }),
    faults: [],
  },
  {
    promise: 'gives a stale value that was invalidated',
    race: invalidation({
      invalidate: (cache) => cache.invalidateTags(['tag']),
      options: { ttlMs: 1, staleWhileRevalidateMs: 1_000, graceMs: 1_000 },
    }),
    faults: few,
  },
  {
    promise: 'loads twice, or waits for the dead for ever, or for itself',
    race: oneLoad,
    faults: ['duplicated-delivery', 'own-mismatch', 'crash'],
  },
  { promise: 'gives what an adapter cleared', race: cleared, faults: all },
];

/** Calls of one process beside each other, which no store can mix up. */
const ofOneProcess: readonly Case[] = [
  {
    promise: 'has a CachedClient read what is older than its own last write',
    race: writtenThrough,
    faults: [...all, 'slow-reply'],
  },
  {
    promise: 'has a call join what began before an own invalidation',
    race: ownInvalidation,
    faults: [...few, 'slow-reply'],
  },
];

async function explore({ race, faults }: Case): Promise<void> {
  expect(await everySchedule(race, { faults, maxFaults })).toBeGreaterThan(3);
}

for (const one of cases) {
  describe(`no schedule ${one.promise}`, () => {
    it('in memory', { timeout }, () => explore(one));

    it('but on a store that ignores conditions and forgets what moved', async () => {
      await expect(exploreSchedules(one.race, { createStore: careless })).rejects.toThrow('fails');
    });
  });
}

for (const one of ofOneProcess) {
  it(`no schedule ${one.promise}`, { timeout }, () => explore(one));
}

function careless(clock: FakeClock): KvStore {
  const store = createCarelessStore(clock);
  return {
    ...store,
    put: (key, value, options) =>
      store.put(String(key).includes('/e/') ? `${key} elsewhere` : key, value, options),
  };
}
