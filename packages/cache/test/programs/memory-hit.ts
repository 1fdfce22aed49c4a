import { createMemoryStore } from '@norikv/testkit';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { LRUCache } from 'lru-cache';
import { createCache } from '../../src/index.js';

/** Prints the median of how much longer a hit takes than a get of lru-cache right before and after, as JSON. */
const keys = Array.from({ length: 1_000 }, (_, number) => `user:${number}`);
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

async function perGet(laps: number, get: (key: string) => unknown): Promise<number> {
  const startedAt = performance.now();
  for (let lap = 0; lap < laps; lap += 1) for (const key of keys) await get(key);
  return ((performance.now() - startedAt) * 1e6) / (laps * keys.length);
}

const ratios: number[] = [];
let bentocache = Number.POSITIVE_INFINITY;
let ours = Number.POSITIVE_INFINITY;
for (let round = 0; round < 81; round += 1) {
  const [before, own, after] = [
    await perGet(30, (key) => bare.get(key)),
    await perGet(30, (key) => cache.get(key)),
    await perGet(30, (key) => bare.get(key)),
  ];
  ratios.push(own / ((before + after) / 2));
  ours = Math.min(ours, own);
  bentocache = Math.min(bentocache, await perGet(3, (key) => bento.get({ key })));
}
await bento.disconnectAll();
ratios.sort((one, other) => one - other);
console.log(JSON.stringify({ ratio: ratios[ratios.length >> 1], ours, bentocache }));
