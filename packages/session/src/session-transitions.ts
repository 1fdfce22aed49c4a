import { keep, type Transition, write } from '@norikv/cas-retry';
import type { JsonObject } from './json.js';
import { isLive, type LiveSession, type SessionRecord, type Tombstone } from './session-record.js';

/** Longer than any request lasts that may still hold the session it ends. */
const leastTombstoneMs = 300_000;
/** A session is written as seen once in so many parts of its idle time, not at every look. */
const touchesPerIdleTime = 10;

/** What ended, or what had ended before. */
export type Ending = LiveSession | Tombstone | undefined;

/** Begins a session where there is none. */
export function open(session: LiveSession): Transition<SessionRecord, boolean> {
  return (record, now) => (record ? keep(false) : write(session, true, ttlOf(session, now)));
}

/** Whether it is time to write that a session was seen. A clock that was ahead must not keep it from that. */
export function isTouchDue({ lastSeenAt, idleMs }: LiveSession, now: number): boolean {
  return Math.abs(now - lastSeenAt) * touchesPerIdleTime >= idleMs;
}

/**
 * When a session ends at the latest that may last so long. If it was to last longer, for a cookie it had, that counts
 * from now: it could be over already.
 */
export function expiryOf({ createdAt, expiresAt }: LiveSession, longestMs: number, now: number): number {
  return Math.max(createdAt + longestMs, Math.min(expiresAt, now + longestMs));
}

/** The cookie of a session, and the times that follow from it. */
export interface CookieTerms {
  readonly idleMs: number;
  readonly longestMs: number;
  readonly cookie: JsonObject;
}

/** Writes that a session was seen, if it is time or its terms are new, and if it still lives. It never makes one. */
export function touch(terms?: CookieTerms): Transition<SessionRecord, boolean> {
  return (record, now) => {
    if (!isLive(record, now)) return keep(false);
    const idleMs = terms?.idleMs ?? record.idleMs;
    const isOtherTime = Math.abs(idleMs - record.idleMs) * touchesPerIdleTime >= record.idleMs;
    if (!isOtherTime && !isTouchDue(record, now)) return keep(false);
    if (!terms) return saved({ ...record, lastSeenAt: now }, now);
    const { longestMs, cookie } = terms;
    const expiresAt = Math.min(record.expiresAt, expiryOf(record, longestMs, now));
    const data = { ...record.data, cookie };
    return saved({ ...record, lastSeenAt: now, idleMs, expiresAt, data }, now);
  };
}

/** What a session becomes; undefined to leave it as it is. */
export type NextSession = (session: LiveSession, now: number) => LiveSession | undefined;

/** Changes a session that still lives. It never makes one. */
export function change(next: NextSession): Transition<SessionRecord, boolean> {
  return (record, now) => {
    const changed = isLive(record, now) ? next(record, now) : undefined;
    return changed ? saved(changed, now) : keep(false);
  };
}

/** What became of a session nobody has signed in to; `owned` if somebody has, and nothing was written. */
export type Saved = 'opened' | 'changed' | 'over' | 'owned';

/**
 * Writes a session nobody has signed in to, and opens it if it is new.
 *
 * @param mustExist - whether absence means that it is over.
 */
export function saveAnonymous(session: LiveSession, mustExist: boolean): Transition<SessionRecord, Saved> {
  return (record, now) => {
    if (record === undefined && !mustExist) return write(session, 'opened', ttlOf(session, now));
    if (!isLive(record, now)) return keep('over');
    if (record.userId !== undefined) return keep('owned');
    const expiresAt = expiryOf(record, session.expiresAt - session.createdAt, now);
    const next = { ...session, createdAt: record.createdAt, lastSeenAt: now, expiresAt };
    return write(next, 'changed', ttlOf(next, now));
  };
}

/** Ends a session. An absent one leaves no trace: anybody can make up ids. */
export function end(successor: Omit<Tombstone, 'kind' | 'endedAt'> = {}): Transition<SessionRecord, Ending> {
  return (record, now) => {
    if (record?.kind !== 'live') return keep(record);
    // As long as the session could have lived: what comes later than that is out of date by its own times.
    const ttlMs = Math.max(leastTombstoneMs, ttlOf(record, now));
    return write({ kind: 'ended', endedAt: now, ...successor }, record, ttlMs);
  };
}

/** Ends a session in favour of a copy, unless it changed since. Returns what there was. */
export function replace(
  copy: LiveSession,
  successor: Omit<Tombstone, 'kind' | 'endedAt'>,
): Transition<SessionRecord, Ending> {
  return (record, now) => {
    const isOutdated = record?.kind === 'live' && !isSame(record, copy);
    return isOutdated ? keep(record) : end(successor)(record, now);
  };
}

/** Whether two sessions are of the same user and say the same. */
export function isSame(left: LiveSession, right: LiveSession): boolean {
  return left.userId === right.userId && JSON.stringify(left.data) === JSON.stringify(right.data);
}

/** Ends a session if it is of this user. */
export function endOf(userId: string): Transition<SessionRecord, Ending> {
  return (record, now) => {
    return record?.kind === 'live' && record.userId === userId ? end()(record, now) : keep(undefined);
  };
}

function saved(session: LiveSession, now: number): ReturnType<Transition<SessionRecord, boolean>> {
  return write(session, true, ttlOf(session, now));
}

function ttlOf({ idleMs, expiresAt }: LiveSession, now: number): number {
  return Math.max(1, Math.min(idleMs, expiresAt - now));
}
