import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openEmbedded } from '@norikv/embedded';
import { createLeases } from '@norikv/lease';
import Redlock from 'redlock';
import { median } from '../closed-loop.js';
import { startRedis } from '../contenders/redis.js';
import { seedTryAcquire } from '../contenders/seed-election.js';
import { compare, type Figure, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';
import type { HolderTask } from './lease-failover-holder.js';

const ttlMs = 1_000;
const names = Array.from({ length: 8 }, (_, number) => `lease-${number}`);
const holder = fileURLToPath(new URL('./lease-failover-holder.ts', import.meta.url));

/** Waits for a lease that another process holds, and takes it. */
type Waiter = (name: string) => Promise<unknown>;

/** Time from the death of a holder, by SIGKILL, until one who waits has its lease. */
export async function leaseFailover(): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: folder.path });
  await using redis = await startRedis();
  const leases = createLeases(store, { ttlMs });
  const measure = async (
    contender: HolderTask['contender'],
    label: string,
    wait: Waiter,
  ): Promise<Figure> => {
    const task = { contender, path: folder.path, port: redis?.port ?? 0, ttlMs };
    const durations = await kill({ ...task, names: names.map((name) => `${contender}-${name}`) }, wait);
    const note = `at most ${Math.max(...durations).toFixed(0)} ms, of ${durations.length}`;
    return { contender: label, value: median(durations), note };
  };
  const redlockFigures = async (): Promise<Figure[]> => {
    if (!redis) return [];
    const redlock = new Redlock([redis.client]);
    const wait: Waiter = (name) => redlock.acquire([name], ttlMs, { retryCount: -1 });
    return [await measure('redlock', 'redlock, Redis', wait)];
  };
  return compare(`Failover: a new holder after a kill, leases of ${ttlMs} ms`, 'ms', 'less', [
    await measure('ours', 'ours: createLeases, embedded', async (name) => {
      const lease = await leases.acquire(name);
      await lease.release();
    }),
    ...(await redlockFigures()),
    await measure('seed', 'the documentation’s, embedded', async (name) => {
      while (!(await seedTryAcquire(store, name, 'heir', ttlMs))) await sleep(ttlMs / 2);
    }),
  ]);
}

/** Lets a process hold leases, kills it, and returns how long each lease was without a holder. */
async function kill(task: HolderTask, wait: Waiter): Promise<number[]> {
  const child = fork(holder, [JSON.stringify(task)], { execArgv: process.execArgv });
  const died = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    died.then(() => Promise.reject(new Error('The holder died too soon'))),
  ]);
  const heirs = task.names.map(async (name, number) => {
    // Those who look again and again do not look at the same time.
    await sleep((number / task.names.length) * (ttlMs / 2));
    await wait(name);
    return performance.now();
  });
  await sleep(2 * ttlMs);
  child.kill('SIGKILL');
  const killedAt = performance.now();
  await died;
  return (await Promise.all(heirs)).map((heldAt) => heldAt - killedAt);
}
