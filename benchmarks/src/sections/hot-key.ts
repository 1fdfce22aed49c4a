import { DistributedCounter } from '@norikv/counter';
import { openEmbedded } from '@norikv/embedded';
import { jitterIncrement } from '../contenders/jitter-counter.js';
import { openRawLmdb } from '../contenders/raw-lmdb.js';
import { startRedis } from '../contenders/redis.js';
import { seedIncrement } from '../contenders/seed-counter.js';
import { type Contenders, loopFigures } from '../loop-figures.js';
import { compare, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Exact, durable increments of one key, from one process, with a number of callers at once. */
export async function hotKey(inFlight: number, durationMs: number): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: folder.path });
  await using lmdb = await openRawLmdb();
  await using redis = await startRedis();
  await store.put('seed', '0');
  await store.put('jitter', '0');
  const counter = new DistributedCounter(store, 'ours');
  const contenders: Contenders = {
    'ours: DistributedCounter.add': () => counter.add(1),
    ...(redis && { 'Redis INCR through ioredis, no persistence': () => redis.client.incr('redis') }),
    'raw lmdb: transaction per increment': () => lmdb.increment('lmdb'),
    'plain get + put with full jitter': () => jitterIncrement(store, 'jitter'),
    'the documentation’s loop': () => seedIncrement(store, 'seed'),
  };
  return compare(
    `One hot key, ${inFlight} in flight, one process`,
    'increments/s',
    'more',
    await loopFigures(contenders, inFlight, durationMs),
  );
}
