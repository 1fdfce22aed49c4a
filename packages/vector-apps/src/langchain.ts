export type {
  LangChainDocument,
  LangChainEmbeddings,
  LangChainFilter,
  MarginalRelevanceOptions,
} from './langchain/langchain-types.js';
export { NoriKVVectorStore } from './langchain/norikv-vector-store.js';
export type { NoriKVVectorStoreOptions } from './langchain/options.js';
