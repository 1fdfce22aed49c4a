import { monitorEventLoopDelay } from 'node:perf_hooks';
import { seededRandom } from '@norikv/testkit';
import { median } from '../closed-loop.js';

/** Of all vectors that are measured. */
export const dimensions = 512;
/** How many are searched for. */
export const neighbours = 10;
/** So many vectors around each center. */
export const clusterSize = 100;

/** Something that gives the ids it finds. */
export interface Searchable<Query> {
  readonly search: (query: Query) => Promise<readonly string[]>;
}

/** The share of the nearest that one finds, if the other finds all. */
export async function recallOf<Query>(
  one: Searchable<Query>,
  exact: Searchable<Query>,
  queries: readonly Query[],
): Promise<number> {
  let found = 0;
  for (const query of queries) {
    const expected = new Set(await exact.search(query));
    found += (await one.search(query)).filter((id) => expected.has(id)).length;
  }
  return found / (queries.length * neighbours);
}

/** How long the event loop stands still in a search, in the middle one of some searches. */
export async function longestPause<Query>(
  queries: readonly Query[],
  search: (query: Query) => Promise<unknown>,
): Promise<number> {
  const pauses: number[] = [];
  for (const query of queries) pauses.push(await pauseDuring(() => search(query)));
  return median(pauses);
}

/** How long the event loop stands still during some work, in milliseconds. */
export async function pauseDuring(work: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  // A turn before, so that the monitor runs when the work begins, and one after, so that it sees the end.
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3));
  delays.enable();
  await turn();
  await work();
  await turn();
  delays.disable();
  return delays.max / 1e6;
}

/** Vectors around some centers; without centers the hardest there are, with no structure at all. */
export function clustered(random: () => number, count: number, clusters: number): Float32Array[] {
  const center = seededRandom(1);
  const centers = Array.from({ length: clusters }, () => uniform(center));
  return Array.from({ length: count }, (_, row) => {
    const around = centers[row % clusters];
    const vector = uniform(random);
    return around ? vector.map((number, place) => 0.5 * number + (around[place] ?? 0)) : vector;
  });
}

function uniform(random: () => number): Float32Array {
  return Float32Array.from({ length: dimensions }, () => random() * 2 - 1);
}
