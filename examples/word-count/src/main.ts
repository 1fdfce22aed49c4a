import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNoriKVError } from '@norikv/store';
import { openBoard } from './board.js';
import { coordinate } from './coordinator.js';
import { OtherJobError } from './job.js';
import { openStore } from './open-store.js';
import { helpText, type Options, parseOptions, UsageError } from './options.js';
import { loadAddresses, planChunks } from './plan.js';
import { showProgress } from './progress.js';
import { reportOf } from './report.js';
import { differences } from './verify.js';
import { countWords, totalOf } from './words.js';

process.exitCode = await main(process.argv.slice(2));

/** Runs the example. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interruption.abort());
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(helpText);
      return 0;
    }
    const kept = options.store ?? options.data;
    if (kept !== undefined) return await countInto(kept, options, interruption.signal);
    const folder = mkdtempSync(join(tmpdir(), 'norikv-word-count-'));
    try {
      return await countInto(folder, options, interruption.signal);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  } catch (error) {
    if (interruption.signal.aborted)
      return say(
        130,
        'Interrupted. With --data or --store, running the same command again goes on from here.',
      );
    if (error instanceof UsageError) return say(2, `${error.message}\n--help shows all options.`);
    throw error;
  }
}

/** Counts into a store, checks every count, and prints the report. */
async function countInto(place: string, options: Options, signal: AbortSignal): Promise<number> {
  const addresses = loadAddresses(options.addresses);
  const expected = countWords(addresses);
  const plan = planChunks(addresses);
  const refuse = refusalOf(options);
  await using store = await openStore(place).catch(refuse);
  const board = openBoard(store);
  const job = await board.begin(plan).catch(refuse);
  const open = job.chunks.filter((chunk) => chunk !== 'done').length;
  const progress = showProgress(totalOf(expected), process.stderr);
  progress.note(beginning(place, options, plan.chunks.length, open));

  const startedAt = performance.now();
  const work =
    open === 0
      ? { words: 0, calls: 0 }
      : await coordinate({
          ...options,
          board,
          job,
          place,
          signal,
          chunkWords: plan.chunks.map((chunk) => totalOf(countWords(chunk))),
          onProgress: progress.update,
          onNote: progress.note,
        }).finally(progress.end);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { total, put: writes } = store.calls;

  const findings = {
    expected,
    addresses: addresses.length,
    words: work.words,
    seconds,
    calls: work.calls + total,
    writes,
    differences: await differences(store, plan, expected),
  };
  console.log(reportOf(findings));
  return findings.differences.length === 0 ? 0 : 1;
}

function beginning(place: string, { workers, addresses }: Options, chunks: number, open: number): string {
  if (open === 0) return `All ${chunks} chunks are counted in ${place} already; nothing is left to add.`;
  if (open < chunks) return `Going on in ${place}: ${chunks - open} of ${chunks} chunks are counted already.`;
  return `Counting the words of ${addresses} addresses in ${chunks} chunks with ${workers} workers into ${place}.`;
}

/** A place that cannot be used is a wrong option, not a failure of the job. */
function refusalOf({ store }: Options): (error: unknown) => never {
  const [name, another] = store === undefined ? ['--data', 'folder'] : ['--store', 'prefix'];
  return (error) => {
    if (error instanceof OtherJobError) {
      throw new UsageError(
        `${name}: ${error.message}; use another ${another}, or the same --addresses as before`,
      );
    }
    if (isNoriKVError(error)) throw new UsageError(`${name}: ${error.message}`, { cause: error });
    throw error;
  };
}

function say(exitCode: number, message: string): number {
  console.error(message);
  return exitCode;
}
