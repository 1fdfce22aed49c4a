import { openEmbedded } from '@norikv/embedded';
import { BufferedCounter, DistributedCounter, ShardedCounter } from '../../src/index.js';

/** Adds ones to all kinds of counters of a store, and says after each what was acknowledged so far. */
const [path = '', adds = '0', maxPending = '1'] = process.argv.slice(2);
await using store = await openEmbedded({ path, durability: 'os' });
const exact = new DistributedCounter(store, 'exact');
const sharded = new ShardedCounter(store, 'sharded', 8);
const buffered = new BufferedCounter(store, 'buffered', {
  maxPending: Number(maxPending),
  maxStalenessMs: 5,
});

for (let acknowledged = 1; acknowledged <= Number(adds); acknowledged += 1) {
  await Promise.all([exact.increment(), sharded.increment(), buffered.increment()]);
  console.log(acknowledged);
}
await buffered.close();
