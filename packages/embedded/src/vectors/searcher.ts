import type { CallOptions, VectorMatch, VectorSearchResult } from '@norikv/store';
import { LimitWatch } from '../limit-watch.js';
import type { FilteredSearchOptions } from '../vector-options.js';
import { committed } from '../write-transaction.js';
import { Follower, type Tables } from './follow.js';
import { type AllowedRows, GivenUp, nearestRows } from './nearest.js';
import type { Pacer } from './pacer.js';
import type { Space } from './spaces.js';
import { Turns } from './turns.js';
import { checkedFilter, checkFits } from './vector-checks.js';
import type { VectorHost } from './vector-host.js';
import type { VectorRows } from './vector-rows.js';

/** A search, checked, with a query of its own. */
export interface SearchRequest {
  readonly namespace: string;
  readonly query: Float32Array;
  readonly k: number;
  readonly options: FilteredSearchOptions;
}

/** Searches the namespaces of a store, one search after the other: a turn sees one state of the vectors. */
export class Searcher {
  readonly #host: VectorHost;
  readonly #pacer: Pacer;
  readonly #limits: LimitWatch;
  readonly #turns = new Turns();
  readonly #followers = new Map<string, Follower>();

  constructor(host: VectorHost, pacer: Pacer) {
    this.#host = host;
    this.#pacer = pacer;
    this.#limits = new LimitWatch(host.clock);
  }

  /** The vectors of a namespace in memory, if it has been searched. */
  rowsOf({ name, space }: { readonly name: string; readonly space: Space }): VectorRows | undefined {
    const follower = this.#followers.get(name);
    return follower?.space.number === space.number ? follower.rows : undefined;
  }

  search(tables: Tables, request: SearchRequest): Promise<VectorSearchResult> {
    const { namespace, options } = request;
    return this.#untilGivenUp(options, namespace, (isGivenUp) =>
      this.#turns.next(() => this.#search(tables, request, isGivenUp)),
    );
  }

  async #search(
    tables: Tables,
    { namespace, query, k, options }: SearchRequest,
    isGivenUp: () => boolean,
  ): Promise<VectorSearchResult> {
    if (isGivenUp()) throw new GivenUp();
    const startMs = performance.now();
    if (this.#pacer.isDue()) await this.#pacer.rest();
    const follower = this.#follow(tables, namespace);
    checkFits('query', query, namespace, follower.space);
    const rows = await follower.catchUp();
    const allowed = await this.#allowedRows(rows, options);
    const ranked = await nearestRows(rows, { query, k, allowed, isGivenUp }, this.#pacer);
    const matches: VectorMatch[] = [];
    for (const { row, value } of ranked) {
      const match = { id: rows.idOf(row), distance: value };
      matches.push(options.includeVectors ? { ...match, vector: rows.vectorOf(row) } : match);
      if (matches.length % 64 === 0 && this.#pacer.isDue()) await this.#pacer.rest();
    }
    return { matches, searchTimeUs: Math.round((performance.now() - startMs) * 1_000) };
  }

  #follow(tables: Tables, name: string): Follower {
    const known = this.#followers.get(name);
    // Forgotten first: a namespace that is gone takes no more memory.
    this.#followers.delete(name);
    const space = this.#host.read(() => tables.spaces.get(committed, name));
    const isSame = known?.space.number === space.number;
    const follower = isSame ? known : new Follower(this.#host, tables, { name, space }, this.#pacer);
    this.#followers.set(name, follower);
    return follower;
  }

  async #allowedRows(rows: VectorRows, options: FilteredSearchOptions): Promise<AllowedRows | undefined> {
    const filter = checkedFilter(options.filter);
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
        if (filter(rows.idOf(row))) allow(row);
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

  /** Answers at once when a limit is reached; the work notices when it looks. */
  #untilGivenUp<T>(
    options: CallOptions,
    namespace: string,
    work: (isGivenUp: () => boolean) => Promise<T>,
  ): Promise<T> {
    if (options.signal === undefined && options.timeoutMs === undefined) return work(() => false);
    return new Promise((resolve, reject) => {
      let isGivenUp = false;
      const stop = this.#limits.watch(options, namespace, (errorOf) => {
        isGivenUp = true;
        stop();
        reject(errorOf('not-applied'));
      });
      work(() => isGivenUp)
        .finally(stop)
        .then(resolve, reject);
    });
  }
}
