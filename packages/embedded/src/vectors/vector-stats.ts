import type { NamespaceStats, VectorStats } from '../vector-options.js';
import { committed } from '../write-transaction.js';
import type { Tables } from './follow.js';
import type { Searched } from './searcher.js';
import type { NamedSpace } from './spaces.js';

/** Figures about the vectors of a store, and about those that have been searched. */
export function statsOf(
  tables: Tables | undefined,
  searchedOf: (named: NamedSpace) => Searched | undefined,
): VectorStats {
  const namespaces = (tables?.spaces.list() ?? []).map((named): NamespaceStats => {
    const { dimensions, distance, indexType } = named.space;
    const searched = searchedOf(named);
    const rows = searched?.follower.rows;
    return {
      namespace: named.name,
      dimensions,
      distance,
      indexType,
      vectors: tables?.spaces.state(committed, named.space)?.vectors ?? 0,
      memoryBytes: rows?.bytes ?? 0,
      searchedBy: rows?.matrix.kind,
      hnsw: searched?.keeper?.stats(),
    };
  });
  const vectors = namespaces.reduce((sum, space) => sum + space.vectors, 0);
  const searched = namespaces.filter(({ searchedBy }) => searchedBy !== undefined);
  const inMemory = searched.reduce((sum, space) => sum + space.vectors, 0);
  const memoryBytes = searched.reduce((sum, space) => sum + space.memoryBytes, 0);
  const diskBytes = tables?.vectors.diskBytes() ?? 0;
  return {
    vectors,
    diskBytes,
    diskBytesPerVector: perVector(diskBytes, vectors),
    memoryBytes,
    memoryBytesPerVector: perVector(memoryBytes, inMemory),
    namespaces,
  };
}

function perVector(bytes: number, vectors: number): number {
  return vectors === 0 ? 0 : bytes / vectors;
}
