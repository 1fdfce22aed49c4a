import type { NamespaceStats, VectorStats } from '../vector-options.js';
import { committed } from '../write-transaction.js';
import type { Tables } from './follow.js';
import type { NamedSpace } from './spaces.js';
import type { VectorRows } from './vector-rows.js';

/** Figures about the vectors of a store, and about those that have been searched. */
export function statsOf(
  tables: Tables | undefined,
  rowsOf: (named: NamedSpace) => VectorRows | undefined,
): VectorStats {
  const namespaces = (tables?.spaces.list() ?? []).map((named): NamespaceStats => {
    const { dimensions, distance, indexType } = named.space;
    const rows = rowsOf(named);
    return {
      namespace: named.name,
      dimensions,
      distance,
      indexType,
      vectors: tables?.spaces.state(committed, named.space)?.vectors ?? 0,
      memoryBytes: rows?.bytes ?? 0,
      searchedBy: rows?.matrix.kind,
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
