import { DistributedCounter } from '@norikv/counter';
import { openEtcd } from '@norikv/etcd';
import { EventStore } from '@norikv/eventstore';
import { InventoryManager } from '@norikv/inventory';
import { RateLimiter } from '@norikv/rate-limit';
import { bytesToString } from '@norikv/store';
import { closedLoop } from '../closed-loop.js';

/** What a process does: many callers of one record. */
export type EtcdWork = 'counter' | 'inventory' | 'events' | 'rate-limit' | 'naive';

/** What one process is told: once where the cluster is, and then what to do, as often as need be. */
export interface EtcdTask {
  readonly work: EtcdWork;
  readonly callers: number;
  readonly durationMs: number;
}

/** What it reports: `ready` when it is connected, then this for each task. */
export interface EtcdReport {
  readonly perSecond: number;
  readonly failed: number;
}

const hosts = JSON.parse(process.argv[2] ?? '[]') as readonly string[];
const deadlineMs = 20_000;
await using store = await openEtcd({ hosts, timeoutMs: deadlineMs });
const counter = new DistributedCounter(store, 'n', { deadlineMs });
const inventory = new InventoryManager(store, { deadlineMs });
const events = new EventStore(store);
const limiter = new RateLimiter(store, { onFailure: 'closed', timeoutMs: deadlineMs });
const limit = { maxRequests: 1_000_000_000, windowMs: 3_600_000, algorithm: 'fixed-window' } as const;
const operations: Readonly<Record<EtcdWork, (caller: number) => Promise<unknown>>> = {
  counter: () => counter.add(1),
  inventory: () => inventory.adjust('sku', -1),
  events: (caller) => events.append(`stream ${caller}`, 'Happened', { caller }),
  'rate-limit': () => limiter.checkLimit('user', limit),
  naive: oneAttempt,
};
const isOver = new Promise((resolve) => process.once('disconnect', resolve));
process.on('message', (task: EtcdTask) => void perform(task));
process.send?.('ready');
await isOver;

async function perform({ work, callers, durationMs }: EtcdTask): Promise<void> {
  const { perSecond, failed } = await closedLoop(callers, durationMs, operations[work]);
  const report: EtcdReport = { perSecond, failed };
  process.send?.(report);
}

/** One turn of a plain retry loop: a lost race counts as a failure, and the caller begins anew. */
async function oneAttempt(): Promise<void> {
  const { value, version } = await store.get('naive');
  await store.put('naive', String(Number(bytesToString(value)) + 1), { ifMatchVersion: version });
}
