import { errorCode } from '@norikv/store';
import { type RequestSession, type RequestSessionOptions, requestSessions } from './request.js';
import type { SessionManager } from './session-manager.js';

/** What the middleware uses of a context of Hono 4. */
export interface HonoContext {
  readonly req: {
    /** A header of the request. */
    header(name: string): string | undefined;
  };
  error: Error | undefined;
  /** Sets a variable. */
  set(name: string, value: unknown): void;
  /** Sets a header of the response. */
  header(name: string, value: string, options?: { readonly append?: boolean }): unknown;
  /** Makes a response. */
  body(body: string, status: 503, headers: Record<string, string>): Response;
}

/**
 * Makes a Hono middleware that reads the session of each request, and puts it under `session` in the variables of the
 * context.
 *
 * Where the store does not answer, the response is 503, the handler does not run, and the reason is in
 * `context.error`. Where a session cannot be read, `data` throws and all else works, so that its visitor can sign in
 * again, and sign out. A response that sets the cookie is never cached.
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
  options: RequestSessionOptions = {},
): (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined> {
  const open = requestSessions(sessions, options);
  return async (context, next) => {
    let session: RequestSession<Data>;
    try {
      session = await open(context.req.header('cookie'));
    } catch (error) {
      if (errorCode(error) !== 'SESSION_UNAVAILABLE') throw error;
      // For what logs errors: nobody else learns of the reason.
      context.error = (error as Error).cause as Error;
      return context.body('Service Unavailable', 503, {});
    }
    context.set('session', session);
    await next();
    for (const [name, value] of session.headers())
      context.header(name, value, { append: name === 'Set-Cookie' });
    return undefined;
  };
}

export type { CookieOptions, HeaderField, RequestSession, RequestSessionOptions } from './request.js';
