import { type Clock, type Entry, find } from '@norikv/store';
import { type EpochMove, movedAtOf } from './epoch-moves.js';
import { storeKey } from './keys.js';
import type { StoreGate } from './store-gate.js';

interface Cell {
  /** Undefined until it was read. */
  epoch: string | undefined;
  /** The wall-clock time that the last move left; -Infinity if there was none, NaN while that is not known. */
  movedAt: number;
  /** When the call that told so began, by this process's monotonic clock. */
  knownAt: number;
  /** Counts own bumps that began or ended: a read that overlaps one says nothing. */
  disturbances: number;
  look: { readonly startedAt: number; readonly done: Promise<void> } | undefined;
  bump: Promise<void> | undefined;
  nextBump: Promise<void> | undefined;
}

/** Settings of {@link Epochs}. */
export interface EpochSettings {
  readonly prefix: string;
  readonly maxKeyBytes: number;
  readonly maxStalenessMs: number;
  /** Longer than anything lives that carries an epoch. */
  readonly lifetimeMs: number;
  readonly maxCells: number;
  readonly clock: Clock;
  readonly move: EpochMove;
}

/**
 * Names whose epoch moves when what belongs to them is invalidated.
 *
 * An epoch is the version of a record: writing the record, whatever the value, moves it, and it never comes back.
 * There is no watch: what other processes moved is seen by looking again.
 */
export class Epochs {
  readonly #gate: StoreGate;
  readonly #settings: EpochSettings;
  /** What was looked at last comes last, so that the first can be forgotten. */
  readonly #cells = new Map<string, Cell>();
  /** Counts what this process moved, or saw moved. */
  generation = 0;

  constructor(gate: StoreGate, settings: EpochSettings) {
    this.#gate = gate;
    this.#settings = settings;
  }

  /** The epoch as it is known, however long ago that was. */
  known(name: string): string | undefined {
    return this.#cells.get(name)?.epoch;
  }

  /** The epochs as they are known. One that was forgotten matches nothing. */
  capture(names: readonly string[]): Record<string, string> {
    return Object.fromEntries(names.map((name) => [name, this.known(name) ?? '']));
  }

  /** When it moved last, by the wall clock of whoever moved it; -Infinity if it never did, NaN if it was forgotten. */
  movedAt(name: string): number {
    return this.#cells.get(name)?.movedAt ?? Number.NaN;
  }

  /** Since when nothing of these names can have moved unnoticed: the oldest look. */
  knownAt(names: Iterable<string>): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const name of names) oldest = Math.min(oldest, this.#cells.get(name)?.knownAt ?? -Infinity);
    return oldest;
  }

  /** Makes sure that every name was looked at within `maxStalenessMs`. Rejects if the store does not answer. */
  async refresh(names: Iterable<string>, maxAgeMs: number = this.#settings.maxStalenessMs): Promise<void> {
    await Promise.all([...names].map((name) => this.#refreshOne(name, maxAgeMs)));
  }

  async #refreshOne(name: string, maxAgeMs: number): Promise<void> {
    const oldest = this.#settings.clock.monotonic() - maxAgeMs;
    for (;;) {
      const cell = this.#cell(name);
      if (cell.knownAt >= oldest) return;
      if (!cell.look || cell.look.startedAt < oldest) cell.look = this.#look(name, cell);
      await cell.look.done;
    }
  }

  #look(name: string, cell: Cell): NonNullable<Cell['look']> {
    const startedAt = this.#settings.clock.monotonic();
    const { disturbances } = cell;
    const read = async (): Promise<void> => {
      try {
        const entry = await this.#gate.call((store) => find(store, this.#key(name)));
        // A cell that a later look left was forgotten since: what this one read may be older than a move that came after.
        if (this.#cells.get(name) !== cell) return;
        if (cell.disturbances !== disturbances || startedAt < cell.knownAt) return;
        this.#learn(name, cell, entry, startedAt);
      } finally {
        if (cell.look === look) cell.look = undefined;
      }
    };
    const look = { startedAt, done: Promise.resolve().then(read) };
    return look;
  }

  /**
   * Moves an epoch. Resolves when every process that looks from now on sees it. Callers that come while a
   * move is under way share the next one.
   */
  bump(name: string): Promise<void> {
    const cell = this.#cell(name);
    if (cell.nextBump) return cell.nextBump;
    const start = (): Promise<void> => {
      cell.nextBump = undefined;
      const bump = this.#write(name, cell).finally(() => {
        if (cell.bump === bump) cell.bump = undefined;
      });
      cell.bump = bump;
      return bump;
    };
    if (!cell.bump) return start();
    cell.nextBump = cell.bump.then(start, start);
    return cell.nextBump;
  }

  async #write(name: string, cell: Cell): Promise<void> {
    const { clock, lifetimeMs, move } = this.#settings;
    const startedAt = clock.monotonic();
    cell.disturbances += 1;
    try {
      const record = { key: this.#key(name), nowMs: clock.now(), ttlMs: lifetimeMs };
      this.#learn(name, cell, await move(this.#gate, record), startedAt);
    } catch (error) {
      // It may have moved or not.
      cell.epoch = undefined;
      cell.movedAt = Number.NaN;
      cell.knownAt = Number.NEGATIVE_INFINITY;
      this.generation += 1;
      throw error;
    } finally {
      cell.disturbances += 1;
      this.#keep(name, cell);
    }
  }

  #learn(name: string, cell: Cell, entry: Entry | null, startedAt: number): void {
    const version = entry?.version;
    const epoch = version ? `${version.term.toString(36)}.${version.index.toString(36)}` : '0';
    cell.movedAt = movedAtOf(entry);
    if (cell.epoch !== epoch) this.generation += 1;
    cell.epoch = epoch;
    cell.knownAt = startedAt;
    this.#keep(name, cell);
  }

  #cell(name: string): Cell {
    const known = this.#cells.get(name);
    if (known) return known;
    const cell: Cell = {
      epoch: undefined,
      movedAt: Number.NaN,
      knownAt: Number.NEGATIVE_INFINITY,
      disturbances: 0,
      look: undefined,
      bump: undefined,
      nextBump: undefined,
    };
    this.#keep(name, cell);
    return cell;
  }

  #keep(name: string, cell: Cell): void {
    this.#cells.delete(name);
    this.#cells.set(name, cell);
    // At most one came: with two that go, what calls under way hold up is made good after them.
    let looks = 2;
    for (const [oldest, { look, bump, nextBump }] of this.#cells) {
      if (this.#cells.size <= this.#settings.maxCells || looks === 0) return;
      looks -= 1;
      // What a call under way will say belongs to the cell that counts the moves meanwhile.
      if (!look && !bump && !nextBump) this.#cells.delete(oldest);
    }
  }

  #key(name: string): string {
    return storeKey(this.#settings.prefix, 'e', name, this.#settings.maxKeyBytes);
  }
}
