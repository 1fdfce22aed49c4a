import { openEmbedded } from '@norikv/embedded';
import { openShop, productIds } from './shop.js';

/** One process of several: tells of 15 events of the same user, one line each when it is recorded. */
const [path = '', name = ''] = process.argv.slice(2);
await using store = await openEmbedded({ path });
const engine = await openShop(store);
await Promise.all(
  Array.from({ length: 15 }, async (_, place) => {
    const eventId = `${name}-${place}`;
    await engine.recordInteraction('ann', productIds[place % 6] ?? '', { eventId, at: 1_000 + place });
    process.stdout.write(`${eventId}\n`);
  }),
);
