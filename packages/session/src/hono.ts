import { errorCode } from '@norikv/store';
import { type CookieJar, type CookieOptions, cookieJar } from './cookie.js';
import type { NewSession, Profile, RegenerateOptions, Session } from './session.js';
import type { SessionManager } from './session-manager.js';

/** What the middleware uses of a context of Hono 4. */
export interface HonoContext {
  readonly req: { header(name: string): string | undefined };
  set(name: string, value: unknown): void;
  header(name: string, value: string, options?: { readonly append?: boolean }): unknown;
  body(body: string, status: 503, headers: Record<string, string>): Response;
}

/** Options of {@link honoSessions}. */
export interface HonoSessionOptions {
  readonly cookie?: CookieOptions | undefined;
}

/**
 * The session of a request, under `session` in the variables of the context.
 *
 * Its methods change the session in the store at once, and the cookie of the response. Where the store does not
 * answer they throw.
 */
export class RequestSession<Data extends object = Profile> {
  #data: Session<Data> | null;
  #id: string | undefined;
  readonly #sessions: SessionManager<Data>;
  readonly #setCookie: (id: string | undefined) => void;

  constructor(
    sessions: SessionManager<Data>,
    id: string | undefined,
    data: Session<Data> | null,
    setCookie: (id: string | undefined) => void,
  ) {
    this.#sessions = sessions;
    this.#id = id;
    this.#data = data;
    this.#setCookie = setCookie;
  }

  /** Who is signed in; null if nobody is. */
  get data(): Session<Data> | null {
    return this.#data;
  }

  /** Signs a user in with a new id, and ends the session there was. As `create` of the manager. */
  async signIn(userId: string, ...session: NewSession<Data>): Promise<void> {
    const id = await this.#sessions.create(userId, ...session);
    await this.#sessions.destroy(this.#id);
    await this.#use(id);
  }

  /** Changes the data. False if the session is over. */
  async update(updateFn: (session: Session<Data>) => Data): Promise<boolean> {
    const isUpdated = await this.#sessions.update(this.#id, updateFn);
    this.#data = await this.#sessions.get(this.#id);
    return isUpdated;
  }

  /** Gives the session a new id: call it when rights change. False if the session is over. */
  async regenerate(options?: RegenerateOptions): Promise<boolean> {
    const id = await this.#sessions.regenerate(this.#id, options);
    if (id !== null) await this.#use(id);
    // The cookie stays: a request at the same time may just have set the one that works.
    else this.#data = null;
    return id !== null;
  }

  /** Logs out here. */
  async signOut(): Promise<void> {
    await this.#sessions.destroy(this.#id);
    this.#forget();
  }

  /** Logs the user out everywhere, here as well. Answers how many sessions there were. */
  async signOutEverywhere(): Promise<number> {
    const count = this.#data ? await this.#sessions.revokeAll(this.#data.userId) : 0;
    this.#forget();
    return count;
  }

  /** Logs the user out everywhere else. Null if the session is over. */
  async signOutOthers(): Promise<number | null> {
    return this.#sessions.revokeOthers(this.#id);
  }

  async #use(id: string): Promise<void> {
    this.#id = id;
    this.#setCookie(id);
    this.#data = await this.#sessions.get(id);
  }

  #forget(): void {
    this.#id = undefined;
    this.#data = null;
    this.#setCookie(undefined);
  }
}

/**
 * Makes a Hono middleware that reads the session of each request.
 *
 * Where the store does not answer, the answer is 503 and the handler does not run. A response that sets the
 * cookie is never cached.
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
  const jar: CookieJar = cookieJar(options.cookie);
  return async (context, next) => {
    const id = jar.read(context.req.header('cookie'));
    let cookie: string | undefined;
    let data: Session<Data> | null;
    try {
      data = await sessions.get(id);
    } catch (error) {
      if (isDamage(error)) throw error;
      return context.body('Service Unavailable', 503, {});
    }
    const setCookie = (newId: string | undefined): void => {
      cookie = newId === undefined ? jar.clear() : jar.write(newId);
    };
    context.set('session', new RequestSession(sessions, id, data, setCookie));
    await next();
    if (cookie !== undefined) {
      context.header('Set-Cookie', cookie, { append: true });
      context.header('Cache-Control', 'no-store');
    }
    return undefined;
  };
}

/** What no waiting helps against. */
function isDamage(error: unknown): boolean {
  return ['CORRUPT_RECORD', 'SESSION_DATA', 'INVALID_ARGUMENT'].includes(errorCode(error) ?? '');
}

export type { CookieOptions };
