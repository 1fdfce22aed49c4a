import { createMemoryVectorStore } from '@norikv/testkit';
import type { VectorKvStore } from '../../src/core/vector-kv-store.js';
import type { SemanticSearchOptions } from '../../src/index.js';
import { SemanticSearchEngine } from '../../src/index.js';
import { hashingModel } from './hashing-model.js';
import { type WatchedStore, watchedStore } from './watched-store.js';

export interface OpenEngine extends WatchedStore {
  readonly model: ReturnType<typeof hashingModel>;
  readonly engine: SemanticSearchEngine;
}

/** An engine over a store that is watched. */
export async function openEngine(
  options: SemanticSearchOptions = {},
  inner: VectorKvStore = createMemoryVectorStore(),
): Promise<OpenEngine> {
  const watched = watchedStore(inner);
  const model = hashingModel();
  const engine = new SemanticSearchEngine(watched.store, model, options);
  await engine.initialize();
  return { ...watched, model, engine };
}
