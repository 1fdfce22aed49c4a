import { refuses } from '../conformance/assertions.js';
import type { VectorTrial } from './define-vector-conformance.js';

/** The ids a search finds, in order. */
export async function idsOf(
  trial: VectorTrial,
  namespace: string,
  query: readonly number[],
  k = 100,
): Promise<string[]> {
  const { matches } = await trial.store.vectorSearch(namespace, query, k);
  return matches.map(({ id }) => id);
}

/** Fails the test unless every call but create and drop says that the namespace does not exist. */
export async function refusesUnknown(trial: VectorTrial, namespace: string): Promise<void> {
  const codes = ['KEY_NOT_FOUND', 'NOT_FOUND'];
  await refuses(trial.store.vectorInsert(namespace, 'a', [1, 2]), codes, 'insert');
  await refuses(trial.store.vectorDelete(namespace, 'a'), codes, 'delete');
  await refuses(trial.store.vectorGet(namespace, 'a'), codes, 'get');
  await refuses(trial.store.vectorSearch(namespace, [1, 2], 1), codes, 'search');
}
