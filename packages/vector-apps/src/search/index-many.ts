import { checkWhole } from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
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
  const source = inTurn(documents);
  let hasEnded = false;
  const work = async (): Promise<void> => {
    while (!signal?.aborted) {
      const next = await source.next();
      hasEnded ||= next.done === true;
      if (next.done) return;
      const last = await attempt(next.value, (document) => index(document, signal));
      results.push(last);
      tell(onProgress, { done: results.length, last });
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: concurrency }, work));
  const isComplete = hasEnded;
  await source.return(undefined);
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

/** A generator answers its calls one after another, and closes its source when it is closed. */
async function* inTurn<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  yield* items;
}

async function attempt<Metadata extends object>(
  document: SearchDocument<Metadata>,
  index: (document: SearchDocument<Metadata>) => Promise<IndexOutcome>,
): Promise<IndexResult> {
  try {
    return { id: document.id, status: await index(document) };
  } catch (error) {
    return { id: document?.id, status: 'failed', error };
  }
}
