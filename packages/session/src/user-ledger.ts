import type { Transition } from '@norikv/cas-retry';
import { errorCode } from '@norikv/store';
import { rethrowUnlessDamaged } from './damage.js';
import { SessionLimitError } from './errors.js';
import type { EndReason } from './events.js';
import type { Settings } from './options.js';
import type { Records } from './records.js';
import { isLive, type LiveSession, type SessionRecord, successorOf } from './session-record.js';
import { endOf } from './session-transitions.js';
import type { UserRecord, UserSession } from './user-record.js';
import { admit, type Candidate, makeRoom, withdraw } from './user-transitions.js';

/** A session in a list. */
export interface Listed {
  readonly handle: string;
  readonly session: LiveSession;
}

/** A session that is named this new may just not be written yet. */
const birthMs = 60_000;

/** Which sessions a user has. */
export class UserLedger {
  readonly #records: Records;
  readonly #settings: Settings;

  constructor(records: Records, settings: Settings) {
    this.#records = records;
    this.#settings = settings;
  }

  /**
   * Names a session in the record of its user, before it is written: so no revocation can miss it. False if
   * sessions were ended since it was asked for, or if nothing was written.
   */
  async admit(userId: string, candidate: Candidate, write: () => Promise<boolean>): Promise<boolean> {
    const { maxSessions, whenFull } = this.#settings;
    const quota = { maxSessions, whenFull };
    let { replaces } = candidate;
    let admission = await this.#records.updateUser(userId, admit(candidate, quota));
    if (admission.kind === 'full') {
      const dead = await this.#deadAmong(userId, admission.sessions);
      // It may just have got another id. What is damaged also leaves its room, so nobody needs to hear.
      replaces = replaces && (await this.#latest(replaces, () => {})).key;
      admission = await this.#records.updateUser(
        userId,
        admit({ ...candidate, replaces }, { ...quota, dead }),
      );
    }
    if (admission.kind === 'admitted') {
      const isWritten = await write();
      if (isWritten && admission.isOverfull) {
        // If this fails, or may have: the oldest may be over, so the new one must not be. The next one makes the room.
        const room = makeRoom(candidate.key, maxSessions, replaces);
        const evicted = await this.upkeep(() => this.#records.updateUser(userId, room));
        if (evicted) await this.#bury(userId, evicted, 'evicted');
      }
      return isWritten;
    }
    if (admission.kind === 'revoked') return false;
    throw new SessionLimitError(
      `The user has ${maxSessions} sessions (maxSessions), and whenFull is "refuse"; end one of them first`,
    );
  }

  /** As {@link admit}, for a new key: if it cannot be written, it takes no room. */
  async begin(userId: string, candidate: Candidate, write: () => Promise<boolean>): Promise<boolean> {
    try {
      return await this.admit(userId, candidate, write);
    } catch (error) {
      if (errorCode(error) !== 'SESSION_LIMIT') await this.withdraw(userId, candidate.key);
      throw error;
    }
  }

  /**
   * Names an id no more, or all of its session, too. Returns the handle, or the key where that cannot be known;
   * undefined if it was not named.
   */
  async withdraw(
    userId: string | undefined,
    key: string,
    unname: typeof withdraw = withdraw,
  ): Promise<string | undefined> {
    if (userId === undefined) return key;
    const withdrawn = await this.upkeep(() => this.#records.updateUser(userId, unname(key)));
    return withdrawn ? withdrawn[0]?.handle : key;
  }

  /**
   * Ends sessions by the record of their user, which is what counts; their own records follow. Returns how many;
   * undefined if the transition refused.
   */
  async revoke(
    userId: string,
    transition: Transition<UserRecord, readonly UserSession[] | undefined>,
  ): Promise<number | undefined> {
    const ended = await this.#records.updateUser(userId, transition);
    return ended && this.#bury(userId, ended, 'revoked');
  }

  /** The sessions of a user that live and can be read, oldest first. */
  async list(userId: string): Promise<readonly Listed[]> {
    const user = await this.#records.readUser(userId);
    const named = user?.sessions ?? [];
    const records = await Promise.all(named.map((session) => this.#usable(userId, session)));
    const now = this.#settings.now();
    const byHandle = new Map<string, Listed>();
    for (const [position, { handle }] of named.entries()) {
      const session = records[position];
      // The first of its ids comes first: until that one ends, others are copies.
      if (isLive(session, now) && session.userId === userId && !byHandle.has(handle))
        byHandle.set(handle, { handle, session });
    }
    return [...byHandle.values()].sort((left, right) => left.session.createdAt - right.session.createdAt);
  }

  async handleOf(userId: string, key: string): Promise<string | undefined> {
    const user = await this.#records.readUser(userId);
    return user?.sessions.find((session) => session.key === key)?.handle;
  }

  async generationOf(userId: string): Promise<number> {
    return (await this.#records.readUser(userId))?.generation ?? 0;
  }

  /** Does what nothing depends on. */
  async upkeep<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#settings.onEvent({ kind: 'upkeep-failed', error });
      return undefined;
    }
  }

  /** The record of a session. Nobody can use what is damaged: it keeps its user from nothing, and is told. */
  async #usable(userId: string, { key, handle }: UserSession): Promise<SessionRecord | undefined> {
    const { record } = await this.#latest(key, (error) =>
      this.#settings.onEvent({ kind: 'unreadable', handle, userId, error }),
    );
    return record;
  }

  /** A session under the id it has by now, as far as that can be read. */
  async #latest(
    key: string,
    onDamaged: (error: unknown) => void,
    path: readonly string[] = [key],
  ): Promise<{ readonly key: string; readonly record?: SessionRecord | undefined }> {
    try {
      const record = await this.#records.readSession(key);
      const next = record?.kind === 'ended' ? successorOf(record, path) : undefined;
      return next === undefined ? { key, record } : await this.#latest(next, onDamaged, [...path, next]);
    } catch (error) {
      rethrowUnlessDamaged(error);
      onDamaged(error);
      return { key };
    }
  }

  /** Removes what is left of sessions that no user record names any more: they are over already. Returns how many. */
  async #bury(userId: string, ids: readonly UserSession[], reason: EndReason): Promise<number> {
    const handles = new Set(ids.map(({ handle }) => handle));
    for (const handle of handles) this.#settings.onEvent({ kind: 'ended', handle, userId, reason });
    const bury = (key: string) => this.upkeep(() => this.#records.updateSession(key, endOf(userId)));
    await Promise.all(ids.map(({ key }) => bury(key)));
    return handles.size;
  }

  async #deadAmong(userId: string, sessions: readonly UserSession[]): Promise<ReadonlySet<string>> {
    const now = this.#settings.now();
    const records = await Promise.all(sessions.map((session) => this.#usable(userId, session)));
    const dead = sessions.filter(({ namedAt }, position) => {
      const record = records[position];
      // What was ended never lives again. All else may be written in a moment, or get this user.
      if (record?.kind === 'ended') return true;
      return now - namedAt > birthMs && !(isLive(record, now) && record.userId === userId);
    });
    return new Set(dead.map(({ key }) => key));
  }
}
