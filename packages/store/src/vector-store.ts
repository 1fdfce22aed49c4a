import type { CallOptions, Consistency } from './kv-store.js';
import type { Version } from './version.js';

/**
 * Smaller is nearer: `euclidean` is the root of the sum of squares, `cosine` is 1 - cos,
 * `inner_product` is the negated dot product.
 */
export type DistanceFunction = 'euclidean' | 'cosine' | 'inner_product';

/** How a namespace is searched. */
export type VectorIndexType = 'brute_force' | 'hnsw';

/** Options of vector calls that change something. */
export interface VectorWriteOptions extends CallOptions {
  readonly idempotencyKey?: string | undefined;
}

/** Options of {@link VectorStore.vectorGet}. */
export interface VectorGetOptions extends CallOptions {
  /** As in {@link GetOptions}. */
  readonly consistency?: Consistency | undefined;
}

/** Options of {@link VectorStore.vectorSearch}. */
export interface VectorSearchOptions extends VectorGetOptions {
  /** Also return each match's vector. */
  readonly includeVectors?: boolean | undefined;
}

/** One neighbour of a query. */
export interface VectorMatch {
  readonly id: string;
  readonly distance: number;
  /** Present when `includeVectors` was set; as many numbers as the namespace has dimensions. */
  readonly vector?: readonly number[] | undefined;
}

/** What a search found, nearest first, ties by id. */
export interface VectorSearchResult {
  readonly matches: readonly VectorMatch[];
  readonly searchTimeUs: number;
}

/** Vectors in namespaces. Each vector has as many numbers as its namespace has dimensions (1 to 4,096). */
export interface VectorStore {
  /** Creates a namespace. False if it existed. */
  vectorCreateIndex(
    namespace: string,
    dimensions: number,
    distance: DistanceFunction,
    indexType?: VectorIndexType,
    options?: VectorWriteOptions,
  ): Promise<boolean>;
  /** Drops a namespace with its vectors. False if there was none. */
  vectorDropIndex(namespace: string, options?: VectorWriteOptions): Promise<boolean>;
  /** Inserts a vector, or replaces the one with the same id. */
  vectorInsert(
    namespace: string,
    id: string,
    vector: readonly number[] | Float32Array,
    options?: VectorWriteOptions,
  ): Promise<Version>;
  /** Removes a vector. True if it existed. */
  vectorDelete(namespace: string, id: string, options?: VectorWriteOptions): Promise<boolean>;
  /** The `k` nearest vectors. */
  vectorSearch(
    namespace: string,
    query: readonly number[] | Float32Array,
    k: number,
    options?: VectorSearchOptions,
  ): Promise<VectorSearchResult>;
  /** One vector, or null. */
  vectorGet(namespace: string, id: string, options?: VectorGetOptions): Promise<number[] | null>;
}
