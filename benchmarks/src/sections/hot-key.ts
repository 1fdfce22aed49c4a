import { DistributedCounter } from '@norikv/counter';
import { openEmbedded } from '@norikv/embedded';
import { closedLoop, type LoopResult, median } from '../closed-loop.js';
import { jitterIncrement } from '../contenders/jitter-counter.js';
import { openRawLmdb } from '../contenders/raw-lmdb.js';
import { startRedis } from '../contenders/redis.js';
import { seedIncrement } from '../contenders/seed-counter.js';
import { compare, type Figure, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';

const rounds = 3;

/** Exact, durable increments of one key, from one process, with a number of callers at once. */
export async function hotKey(inFlight: number, durationMs: number): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: folder.path });
  await using lmdb = await openRawLmdb();
  await using redis = await startRedis();
  await store.put('seed', '0');
  await store.put('jitter', '0');
  const counter = new DistributedCounter(store, 'ours');
  const contenders: Record<string, () => Promise<unknown>> = {
    'ours: DistributedCounter.add': () => counter.add(1),
    ...(redis && { 'Redis INCR through ioredis, no persistence': () => redis.client.incr('redis') }),
    'raw lmdb: transaction per increment': () => lmdb.increment('lmdb'),
    'plain get + put with full jitter': () => jitterIncrement(store, 'jitter'),
    'the documentation’s loop': () => seedIncrement(store, 'seed'),
  };
  const results = new Map<string, LoopResult[]>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, operation] of Object.entries(contenders)) {
      const result = await closedLoop(inFlight, durationMs, operation);
      // The first round warms up.
      if (round > 0) results.set(name, [...(results.get(name) ?? []), result]);
    }
  }
  const figures = [...results].map(([contender, loops]): Figure => {
    const failed = loops.reduce((sum, loop) => sum + loop.failed, 0);
    const note = failed > 0 ? `${failed} increments gave up` : '';
    return { contender, value: median(loops.map((loop) => loop.perSecond)), note };
  });
  return compare(
    `One hot key, ${inFlight} in flight, one process`,
    'increments/s',
    'more',
    nonEmpty(figures),
  );
}

function nonEmpty(figures: readonly Figure[]): readonly [Figure, ...Figure[]] {
  const [first, ...others] = figures;
  if (!first) throw new Error('no contender was measured');
  return [first, ...others];
}
