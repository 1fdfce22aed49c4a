import type { Transition } from '@norikv/cas-retry';
import { type Clock, errorCode } from '@norikv/store';
import { timestampOf } from '../events/event-line.js';
import { emptyHead, type Head, tailFirst } from '../log/head.js';
import type { Log } from '../log/log.js';
import type { Ledger, LedgerEntry } from './ledger.js';
import { type Marked, markPublished } from './mark-published.js';
import { firstThatFit, type Pointer, unpublished } from './pointer.js';

/** What a {@link Publisher} works on. */
export interface PublisherParts {
  readonly streams: Log;
  readonly feed: Log;
  readonly ledger: Ledger;
  readonly partitions: number;
  readonly clock: Clock;
  /** How long a stream must not have been written before a sweep makes it clean. */
  readonly quietMs: number;
  readonly onMarked: (aggregateId: string, marked: Marked) => void;
}

/** What became of streams that were to be published. */
interface Published {
  /** Those that no longer need a ledger entry. */
  readonly clean: ReadonlySet<string>;
  /** Why others could not be read: they keep no others from being published. */
  readonly damage: readonly unknown[];
}

/** Whether a stream is to be made clean, at a time. */
type IsQuiet = (head: Head, now: number) => boolean;

/** The result of appending pointers. */
interface Pointed {
  readonly versions: ReadonlyMap<string, number>;
  readonly rest: readonly string[];
}

const streamsAtOnce = 100;

/** Brings committed events into the feed. Any process may do it, at any time, and die on the way. */
export class Publisher {
  readonly #parts: PublisherParts;
  /** By partition; infinite while a sweep is under way. */
  readonly #sweptAtMs = new Map<number, number>();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /**
   * Publishes what the ledger of a partition names, and makes the quiet streams clean. When a stream was written last is in
   * the records, so it does not matter which process looks, nor for how long. Clocks that differ cost entries, nothing else.
   *
   * @throws CorruptRecordError for a damaged stream, after the others.
   */
  async sweep(partition: number): Promise<void> {
    const { ledger, clock, quietMs } = this.#parts;
    this.#sweptAtMs.set(partition, Number.POSITIVE_INFINITY);
    try {
      const entries = await ledger.entries(partition);
      const times = new Map(entries.map(([aggregateId, , enteredAt]) => [aggregateId, enteredAt]));
      const isQuiet: IsQuiet = ({ name, lines }, now) =>
        now - Math.max(times.get(name) ?? 0, timestampOf(lines.at(-1))) >= quietMs;
      const { damage } = await this.#publishEntries(partition, entries, isQuiet);
      if (damage.length > 0) throw damage[0];
    } finally {
      this.#sweptAtMs.set(partition, clock.monotonic());
    }
  }

  /** Whether nobody in this process sweeps a partition, or did a moment ago. */
  isDue(partition: number): boolean {
    const { clock, quietMs } = this.#parts;
    return clock.monotonic() - (this.#sweptAtMs.get(partition) ?? Number.NEGATIVE_INFINITY) >= quietMs;
  }

  /**
   * Makes a quarter of the streams clean, quiet or not, those that have been in the ledger for longest: one that is not
   * quiet enters again. Where damage keeps all of a quarter in, the next one follows.
   *
   * @throws CorruptRecordError if none can be made clean, for damage.
   */
  async makeRoom(partition: number): Promise<void> {
    const entries = await this.#parts.ledger.entries(partition);
    const quarter = Math.ceil(entries.length / 4);
    const found: unknown[] = [];
    for (let at = 0; at < entries.length; at += quarter) {
      const { clean, damage } = await this.#publishEntries(
        partition,
        entries.slice(at, at + quarter),
        () => true,
      );
      if (clean.size > 0) return;
      found.push(...damage);
    }
    if (found.length > 0) throw found[0];
  }

  async #publishEntries(
    partition: number,
    entries: readonly LedgerEntry[],
    isQuiet: IsQuiet,
  ): Promise<Published> {
    const all = { clean: new Set<string>(), damage: [] as unknown[] };
    for (let at = 0; at < entries.length; at += streamsAtOnce) {
      const group = entries.slice(at, at + streamsAtOnce);
      const names = group.map(([aggregateId]) => aggregateId);
      const { clean, damage } = await this.publish(partition, names, isQuiet);
      // The token seen before the stream was made clean: an entry made since then stays.
      await this.#parts.ledger.leave(
        partition,
        group.filter(([aggregateId]) => clean.has(aggregateId)),
      );
      for (const name of clean) all.clean.add(name);
      all.damage.push(...damage);
    }
    return all;
  }

  /** Publishes streams of one partition, and makes the quiet ones clean. */
  async publish(
    partition: number,
    names: readonly string[],
    isQuiet: IsQuiet = () => false,
  ): Promise<Published> {
    const { streams, partitions, onMarked } = this.#parts;
    const clean = new Set<string>();
    const damage: unknown[] = [];
    const note = (error: unknown): undefined => {
      if (errorCode(error) !== 'CORRUPT_RECORD') throw error;
      damage.push(error);
    };
    for (let waiting = names; waiting.length > 0; ) {
      const { versions, rest } = await this.#point(partition, waiting, note);
      await Promise.all(
        waiting.map(async (name) => {
          const to = versions.get(name) ?? 0;
          const mark: Transition<Head, Marked> = (head = emptyHead(name, streams.limits.rollBytes), now) =>
            markPublished(head, to, partitions, isQuiet(head, now));
          const marked = await streams.update(name, mark).catch(note);
          if (!marked) return;
          onMarked(name, marked);
          if (marked.isClean) clean.add(name);
        }),
      );
      waiting = rest;
    }
    return { clean, damage };
  }

  /**
   * Appends pointers to what streams have and the feed may lack, as many as one write takes. Gives the version of
   * each stream that is published now, and the streams that have more.
   *
   * The streams are read after the feed, and what the feed got since then is compared: so the pointers of a
   * stream never go back behind what an earlier one said.
   */
  async #point(
    partition: number,
    names: readonly string[],
    note: (error: unknown) => undefined,
  ): Promise<Pointed> {
    const { feed, streams } = this.#parts;
    for (;;) {
      const before = await feed.peek(`${partition}`);
      const heads = await Promise.all(names.map((name) => streams.peek(name).catch(note)));
      const found = heads.filter((head) => head !== undefined);
      const pointers = found.map(pointerTo).filter(([, from, to]) => from <= to);
      const versions = new Map(found.map(({ name, last }) => [name, last]));
      if (pointers.length === 0) return { versions, rest: [] };
      let left: readonly Pointer[] = [];
      const outcome = await feed.append(`${partition}`, (head) => {
        if (tailFirst(head) > (before?.last ?? 0) + 1) return { stop: 'stale' as const };
        const { lines, rest } = firstThatFit(unpublished(head.lines, pointers), feed.limits.inlineBytes);
        left = rest;
        return lines.length > 0 ? { lines } : { stop: 'done' as const };
      });
      if ('stop' in outcome && outcome.stop === 'stale') continue;
      for (const [name, from] of left) versions.set(name, from - 1);
      return { versions, rest: left.map(([name]) => name) };
    }
  }
}

function pointerTo({ name, last, feed }: Head): Pointer {
  return [name, (feed?.published ?? 0) + 1, last];
}
