import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DistanceFunction } from '@norikv/store';
import { expect } from 'vitest';
import type { EmbeddedStore, HnswStats } from '../../src/index.js';
import { nearestByHand } from './vector-oracle.js';

/** Figures about the graph of a namespace. */
export async function graphStats(store: EmbeddedStore, namespace: string): Promise<HnswStats | undefined> {
  const { vectors } = await store.stats();
  return vectors.namespaces.find((space) => space.namespace === namespace)?.hnsw;
}

/** Searches until nothing is built any more, and tells what has become of the graph. */
export async function settledGraph(
  store: EmbeddedStore,
  namespace: string,
  query: readonly number[],
): Promise<HnswStats | undefined> {
  for (;;) {
    await store.vectorSearch(namespace, query, 1);
    const stats = await graphStats(store, namespace);
    if (!stats?.isBuilding) return stats;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The files of graphs of a store, finished and not; none while no graph was ever begun. */
export function graphFiles(path: string): string[] {
  const folder = join(path, '.graphs');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** A call of a store by its name, and what it is given. */
export type VectorCall = readonly [
  name: 'vectorCreateIndex' | 'vectorInsert' | 'vectorDelete' | 'vectorDropIndex' | 'vectorSearch',
  ...args: readonly unknown[],
];

/** What is changed until a kill. */
export const killedGraph = {
  namespace: 'until-killed',
  dimensions: 16,
  ids: 400,
  options: { hnswFrom: 60, hnswEf: 200 },
} as const;

/**
 * Searches by graph are right: as many matches as there must be, each with the distance of the vector that is
 * stored, in order; and nearly all of the nearest are among them.
 */
export async function expectNear(
  store: Pick<EmbeddedStore, 'vectorSearch'>,
  namespace: string,
  { vectors, distance, queries, k }: NearQuestion,
): Promise<void> {
  let missed = 0;
  for (const query of queries) {
    const byHand = nearestByHand(vectors, distance, query, vectors.size);
    const { matches } = await store.vectorSearch(namespace, query, k);
    const ids = new Set(matches.map(({ id }) => id));
    expect(matches).toEqual(byHand.filter(({ id }) => ids.has(id)));
    expect(matches).toHaveLength(Math.min(k, vectors.size));
    missed += byHand.slice(0, k).filter(({ id }) => !ids.has(id)).length;
  }
  expect(missed / (queries.length * k)).toBeLessThan(0.03);
}

interface NearQuestion {
  readonly vectors: ReadonlyMap<string, readonly number[]>;
  readonly distance: DistanceFunction;
  readonly queries: readonly (readonly number[])[];
  readonly k: number;
}
