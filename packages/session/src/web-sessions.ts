import { InvalidArgumentError, type KvStore } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import { checkFunction, checkObject, checkWhole } from '@norikv/store/checks';
import { quiet } from '@norikv/store/listeners';
import { isUnreadable, orUnavailable, SessionUnavailableError } from './errors.js';
import { copyJson, isJsonObject, type JsonObject, withoutProto } from './json.js';
import { checkUserId, longestMs, type SessionStoreOptions, settingsOf } from './options.js';
import { hashOf } from './session-id.js';
import type { Found } from './session-ledger.js';
import { isLive, type LiveSession } from './session-record.js';
import { type CookieTerms, touch } from './session-transitions.js';
import { WebLedger } from './web-ledger.js';

/** What the stores use of the cookie of a session. */
export interface SessionCookie {
  readonly originalMaxAge?: number | null | undefined;
  readonly expires?: Date | string | null | undefined;
}

/** What the stores use of a session of express-session and \@fastify/session. */
export interface WebSession {
  readonly cookie: SessionCookie;
}

/** Options of the stores for express-session and \@fastify/session. */
export interface WebSessionOptions<Stored extends WebSession> extends SessionStoreOptions {
  /**
   * Idle time in milliseconds of a session whose cookie has no expiry. Default one day. `absoluteMs` is 12 hours
   * by default, or this time if longer, and gives way to a cookie that lasts longer. Where that cookie becomes shorter,
   * `absoluteMs`, or the cookie's time if longer, counts from then.
   */
  readonly ttlMs?: number | undefined;
  /**
   * Whose a session is, so that `list`, `revokeAll` and the other methods of a `SessionManager` with the same
   * prefix know it. Undefined while nobody is signed in. Default: nobody ever is. Where an application begins to say so,
   * or says otherwise, its sessions from before are their users' from the next request that saves or touches them.
   */
  readonly userIdOf?: ((session: Stored) => string | undefined) | undefined;
}

const oneDayMs = 86_400_000;
const longestSid = 256;
/** How many sessions a process remembers to have existed. */
const rememberedSessions = 10_000;

/** What stores of the express-session kind share: no callbacks, no framework. */
export class WebSessions<Stored extends WebSession> {
  readonly #ledger: WebLedger;
  readonly #userIdOf: (session: Stored) => string | undefined;
  /**
   * What was found or saved here is never new again: if it is missing later, it is over, with or without a tombstone.
   * False where the first save failed: it may have been taken back.
   */
  readonly #known = new BoundedMap<boolean>(rememberedSessions);
  /** The ids whose sessions could not be read, and by the new ids that requests got instead, the old ones. */
  readonly #unreadable = new BoundedMap<true>(rememberedSessions);
  readonly #former = new BoundedMap<string>(rememberedSessions);
  /** First saves under way: what is not written yet cannot be ended. */
  readonly #beginning = new Map<string, Promise<unknown>>();

  constructor(client: KvStore, options: WebSessionOptions<Stored>, user: string) {
    const given = checkObject('options', options);
    const { ttlMs = oneDayMs, userIdOf = () => undefined, ...storeOptions } = given;
    checkFunction('userIdOf', userIdOf);
    this.#ledger = new WebLedger(client, settingsOf(ttlMs, storeOptions, ['ttlMs', 'userIdOf']), user);
    this.#userIdOf = userIdOf;
  }

  /**
   * The session, and what {@link touch} needs to know of it. One that cannot be read is reported, left as it is, and
   * counts as none: frameworks look it up before anything else, so an error would keep its visitor from signing in again.
   */
  async find(sid: string): Promise<Found | undefined> {
    if (!isSid(sid)) return undefined;
    const key = hashOf(sid);
    try {
      const found = await orUnavailable(() => this.#ledger.find(key));
      if (found) this.#known.set(key, true);
      return found;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.#unreadable.set(sid, true);
      this.#ledger.settings.onEvent({ kind: 'unreadable', handle: key, userId: undefined, error });
      return undefined;
    }
  }

  /** A request got another id. If its former session could not be read, ending the new one ends that one, too. */
  replace(former: string, sid: string): void {
    if (this.#unreadable.get(former)) this.#former.set(sid, former);
  }

  /**
   * Saves a session. Does nothing for one that was ended. Throws for one whose first save failed and was taken back:
   * its user must not be told that the sign-in worked.
   *
   * @param mustExist - whether it was loaded before, so that absence means that it is over.
   */
  async save(sid: string, session: Stored, mustExist: boolean): Promise<void> {
    if (!isSid(sid)) throw new InvalidArgumentError('The session id is no text of 1 to 256 characters');
    const idleMs = this.#idleMs(session);
    if (idleMs <= 0) return this.end(sid);
    const { maxDataBytes } = this.#ledger.settings;
    const data = copyJson(serialised(session), 'The session', maxDataBytes);
    const userId = this.#ownerOf(session);
    const key = hashOf(sid);
    const isKnown = mustExist || this.#known.get(key) === true;
    const saving = orUnavailable(() => this.#ledger.save(key, { userId, idleMs, data }, isKnown));
    if (!isKnown) this.#begin(key, saving);
    if (await saving) this.#known.set(key, true);
    else if (this.#known.get(key) === false) throw new SessionUnavailableError(takenBack);
  }

  /**
   * Keeps a session from being idle. Makes no store call if it was read a moment ago and no write is due, unless it is
   * found to be somebody else's.
   */
  async touch(sid: string, session: Stored, loaded: LiveSession | undefined): Promise<void> {
    const idleMs = this.#idleMs(session);
    if (idleMs <= 0) return this.end(sid);
    const cookie = serialised(session.cookie ?? {});
    const terms = { idleMs, longestMs: this.#ledger.longestMs(idleMs), cookie };
    if (loaded) await this.#ledger.users.upkeep(() => this.#claim(sid, session, loaded));
    if (!isSid(sid) || this.#isFresh(loaded, terms)) return;
    const isOutlasted = loaded !== undefined && loaded.createdAt + idleMs > loaded.expiresAt;
    await orUnavailable(async () => {
      await (isOutlasted
        ? this.#ledger.lengthen(hashOf(sid), terms)
        : this.#ledger.touch(hashOf(sid), terms));
    });
  }

  async end(sid: string): Promise<void> {
    if (!isSid(sid)) return;
    const former = this.#former.get(sid);
    if (former !== undefined) await this.#end(former);
    await this.#end(sid);
  }

  async #end(sid: string): Promise<void> {
    const key = hashOf(sid);
    this.#known.set(key, true);
    await this.#beginning.get(key);
    await orUnavailable(async () => {
      await this.#ledger.end(key);
    });
  }

  /** What says whose a session is may be newer than the session. Its user must find it, but no request depends on it. */
  async #claim(sid: string, session: Stored, { userId: former }: LiveSession): Promise<void> {
    const userId = this.#ownerOf(session);
    if (userId !== undefined && userId !== former) await this.#ledger.give(hashOf(sid), userId, former);
  }

  #ownerOf(session: Stored): string | undefined {
    let owner: unknown;
    try {
      owner = this.#userIdOf(session);
    } catch (cause) {
      // To callbacks, nothing at all is no error: the session would pass for saved.
      throw cause instanceof Error ? cause : new InvalidArgumentError('userIdOf threw no error', { cause });
    }
    quiet(owner);
    return owner === undefined ? undefined : checkUserId(owner);
  }

  #begin(key: string, saving: Promise<unknown>): void {
    saving.catch(() => {
      if (!this.#known.get(key)) this.#known.set(key, false);
    });
    const all = Promise.allSettled([this.#beginning.get(key), saving]).then(() => {
      if (this.#beginning.get(key) === all) this.#beginning.delete(key);
    });
    this.#beginning.set(key, all);
  }

  #isFresh(loaded: LiveSession | undefined, terms: CookieTerms): boolean {
    const now = this.#ledger.settings.now();
    return isLive(loaded, now) && touch(terms)(loaded, now).kind === 'keep';
  }

  #idleMs({ cookie }: Stored): number {
    const { now, ttlMs } = this.#ledger.settings;
    const { expires, originalMaxAge } = cookie ?? {};
    const leftMs = expires ? new Date(expires).getTime() - now() : ttlMs;
    if (!(leftMs > 0)) return 0;
    // A date in the year 9999 is a way to say that a cookie never ends.
    const idleMs = Math.min(longestMs, Math.ceil(originalMaxAge || leftMs));
    return checkWhole('maxAge of the cookie', idleMs);
  }
}

const takenBack = 'The first save of this session failed and was taken back; begin another session';

function isSid(sid: unknown): sid is string {
  return typeof sid === 'string' && sid !== '' && sid.length <= longestSid && sid.isWellFormed();
}

/** What JSON makes of a session, dates included, as in every store of this kind. */
function serialised(session: object): JsonObject {
  const parsed = withoutProto(JSON.parse(JSON.stringify(session)));
  if (isJsonObject(parsed)) return parsed;
  throw new InvalidArgumentError('The session is no object; use one with a cookie');
}
