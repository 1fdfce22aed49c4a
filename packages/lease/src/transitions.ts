import { type Change, keep, write } from '@norikv/cas-retry';
import type { Instant } from './instant.js';
import type { LeaseRecord } from './lease-record.js';

/** What a candidate offers to write. */
export interface Bid {
  readonly owner: string;
  readonly tenure: string;
  readonly ttlMs: number;
  /** The next epoch is above this one, whatever the record says. */
  readonly epochFloor: bigint;
  /** Before the write is sent. */
  readonly at: Instant;
  /** Whether this candidate has watched the record, unchanged, for the whole of its `ttlMs`. */
  hasRunOut(record: LeaseRecord): boolean;
}

/** A lease that was written for this candidate. */
export interface Grant {
  readonly record: LeaseRecord;
  /** When validity starts to count: before the write was sent, so before anybody could see it. */
  readonly at: Instant;
  /** Whom it was taken from, if that one had not released it. */
  readonly takenFrom: string | undefined;
}

/** What a candidate is told. */
export type Answer = { readonly grant: Grant } | { readonly standing: LeaseRecord };

/**
 * Takes the lease if nobody holds it or its holder has run out. A tenure that is there already is a write of
 * ours whose reply was lost; it is written once more, so that its validity starts at a known time.
 */
export function claim(current: LeaseRecord | undefined, bid: Bid): Change<LeaseRecord, Answer> {
  const { owner, tenure, ttlMs, epochFloor, at } = bid;
  const holder = current?.holder ?? undefined;
  if (current !== undefined && holder !== undefined) {
    if (current.tenure === tenure) return granted({ ...current, seq: current.seq + 1 }, at);
    if (!bid.hasRunOut(current)) return keep({ standing: current });
  }
  const last = current && current.epoch > epochFloor ? current.epoch : epochFloor;
  const record = { holder: owner, tenure, epoch: last + 1n, seq: 0, ttlMs, since: at.wall };
  return granted(record, at, holder);
}

function granted(record: LeaseRecord, at: Instant, takenFrom?: string): Change<LeaseRecord, Answer> {
  return write(record, { grant: { record, at, takenFrom } });
}

/** Keeps a tenure alive, and answers when its validity starts anew, or why it is no longer there. */
export function renew(
  current: LeaseRecord | undefined,
  tenure: string,
  at: Instant,
): Change<LeaseRecord, Instant | 'stolen' | 'deleted'> {
  if (current === undefined) return keep('deleted');
  if (current.tenure !== tenure || current.holder === null) return keep('stolen');
  return write({ ...current, seq: current.seq + 1 }, at);
}

/** Frees the lease if it is still of this tenure, and answers whether it was. The epoch stays. */
export function release(current: LeaseRecord | undefined, tenure: string): Change<LeaseRecord, boolean> {
  if (current?.tenure !== tenure || current.holder === null) return keep(false);
  return write({ ...current, holder: null, seq: current.seq + 1 }, true);
}
