export { createEmbedder, type Embedder, type EmbedderOptions, type EmbedOptions } from './core/embedder.js';
export type { EmbeddingCall, EmbeddingModel, Vector } from './core/embedding-model.js';
export type { RepairReport, VerifyReport } from './core/repair.js';
export type { VectorKvStore } from './core/vector-kv-store.js';
export type { DeduplicationStage } from './deduplication/comparison.js';
export { DocumentDeduplicator } from './deduplication/document-deduplicator.js';
export type { SimilarDocument } from './deduplication/document-state.js';
export type { Objection } from './deduplication/guard.js';
export type {
  DeduplicationPolicy,
  DeduplicatorOptions,
  NearCopyOptions,
} from './deduplication/options.js';
export type { DeduplicationReport, DeduplicationRunOptions } from './deduplication/repair.js';
export type {
  DeduplicationAction,
  DeduplicationResult,
  StoredDocument,
} from './deduplication/results.js';
export type { ResumedDocument } from './deduplication/resume.js';
export { EmbeddingError, ModelMismatchError, TrainingSupersededError, VectorMissingError } from './errors.js';
export type { CatalogueReport } from './recommendation/catalogue.js';
export type { TrainingEvent } from './recommendation/interaction-matrix.js';
export type {
  CandidateProduct,
  InteractionOptions,
  RecommendationOptions,
  RecommendOptions,
  SimilarOptions,
  TrainingOptions,
} from './recommendation/options.js';
export type {
  Explanation,
  ProductRecommendation,
  RecommendationSource,
} from './recommendation/recommendation.js';
export { RecommendationEngine } from './recommendation/recommendation-engine.js';
export type { TrainingReport } from './recommendation/train.js';
export type { Chunk, ChunkingOptions } from './search/chunking.js';
export type { SearchDocument } from './search/document.js';
export type { Fusion, LegScore, SearchExplanation } from './search/fusion.js';
export { highlight, type TextRange } from './search/highlights.js';
export type { LexicalHit, LexicalIndex } from './search/lexical-index.js';
export type {
  BulkIndexOptions,
  FilteredDocument,
  IndexOptions,
  IndexOutcome,
  IndexProgress,
  IndexReport,
  IndexResult,
  PageOptions,
  Passage,
  SearchOptions,
  SearchPage,
  SearchRepairOptions,
  SearchResult,
  SemanticSearchOptions,
} from './search/options.js';
export { SemanticSearchEngine } from './search/semantic-search-engine.js';
export {
  type LabelledQuery,
  reciprocalRank,
  type TunedFusion,
  type TuneOptions,
  type Tuning,
} from './search/tune.js';
