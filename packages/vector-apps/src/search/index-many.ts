import { CancelledError } from '@norikv/store';
import { checkWhole } from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import { waitWithin } from '@norikv/store/wait-within';
import type { SearchDocument } from './document.js';
import type { BulkIndexOptions, IndexOutcome, IndexReport, IndexResult } from './options.js';

/**
 * Hands documents to `index`, a bounded number at a time, and reports on each: one that fails stops nobody.
 * An error of the source itself is thrown once all that is under way has ended.
 */
export async function indexMany<Metadata extends object>(
  documents: Iterable<SearchDocument<Metadata>> | AsyncIterable<SearchDocument<Metadata>>,
  { concurrency = 16, onProgress, signal }: BulkIndexOptions,
  index: (document: SearchDocument<Metadata>, signal: AbortSignal | undefined) => Promise<IndexOutcome>,
): Promise<IndexReport> {
  checkWhole('concurrency', concurrency, 1);
  const results: IndexResult[] = [];
  const source = begunInTurn(documents, signal, (document) =>
    attempt(document, () => index(document, signal)),
  );
  let isComplete = false;
  const work = async (): Promise<void> => {
    let next = await source.next();
    for (; !next.done; next = await source.next()) {
      const last = await next.value.result;
      results.push(last);
      tell(onProgress, { done: results.length, last });
    }
    if (next.value) isComplete = true;
  };
  const workers = await Promise.allSettled(Array.from({ length: concurrency }, work));
  const failure = workers.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  const count = (wanted: IndexResult['status']): number =>
    results.filter(({ status }) => status === wanted).length;
  return {
    results,
    indexed: count('indexed'),
    unchanged: count('unchanged'),
    failed: count('failed'),
    isComplete,
  };
}

/**
 * Begins with each item before the next one is asked for: a source may give one object again and again. Returns
 * whether all were taken. Once the signal has ended, a source that has nothing to give is not waited for.
 */
async function* begunInTurn<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  signal: AbortSignal | undefined,
  begin: (item: Item) => Promise<Result>,
): AsyncGenerator<{ readonly result: Promise<Result> }, boolean> {
  const source = each(items);
  while (!signal?.aborted) {
    const next = await waitWithin(() => source.next(), { signal, cancelled }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
    if (!next) {
      void source.return().catch(() => {});
      return false;
    }
    if (next.done) return true;
    yield { result: begin(next.value) };
  }
  await source.return();
  return false;
}

/** A generator answers its calls one after another, and closes its source when it is closed. */
async function* each<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<Item, void, void> {
  yield* items;
}

function cancelled(cause: unknown): CancelledError {
  return new CancelledError('No further document is taken', { cause });
}

async function attempt<Metadata extends object>(
  document: SearchDocument<Metadata>,
  index: () => Promise<IndexOutcome>,
): Promise<IndexResult> {
  const id = document?.id;
  try {
    return { id, status: await index() };
  } catch (error) {
    return { id, status: 'failed', error };
  }
}
