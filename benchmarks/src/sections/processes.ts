import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openEmbedded } from '@norikv/embedded';
import { median } from '../closed-loop.js';
import { compare, type Figure, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';
import type { WorkerReport, WorkerTask } from './processes-worker.js';

const processes = 4;
const callers = 25;
const rounds = 3;
const worker = fileURLToPath(new URL('./processes-worker.js', import.meta.url)).replace(/\.js$/, '.ts');

/** Exact, durable increments of one key from four processes on one path. */
export async function severalProcesses(durationMs: number): Promise<Row[]> {
  const contenders: readonly [WorkerTask['contender'], string][] = [
    ['ours', 'ours: DistributedCounter.add'],
    ['jitter', 'plain get + put with full jitter'],
    ['seed', 'the documentation’s loop'],
  ];
  const figures: Figure[] = [];
  for (const [contender, label] of contenders) {
    const totals: number[] = [];
    const shares: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const counts = await race(contender, durationMs);
      const total = counts.reduce((sum, count) => sum + count, 0);
      totals.push((total * 1_000) / durationMs);
      shares.push(Math.min(...counts) / (total / processes));
    }
    const note = `slowest process at ${median(shares).toFixed(2)} of the mean`;
    figures.push({ contender: label, value: median(totals), note });
  }
  const [ours, ...peers] = figures;
  if (!ours) throw new Error('no contender was measured');
  const section = `One hot key, ${processes} processes of ${callers} callers`;
  return compare(section, 'increments/s', 'more', [ours, ...peers]);
}

async function race(contender: WorkerTask['contender'], durationMs: number): Promise<number[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: folder.path });
  await store.put('n', '0');
  return await Promise.all(
    Array.from({ length: processes }, async () => {
      const task: WorkerTask = { path: folder.path, contender, callers, durationMs };
      const child = fork(worker, [JSON.stringify(task)], { execArgv: process.execArgv });
      const [report] = (await once(child, 'message')) as [WorkerReport];
      await once(child, 'exit');
      return report.succeeded;
    }),
  );
}
