import { createUpdater, keep, type Updater, type UpdaterOptions, write } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { recordCodec } from '../log/record.js';
import { newToken } from './token.js';

/** A stream that may have events the feed lacks, under a token that is new with every entry. */
export type LedgerEntry = readonly [aggregateId: string, token: string];

const codec = recordCodec<readonly LedgerEntry[]>('ledger');

/**
 * The streams of a partition that may have unpublished events. A stream is entered before it commits and
 * leaves after it was published, so a crash in between loses nothing.
 */
export class Ledger {
  readonly #prefix: string;
  readonly #updater: Updater;

  constructor(store: KvStore, prefix: string, options: UpdaterOptions) {
    this.#prefix = prefix;
    this.#updater = createUpdater(store, options);
  }

  async entries(partition: number): Promise<readonly LedgerEntry[]> {
    return (await this.#updater.read(this.#key(partition), codec)) ?? [];
  }

  /** Gives the number of entries. */
  enter(partition: number, aggregateId: string): Promise<number> {
    const entry: LedgerEntry = [aggregateId, newToken()];
    return this.#updater.update(this.#key(partition), codec, (entries = []) => {
      const others = entries.filter(([other]) => other !== aggregateId);
      return write([...others, entry], others.length + 1);
    });
  }

  /** Takes entries out, but not those that were renewed meanwhile. */
  async leave(partition: number, entries: readonly LedgerEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const tokens = new Map(entries);
    await this.#updater.update(this.#key(partition), codec, (current = []) => {
      const left = current.filter(([aggregateId, token]) => tokens.get(aggregateId) !== token);
      return left.length === current.length ? keep(undefined) : write(left, undefined);
    });
  }

  #key(partition: number): string {
    return `${this.#prefix}:d:${partition}`;
  }
}
