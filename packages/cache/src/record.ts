import { bytesToString, stringToBytes } from '@norikv/store';

/** A cached value as it is stored. */
export interface Body {
  /** Null: known not to exist. */
  readonly payload: Uint8Array | null;
  /** Wall-clock time of the writer, in milliseconds. */
  readonly storedAt: number;
  /** How long it counts as fresh. */
  readonly freshMs: number;
  /** How long after that it may still stand in. */
  readonly staleMs: number;
  /** The epochs of its namespaces and tags when its load began. It is valid while all are the same. */
  readonly epochs: Readonly<Record<string, string>>;
}

/** What a key of the store holds: a value, or the lease of whoever loads it, or both. */
export interface CacheRecord {
  readonly body: Body | undefined;
  /** Names the load in progress. */
  readonly lease: string | undefined;
}

interface Header {
  readonly at?: number;
  readonly fresh?: number;
  readonly stale?: number;
  readonly epochs?: Record<string, string>;
  readonly absent?: 1;
  readonly lease?: string;
}

const newline = 10;

/** A line of JSON, then the payload. */
export function encodeRecord({ body, lease }: CacheRecord): Uint8Array {
  const header: Header = {
    ...(body && { at: body.storedAt, fresh: body.freshMs, stale: body.staleMs, epochs: body.epochs }),
    ...(body?.payload === null && { absent: 1 }),
    ...(lease !== undefined && { lease }),
  };
  const line = stringToBytes(`${JSON.stringify(header)}\n`);
  const payload = body?.payload ?? new Uint8Array(0);
  const bytes = new Uint8Array(line.length + payload.length);
  bytes.set(line);
  bytes.set(payload, line.length);
  return bytes;
}

/**
 * What the bytes mean; an empty record if they are none of ours: it is then overwritten like any other.
 *
 * @param now - what is dated after that is taken for new. A load that fails writes it back, and a clock that is behind
 * must not find it new each time.
 */
export function decodeRecord(bytes: Uint8Array, now: number = Number.POSITIVE_INFINITY): CacheRecord {
  try {
    const end = bytes.indexOf(newline);
    const header: Header = JSON.parse(bytesToString(bytes.subarray(0, end)));
    const { at, fresh, stale = 0, epochs, absent } = header;
    const lease = typeof header.lease === 'string' ? header.lease : undefined;
    if (!isNumber(at) || !isNumber(fresh) || !isNumber(stale) || !epochs || typeof epochs !== 'object') {
      return { body: undefined, lease };
    }
    // Of a Node.js `Buffer` a slice is no copy.
    const payload = absent ? null : new Uint8Array(bytes.subarray(end + 1));
    return { body: { payload, storedAt: Math.min(at, now), freshMs: fresh, staleMs: stale, epochs }, lease };
  } catch {
    return { body: undefined, lease: undefined };
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
