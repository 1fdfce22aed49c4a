import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Board } from './board.js';
import type { Job } from './job.js';
import type { Position, WorkerReport } from './worker.js';

/** How a job is to be done. */
export interface Order {
  readonly board: Board;
  /** The job as it stands. */
  readonly job: Job;
  /** Words of each chunk. */
  readonly chunkWords: readonly number[];
  readonly place: string;
  readonly addresses: number;
  readonly workers: number;
  readonly kill: boolean;
  /** Ends the workers, at once. */
  readonly signal: AbortSignal;
  /** Called with the words counted so far. */
  readonly onProgress: (words: number) => void;
  /** Called for what a person who watches should know. */
  readonly onNote: (note: string) => void;
}

/** What the workers did. */
export interface Work {
  readonly words: number;
  /** Store calls of the workers; of one that died, up to its last report. */
  readonly calls: number;
}

/** A worker, as the coordinator knows it. */
interface Worker {
  readonly incarnation: number;
  readonly process: ChildProcess;
  lastSeen: Position | undefined;
}

const mostAccidents = 3;
const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url));

/**
 * Keeps the workers staffed until every chunk is counted: frees what a dead one held, and starts another.
 *
 * @throws Error when workers die without being killed here, again and again.
 */
export async function coordinate(order: Order): Promise<Work> {
  const { board, job, chunkWords, onProgress } = order;
  const counted = job.chunks.map((chunk, position) => (chunk === 'done' ? (chunkWords[position] ?? 0) : 0));
  const calls = new Map<number, number>();
  const failure = new AbortController();
  const signal = AbortSignal.any([order.signal, failure.signal]);
  const before = sum(counted);
  const killAt = before + (sum(chunkWords) - before) / 2;
  let victim: Worker | undefined;
  let accidents = 0;

  const listen = (worker: Worker, report: WorkerReport): void => {
    calls.set(worker.incarnation, report.calls);
    if (!report.at) return;
    const { chunk, words } = report.at;
    worker.lastSeen = report.at;
    // A successor begins its chunk again, but what was acknowledged before is in the store.
    counted[chunk] = Math.max(counted[chunk] ?? 0, words);
    onProgress(sum(counted));
    const isWithinChunk = words < (chunkWords[chunk] ?? 0);
    if (order.kill && !victim && isWithinChunk && sum(counted) >= killAt) {
      victim = worker;
      worker.process.kill('SIGKILL');
    }
  };

  /** Runs one worker until it is gone. True if it left by itself, because nothing was free. */
  const run = async (worker: Worker): Promise<boolean> => {
    worker.process.on('message', (report: WorkerReport) => listen(worker, report));
    const [exitCode] = await once(worker.process, 'close');
    return exitCode === 0;
  };

  const staff = async (): Promise<void> => {
    for (;;) {
      const incarnation = await board.hire();
      const args = [order.place, incarnation, order.addresses].map(String);
      const child = fork(workerFile, args, { signal, killSignal: 'SIGKILL' });
      const worker: Worker = { incarnation, process: child, lastSeen: undefined };
      if (await run(worker)) return;
      await board.release(incarnation);
      if (worker !== victim) accidents += 1;
      if (accidents > mostAccidents) throw new Error(`${accidents} workers died; see what they wrote above`);
      const fate = worker === victim ? 'was killed' : 'died';
      order.onNote(`Worker ${incarnation} ${fate}${placeOf(worker, chunkWords)}. Another takes its place.`);
    }
  };

  try {
    onProgress(before);
    await Promise.all(Array.from({ length: order.workers }, staff));
  } finally {
    failure.abort();
  }
  return { words: sum(counted) - before, calls: sum([...calls.values()]) };
}

function placeOf({ lastSeen }: Worker, chunkWords: readonly number[]): string {
  if (!lastSeen) return '';
  const { chunk, words } = lastSeen;
  return ` in chunk ${chunk}, at ${words} of ${chunkWords[chunk]} words`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
