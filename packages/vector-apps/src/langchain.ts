export type {
  LangChainDocument,
  LangChainEmbeddings,
  LangChainFilter,
  MarginalRelevanceOptions,
} from './langchain/langchain-types.js';
export { NoriKVVectorStore, type NoriKVVectorStoreOptions } from './langchain/norikv-vector-store.js';
