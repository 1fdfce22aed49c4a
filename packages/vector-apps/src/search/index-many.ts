import { checkWhole } from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import type { CallBudget } from '../core/call-budget.js';
import { limitedSource } from '../core/limited-source.js';
import type { SearchDocument } from './document.js';
import type { BulkIndexOptions, IndexOutcome, IndexReport, IndexResult } from './options.js';

/**
 * Hands documents to `index`, a bounded number at a time, and reports on each: one that fails stops nobody.
 * An error of the source itself is thrown once all that is under way has ended.
 */
export async function indexMany<Metadata extends object>(
  documents: Iterable<SearchDocument<Metadata>> | AsyncIterable<SearchDocument<Metadata>>,
  { concurrency = 16, onProgress }: BulkIndexOptions,
  budget: CallBudget,
  index: (document: SearchDocument<Metadata>) => Promise<IndexOutcome>,
): Promise<IndexReport> {
  checkWhole('concurrency', concurrency, 1, 10_000);
  const results: IndexResult[] = [];
  const source = begunInTurn(documents, budget, (document) => attempt(document, index));
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
 * whether all were taken.
 */
async function* begunInTurn<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  budget: CallBudget,
  begin: (item: Item) => Promise<Result>,
): AsyncGenerator<{ readonly result: Promise<Result> }, boolean> {
  try {
    for await (const item of limitedSource(items, budget)) yield { result: begin(item) };
    return true;
  } catch (error) {
    if (!budget.signal?.aborted) throw error;
    return false;
  }
}

async function attempt<Metadata extends object>(
  document: SearchDocument<Metadata>,
  index: (document: SearchDocument<Metadata>) => Promise<IndexOutcome>,
): Promise<IndexResult> {
  const id = document?.id;
  try {
    return { id, status: await index(document) };
  } catch (error) {
    return { id, status: 'failed', error };
  }
}
