import type { CallOptions, DistanceFunction, VectorIndexType, VectorSearchOptions } from '@norikv/store';

/** Which vectors a search may find: those with these ids, or those whose id the function answers true for. */
export type VectorFilter = ReadonlySet<string> | readonly string[] | ((id: string) => boolean);

/** Options of `vectorSearch`. */
export interface FilteredSearchOptions extends VectorSearchOptions {
  /** Searches only these: the answer is the `k` nearest among them, never fewer while there are so many. */
  readonly filter?: VectorFilter | undefined;
}

/** A vector to insert. */
export interface VectorItem {
  readonly id: string;
  readonly vector: readonly number[] | Float32Array;
}

/** Options of `vectorInsertMany`. */
export type InsertManyOptions = CallOptions;

/** Figures about the graph of a namespace of type `hnsw` in this process. */
export interface HnswStats {
  /** Whether searches use it. Otherwise they are scans, and exact. */
  readonly isServing: boolean;
  /** Whether one that holds more is being loaded or made by this process. */
  readonly isBuilding: boolean;
  /** How many vectors are found by it; the others are scanned. */
  readonly vectors: number;
  /** What its file takes on the disk. The processes of a machine share it in memory. */
  readonly fileBytes: number;
  /** Why it, or one that holds more, could not be loaded or made the last time. It is tried again after a minute. */
  readonly reason: string | undefined;
}

/** Figures about one namespace. */
export interface NamespaceStats {
  readonly namespace: string;
  readonly dimensions: number;
  readonly distance: DistanceFunction;
  readonly indexType: VectorIndexType;
  readonly vectors: number;
  /** What its search structure takes in this process, about; 0 until the first search. */
  readonly memoryBytes: number;
  /** How it is scanned here, exactly. Undefined until the first search. */
  readonly searchedBy: 'wasm' | 'typescript' | undefined;
  /** How its graph is doing. Undefined for `brute_force`, without a path, and until the first search. */
  readonly hnsw: HnswStats | undefined;
}

/** Figures about the vectors of a store. */
export interface VectorStats {
  readonly vectors: number;
  /** Pages of the data file that hold vectors, their ids and the log of changes. */
  readonly diskBytes: number;
  readonly diskBytesPerVector: number;
  /** In this process, about, for the vectors it has searched. */
  readonly memoryBytes: number;
  readonly memoryBytesPerVector: number;
  readonly namespaces: readonly NamespaceStats[];
}
