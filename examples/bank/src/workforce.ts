import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Options } from './options.js';

/** What the four processes did. */
export interface Work {
  /** Transfers that a process was told are done. */
  readonly acknowledged: ReadonlySet<string>;
  /** The process that was killed, from 1. */
  readonly killed: number;
  /** How many transfers were done when it was killed. */
  readonly killedAfter: number;
}

const processes = 4;
const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** Runs four processes and kills one at random, in the middle of its work. */
export async function work(folder: string, { accounts, transfers }: Options): Promise<Work> {
  const acknowledged = new Set<string>();
  const killed = 1 + Math.floor(Math.random() * processes);
  const killAfter = Math.ceil(transfers * (0.2 + 0.4 * Math.random()));
  let killedAfter = 0;
  const runs = Array.from({ length: processes }, async (_, index) => {
    const number = index + 1;
    const child = fork(workerFile, [folder, `${number}`, `${accounts}`, `${transfers}`]);
    let done = 0;
    child.on('message', (name: string) => {
      acknowledged.add(name);
      done += 1;
      if (number !== killed || done !== killAfter) return;
      // Not between two transfers: somewhere within the next one.
      setTimeout(() => child.kill('SIGKILL'), Math.random() * 10);
      killedAfter = done;
    });
    const [exitCode, signal] = await once(child, 'close');
    const isAsPlanned = number === killed ? signal === 'SIGKILL' : exitCode === 0;
    if (!isAsPlanned) throw new Error(`Process ${number} ended with ${exitCode ?? signal}`);
  });
  await Promise.all(runs);
  return { acknowledged, killed, killedAfter };
}
