import type { JsonObject } from './json.js';
import { type Found, SessionLedger } from './session-ledger.js';
import type { LiveSession } from './session-record.js';
import {
  type CookieTerms,
  change,
  expiryOf,
  type NextSession,
  saveAnonymous,
} from './session-transitions.js';

/** What a web framework keeps in a session. */
export interface Content {
  readonly userId: string | undefined;
  readonly idleMs: number;
  readonly data: JsonObject;
}

/** The life of sessions that a web framework writes as a whole, under ids and with cookies of its own. */
export class WebLedger extends SessionLedger {
  /**
   * Writes the content of a session, and begins it if it is new. False if it is over.
   *
   * @param mustExist - whether absence means that it is over.
   */
  async save(key: string, content: Content, mustExist: boolean): Promise<boolean> {
    const { userId, idleMs } = content;
    const longestMs = this.longestMs(idleMs);
    const now = this.settings.now();
    const times = { createdAt: now, lastSeenAt: now, expiresAt: now + longestMs };
    const session: LiveSession = { kind: 'live', ...times, ...content };
    if (userId === undefined) {
      const saved = await this.records.updateSessionOnce(key, saveAnonymous(session, mustExist));
      if (saved === 'opened') this.settings.onEvent({ kind: 'created', handle: key, userId });
      if (saved !== 'owned') return saved !== 'over';
    } else if (!mustExist && (await this.records.readSession(key)) === undefined) {
      return (await this.begin(key, session)) || this.save(key, content, true);
    }
    return this.#overwrite(key, content, longestMs);
  }

  /** How long a session may last whose cookie says how long it may be idle. */
  longestMs(idleMs: number): number {
    return Math.max(this.settings.absoluteMs, idleMs);
  }

  /** As {@link touch}, for a cookie that lasts longer than the session was to: its user names it for as long. */
  async lengthen(key: string, { idleMs, cookie }: CookieTerms): Promise<void> {
    const found = await this.find(key);
    if (found?.key !== key) return;
    const { userId, createdAt } = found.session;
    const expiresAt = Math.max(found.session.expiresAt, createdAt + idleMs);
    const next: NextSession = (session, now) => {
      // Somebody else may have signed in meanwhile, and does not name it for so long.
      if (session.userId !== userId) return undefined;
      return { ...session, lastSeenAt: now, idleMs, expiresAt, data: { ...session.data, cookie } };
    };
    const write = (): Promise<boolean> => this.records.updateSession(key, change(next));
    const candidate = { key, createdAt, expiresAt, continues: key };
    await (userId === undefined ? write() : this.users.admit(userId, candidate, write));
  }

  /** Gives a session that lives to a user, unless somebody signed in or out since it was found. */
  async give(key: string, userId: string, former: string | undefined): Promise<void> {
    const found = await this.find(key);
    if (found?.key !== key || found.session.userId !== former) return;
    await this.#change(found, userId, found.session.expiresAt, (session) => session);
  }

  /** Writes over a session that lives, whoever was signed in to it. */
  async #overwrite(key: string, content: Content, longestMs: number): Promise<boolean> {
    const found = await this.find(key);
    if (found?.key !== key) return false;
    const expiresAt = expiryOf(found.session, longestMs, this.settings.now());
    return this.#change(found, content.userId, expiresAt, (session) => ({ ...session, ...content }));
  }

  /** Changes a session, and whose it is: its user now names it, and no other one does. */
  async #change(
    { key, session: { createdAt, userId: previous, expiresAt: named } }: Found,
    userId: string | undefined,
    expiresAt: number,
    next: (session: LiveSession) => LiveSession,
  ): Promise<boolean> {
    const isSameUser = userId === previous;
    const write = (): Promise<boolean> =>
      this.change(key, (session, now) => {
        // Who signed in or out meanwhile came later: that user, or nobody, names it now.
        if (session.userId !== previous && session.userId !== userId) return undefined;
        return { ...next(session), userId, lastSeenAt: now, expiresAt };
      });
    const isNamed = isSameUser && expiresAt <= named;
    const candidate = { key, createdAt, expiresAt, continues: isSameUser ? key : undefined };
    const isSaved = await (userId === undefined || isNamed
      ? write()
      : this.users.admit(userId, candidate, write));
    const former = isSaved ? previous : userId;
    if (!isSameUser) await this.users.withdraw(former, key);
    return isSaved;
  }
}
