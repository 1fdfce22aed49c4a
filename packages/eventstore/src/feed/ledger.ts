import { type Codec, createUpdater, keep, type Updater, type UpdaterOptions, write } from '@norikv/cas-retry';
import { type KvStore, stringToBytes } from '@norikv/store';
import { valueBytesOf } from '../log/limits.js';
import { recordCodec } from '../log/record.js';
import { newToken } from './token.js';

/** A stream that may have events the feed lacks, under a token that is new with every entry, and since when. */
export type LedgerEntry = readonly [aggregateId: string, token: string, enteredAt: number];

/** A ledger, and the bytes that it takes. */
interface Contents {
  readonly entries: readonly LedgerEntry[];
  readonly bytes: number;
}

const empty: Contents = { entries: [], bytes: 0 };
const entriesCodec = recordCodec<readonly LedgerEntry[]>('ledger');
const codec: Codec<Contents> = {
  encode: ({ entries }) => entriesCodec.encode(entries),
  decode: (bytes) => ({ entries: entriesCodec.decode(bytes), bytes: bytes.length }),
};

/**
 * The streams of a partition that may have unpublished events. A stream is entered before it commits and
 * leaves after it was published, so a crash in between loses nothing.
 */
export class Ledger {
  readonly #prefix: string;
  readonly #maxBytes: number;
  readonly #updater: Updater;

  constructor(store: KvStore, prefix: string, options: UpdaterOptions) {
    this.#prefix = prefix;
    this.#maxBytes = valueBytesOf(store) / 2;
    this.#updater = createUpdater(store, options);
  }

  /** Those that were entered first come first. */
  async entries(partition: number): Promise<readonly LedgerEntry[]> {
    const { entries } = (await this.#updater.read(this.#key(partition), codec)) ?? empty;
    return entries;
  }

  /** Gives the share of its room that is taken then; undefined, and the stream is not entered, where there is none. */
  enter(partition: number, aggregateId: string): Promise<number | undefined> {
    const token = newToken();
    return this.#updater.update(this.#key(partition), codec, (contents = empty, now) => {
      const { entries, bytes } = contents;
      const entry: LedgerEntry = [aggregateId, token, now];
      const others = entries.filter(([other]) => other !== aggregateId);
      const isNew = others.length === entries.length;
      const taken = isNew ? bytes + stringToBytes(JSON.stringify(entry)).length : bytes;
      if (isNew && taken > this.#maxBytes && others.length > 0) return keep(undefined);
      return write({ entries: [...others, entry], bytes: taken }, taken / this.#maxBytes);
    });
  }

  /** Takes entries out, but not those that were renewed meanwhile. */
  async leave(partition: number, leaving: readonly LedgerEntry[]): Promise<void> {
    if (leaving.length === 0) return;
    const tokens = new Map(leaving.map(([aggregateId, token]) => [aggregateId, token]));
    await this.#updater.update(this.#key(partition), codec, (contents = empty) => {
      const { entries, bytes } = contents;
      const left = entries.filter(([aggregateId, token]) => tokens.get(aggregateId) !== token);
      return left.length === entries.length ? keep(undefined) : write({ entries: left, bytes }, undefined);
    });
  }

  #key(partition: number): string {
    return `${this.#prefix}:d:${partition}`;
  }
}
