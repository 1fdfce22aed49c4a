import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createCache } from '@norikv/cache';
import { openEmbedded } from '@norikv/embedded';
import { boundMs, priceOf } from './shop.js';

/**
 * One process of the shop. It reads commands, a line each, and answers each with a line of JSON:
 * `show <times>`: the different prices that so many readers at once get. `watch <price>`: shows the price over and
 * over until it is another, and says how often it did. `change <price>`: changes the price, and then invalidates it.
 */
const [folder = '', name = ''] = process.argv.slice(2);
await using store = await openEmbedded({ path: join(folder, 'store') });
const cache = createCache<number>(store, {
  prefix: 'prices',
  maxStalenessMs: boundMs,
  storeTimeoutMs: 10_000,
});
const show = (): Promise<number> => priceOf(cache, store, name, 'lamp');

const commands: Readonly<Record<string, (argument: string) => Promise<unknown>>> = {
  async show(times) {
    const prices = await Promise.all(Array.from({ length: Number(times) }, show));
    return [...new Set(prices)];
  },
  async watch(price) {
    let shows = 0;
    while ((await show()) === Number(price)) {
      shows += 1;
      // Lets this process do other things, as a shop would.
      await new Promise((resolve) => {
        setTimeout(resolve, 1);
      });
    }
    return { shows, seenAt: Date.now(), ...cache.getStats() };
  },
  async change(price) {
    await store.put('price/lamp', price);
    await cache.delete('lamp');
    return { acknowledgedAt: Date.now() };
  },
};

console.log(JSON.stringify('ready'));
for await (const line of createInterface({ input: process.stdin })) {
  const [command = '', argument = ''] = line.split(' ');
  console.log(JSON.stringify((await commands[command]?.(argument)) ?? null));
}
