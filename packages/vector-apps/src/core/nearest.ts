import type { VectorMatch } from '@norikv/store';
import {
  type Candidate,
  hitsOf,
  type Look,
  type SelectAccess,
  selectRecords,
  type VectorHit,
} from './select.js';
import type { VectorRecord } from './vector-record.js';

/** A record near a query. */
export interface NearestMatch<T> {
  readonly record: VectorRecord<T>;
  /** Which of the record's vectors is the nearest, from 0. */
  readonly part: number;
  /** In the measure of the namespace: smaller is nearer. */
  readonly distance: number;
}

/** What a search found. */
export interface NearestResult<T> {
  readonly matches: NearestMatch<T>[];
  /** There may be more: `maxScan` vectors were looked at, and fewer than `k` records found. */
  readonly isTruncated: boolean;
}

/** Options of a search. */
export interface NearestOptions<T> {
  /** Only records for which it is true. */
  readonly filter?: ((record: VectorRecord<T>) => boolean) | undefined;
  /** How many vectors to look at, at most. Default 10,000. */
  readonly maxScan?: number | undefined;
}

/** What a search needs of the store. */
export interface SearchAccess<T> extends SelectAccess<T> {
  search(count: number): Promise<readonly VectorMatch[]>;
}

/** Looks for the nearest records, in wider and wider circles. */
export async function nearestRecords<T>(
  k: number,
  options: NearestOptions<T>,
  access: SearchAccess<T>,
): Promise<NearestResult<T>> {
  const look = async (count: number): Promise<Look<VectorHit>> => {
    const matches = await access.search(count);
    return { hits: hitsOf(matches), isWhole: matches.length < count, rank: nearestOfEach };
  };
  const { selected, isTruncated } = await selectRecords(k, look, options, access);
  const matches = selected.map(({ record, candidate: { part, distance } }) => ({ record, part, distance }));
  return { matches, isTruncated };
}

/** The nearest hit of each id, nearest first: hits come in that order. */
export function nearestOfEach<Hit extends Candidate = VectorHit>(hits: readonly Hit[]): Hit[] {
  const nearest = new Map<string, Hit>();
  for (const hit of hits) if (!nearest.has(hit.id)) nearest.set(hit.id, hit);
  return [...nearest.values()];
}
