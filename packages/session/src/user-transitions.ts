import { type Change, keep, type Transition, write } from '@norikv/cas-retry';
import { nobody, type UserRecord, type UserSession } from './user-record.js';

/** Clocks of processes differ: a record outlives the sessions it names by this much. */
const spareMs = 60_000;
/** A generation is remembered for longer than any sign-in takes. */
const leastMs = 86_400_000;

/** A session that wants to be named. */
export interface Candidate {
  readonly key: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The key of the session it continues: it must still be named. */
  readonly continues?: string | undefined;
  /** The key of the session it replaces, which is ended next, and so takes up no room. */
  readonly replaces?: string | undefined;
  /** The generation in which it was asked for. */
  readonly generation?: number | undefined;
}

/** How many sessions a user may have. */
export interface Quota {
  readonly maxSessions: number;
  readonly whenFull: 'evict-oldest' | 'refuse';
  /** Keys that are named and known to be over; undefined before anybody looked. */
  readonly dead?: ReadonlySet<string> | undefined;
}

/** What became of a candidate. */
export type Admission =
  /** There are more than may be: once it is written, the oldest must go. */
  | { readonly kind: 'admitted'; readonly isOverfull: boolean }
  /** Somebody must look which of these are over. */
  | { readonly kind: 'full'; readonly sessions: readonly UserSession[] }
  | { readonly kind: 'refused' | 'revoked' };

/** Names a session. The oldest make room only when it is written: a sign-in that fails must end none. */
export function admit(candidate: Candidate, quota: Quota): Transition<UserRecord, Admission> {
  return (user = nobody, now) => {
    const { key, createdAt, expiresAt, continues, replaces, generation = user.generation } = candidate;
    const { maxSessions, whenFull, dead } = quota;
    const continued = user.sessions.find((session) => session.key === continues);
    if (generation !== user.generation || (continues !== undefined && !continued)) {
      return keep({ kind: 'revoked' });
    }
    const isOther = (session: UserSession): boolean =>
      session.key !== key && session.expiresAt > now && !dead?.has(session.key);
    const others = user.sessions.filter(isOther);
    const handle = continued?.handle ?? key;
    // Another id for a session takes no more room, and nobody signs in who could end others for it.
    const isOverfull =
      !continued && excessOf(others, [handle, handleOf(user, replaces)], maxSessions).length > 0;
    if (isOverfull && !dead) return keep({ kind: 'full', sessions: others });
    if (isOverfull && whenFull === 'refuse') return keep({ kind: 'refused' });
    const session = { key, handle, createdAt, expiresAt, namedAt: now };
    // One that is named already keeps its place: they stand in the order in which they were named.
    const earlier = user.sessions.findIndex((other) => other.key === key);
    const position = earlier < 0 ? others.length : user.sessions.slice(0, earlier).filter(isOther).length;
    return named<Admission>(
      { ...user, sessions: others.toSpliced(position, 0, session) },
      { kind: 'admitted', isOverfull },
      now,
    );
  };
}

/** Ends the oldest sessions beyond the quota, but not this one, nor the one it replaces. Returns what ended. */
export function makeRoom(
  key: string,
  maxSessions: number,
  replaces?: string,
): Transition<UserRecord, readonly UserSession[]> {
  return (user = nobody, now) => {
    const own = handleOf(user, key);
    const excess = own ? excessOf(user.sessions, [own, handleOf(user, replaces)], maxSessions) : [];
    return endWhere(({ handle }) => excess.includes(handle))(user, now);
  };
}

function handleOf({ sessions }: UserRecord, key: string | undefined): string | undefined {
  return sessions.find((session) => session.key === key)?.handle;
}

/**
 * The handles of the oldest sessions that one leaves no room for, without its own and that of the one it replaces. A
 * session may have two keys for a moment.
 */
function excessOf(
  sessions: readonly UserSession[],
  handles: readonly (string | undefined)[],
  maxSessions: number,
): readonly string[] {
  const byAge = sessions.toSorted((left, right) => left.createdAt - right.createdAt);
  const others = new Set(byAge.map(({ handle }) => handle).filter((handle) => !handles.includes(handle)));
  return [...others].slice(0, Math.max(0, others.size + 1 - maxSessions));
}

/** Names one id of a session no more. Returns what was named. */
export function withdraw(key: string): Transition<UserRecord, readonly UserSession[]> {
  return endWhere((session) => session.key === key);
}

/**
 * Names an id no more whose session got another one, nor those that were named before that: copies which nobody was
 * given, of calls that died. Returns what was named.
 */
export function withdrawFor(successor: string): typeof withdraw {
  return (key) =>
    (user = nobody, now) => {
      const position = user.sessions.findIndex((session) => session.key === successor);
      const earlier = user.sessions.slice(0, Math.max(0, position));
      const handle = user.sessions[position]?.handle;
      const isCopy = (session: UserSession): boolean =>
        session.handle === handle && earlier.includes(session);
      return endWhere((session) => session.key === key || isCopy(session))(user, now);
    };
}

/** Ends the session an id is of, whichever others it has: who was to give it one may have died. Returns what ended. */
export function withdrawAll(key: string): Transition<UserRecord, readonly UserSession[]> {
  return (user = nobody, now) => {
    const own = handleOf(user, key);
    return endWhere(({ handle }) => handle === own)(user, now);
  };
}

/** Ends one session, whichever of its ids it has now. Returns what ended. */
export function revoke(handle: string): Transition<UserRecord, readonly UserSession[]> {
  return endWhere((session) => session.handle === handle);
}

function endWhere(
  isEnded: (session: UserSession) => boolean,
): Transition<UserRecord, readonly UserSession[]> {
  return (user = nobody, now) => {
    const [ended, sessions] = split(user, isEnded);
    return ended.length === 0 ? keep(ended) : named({ ...user, sessions }, ended, now);
  };
}

/** Ends all sessions, also where there are none: a sign-in may be on its way. Returns what ended. */
export const revokeAll: Transition<UserRecord, readonly UserSession[]> = (user = nobody, now) =>
  named({ generation: nextGeneration(user, now), sessions: [] }, user.sessions, now);

/** Ends all sessions but one. Returns what ended, or undefined if that one is not named itself. */
export function revokeOthers(key: string): Transition<UserRecord, readonly UserSession[] | undefined> {
  return (user = nobody, now) => {
    const own = user.sessions.find((session) => session.key === key);
    if (!own) return keep(undefined);
    const [ended, sessions] = split(user, ({ handle }) => handle !== own.handle);
    return named({ generation: nextGeneration(user, now), sessions }, ended, now);
  };
}

/** No count: that would begin anew when the record has left the store, and a sign-in would find its generation again. */
function nextGeneration({ generation }: UserRecord, now: number): number {
  return Math.max(generation + 1, now);
}

function split(
  { sessions }: UserRecord,
  isEnded: (session: UserSession) => boolean,
): [ended: UserSession[], kept: UserSession[]] {
  return [sessions.filter(isEnded), sessions.filter((session) => !isEnded(session))];
}

/** Without its record every session of a user is over, so it is kept as long as one could live. */
function named<Result>(user: UserRecord, result: Result, now: number): Change<UserRecord, Result> {
  const lasting = user.sessions.map(({ expiresAt }) => expiresAt - now + spareMs);
  return write(user, result, Math.max(leastMs, ...lasting));
}
