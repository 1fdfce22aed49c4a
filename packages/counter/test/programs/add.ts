import { openEmbedded } from '@norikv/embedded';
import { BufferedCounter, DistributedCounter, ShardedCounter } from '../../src/index.js';

/** Adds ones to all kinds of counters of a store, and says after each what was acknowledged so far. */
const [path = '', adds = '0', maxPending = '1'] = process.argv.slice(2);
await using store = await openEmbedded({ path, durability: 'os' });
// As long as it takes on a machine that is busy with other tests.
const options = { deadlineMs: 120_000, attemptTimeoutMs: 120_000 };
const exact = new DistributedCounter(store, 'exact', options);
const sharded = new ShardedCounter(store, 'sharded', 8, options);
const buffered = new BufferedCounter(store, 'buffered', {
  ...options,
  maxPending: Number(maxPending),
  maxStalenessMs: 5,
});

for (let acknowledged = 1; acknowledged <= Number(adds); acknowledged += 1) {
  await Promise.all([exact.increment(), sharded.increment(), buffered.increment()]);
  console.log(acknowledged);
}
await buffered.close();
