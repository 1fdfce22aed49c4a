import { InvalidArgumentError } from '@norikv/store';
import { checkOptions, refuse } from '@norikv/store/checks';
import { type CookieJar, type CookieOptions, cookieJar } from './cookie.js';
import { isLasting, isUnreadable, orUnavailable } from './errors.js';
import { frozen } from './json.js';
import type { NewSession, Profile, RegenerateOptions, Session } from './session.js';
import type { SessionManager } from './session-manager.js';

/** What the middleware uses of a context of Hono 4. */
export interface HonoContext {
  readonly req: { header(name: string): string | undefined };
  error: Error | undefined;
  set(name: string, value: unknown): void;
  header(name: string, value: string, options?: { readonly append?: boolean }): unknown;
  body(body: string, status: 503, headers: Record<string, string>): Response;
}

/** Options of {@link honoSessions}. */
export interface HonoSessionOptions {
  readonly cookie?: CookieOptions | undefined;
}

/** The answer to a request, as far as the session has a say in it. */
export interface SessionAnswer {
  /** False once its headers are on their way, as while it streams. */
  readonly canSetCookie: boolean;
  /** Sets the id, for a time of its own if there is one; without an id, removes it. */
  setCookie(id: string | undefined, ownMs?: number | null): void;
}

/**
 * The session of a request, under `session` in the variables of the context.
 *
 * Its methods change the session in the store at once, and the cookie of the response. Where the store does not answer
 * they throw a `SessionUnavailableError`, which Hono (from 4.5) answers with 503. An `onError` of your own sees it:
 * return `error.getResponse()`.
 */
export class RequestSession<Data extends object = Profile> {
  #data: Session<Data> | null;
  /** Why it cannot be known who this is. */
  #unreadable: unknown;
  #id: string | undefined;
  readonly #sessions: SessionManager<Data>;
  readonly #answer: SessionAnswer;

  constructor(
    sessions: SessionManager<Data>,
    id: string | undefined,
    data: Session<Data> | null,
    answer: SessionAnswer,
    unreadable?: unknown,
  ) {
    this.#sessions = sessions;
    this.#id = id;
    this.#data = frozen(data);
    this.#answer = answer;
    this.#unreadable = unreadable;
  }

  /**
   * Who is signed in; null if nobody is. Frozen: `update` changes it.
   *
   * @throws CorruptRecordError, SessionDataError if that cannot be known: what is stored is damaged, or does not fit
   * the schema any more. Such a visitor can only sign in anew, and sign out.
   */
  get data(): Session<Data> | null {
    if (this.#unreadable !== undefined) throw this.#unreadable;
    return this.#data;
  }

  /**
   * Signs a user in with a new id, and ends the session there was. As `create` of the manager: what throws signs
   * nobody in.
   *
   * @throws InvalidArgumentError once the answer has begun.
   */
  async signIn(userId: string, ...session: NewSession<Data>): Promise<void> {
    this.#checkCookie('signIn');
    await orUnavailable(async () => {
      const id = await this.#sessions.create(userId, ...session);
      const [data, ownMs] = await Promise.all([this.#sessions.get(id), this.#sessions.ownTimeOf(id)]);
      await this.#sessions.destroy(this.#id);
      this.#use(id, ownMs);
      this.#data = frozen(data);
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
   * Gives the session a new id: call it when rights change. False if the session is over.
   *
   * @throws InvalidArgumentError once the answer has begun.
   */
  async regenerate(options?: RegenerateOptions): Promise<boolean> {
    this.#checkCookie('regenerate');
    return orUnavailable(async () => {
      const ownMs = await this.#sessions.ownTimeOf(this.#id);
      const id = await this.#sessions.regenerate(this.#id, options);
      if (id !== null) this.#use(id, ownMs);
      // The cookie stays: a request at the same time may just have set the one that works.
      else this.#data = null;
      return id !== null;
    });
  }

  /** Logs out here. */
  async signOut(): Promise<void> {
    await orUnavailable(() => this.#sessions.destroy(this.#id));
    this.#forget();
  }

  /** Logs the user out everywhere, here as well. Answers how many sessions there were. */
  async signOutEverywhere(): Promise<number> {
    const { data } = this;
    const count = data ? await orUnavailable(() => this.#sessions.revokeAll(data.userId)) : 0;
    this.#forget();
    return count;
  }

  /** Logs the user out everywhere else. Null if the session is over. */
  async signOutOthers(): Promise<number | null> {
    return orUnavailable(() => this.#sessions.revokeOthers(this.#id));
  }

  #checkCookie(call: string): void {
    if (this.#answer.canSetCookie) return;
    throw new InvalidArgumentError(
      `${call} came when the answer had begun, too late for its cookie; call it before the handler returns`,
    );
  }

  #use(id: string, ownMs: number | null): void {
    this.#id = id;
    this.#answer.setCookie(id, ownMs);
  }

  #forget(): void {
    this.#id = undefined;
    this.#data = null;
    this.#unreadable = undefined;
    this.#answer.setCookie(undefined);
  }
}

/**
 * Makes a Hono middleware that reads the session of each request.
 *
 * Where the store does not answer, the answer is 503, the handler does not run, and the reason is in
 * `context.error`. Where a session cannot be read, `data` throws, and only what does not ask for it goes on: so its
 * visitor can sign in anew, and sign out. A response that sets the cookie is never cached.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 *
 * @example
 * ```ts
 * const app = new Hono<{ Variables: { session: RequestSession } }>();
 * app.use(honoSessions(new SessionManager(store)));
 * app.post('/logout', async (context) => {
 *   await context.get('session').signOut();
 *   return context.body(null, 204);
 * });
 * ```
 */
export function honoSessions<Data extends object>(
  sessions: SessionManager<Data>,
  options: HonoSessionOptions = {},
): (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined> {
  if (typeof sessions?.get !== 'function') refuse('sessions', sessions, 'a SessionManager');
  checkOptions(options, ['cookie']);
  const jar: CookieJar = cookieJar(options.cookie);
  return async (context, next) => {
    const id = jar.read(context.req.header('cookie'));
    let cookie: string | undefined;
    let data: Session<Data> | null = null;
    let unreadable: unknown;
    try {
      data = await sessions.get(id);
    } catch (error) {
      if (isUnreadable(error)) unreadable = error;
      else if (isLasting(error)) throw error;
      else {
        // For what logs errors: nobody else learns of the reason.
        context.error = error as Error;
        return context.body('Service Unavailable', 503, {});
      }
    }
    const answer = {
      canSetCookie: true,
      setCookie(newId: string | undefined, ownMs?: number | null): void {
        cookie = newId === undefined ? jar.clear() : jar.write(newId, ownMs);
      },
    };
    context.set('session', new RequestSession(sessions, id, data, answer, unreadable));
    await next();
    answer.canSetCookie = false;
    if (cookie !== undefined) {
      context.header('Set-Cookie', cookie, { append: true });
      context.header('Cache-Control', 'no-store');
    }
    return undefined;
  };
}

export type { CookieOptions };
