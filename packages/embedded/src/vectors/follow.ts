import { ResourceExhaustedError } from '@norikv/store';
import { committed } from '../write-transaction.js';
import type { Pacer } from './pacer.js';
import { type NamedSpace, type Space, type SpaceState, type Spaces, unknownSpace } from './spaces.js';
import type { VectorHost } from './vector-host.js';
import { VectorRows } from './vector-rows.js';
import type { VectorTable } from './vector-table.js';

// Between two looks at the time.
const changesPerLook = 16;

/** The namespaces and vectors of a store, as LMDB holds them. */
export interface Tables {
  readonly spaces: Spaces;
  readonly vectors: VectorTable;
}

/**
 * The vectors of one namespace in memory, derived from LMDB: read once, then carried on by the log of changes,
 * whichever process made them.
 */
export class Follower {
  readonly space: Space;
  readonly #name: string;
  readonly #host: VectorHost;
  readonly #tables: Tables;
  readonly #pacer: Pacer;
  #rows: VectorRows;
  /** The change up to which the rows are; undefined: they have to be read. */
  #change: number | undefined;

  constructor(host: VectorHost, tables: Tables, { name, space }: NamedSpace, pacer: Pacer) {
    this.space = space;
    this.#name = name;
    this.#host = host;
    this.#tables = tables;
    this.#pacer = pacer;
    this.#rows = new VectorRows(space);
  }

  /** As they are in memory. */
  get rows(): VectorRows {
    return this.#rows;
  }

  /** The change up to which they are, at least. */
  get position(): number {
    return this.#change ?? 0;
  }

  /** Whether the namespace has been dropped. */
  get isDropped(): boolean {
    return this.#host.read(() => this.#tables.spaces.state(committed, this.space)) === undefined;
  }

  /**
   * The vectors as they are committed at a moment within this call. They stay so until the next call.
   *
   * @throws KeyNotFoundError if the namespace was dropped meanwhile; DamagedStoreError or ResourceExhaustedError.
   */
  async catchUp(): Promise<VectorRows> {
    for (;;) {
      this.#change ??= await this.#readAll();
      if (this.#host.read(() => this.#step())) return this.#rows;
      await this.#pacer.rest();
    }
  }

  /** Takes over changes until there are no more, or it is time to rest. Returns whether there are no more. */
  #step(): boolean {
    const { changes } = this.#state();
    while (this.#change !== undefined && this.#change < changes) {
      const id = this.#tables.vectors.changed(this.space, this.#change + 1);
      if (id === undefined) this.#change = undefined;
      else {
        this.#takeOver(id);
        this.#change += 1;
        if (this.#change % changesPerLook === 0 && this.#pacer.isDue()) return false;
      }
    }
    return this.#change !== undefined;
  }

  #takeOver(id: string): void {
    const stored = this.#tables.vectors.get(committed, this.space, id);
    if (stored === undefined) this.#rows.remove(id);
    else this.#inMemory(() => this.#rows.set(stored));
  }

  /** Reads every vector, each as it is at some time from now. Returns the change from which to carry on. */
  async #readAll(): Promise<number> {
    // Whoever looks meanwhile sees those of before, and never a part.
    const rows = new VectorRows(this.space);
    const { changes, vectors } = this.#host.read(() => this.#state());
    this.#inMemory(() => rows.reserve(vectors));
    let last: string | undefined;
    while (!this.#host.read(() => this.#readSome(rows, last, (id) => (last = id)))) await this.#pacer.rest();
    this.#rows = rows;
    return changes;
  }

  /** Reads the vectors after an id until it is time to rest. Returns whether that was all. */
  #readSome(rows: VectorRows, after: string | undefined, onRead: (id: string) => void): boolean {
    for (const stored of this.#tables.vectors.from(this.space, after)) {
      this.#inMemory(() => rows.set(stored));
      onRead(stored.id);
      if (rows.size % changesPerLook === 0 && this.#pacer.isDue()) return false;
    }
    return true;
  }

  #inMemory(work: () => void): void {
    try {
      work();
    } catch (cause) {
      // Half a change is none: they are read again, with the memory that those of before have taken.
      this.#change = undefined;
      this.#rows = new VectorRows(this.space);
      throw new ResourceExhaustedError('There is not enough memory to search this namespace', { cause });
    }
  }

  #state(): SpaceState {
    const state = this.#tables.spaces.state(committed, this.space);
    if (state === undefined) throw unknownSpace(this.#name);
    return state;
  }
}
