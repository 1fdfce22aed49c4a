import { type Change, keep, type Transition, write } from '@norikv/cas-retry';
import type { CallBudget } from './call-budget.js';
import type { LimitedUpdater } from './limited-updater.js';
import { storedAs } from './stored-as.js';
import { textHash } from './text-hash.js';

/** What the ledger knows of an id. */
export interface LedgerEntry {
  /** The last generation allotted for it. */
  readonly generation: number;
  /** Whether a write or delete of it has begun and is not known to have ended. */
  readonly isOpen: boolean;
}

interface Shard {
  /** The next generation. It only grows, so that no generation of an id ever comes back. */
  readonly next: number;
  readonly entries: ReadonlyMap<string, LedgerEntry>;
}

type StoredEntry = readonly [id: string, generation: number, isOpen: 0 | 1];

const shardCount = 64;
const emptyShard: Shard = { next: 1, entries: new Map() };

interface StoredShard {
  readonly next: number;
  readonly entries: readonly StoredEntry[];
}

const shardCodec = storedAs(
  ({ next, entries }: Shard): StoredShard => ({
    next,
    entries: Array.from(entries, ([id, { generation, isOpen }]) => [id, generation, isOpen ? 1 : 0]),
  }),
  (data): Shard => {
    const { next, entries } = data as StoredShard;
    if (!Number.isSafeInteger(next) || !Array.isArray(entries)) throw new TypeError('not a ledger');
    const known = entries.map(
      ([id, generation, isOpen]: StoredEntry) => [id, { generation, isOpen: isOpen === 1 }] as const,
    );
    return { next, entries: new Map(known) };
  },
);

/**
 * Which ids there are, in 64 records, because a store cannot list its keys. An id is in it from before its
 * record exists until after its record is gone.
 */
export class Ledger {
  readonly #updater: LimitedUpdater;
  readonly #prefix: string;

  constructor(updater: LimitedUpdater, prefix: string) {
    this.#updater = updater;
    this.#prefix = prefix;
  }

  /** Allots the next generation of an id, and leaves the id open. */
  allot(id: string, budget: CallBudget): Promise<number> {
    return this.#update(id, budget, ({ next, entries }) =>
      write({ next: next + 1, entries: withEntry(entries, id, { generation: next, isOpen: true }) }, next),
    );
  }

  /** Ends what `allot` began, unless a later generation is open: then it answers with that one. */
  close(id: string, generation: number, budget: CallBudget): Promise<number | null> {
    return this.#update(id, budget, (shard): Change<Shard, number | null> => {
      const entry = shard.entries.get(id);
      if (!entry?.isOpen) return keep(null);
      if (entry.generation > generation) return keep(entry.generation);
      return write({ ...shard, entries: withEntry(shard.entries, id, { ...entry, isOpen: false }) }, null);
    });
  }

  /** Forgets an id, unless a generation after `floor` was allotted: then it answers with that one. */
  forget(id: string, floor: number, budget: CallBudget): Promise<number | null> {
    return this.#update(id, budget, (shard): Change<Shard, number | null> => {
      const entry = shard.entries.get(id);
      if (!entry) return keep(null);
      if (entry.generation > floor) return keep(entry.generation);
      const entries = new Map(shard.entries);
      entries.delete(id);
      return write({ ...shard, entries }, null);
    });
  }

  /** All ids, in no order. */
  async *ids(budget: CallBudget): AsyncGenerator<string> {
    for await (const entries of this.shards(budget)) yield* entries.keys();
  }

  /** The ids and what is known of them, shard by shard. */
  async *shards(budget: CallBudget): AsyncGenerator<ReadonlyMap<string, LedgerEntry>> {
    for (let shard = 0; shard < shardCount; shard += 1) {
      const state = await this.#updater.read(this.#keyOf(shard), shardCodec, budget);
      yield state?.entries ?? emptyShard.entries;
    }
  }

  #update<Result>(
    id: string,
    budget: CallBudget,
    transition: (shard: Shard) => ReturnType<Transition<Shard, Result>>,
  ): Promise<Result> {
    const key = this.#keyOf(textHash(id) % shardCount);
    return this.#updater.update(key, shardCodec, (shard = emptyShard) => transition(shard), budget);
  }

  #keyOf(shard: number): string {
    return `${this.#prefix}led/${shard}`;
  }
}

function withEntry(
  entries: ReadonlyMap<string, LedgerEntry>,
  id: string,
  entry: LedgerEntry,
): ReadonlyMap<string, LedgerEntry> {
  return new Map(entries).set(id, entry);
}
