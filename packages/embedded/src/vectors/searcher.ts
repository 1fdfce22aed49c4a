import { isKeyNotFound, type VectorMatch, type VectorSearchResult } from '@norikv/store';
import { checkAtOnce } from '@norikv/store/checks';
import { LimitWatch } from '../limit-watch.js';
import type { FilteredSearchOptions } from '../vector-options.js';
import { committed } from '../write-transaction.js';
import { Follower, type Tables } from './follow.js';
import { GraphKeeper } from './graph-keeper.js';
import { untilGivenUp } from './limits.js';
import { nearestRows } from './nearest.js';
import type { Pacer } from './pacer.js';
import { type AllowedRows, GivenUp } from './search.js';
import type { NamedSpace } from './spaces.js';
import { Turns } from './turns.js';
import { checkFits } from './vector-checks.js';
import type { VectorHost } from './vector-host.js';
import type { VectorRows } from './vector-rows.js';

/** A search, checked, with a query of its own. */
export interface SearchRequest {
  readonly namespace: string;
  readonly query: Float32Array;
  readonly k: number;
  readonly options: FilteredSearchOptions;
}

/** A namespace that has been searched. */
export interface Searched {
  readonly follower: Follower;
  /** If it is to have a graph. */
  readonly keeper: GraphKeeper | undefined;
}

/** Searches the namespaces of a store, one search after the other: a turn sees one state of the vectors. */
export class Searcher {
  readonly #host: VectorHost;
  readonly #pacer: Pacer;
  readonly #limits: LimitWatch;
  readonly #turns = new Turns();
  readonly #searched = new Map<string, Searched>();
  /** Ends when the keepers of dropped namespaces have ended. */
  #dropped: Promise<void> = Promise.resolve();

  constructor(host: VectorHost, pacer: Pacer) {
    this.#host = host;
    this.#pacer = pacer;
    this.#limits = new LimitWatch(host.clock);
  }

  /** A namespace, if it has been searched. */
  searched({ name, space }: NamedSpace): Searched | undefined {
    const searched = this.#searched.get(name);
    return searched?.follower.space.number === space.number ? searched : undefined;
  }

  /** Resolves when the work in the background has ended. */
  async close(): Promise<void> {
    await Promise.all([this.#dropped, ...[...this.#searched.values()].map(({ keeper }) => keeper?.close())]);
  }

  /** Frees the memory of a namespace if it has been dropped. */
  forgetDropped(name: string): void {
    const known = this.#searched.get(name);
    if (known?.follower.isDropped) this.#forget(name, known);
  }

  /** Frees the memory of all that have been dropped, by any process. */
  forgetAllDropped(): void {
    for (const name of this.#searched.keys()) this.forgetDropped(name);
  }

  search(tables: Tables, request: SearchRequest): Promise<VectorSearchResult> {
    const { namespace, options } = request;
    return untilGivenUp(this.#limits, options, namespace, (isGivenUp) =>
      this.#turns.next(() => this.#search(tables, request, isGivenUp)),
    );
  }

  #forget(name: string, known: Searched): void {
    if (this.#searched.get(name) !== known) return;
    this.#searched.delete(name);
    this.#dropped = Promise.all([this.#dropped, known.keeper?.close()]).then(() => {});
  }

  async #search(
    tables: Tables,
    { namespace, query, k, options }: SearchRequest,
    isGivenUp: () => boolean,
  ): Promise<VectorSearchResult> {
    if (isGivenUp()) throw new GivenUp();
    const startMs = performance.now();
    if (this.#pacer.isDue()) await this.#pacer.rest();
    const { rows, keeper } = await this.#rowsNow(tables, namespace);
    checkFits('query', query, namespace, rows.shape);
    const allowed = await this.#allowedRows(rows, options);
    const graph = keeper?.graphFor(rows);
    const ranked = await nearestRows(rows, { query, k, allowed, graph, isGivenUp }, this.#pacer);
    const matches: VectorMatch[] = [];
    for (const { row, value } of ranked) {
      const match = { id: rows.idOf(row), distance: value };
      matches.push(options.includeVectors ? { ...match, vector: rows.vectorOf(row) } : match);
      if (matches.length % 64 === 0 && this.#pacer.isDue()) await this.#pacer.rest();
    }
    return { matches, searchTimeUs: Math.round((performance.now() - startMs) * 1_000) };
  }

  /** The vectors of a namespace as they are at a moment within this call. */
  async #rowsNow(tables: Tables, name: string): Promise<{ rows: VectorRows; keeper: Searched['keeper'] }> {
    const known = this.#searched.get(name);
    if (known) {
      try {
        return { rows: await known.follower.catchUp(), keeper: known.keeper };
      } catch (error) {
        if (!isKeyNotFound(error)) throw error;
        // There may be a newer one of the same name.
        this.#forget(name, known);
      }
    }
    const space = this.#host.read(() => tables.spaces.get(committed, name));
    const { follower, keeper } = this.#newlySearched(tables, { name, space });
    return { rows: await follower.catchUp(), keeper };
  }

  #newlySearched(tables: Tables, named: NamedSpace): Searched {
    const [host, turns, pacer] = [this.#host, this.#turns, this.#pacer];
    const follower = new Follower(host, tables, named, pacer);
    const settings = named.space.indexType === 'hnsw' ? host.graphs : undefined;
    const keeper = settings && new GraphKeeper({ host, settings, follower, turns, pacer });
    const searched = { follower, keeper };
    this.#searched.set(named.name, searched);
    return searched;
  }

  async #allowedRows(rows: VectorRows, { filter }: FilteredSearchOptions): Promise<AllowedRows | undefined> {
    if (filter === undefined) return undefined;
    const allowed: number[] = [];
    const marks = new Uint8Array(rows.size);
    const allow = (row: number): void => {
      marks[row] = 1;
      allowed.push(row);
    };
    let looks = 0;
    const due = (): boolean => ++looks % 64 === 0 && this.#pacer.isDue();
    if (typeof filter === 'function') {
      for (let row = 0; row < rows.size; row++) {
        if (checkAtOnce('filter()', filter(rows.idOf(row)), 'true or false')) allow(row);
        if (due()) await this.#pacer.rest();
      }
    } else {
      for (const id of filter) {
        const row = rows.rowOf(id);
        if (row !== undefined) allow(row);
        if (due()) await this.#pacer.rest();
      }
    }
    return { rows: allowed, has: (row) => marks[row] === 1 };
  }
}
