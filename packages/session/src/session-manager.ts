import { errorCode, type KvStore } from '@norikv/store';
import { checkObject, checkWhole, refuse } from '@norikv/store/checks';
import { SignInRevokedError } from './errors.js';
import { checkUserId, type SessionManagerOptions, settingsOf } from './options.js';
import type { ListedSession, NewSession, Profile, RegenerateOptions, Session, SignIn } from './session.js';
import { createSessionId, hashOf, isSessionId } from './session-id.js';
import { SessionLedger } from './session-ledger.js';
import { type Beginning, type OwnedSession, SessionShape } from './session-shape.js';
import { revoke, revokeAll, revokeOthers } from './user-transitions.js';
import { type FoundOfUser, withSession } from './with-session.js';

/** A session id as it came in: a cookie may be missing, or anything. */
export type PresentedId = string | null | undefined;

/**
 * Sessions that stay logged out.
 *
 * Once `destroy`, `revoke` or `revokeAll` has resolved, no request that was under way, no late or repeated
 * write and no other process brings the session back. A malformed id is refused without a store call; an
 * unknown one never becomes a session. Where the store does not answer, methods throw: nobody is let in, and
 * nobody is taken for signed out.
 *
 * @example
 * ```ts
 * const sessions = new SessionManager(store, 1_800_000); // over after 30 idle minutes
 * const id = await sessions.create('user123', 'alice@example.com', ['user']);
 * await sessions.get(id); // { userId: 'user123', email: 'alice@example.com', ... }
 * await sessions.revokeAll('user123');
 * await sessions.get(id); // null
 * ```
 */
export class SessionManager<Data extends object = Profile> {
  readonly #ledger: SessionLedger;
  readonly #shape: SessionShape<Data>;

  /**
   * @param ttlMs - idle time: a session is over when it was not read or changed for so long. Default one hour.
   * @throws UnsupportedError if the store does not guarantee what sessions need.
   * @throws InvalidArgumentError naming the option that is wrong.
   */
  constructor(client: KvStore, ttlMs: number = 3_600_000, options: SessionManagerOptions<Data> = {}) {
    const { schema, ...storeOptions } = checkObject('options', options);
    const settings = settingsOf(ttlMs, storeOptions, ['schema']);
    this.#ledger = new SessionLedger(client, settings, 'SessionManager');
    this.#shape = new SessionShape(schema, settings.maxDataBytes);
  }

  /**
   * Signs a user in and returns the id for the cookie. The store only ever sees its hash.
   *
   * If it throws, there is no session anybody could use: sign in again.
   *
   * @throws InvalidArgumentError for data that JSON cannot say or that are too large, naming the place.
   * @throws SessionDataError if the data do not fit the schema.
   * @throws SessionLimitError, SignInRevokedError as their names say.
   */
  async create(userId: string, ...session: NewSession<Data>): Promise<string> {
    return this.#begin(this.#shape.begun(userId, session, this.#ledger.settings));
  }

  /** As {@link create}; returns the session and what its cookie needs, too, at no further cost. */
  async signIn(userId: string, ...session: NewSession<Data>): Promise<SignIn<Data>> {
    return this.signInAgain(undefined, userId, ...session);
  }

  /** @internal As {@link signIn}, for who ends the former session next: it takes up no room. */
  async signInAgain(
    formerId: PresentedId,
    userId: string,
    ...session: NewSession<Data>
  ): Promise<SignIn<Data>> {
    const beginning = this.#shape.begun(userId, session, this.#ledger.settings);
    const { createdAt } = beginning.session;
    const shown = this.#shape.shown(structuredClone(beginning.session), createdAt);
    const id = await this.#begin(beginning, isSessionId(formerId) ? hashOf(formerId) : undefined);
    return { id, session: shown, ownMs: this.#ownMs(beginning.session) };
  }

  /**
   * The session, or null if there is none: never was, logged out, revoked, or too old. Counts as a use of it,
   * which is written once in a tenth of the idle time.
   */
  async get(id: PresentedId): Promise<Session<Data> | null> {
    const found = await this.#find(id);
    if (!found) return null;
    const session = this.#shape.shown(found.session, this.#now());
    await this.#ledger.see(found);
    return session;
  }

  /** Whether there is such a session. Does not count as a use of it: only `get` and `update` keep one alive. */
  async validate(id: PresentedId): Promise<boolean> {
    return (await this.#find(id)) !== undefined;
  }

  /**
   * Changes the data of a session. False if there is none, also when it was ended a moment ago, or somebody
   * else signed in under its id: a change never brings it back.
   *
   * @param updateFn - gets a copy and returns the new data, synchronously. It runs again when another process was
   * first, possibly in the asynchronous context of another call for this session. `userId` and times cannot change.
   */
  async update(id: PresentedId, updateFn: (session: Session<Data>) => Data): Promise<boolean> {
    if (typeof updateFn !== 'function') refuse('updateFn', updateFn, 'a function that returns the new data');
    const isChanged = await withSession(
      () => this.#find(id),
      ({ key, session: { userId } }) =>
        this.#ledger.change(key, (session, now) => {
          // Somebody else may have signed in under the same id.
          if (session.userId !== userId) return undefined;
          const shown = this.#shape.shown({ ...structuredClone(session), userId }, now);
          const data = this.#shape.stored(updateFn(shown), userId, session.data);
          return { ...session, lastSeenAt: now, data };
        }),
    );
    return isChanged ?? false;
  }

  /**
   * Logs out. False if there was no session. Repeat it if it throws: only when it has resolved is the session
   * over, with whatever id a request that ran at the same time gave it. A damaged record is removed.
   */
  async destroy(id: PresentedId): Promise<boolean> {
    return isSessionId(id) ? this.#ledger.end(hashOf(id)) : false;
  }

  /**
   * Gives a session a new id, and ends the old one. Call it whenever rights change. Null if there is no
   * session, or another call gave it a new id at the same time; with `overlapMs` also if the old id leads to that one
   * already. Times and data stay.
   *
   * If it throws, the session may be over.
   */
  async regenerate(id: PresentedId, options: RegenerateOptions = {}): Promise<string | null> {
    return (await this.renew(id, options))?.id ?? null;
  }

  /** @internal As {@link regenerate}; returns what the cookie needs, too. */
  async renew(
    id: PresentedId,
    options: RegenerateOptions = {},
  ): Promise<Pick<SignIn, 'id' | 'ownMs'> | null> {
    const { overlapMs = 0 } = checkObject('options of regenerate', options);
    checkWhole('overlapMs', overlapMs, 0, 60_000);
    const found = await this.#find(id);
    if (!found || !isSessionId(id)) return null;
    // Whoever gave it the id it has now answers with that one. But where rights change, no older id may lead on.
    if (overlapMs > 0 && found.key !== hashOf(id)) return null;
    const newId = createSessionId();
    const isDone = await this.#ledger.move(found, hashOf(newId), overlapMs);
    return isDone ? { id: newId, ownMs: this.#ownMs(found.session) } : null;
  }

  /**
   * The sessions of a user that can be used now, oldest first. One read, and one more for each of them.
   *
   * A session that is damaged or no longer fits the schema is left out, and an `unreadable` event has the handle to
   * `revoke` it by. `revokeAll` and `revokeOthers` end it, too.
   */
  async list(userId: string): Promise<readonly ListedSession<Data>[]> {
    const found = await this.#ledger.users.list(checkUserId(userId));
    return found.flatMap(({ handle, session }) => {
      const { lastSeenAt, expiresAt } = session;
      try {
        return { handle, session: this.#shape.shown({ ...session, userId }, lastSeenAt), expiresAt };
      } catch (error) {
        if (errorCode(error) !== 'SESSION_DATA') throw error;
        this.#ledger.settings.onEvent({ kind: 'unreadable', handle, userId, error });
        return [];
      }
    });
  }

  /** The handle of a session, to find it in a list. Null if there is none. */
  async handleOf(id: PresentedId): Promise<string | null> {
    const handle = await withSession(
      () => this.#find(id),
      ({ key, session }) => this.#ledger.users.handleOf(session.userId, key),
    );
    return handle ?? null;
  }

  /**
   * For the cookie: how many milliseconds a session has left at most, if its absolute time is not that of the manager.
   * Null if it is, and if there is no session.
   */
  async ownTimeOf(id: PresentedId): Promise<number | null> {
    const found = await this.#find(id);
    return found ? this.#ownMs(found.session) : null;
  }

  /**
   * Ends one session of a user, by the handle from `list`. False if there is none. One that was idle for too long may
   * still count until it is tidied up, here and in the next two.
   */
  async revoke(userId: string, handle: string): Promise<boolean> {
    return Boolean(await this.#ledger.users.revoke(checkUserId(userId), revoke(handle)));
  }

  /**
   * Logs out everywhere: ends all sessions of a user in one write. Returns how many there were. Sign-ins that
   * began before, with {@link generation}, are refused as well.
   */
  async revokeAll(userId: string): Promise<number> {
    return (await this.#ledger.users.revoke(checkUserId(userId), revokeAll)) ?? 0;
  }

  /** Ends all other sessions of the user. Returns how many there were; null, with nothing ended, if this one is over. */
  async revokeOthers(id: PresentedId): Promise<number | null> {
    const count = await withSession(
      () => this.#find(id),
      ({ key, session }) => this.#ledger.users.revoke(session.userId, revokeOthers(key)),
    );
    return count ?? null;
  }

  /**
   * A number that becomes another one whenever all sessions of a user, or all but one, are ended. Ask before you check a
   * password, and pass it to `create`: then a sign-in with the old password cannot slip in behind `revokeAll`.
   */
  async generation(userId: string): Promise<number> {
    return this.#ledger.users.generationOf(checkUserId(userId));
  }

  /** A session of an adapter that nobody has signed in to does not count here. */
  async #find(id: PresentedId): Promise<FoundOfUser | undefined> {
    const found = isSessionId(id) ? await this.#ledger.find(hashOf(id)) : undefined;
    const userId = found?.session.userId;
    return found && userId !== undefined
      ? { key: found.key, session: { ...found.session, userId } }
      : undefined;
  }

  async #begin({ session, generation }: Beginning, replaces?: string): Promise<string> {
    const id = createSessionId();
    if (await this.#ledger.begin(hashOf(id), session, { generation, replaces })) return id;
    throw new SignInRevokedError(
      `generation is ${generation}, but the sessions of this user were ended since; check the credentials again`,
    );
  }

  #ownMs({ createdAt, expiresAt }: OwnedSession): number | null {
    return expiresAt - createdAt === this.#ledger.settings.absoluteMs ? null : expiresAt - this.#now();
  }

  #now(): number {
    return this.#ledger.settings.now();
  }
}
