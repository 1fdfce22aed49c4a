import type { VectorMatch } from '@norikv/store';
import { checkWhole } from '@norikv/store/checks';
import { checkAnswer } from './checks.js';
import type { GhostList } from './ghost-list.js';
import { parseVectorId, type VectorName } from './vector-id.js';
import type { VectorRecord } from './vector-record.js';

/** A stored vector near a query. Whether its record still owns it is not known yet. */
export interface VectorHit extends VectorName {
  /** In the measure of the namespace: smaller is nearer. */
  readonly distance: number;
}

/** The vectors among matches that are named after a record. */
export function hitsOf(matches: readonly VectorMatch[]): VectorHit[] {
  return matches.flatMap(({ id, distance }): VectorHit[] => {
    const name = parseVectorId(id);
    return name ? [{ ...name, distance }] : [];
  });
}

/** What may be answered: a record that has not been read yet. */
export interface Candidate {
  readonly id: string;
}

/** One look at the first so many vectors. */
export interface Look<C extends Candidate> {
  readonly hits: readonly VectorHit[];
  /** There is nothing beyond what was looked at. */
  readonly isWhole: boolean;
  /** The candidates, best first, one for each id, given the hits that no record has disowned. */
  rank(hits: readonly VectorHit[]): readonly C[];
}

/** Options of a selection. */
export interface SelectOptions<T> {
  /** Only records for which it is true. */
  readonly filter?: ((record: VectorRecord<T>) => boolean) | undefined;
  /** How many vectors to look at first. Default four times `k`. */
  readonly firstScan?: number | undefined;
  /** How many vectors to look at, at most. Default 10,000. */
  readonly maxScan?: number | undefined;
  /** Told of every record that was read, null where there is none. */
  readonly onRead?: ((id: string, record: VectorRecord<T> | null) => void) | undefined;
}

/** The best candidates, with their records. */
export interface Selection<T, C extends Candidate> {
  readonly selected: { readonly record: VectorRecord<T>; readonly candidate: C }[];
  /** There may be more: `maxScan` vectors were looked at, and fewer than `k` records found. */
  readonly isTruncated: boolean;
}

/** What a selection needs of the store. */
export interface SelectAccess<T> {
  read(ids: readonly string[]): Promise<readonly (VectorRecord<T> | null)[]>;
  readonly ghosts: GhostList;
}

/** How many times as far a selection looks each time. */
export const widening = 4;

/** How many vectors a selection looks at, at most, unless it is told. */
export const defaultMaxScan = 10_000;

/** Looks four times as far each time, until there are `k` records, no more vectors, or `maxScan` of them. */
export async function selectRecords<T, C extends Candidate>(
  k: number,
  look: (count: number) => Promise<Look<C>>,
  options: SelectOptions<T>,
  access: SelectAccess<T>,
): Promise<Selection<T, C>> {
  const { maxScan = defaultMaxScan, firstScan = k * widening } = options;
  for (const [name, value] of Object.entries({ k, maxScan, firstScan })) checkWhole(name, value, 1);
  const readings = new Readings(k, options, access);
  let mayLookAgain = true;
  let count = Math.max(k, Math.min(maxScan, firstScan));
  for (;;) {
    const looked = await look(count);
    const selected = await readings.choose(looked);
    if (mayLookAgain && readings.isOutdated(looked.hits)) {
      mayLookAgain = false;
      readings.forget();
    } else if (selected.length === k || looked.isWhole) {
      return { selected, isTruncated: false };
    } else if (count >= maxScan) {
      return { selected, isTruncated: true };
    } else {
      count = Math.min(maxScan, count * widening);
    }
  }
}

interface Reading<T> {
  readonly record: VectorRecord<T> | null;
  readonly isWanted: boolean;
}

/** Records read for one selection, each of them once. */
class Readings<T> {
  readonly #k: number;
  readonly #options: SelectOptions<T>;
  readonly #access: SelectAccess<T>;
  readonly #readings = new Map<string, Reading<T>>();

  constructor(k: number, options: SelectOptions<T>, access: SelectAccess<T>) {
    this.#k = k;
    this.#options = options;
    this.#access = access;
  }

  forget(): void {
    this.#readings.clear();
  }

  async choose<C extends Candidate>(look: Look<C>): Promise<Selection<T, C>['selected']> {
    for (;;) {
      const { selected, unread } = this.#walk(look.rank(look.hits.filter((hit) => this.#isOwned(hit))));
      if (unread.length === 0) return selected;
      for (const [place, record] of (await this.#access.read(unread)).entries()) {
        this.#note(unread[place] ?? '', record);
      }
    }
  }

  /** A record was written after the search that found its former vectors and before it was read. */
  isOutdated(hits: readonly VectorHit[]): boolean {
    const current = new Set(hits.filter((hit) => this.#isOwned(hit)).map(({ id }) => id));
    let isOutdated = false;
    for (const hit of hits) {
      if (this.#isOwned(hit)) continue;
      this.#access.ghosts.add(hit);
      isOutdated ||= this.#readings.get(hit.id)?.record !== null && !current.has(hit.id);
    }
    return isOutdated;
  }

  #walk<C extends Candidate>(
    ranked: readonly C[],
  ): { readonly selected: Selection<T, C>['selected']; readonly unread: string[] } {
    const selected: Selection<T, C>['selected'] = [];
    const unread: string[] = [];
    for (const candidate of ranked) {
      const reading = this.#readings.get(candidate.id);
      if (!reading) unread.push(candidate.id);
      else if (reading.record && reading.isWanted) selected.push({ record: reading.record, candidate });
      // What a filter will take is not known, so all it may be asked about is read at once.
      const enough = unread.length > 0 && this.#options.filter ? Number.POSITIVE_INFINITY : this.#k;
      if (selected.length + unread.length >= enough) break;
    }
    return { selected, unread };
  }

  #note(id: string, record: VectorRecord<T> | null): void {
    this.#options.onRead?.(id, record);
    const { filter } = this.#options;
    const isWanted = record !== null && (!filter || checkAnswer(filter(record)));
    this.#readings.set(id, { record, isWanted });
  }

  #isOwned({ id, generation }: VectorHit): boolean {
    const reading = this.#readings.get(id);
    return !reading || reading.record?.generation === generation;
  }
}
