import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbedded } from '@norikv/embedded';
import { createLeases } from '@norikv/lease';
import Redlock from 'redlock';
import { connectRedis } from '../contenders/redis.js';
import { seedRenew } from '../contenders/seed-election.js';

/** What the process that will be killed holds until then. */
export interface HolderTask {
  readonly contender: 'ours' | 'redlock' | 'seed';
  readonly path: string;
  /** Of the Redis server; only for redlock. */
  readonly port: number;
  readonly names: readonly string[];
  readonly ttlMs: number;
}

const { contender, path, port, names, ttlMs } = JSON.parse(process.argv[2] ?? '{}') as HolderTask;
const hold = await holderOf(contender);
for (const name of names) {
  await hold(name);
  // Renewals of different leases are not in step, so the kill meets each at another age.
  await sleep(ttlMs / names.length);
}
process.send?.('holding');

/** Something that acquires a lease and keeps it alive. */
async function holderOf(kind: HolderTask['contender']): Promise<(name: string) => Promise<unknown>> {
  if (kind === 'redlock') {
    const redlock = new Redlock([connectRedis(port)]);
    return (name) =>
      new Promise<void>((resolve, reject) => {
        const forGood = (): Promise<never> => {
          resolve();
          return new Promise(() => {});
        };
        redlock.using([name], ttlMs, forGood).catch(reject);
      });
  }
  const store = await openEmbedded({ path });
  const leases = createLeases(store, { ttlMs });
  if (kind === 'ours') return (name) => leases.acquire(name);
  return async (name) => {
    const beat = (): Promise<void> => seedRenew(store, name, 'holder', ttlMs);
    setInterval(() => void beat(), ttlMs / 3);
    await beat();
  };
}
