import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbedded } from '@norikv/embedded';
import { createCache } from '../../src/index.js';

/** Waits for the word, then asks for one key 250 times at once, and says what the answers were. */
const [folder = '', name = ''] = process.argv.slice(2);
const store = await openEmbedded({ path: join(folder, 'store') });
const cache = createCache<string>(store, {
  storeTimeoutMs: 30_000,
  maxWaitMs: 60_000,
  hardTimeoutMs: 60_000,
});
console.log('ready');
await once(process.stdin, 'data');
const answers = await Promise.all(
  Array.from({ length: 250 }, () =>
    cache.getOrSet('page', async () => {
      appendFileSync(join(folder, 'loads'), `${name}\n`);
      await new Promise((resolve) => {
        setTimeout(resolve, 500);
      });
      return `rendered by ${name}`;
    }),
  ),
);
console.log(JSON.stringify([...new Set(answers), String(answers.length)]));
await store.close();
process.exit();
