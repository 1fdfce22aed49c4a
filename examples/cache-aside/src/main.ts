import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '@norikv/embedded';
import { find } from '@norikv/store';
import { boundMs, priceServiceMs } from './shop.js';
import { ShopFront } from './shop-front.js';

const helpText = `Four processes of a shop show a price from a cache. A thousand readers at once cost the slow price
service one question, and after a change nobody shows the old price for longer than the stated bound.

Usage: npm start -- cache-aside

Exit code: 0 all was as promised, 1 it was not, 2 the options are wrong.
`;
const names = ['a', 'b', 'c', 'd'];

process.exitCode = await main(process.argv.slice(2));

/** Runs the example. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    const isHelp = args[0] === '--help';
    (isHelp ? process.stdout : process.stderr).write(helpText);
    return isHelp ? 0 : 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'norikv-cache-aside-'));
  const fronts: ShopFront[] = [];
  try {
    await using store = await openEmbedded({ path: join(folder, 'store') });
    await store.put('price/lamp', '40');
    fronts.push(...names.map((name) => new ShopFront(folder, name)));
    await Promise.all(fronts.map((front) => front.answer()));

    const shown = await Promise.all(fronts.map((front) => front.tell<number[]>('show 250')));
    const asked = (await Promise.all(names.map((name) => find(store, `questions/${name}`)))).filter(Boolean);
    console.log(`1,000 readers in 4 processes saw ${[...new Set(shown.flat())].join(', ')}.`);
    console.log(`The price service takes ${priceServiceMs} ms, and was asked ${asked.length} time(s).`);

    const [changer, ...others] = fronts;
    if (!changer) throw new Error('there is no process');
    const watching = others.map((front) => front.tell<{ shows: number; seenAt: number }>('watch 40'));
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
    const { acknowledgedAt } = await changer.tell<{ acknowledgedAt: number }>('change 45');
    const seen = await Promise.all(watching);
    const latest = Math.max(...seen.map(({ seenAt }) => seenAt - acknowledgedAt));
    const shows = seen.reduce((sum, each) => sum + each.shows, 0);
    const prices = await Promise.all(fronts.map((front) => front.tell<number[]>('show 10')));
    console.log(`The old price was shown ${shows} times from memory. Then it changed.`);
    console.log(`All processes showed ${[...new Set(prices.flat())].join(', ')} after ${latest} ms.`);
    console.log(`The bound is ${boundMs} ms, and a question to the price service.`);
    await Promise.all(fronts.map((front) => front.end()));
    const isRight = asked.length === 1 && prices.flat().every((price) => price === 45);
    return isRight ? 0 : 1;
  } finally {
    for (const front of fronts) front.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
