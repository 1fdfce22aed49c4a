import type { Clock } from '@norikv/store';
import type { VectorKvStore } from '../core/vector-kv-store.js';

/** Options of `NoriKVVectorStore`. */
export interface NoriKVVectorStoreOptions {
  /** The store the documents are in. */
  readonly client: VectorKvStore;
  /** How many numbers a vector of the embeddings has; LangChain does not say. */
  readonly dimensions: number;
  /** Of the vectors, and of no other class; the keys begin with `langchain:<namespace>:`. Default `langchain`. */
  readonly namespace?: string | undefined;
  /** Names the model: documents of another are refused. Default: none. */
  readonly fingerprint?: string | undefined;
  /** Documents written at a time. Default 16. */
  readonly concurrency?: number | undefined;
  readonly clock?: Clock | undefined;
}
