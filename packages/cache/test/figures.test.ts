import { seededRandom } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type CacheEvent, type CacheStats, createCache, type LoadContext } from '../src/index.js';
import { type FleetOptions, startFleet } from './fleet.js';

const schedules = Math.ceil(20 * Number(process.env.NORIKV_TEST_LOAD ?? 1));

/** What is counted, and by which event. Hits in memory have none. */
const counterOf = {
  storeHits: 'hit',
  staleHits: 'stale',
  misses: 'miss',
  loads: 'load',
  loadErrors: 'load-error',
  lostFills: 'lost-fill',
  storeErrors: 'store-error',
} satisfies Partial<Record<keyof CacheStats, CacheEvent['kind']>>;

/** Callers in two processes that read, load and invalidate two keys in two namespaces. What each process did and counted. */
async function runCallers(seed: number) {
  const random = seededRandom(seed);
  const chance = (share: number): boolean => random() < share;
  const events: CacheEvent[] = [];
  const options: FleetOptions = {
    seed,
    ttlMs: 60,
    maxStalenessMs: 20,
    hardTimeoutMs: 50,
    latencyMs: () => 1 + 5 * random(),
    negativeTtlMs: chance(0.5) ? 30 : 0,
    staleWhileRevalidateMs: chance(0.5) ? 40 : 0,
    graceMs: chance(0.5) ? 100 : 0,
    softTimeoutMs: chance(0.5) ? 5 : 0,
    earlyRefresh: chance(0.5) ? 0.5 : 1,
    maxEntries: chance(0.2) ? 0 : 100,
    rates: chance(0.5) ? {} : { 'lost-request': 0.05, 'lost-reply': 0.05, 'delayed-delivery': 0.02 },
    onEvent: (event) => events.push(event),
  };
  const { clock, all } = startFleet(2, options);
  const did = { lookups: 0, loaders: 0 };
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.startTimer(resolve, ms));
  const load = async ({ keepFor }: LoadContext): Promise<string | undefined> => {
    did.loaders += 1;
    if (chance(0.2)) keepFor(100 * random() - 20);
    await sleep(60 * random() ** 3);
    if (chance(0.1)) throw new Error('source down');
    return chance(0.2) ? undefined : 'value';
  };
  const call = async (by: number): Promise<void> => {
    const { cache } = all[by % 2] ?? all[0];
    for (let step = 0; step < 20; step += 1) {
      await sleep(20 * random());
      const space = chance(0.5) ? cache : cache.namespace('inner');
      const key = chance(0.5) ? 'one' : 'other';
      const act = random();
      if (act < 0.1) await space.delete(key).catch(() => {});
      else if (act < 0.2) await cache.invalidateTags(['tag']).catch(() => {});
      else {
        did.lookups += 1;
        const controller = new AbortController();
        if (chance(0.1)) clock.startTimer(() => controller.abort(), 10 * random());
        const options = { tags: chance(0.3) ? ['tag'] : [], signal: controller.signal };
        await (act < 0.4 ? space.get(key) : space.getOrSet(key, load, options)).catch(() => {});
      }
    }
  };
  await clock.run(Promise.all([0, 1, 2, 3].map(call)));
  // What goes on for nobody ends, too.
  await clock.advance(60_000);
  return { did, events, stats: all.map(({ cache }) => cache.getStats()) };
}

describe('the figures', () => {
  it('of random callers add up: each call counts once, as each load and each event does', async () => {
    for (let seed = 1; seed <= schedules; seed += 1) {
      const { did, events, stats } = await runCallers(seed);
      const sum = (name: keyof CacheStats): number => stats.reduce((total, each) => total + each[name], 0);
      const answered = sum('memoryHits') + sum('storeHits') + sum('staleHits') + sum('misses');
      expect([seed, answered, sum('loads') + sum('loadErrors')]).toEqual([seed, did.lookups, did.loaders]);
      for (const [name, kind] of Object.entries(counterOf)) {
        const told = events.filter((event) => event.kind === kind);
        expect([seed, name, told.length]).toEqual([seed, name, sum(name as keyof CacheStats)]);
      }
    }
  });

  it('call a miss whoever waits for a load, whatever becomes of it, and nobody for a load in the background', async () => {
    const { clock, all } = startFleet(2, { ttlMs: 100, staleWhileRevalidateMs: 1_000 });
    const [{ cache }, { cache: other }] = all;
    const ask = (times: number, give: () => unknown = () => 'value'): Promise<unknown> =>
      clock.run(Promise.allSettled(Array.from({ length: times }, () => cache.getOrSet('key', give))));
    await ask(3, () => Promise.reject(new Error('source down')));
    await ask(3);
    expect(cache.getStats()).toMatchObject({ misses: 6, loads: 1, loadErrors: 1 });
    await clock.advance(200);
    await clock.run(other.set('key', 'newer'));
    await ask(1);
    await clock.advance(1);
    expect(cache.getStats()).toMatchObject({
      misses: 6,
      loads: 1,
      staleHits: 1,
      storeHits: 0,
      memoryHits: 0,
    });
  });

  it('of two namespaces can be told apart by their events', async () => {
    const { clock, memory } = startFleet(2);
    const events: CacheEvent[] = [];
    const cache = createCache<unknown>(memory, { clock, onEvent: (event) => events.push(event) });
    const inner = cache.namespace('users').namespace('by name');
    await cache.get('7');
    await inner.getOrSet('7', () => 1n);
    expect(events).toMatchObject([
      { kind: 'miss', namespace: [], key: '7' },
      { kind: 'load', namespace: ['users', 'by name'], key: '7' },
      { kind: 'uncacheable', namespace: ['users', 'by name'], key: '7' },
      { kind: 'miss', namespace: ['users', 'by name'], key: '7' },
    ]);
    const [, { namespace = [] }] = events as [CacheEvent, { namespace: string[] }];
    expect(() => namespace.push('mine')).toThrow('not extensible');
  });
});
