import { InvalidArgumentError } from '@norikv/store';
import { shown } from '@norikv/store/checks';
import type { FeedMark } from '../log/head.js';

/** What an event store needs of a feed. */
export interface Outbox {
  /** That of the event store. */
  readonly prefix: string;
  readonly partitions: number;
  /**
   * Makes sure that the ledger names the stream before events are committed. `peek` reads the stream's mark.
   * Gives the fence that was seen before the entry was written; undefined if the entry is there already.
   */
  enter(aggregateId: string, peek: () => Promise<FeedMark | undefined>): Promise<number | undefined>;
  /** The same, after an append found that a sweep had come in between. */
  reenter(aggregateId: string, fence: number): Promise<number>;
  /** Events were committed: publish them soon. */
  committed(aggregateId: string, mark: FeedMark | undefined): void;
}

/** @throws InvalidArgumentError if a feed and a store look for streams in different places. */
export function checkSamePrefix(feed: Pick<Outbox, 'prefix'>, store: Pick<Outbox, 'prefix'>): void {
  if (feed.prefix === store.prefix) return;
  throw new InvalidArgumentError(
    `prefix is ${shown(store.prefix)}, but that of the feed is ${shown(feed.prefix)}; give both the same`,
  );
}
