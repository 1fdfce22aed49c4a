import type { Part } from '../log/add.js';
import { type FeedMark, type Head, type StreamStatus, tailFirst } from '../log/head.js';
import type { Plan } from '../log/log.js';
import { compareAt, search } from './duplicates.js';
import type { EventLine } from './event-line.js';
import { baseOf, type ExpectedVersion, isExpected } from './expected.js';

/** An append, ready to be decided on a head. */
export interface AppendRequest {
  readonly events: readonly EventLine[];
  /** Whether the caller named the events, so that a repetition can be recognised. */
  readonly hasIds: boolean;
  readonly parts?: readonly Part[] | undefined;
  readonly expected: ExpectedVersion;
  /** The stream is on a feed: how many partitions, and the fence seen before the ledger entry was written. */
  readonly feed?: { readonly partitions: number; readonly fence: number | undefined } | undefined;
  readonly finish: (head: Head) => Head;
}

/** Why nothing is to be added. */
export type Stop =
  | { readonly kind: 'same'; readonly first: number }
  | { readonly kind: 'conflict' | 'compare'; readonly head: Head }
  | { readonly kind: 'reused' }
  | { readonly kind: 'closed'; readonly status: StreamStatus }
  /** The stream is on another feed than the writer, or on none, or the other way round. */
  | { readonly kind: 'wrong-feed'; readonly partitions: number }
  /** The ledger has no entry for the stream; the fence to name with the next attempt. */
  | { readonly kind: 'clean'; readonly fence: number };

/** Decides an append: a pure function of the head. */
export function planAppend(head: Head, request: AppendRequest): Plan<Stop> {
  const { status } = head;
  const repeated = findRepetition(head, request);
  // Whoever repeats an append that a closed stream holds must not take it for refused.
  const isThere = repeated?.kind === 'same' || repeated?.kind === 'compare';
  if (isClosed(head) && !isThere) return { stop: { kind: 'closed', status } };
  if (repeated) return { stop: repeated };
  const unready = checkFeed(head.feed, request.feed);
  if (unready) return { stop: unready };
  const { events, parts, feed, finish } = request;
  return {
    lines: events.map(({ line }) => line),
    parts,
    finish(added) {
      const mark = feed && {
        fence: 0,
        published: 0,
        ...added.feed,
        partitions: feed.partitions,
        dirty: true,
      };
      return finish({ ...added, status: 'open', ...(mark && { feed: mark }) });
    },
  };
}

function findRepetition(head: Head, { events, hasIds, expected }: AppendRequest): Stop | undefined {
  const isMet = isExpected(head, expected);
  if (typeof expected === 'number' || expected === 'none') {
    if (isMet) return undefined;
    const base = baseOf(head, expected);
    if (!hasIds || base + events.length > head.last || base + 1 < head.first)
      return { kind: 'conflict', head };
    if (base + 1 < tailFirst(head)) return { kind: 'compare', head };
    const stored = head.lines.slice(base + 1 - tailFirst(head));
    return judged(head, compareAt(stored, events), base + 1);
  }
  if (hasIds) {
    const { at, comparison } = search(head.lines, events);
    if (comparison !== 'new') return judged(head, comparison, tailFirst(head) + at);
  }
  return isMet ? undefined : { kind: 'conflict', head };
}

/** What a comparison with stored events means for an append that cannot simply be added. */
export function judged(head: Head, comparison: ReturnType<typeof compareAt>, first: number): Stop {
  if (comparison === 'same') return { kind: 'same', first };
  if (isClosed(head)) return { kind: 'closed', status: head.status };
  return comparison === 'reused' ? { kind: 'reused' } : { kind: 'conflict', head };
}

/** Whether a stream takes no events. */
export function isClosed({ status }: Head): boolean {
  return status === 'archived' || status === 'tombstoned';
}

/**
 * A clean stream may only become dirty if its ledger entry was written after the last sweep: a sweep between
 * the entry and this write has taken the entry away.
 */
function checkFeed(mark: FeedMark | undefined, feed: AppendRequest['feed']): Stop | undefined {
  const { partitions = 0, fence = 0, dirty = false } = mark ?? {};
  if (mark && partitions !== feed?.partitions) return { kind: 'wrong-feed', partitions };
  if (!feed || dirty || feed.fence === fence) return undefined;
  return { kind: 'clean', fence };
}
