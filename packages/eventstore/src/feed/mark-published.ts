import { type Change, keep, write } from '@norikv/cas-retry';
import type { FeedMark, Head } from '../log/head.js';

/** What a sweep found when it noted that a stream is published. */
export interface Marked {
  /** The stream needs no ledger entry until its next append. */
  readonly isClean: boolean;
  readonly mark: FeedMark;
}

/**
 * Notes in the head up to where a stream is published, and makes it clean if that is all and it is quiet.
 *
 * To make it clean always writes, even if there is nothing to note and no head yet: an append that was
 * prepared before, and is still on its way, then finds another fence and must enter the ledger anew.
 */
export function markPublished(
  head: Head,
  to: number,
  partitions: number,
  isQuiet: boolean,
): Change<Head, Marked> {
  const mark = head.feed ?? { partitions, published: 0, fence: 0, dirty: false };
  const isClean = isQuiet && head.last <= to;
  if (!isClean && to <= mark.published) return keep({ isClean, mark });
  const published = Math.max(mark.published, to);
  const next = isClean ? { ...mark, published, fence: mark.fence + 1, dirty: false } : { ...mark, published };
  return write({ ...head, feed: next }, { isClean, mark: next });
}
