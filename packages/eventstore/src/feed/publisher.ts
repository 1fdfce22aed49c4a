import type { Clock } from '@norikv/store';
import { emptyHead, type Head, tailFirst } from '../log/head.js';
import type { Log } from '../log/log.js';
import type { Ledger } from './ledger.js';
import { type Marked, markPublished } from './mark-published.js';
import { firstThatFit, type Pointer, unpublished } from './pointer.js';

/** What a {@link Publisher} works on. */
export interface PublisherParts {
  readonly streams: Log;
  readonly feed: Log;
  readonly ledger: Ledger;
  readonly partitions: number;
  readonly clock: Clock;
  /** How long a stream must have been at its version before a sweep makes it clean. */
  readonly quietMs: number;
  readonly onMarked: (aggregateId: string, marked: Marked) => void;
}

/** A version a stream was seen at, and since when. */
interface Sighting {
  readonly version: number;
  readonly sinceMs: number;
}

/** The result of appending pointers. */
interface Pointed {
  readonly versions: ReadonlyMap<string, number>;
  readonly rest: readonly string[];
}

const streamsAtOnce = 100;

/** Brings committed events into the feed. Any process may do it, at any time, and die on the way. */
export class Publisher {
  readonly #parts: PublisherParts;
  /** What the last sweep of each partition saw: no more than a ledger names. */
  readonly #seen = new Map<number, ReadonlyMap<string, Sighting>>();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Publishes what the ledger of a partition names. */
  async sweep(partition: number): Promise<void> {
    const { ledger, clock, quietMs } = this.#parts;
    const entries = await ledger.entries(partition);
    const before = this.#seen.get(partition);
    const seen = new Map<string, Sighting>();
    const isQuiet = (name: string, version: number): boolean => {
      const nowMs = clock.monotonic();
      const known = before?.get(name);
      const sinceMs = known?.version === version ? known.sinceMs : nowMs;
      seen.set(name, { version, sinceMs });
      return nowMs - sinceMs >= quietMs;
    };
    for (let at = 0; at < entries.length; at += streamsAtOnce) {
      const group = entries.slice(at, at + streamsAtOnce);
      const clean = await this.publish(
        partition,
        group.map(([aggregateId]) => aggregateId),
        isQuiet,
      );
      // The token seen before the stream was made clean: an entry made since then stays.
      await ledger.leave(
        partition,
        group.filter(([aggregateId]) => clean.has(aggregateId)),
      );
    }
    this.#seen.set(partition, seen);
  }

  /**
   * Publishes streams of one partition, and makes the quiet ones clean. Gives those: they no longer need a
   * ledger entry.
   */
  async publish(
    partition: number,
    names: readonly string[],
    isQuiet: (aggregateId: string, version: number) => boolean = () => false,
  ): Promise<Set<string>> {
    const { streams, partitions, onMarked } = this.#parts;
    const clean = new Set<string>();
    for (let waiting = names; waiting.length > 0; ) {
      const { versions, rest } = await this.#point(partition, waiting);
      await Promise.all(
        waiting.map(async (name) => {
          const to = versions.get(name) ?? 0;
          const marked = await streams.update(name, (head = emptyHead(name, streams.limits.rollBytes)) =>
            markPublished(head, to, partitions, isQuiet(name, to)),
          );
          onMarked(name, marked);
          if (marked.isClean) clean.add(name);
        }),
      );
      waiting = rest;
    }
    return clean;
  }

  /**
   * Appends pointers to what streams have and the feed may lack, as many as one write takes. Gives the version of
   * each stream that is published now, and the streams that have more.
   *
   * The streams are read after the feed, and what the feed got since then is compared: so the pointers of a
   * stream never go back behind what an earlier one said.
   */
  async #point(partition: number, names: readonly string[]): Promise<Pointed> {
    const { feed, streams } = this.#parts;
    for (;;) {
      const before = await feed.peek(`${partition}`);
      const heads = await Promise.all(names.map((name) => streams.peek(name)));
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
