import type { FeedMark } from '../log/head.js';

/** What an event store needs of a feed. */
export interface Outbox {
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
