import { openEmbedded } from '@norikv/embedded';
import { createLeases } from '@norikv/lease';
import type { KvStore } from '@norikv/store';
import Redlock from 'redlock';
import { startRedis } from '../contenders/redis.js';
import { seedRelease, seedTryAcquire } from '../contenders/seed-election.js';
import { type Contenders, loopFigures } from '../loop-figures.js';
import { compare, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';

const ttlMs = 15_000;

/** Leases acquired and released, each caller its own. */
export async function leaseCycles(inFlight: number, durationMs: number): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: folder.path });
  await using flushed = await startRedis('flushed');
  await using fleeting = flushed && (await startRedis('none'));
  const leases = createLeases(store, { ttlMs });
  const contenders: Contenders = {
    'ours: createLeases, embedded, flushed': async (caller) => {
      const lease = await leases.acquire(`ours-${caller}`);
      await lease.release();
    },
    ...(flushed && { 'redlock, Redis, flushed': redlockCycle(new Redlock([flushed.client])) }),
    ...(fleeting && { 'redlock, Redis, no persistence': redlockCycle(new Redlock([fleeting.client])) }),
    'the documentation’s, embedded, flushed': (caller) => seedCycle(store, `seed-${caller}`),
  };
  return compare(
    `Acquire and release a lease, ${inFlight} in flight, one process`,
    'leases/s',
    'more',
    await loopFigures(contenders, inFlight, durationMs),
  );
}

function redlockCycle(redlock: Redlock): (caller: number) => Promise<void> {
  return async (caller) => {
    const lock = await redlock.acquire([`redlock-${caller}`], ttlMs);
    await lock.release();
  };
}

async function seedCycle(store: KvStore, key: string): Promise<void> {
  if (!(await seedTryAcquire(store, key, 'node', ttlMs))) throw new Error(`${key} is held`);
  await seedRelease(store, key);
}
