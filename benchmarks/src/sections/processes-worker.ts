import { DistributedCounter } from '@norikv/counter';
import { openEmbedded } from '@norikv/embedded';
import { closedLoop } from '../closed-loop.js';
import { jitterIncrement } from '../contenders/jitter-counter.js';
import { seedIncrement } from '../contenders/seed-counter.js';

/** What one process of the race does. */
export interface WorkerTask {
  readonly path: string;
  readonly contender: 'ours' | 'jitter' | 'seed';
  readonly callers: number;
  readonly durationMs: number;
}

/** What it reports. */
export interface WorkerReport {
  readonly succeeded: number;
}

const task = JSON.parse(process.argv[2] ?? '{}') as WorkerTask;
await using store = await openEmbedded({ path: task.path });
const counter = new DistributedCounter(store, 'n');
const operations = {
  ours: () => counter.add(1),
  jitter: () => jitterIncrement(store, 'n'),
  seed: () => seedIncrement(store, 'n'),
};
const { succeeded } = await closedLoop(task.callers, task.durationMs, operations[task.contender]);
const report: WorkerReport = { succeeded };
process.send?.(report);
process.disconnect();
