import { checkOptions, refuse } from '@norikv/store/checks';
import { type CookieOptions, cookieJar } from './cookie.js';
import { isUnreadable, orUnavailable } from './errors.js';
import { RequestSession } from './request-session.js';
import type { Session } from './session.js';
import type { SessionManager } from './session-manager.js';

/** Options of {@link requestSessions}. */
export interface RequestSessionOptions {
  readonly cookie?: CookieOptions | undefined;
}

/** Reads the session of a request from its `Cookie` header. */
export type OpenSession<Data extends object> = (
  cookies: string | null | undefined,
) => Promise<RequestSession<Data>>;

/**
 * Makes a function that reads the session of each request, in any framework: pass it the `Cookie` header, and append
 * `session.headers()` to the response.
 *
 * Where the store does not answer, it throws a `SessionUnavailableError`: answer 503 before anything else is done. Where
 * a session cannot be read, `data` throws and all else works, so that its visitor can sign in again, and sign out.
 *
 * @throws InvalidArgumentError naming the option that is wrong.
 *
 * @example
 * ```ts
 * const open = requestSessions(new SessionManager(store));
 *
 * async function logIn(request: Request): Promise<Response> {
 *   const session = await open(request.headers.get('cookie'));
 *   await session.signIn('user123', 'alice@example.com', ['user']);
 *   return new Response('welcome', { headers: session.headers() });
 * }
 * ```
 */
export function requestSessions<Data extends object>(
  sessions: SessionManager<Data>,
  options: RequestSessionOptions = {},
): OpenSession<Data> {
  if (typeof sessions?.get !== 'function') refuse('sessions', sessions, 'a SessionManager');
  checkOptions(options, ['cookie']);
  const jar = cookieJar(options.cookie);
  return async (cookies) => {
    if (typeof (cookies ?? '') !== 'string') refuse('cookies', cookies, 'the Cookie header, or nothing');
    const id = jar.read(cookies);
    let data: Session<Data> | null = null;
    let unreadable: unknown;
    try {
      data = await orUnavailable(() => sessions.get(id));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      unreadable = error;
    }
    return new RequestSession(sessions, jar, { id, data, unreadable });
  };
}

export type { CookieOptions } from './cookie.js';
export { type HeaderField, RequestSession } from './request-session.js';
