import type { Codec } from '@norikv/cas-retry';
import { isJsonObject, type JsonObject, safeJsonCodec } from './json.js';

/** A session that somebody may use. Times are wall-clock milliseconds. */
export interface LiveSession {
  readonly kind: 'live';
  /** Absent while nobody is signed in. */
  readonly userId?: string | undefined;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** Over when it was not seen for so long. */
  readonly idleMs: number;
  /** Over then, however busy it is. */
  readonly expiresAt: number;
  readonly data: JsonObject;
}

/** What remains of a session that was ended, so that nothing late can bring it back. */
export interface Tombstone {
  readonly kind: 'ended';
  readonly endedAt: number;
  /** The key of the session that took its place. */
  readonly replacedBy?: string | undefined;
  /** Until when its old id still leads there. */
  readonly followUntil?: number | undefined;
}

/** What the store holds under the hash of an id. */
export type SessionRecord = LiveSession | Tombstone;

/** Under which key a session goes on that was ended for it. Undefined if nowhere, or back: only damage leads there. */
export function successorOf({ replacedBy }: Tombstone, path: readonly string[]): string | undefined {
  return replacedBy !== undefined && path.includes(replacedBy) ? undefined : replacedBy;
}

/** Whether a session may be used. The store's TTL decides too: whichever is first ends it. */
export function isLive(record: SessionRecord | undefined, now: number): record is LiveSession {
  return record?.kind === 'live' && now < record.expiresAt && now < record.lastSeenAt + record.idleMs;
}

export const sessionCodec: Codec<SessionRecord> = safeJsonCodec((record) => {
  if (isLiveSession(record) || isTombstone(record)) return record;
  throw new TypeError('This is no session');
});

function isLiveSession(value: unknown): value is LiveSession {
  if (!isJsonObject(value) || value.kind !== 'live') return false;
  const { userId, createdAt, lastSeenAt, idleMs, expiresAt, data } = value;
  const hasTimes = [createdAt, lastSeenAt, idleMs, expiresAt].every(isTime);
  return hasTimes && isOptionalText(userId) && isJsonObject(data);
}

function isTombstone(value: unknown): value is Tombstone {
  if (!isJsonObject(value) || value.kind !== 'ended') return false;
  const { endedAt, replacedBy, followUntil } = value;
  return isTime(endedAt) && isOptionalText(replacedBy) && (followUntil === undefined || isTime(followUntil));
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value !== '');
}

/** Whether a value is a time or a duration in whole milliseconds. */
export function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
