import { openEmbedded } from '@norikv/embedded';
import { SemanticSearchEngine } from '@norikv/vector-apps';
import { createBm25Index } from '@norikv/vector-apps/bm25';
import { answerText, marksFor } from './answers.js';
import { openEmbeddingPool } from './embedding-pool.js';
import { helpText, type Options, parseOptions, UsageError } from './options.js';
import { loadPassages, type Source } from './passages.js';
import { showProgress } from './progress.js';

process.exitCode = await main(process.argv.slice(2));

/** Runs the example. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (!options.help) return await answer(options);
    process.stdout.write(helpText);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return say(2, `${error.message}\n--help shows all options.`);
  }
}

/** Indexes what is not in the store yet, then answers. */
async function answer({ question, data, top, from, to, explain, ...amount }: Options): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interruption.abort());
  await using store = await openEmbedded({ path: data });
  await using model = openEmbeddingPool();
  const engine = new SemanticSearchEngine<Source>(store, model, {
    namespace: 'addresses',
    // A passage is short enough for the model as it is.
    chunking: false,
    lexical: createBm25Index(),
    fusion: { method: 'weighted', lexicalWeight: 0.5 },
  });
  await engine.initialize();

  const passages = loadPassages(amount.addresses).slice(0, amount.passages);
  const show = showProgress(passages.length, process.stderr);
  let embedded = 0;
  const startedAt = performance.now();
  const report = await engine.indexDocuments(passages, {
    concurrency: 96,
    signal: interruption.signal,
    onProgress: ({ done, last }) => {
      if (last.status === 'indexed') embedded += 1;
      show(done, embedded);
    },
  });
  if (!report.isComplete) return say(130, 'Interrupted. The same command goes on from here.');
  const failure = report.results.find(({ status }) => status === 'failed');
  if (failure) return say(1, `${report.failed} passages failed; the first: ${String(failure.error)}`);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  say(
    0,
    `${report.indexed} passages embedded, ${report.unchanged} were there, in ${seconds} s. Store: ${data}\n`,
  );

  const answers = await engine.search(question, top, {
    explain,
    filter: ({ metadata: { year } }) => year >= from && year <= to,
  });
  const marks = marksFor(process.stdout.isTTY);
  const texts = answers.map((result, place) => answerText(result, place + 1, marks));
  process.stdout.write(
    texts.length > 0 ? `${texts.join('\n\n')}\n` : 'Nothing was said about that in those years.\n',
  );
  return 0;
}

function say(exitCode: number, text: string): number {
  process.stderr.write(`${text}\n`);
  return exitCode;
}
