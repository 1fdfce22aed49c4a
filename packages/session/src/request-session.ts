import { InvalidArgumentError } from '@norikv/store';
import type { CookieJar } from './cookie.js';
import { orUnavailable } from './errors.js';
import { frozen } from './json.js';
import type { NewSession, Profile, RegenerateOptions, Session } from './session.js';
import type { SessionManager } from './session-manager.js';

/** A header field: name and value. */
export type HeaderField = [name: string, value: string];

/** What came with a request. */
interface Presented<Data extends object> {
  readonly id: string | undefined;
  readonly data: Session<Data> | null;
  /** Why it cannot be known who this is. */
  readonly unreadable: unknown;
}

/**
 * The session of a request.
 *
 * Its methods change the session in the store at once, and the cookie in its {@link headers}. Where the store does not
 * answer they throw a `SessionUnavailableError`, which Hono (from 4.5) answers with 503. An `onError` of your own sees
 * it: return `error.getResponse()`.
 */
export class RequestSession<Data extends object = Profile> {
  #data: Session<Data> | null;
  /** Who was signed in last, also if the session is found to be over by now. */
  #userId: string | undefined;
  #unreadable: unknown;
  #id: string | undefined;
  #cookie: string | undefined;
  #isAnswered = false;
  readonly #sessions: SessionManager<Data>;
  readonly #jar: CookieJar;

  /** @internal `requestSessions` makes it. */
  constructor(sessions: SessionManager<Data>, jar: CookieJar, { id, data, unreadable }: Presented<Data>) {
    this.#sessions = sessions;
    this.#jar = jar;
    this.#id = id;
    this.#data = frozen(data);
    this.#userId = data?.userId;
    this.#unreadable = unreadable;
  }

  /**
   * Who is signed in; null if nobody is. Frozen: `update` changes it.
   *
   * @throws CorruptRecordError, SessionDataError if that cannot be known: what is stored is damaged, or no longer fits
   * the schema. Such a visitor can still sign out, and in again unless the record of the user is what is damaged.
   */
  get data(): Session<Data> | null {
    if (this.#unreadable !== undefined) throw this.#unreadable;
    return this.#data;
  }

  /**
   * Signs a user in with a new id, and ends the session there was. Throws what `create` of the manager throws. Then
   * nobody is signed in anew, and who was before still is; but where the store did not answer, that session may be over.
   *
   * @throws InvalidArgumentError once the response has begun.
   */
  async signIn(userId: string, ...session: NewSession<Data>): Promise<void> {
    this.#checkCookie('signIn');
    await orUnavailable(async () => {
      const signIn = await this.#sessions.signInAgain(this.#id, userId, ...session);
      try {
        await this.#sessions.destroy(this.#id);
      } catch (error) {
        // Nobody will have its id, and it would take up room in the list of the user.
        await this.#sessions.destroy(signIn.id).catch(() => {});
        throw error;
      }
      this.#use(signIn.id, signIn.ownMs);
      this.#data = frozen(signIn.session);
      this.#userId = userId;
      this.#unreadable = undefined;
    });
  }

  /** Names the session in the list of its user, and in `revoke`. Null if there is none. */
  async handle(): Promise<string | null> {
    return orUnavailable(() => this.#sessions.handleOf(this.#id));
  }

  /** Changes the data. False if the session is over. */
  async update(updateFn: (session: Session<Data>) => Data): Promise<boolean> {
    let changed: Session<Data> | null = null;
    const own: unknown[] = [];
    const change = (session: Session<Data>): Data => {
      const { userId, createdAt, lastAccessedAt } = session;
      try {
        const data = updateFn(session);
        changed = { ...data, userId, createdAt, lastAccessedAt };
        return data;
      } catch (error) {
        own.push(error);
        throw error;
      }
    };
    const isUpdated = await orUnavailable(() => this.#sessions.update(this.#id, change), own);
    // It is changed, whether it can be read again or not.
    this.#data = isUpdated ? frozen(await this.#sessions.get(this.#id).catch(() => changed)) : null;
    return isUpdated;
  }

  /**
   * Gives the session a new id: call it when rights change. False if the session is over. With `overlapMs`, true also
   * if another request just gave it one, with an overlap: the browser gets it from that one.
   *
   * @throws InvalidArgumentError once the response has begun.
   */
  async regenerate(options: RegenerateOptions = {}): Promise<boolean> {
    this.#checkCookie('regenerate');
    return orUnavailable(async () => {
      const renewed = await this.#sessions.renew(this.#id, options);
      if (renewed) this.#use(renewed.id, renewed.ownMs);
      // The cookie stays: a request at the same time may just have set the one that works.
      const isOverlapping = (options.overlapMs ?? 0) > 0;
      const goesOn = renewed !== null || (isOverlapping && (await this.#sessions.validate(this.#id)));
      if (!goesOn) this.#data = null;
      return goesOn;
    });
  }

  /** Logs out here. */
  async signOut(): Promise<void> {
    await orUnavailable(() => this.#sessions.destroy(this.#id));
    this.#forget();
  }

  /**
   * Logs the user out everywhere, here as well, also if the session proved to be over. Returns how many sessions there
   * were. Where nobody was signed in, it logs out here.
   *
   * @throws CorruptRecordError, SessionDataError as {@link data}: then it is not known who that is.
   */
  async signOutEverywhere(): Promise<number> {
    if (this.#unreadable !== undefined) throw this.#unreadable;
    const userId = this.#userId;
    const count = await orUnavailable(async () =>
      userId === undefined
        ? Number(await this.#sessions.destroy(this.#id))
        : this.#sessions.revokeAll(userId),
    );
    this.#forget();
    return count;
  }

  /** Logs the user out everywhere else. Null if the session is over. */
  async signOutOthers(): Promise<number | null> {
    return orUnavailable(() => this.#sessions.revokeOthers(this.#id));
  }

  /**
   * The header fields the response needs: the cookie, if it changed, and then that nobody may cache it. Call it when
   * the response is made, and append them to what else is set: from then on, what needs another cookie is refused.
   */
  headers(): HeaderField[] {
    this.#isAnswered = true;
    if (this.#cookie === undefined) return [];
    return [
      ['Set-Cookie', this.#cookie],
      ['Cache-Control', 'no-store'],
    ];
  }

  #checkCookie(call: string): void {
    if (!this.#isAnswered) return;
    throw new InvalidArgumentError(
      `${call} came when the response had begun, too late for its cookie; call it before the handler returns`,
    );
  }

  #use(id: string, ownMs: number | null): void {
    this.#id = id;
    this.#cookie = this.#jar.write(id, ownMs);
  }

  #forget(): void {
    this.#id = undefined;
    this.#data = null;
    this.#userId = undefined;
    this.#unreadable = undefined;
    this.#cookie = this.#jar.clear();
  }
}
