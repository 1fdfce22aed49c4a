import type { KvStore } from '@norikv/store';
import { openBoard } from './board.js';
import { openStore } from './open-store.js';
import { loadAddresses, type Plan, planChunks } from './plan.js';
import { operationOf, wordCounter } from './word-counter.js';
import { countWords } from './words.js';

/** What a worker tells the coordinator now and then, and before it leaves. */
export interface WorkerReport {
  /** Store calls of this worker so far. */
  readonly calls: number;
  readonly at?: Position | undefined;
}

/** Where a worker is. */
export interface Position {
  readonly chunk: number;
  /** Words of that chunk that the store has acknowledged. */
  readonly words: number;
}

const addsAtATime = 128;
const addsBetweenReports = 256;

const [place, incarnation, addresses] = process.argv.slice(2);
// Without a coordinator there is no work. Not process.exit(), which waits for a commit that waits for it; and
// what is left half done, the next run picks up.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches every process of a terminal; the coordinator decides what becomes of its workers.
process.on('SIGINT', () => {});
await countChunks(String(place), Number(incarnation), Number(addresses));
process.exit();

/** Counts chunk after chunk until none is free. */
async function countChunks(place: string, incarnation: number, addresses: number): Promise<void> {
  const plan = planChunks(loadAddresses(addresses));
  await using store = await openStore(place);
  const board = openBoard(store);
  let chunk = await board.claim(incarnation);
  while (chunk !== undefined) {
    await addWords(store, plan, chunk, (at) => send({ calls: store.calls.total, at }));
    await board.finish(chunk);
    chunk = await board.claim(incarnation);
  }
  await send({ calls: store.calls.total });
}

/** Adds the words of a chunk to their counters, each under the operation id of the chunk. */
async function addWords(
  store: KvStore,
  plan: Plan,
  chunk: number,
  report: (at: Position) => Promise<void>,
): Promise<void> {
  const counts = countWords(plan.chunks[chunk] ?? []).entries();
  const opId = operationOf(chunk);
  let adds = 0;
  let words = 0;
  const addInTurn = async (): Promise<void> => {
    for (const [word, count] of counts) {
      await wordCounter(store, word, plan).add(count, { opId });
      adds += 1;
      words += count;
      if (adds % addsBetweenReports === 0) await report({ chunk, words });
    }
  };
  await Promise.all(Array.from({ length: addsAtATime }, addInTurn));
  await report({ chunk, words });
}

function send(report: WorkerReport): Promise<void> {
  return new Promise((resolve) => process.send?.(report, undefined, undefined, () => resolve()));
}
