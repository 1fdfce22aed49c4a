import type { Codec } from '@norikv/cas-retry';
import { stringToBytes } from '@norikv/store';
import { decodeRecord, encodeRecord } from './record.js';

/** Lines sealed outside the head: a segment, or a commit in parts; on higher levels, an index page. */
export type Ref = readonly [first: number, last: number, token?: string, pieces?: number];

/** A reference that was cut off and whose records are still to be deleted. */
export type Trash = readonly [level: number, ...ref: Ref];

/** Whether a stream takes events: `tombstoned` never does again. */
export type StreamStatus = 'open' | 'deleted' | 'archived' | 'tombstoned';

/** State computed from the events up to a version, by one revision of a reducer. */
export interface Snapshot {
  readonly version: number;
  readonly revision: string;
  readonly state: unknown;
}

/** How far a stream has been published to the feed. */
export interface FeedMark {
  readonly partitions: number;
  /** The last version the feed is known to hold. */
  readonly published: number;
  /** Counts how often the stream was swept: an append prepared before a sweep must not commit after it. */
  readonly fence: number;
  /** Set while the ledger is known to hold an entry for the stream. */
  readonly dirty: boolean;
}

/** The only changing record of a log. Readers follow it, so what it does not name does not exist. */
export interface Head {
  readonly name: string;
  /** The newest version; 0 before the first line. */
  readonly last: number;
  /** The oldest version that has not been cut off. */
  readonly first: number;
  readonly status: StreamStatus;
  /** The version at which the log began, or began anew after a deletion; absent while it was never deleted. */
  readonly since?: number | undefined;
  readonly rollBytes: number;
  /** References by level, oldest first; what is on a higher level is older. */
  readonly index: readonly (readonly Ref[])[];
  readonly trash: readonly Trash[];
  readonly snapshots: Readonly<Record<string, Snapshot>>;
  readonly feed?: FeedMark | undefined;
  /** The append that has asked to go first: it needs an empty tail, and others were faster. */
  readonly next?: string | undefined;
  /** The newest lines: the tail. */
  readonly lines: readonly string[];
  /** Bytes of the tail. */
  readonly tailBytes: number;
}

/** The head of a log that has none. */
export function emptyHead(name: string, rollBytes: number): Head {
  return {
    name,
    last: 0,
    first: 1,
    status: 'open',
    rollBytes,
    index: [[]],
    trash: [],
    snapshots: {},
    lines: [],
    tailBytes: 0,
  };
}

/** Spares an append from taking apart what this process has put together. */
const headsByBytes = new WeakMap<Uint8Array, Head>();

/** One object for all logs, so that the updates of a key are combined. Heads are shared: never change one. */
export const headCodec: Codec<Head> = {
  encode(head) {
    const { lines, tailBytes: _, ...header } = head;
    const bytes = encodeRecord('head', header, lines);
    headsByBytes.set(bytes, head);
    return bytes;
  },
  decode(bytes) {
    const known = headsByBytes.get(bytes);
    if (known) return known;
    const { header, lines, lineBytes } = decodeRecord('head', bytes);
    return { ...(header as Omit<Head, 'lines' | 'tailBytes'>), lines, tailBytes: lineBytes };
  },
};

/** The version of the oldest line in the tail. */
export function tailFirst({ last, lines }: Head): number {
  return last - lines.length + 1;
}

/** Bytes that lines take in a record. */
export function bytesOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + stringToBytes(line).length + 1, 0);
}
