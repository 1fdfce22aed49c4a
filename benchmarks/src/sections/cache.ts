import { createCache } from '@norikv/cache';
import { createMemoryStore } from '@norikv/testkit';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { LRUCache } from 'lru-cache';
import { median } from '../closed-loop.js';
import { compare, type Row } from '../row.js';

const keys = Array.from({ length: 1_000 }, (_, number) => `user:${number}`);
const rounds = 7;

/** One answer from memory, awaited, key after key. */
export async function cacheHits(durationMs: number): Promise<Row[]> {
  const cache = createCache<object>(createMemoryStore(), { ttlMs: 3_600_000 });
  const bare = new LRUCache<string, object>({ max: 10_000 });
  const bento = new BentoCache({
    default: 'main',
    stores: { main: bentostore().useL1Layer(memoryDriver({ maxItems: 10_000 })) },
  });
  for (const key of keys) {
    const value = { id: key };
    await cache.getOrSet(key, () => value);
    bare.set(key, value);
    await bento.set({ key, value, ttl: '1h' });
  }
  const contenders: Readonly<Record<string, (key: string) => unknown>> = {
    'ours: cache.get': (key) => cache.get(key),
    'lru-cache get, bare': (key) => bare.get(key),
    'bentocache get, memory alone': (key) => bento.get({ key }),
  };
  const nanoseconds = new Map<string, number[]>(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, get] of Object.entries(contenders)) {
      const measured = await nanosecondsPerGet(durationMs / 4, get);
      // The first round warms up.
      if (round > 0) nanoseconds.get(name)?.push(measured);
    }
  }
  await bento.disconnectAll();
  const [ours, ...peers] = [...nanoseconds].map(([contender, values]) => ({
    contender,
    value: median(values),
  }));
  if (!ours) throw new Error('no contender was measured');
  return compare('A hit in memory, awaited', 'ns', 'less', [ours, ...peers]);
}

async function nanosecondsPerGet(durationMs: number, get: (key: string) => unknown): Promise<number> {
  const startedAt = performance.now();
  let gets = 0;
  while (performance.now() < startedAt + durationMs) {
    for (const key of keys) await get(key);
    gets += keys.length;
  }
  return ((performance.now() - startedAt) * 1e6) / gets;
}
