import type { KvStore } from '@norikv/store';
import { type Callback, type SessionCallback, settle } from './callbacks.js';
import { type WebSession, type WebSessionOptions, WebSessions } from './web-sessions.js';

/**
 * A store for \@fastify/session whose sessions stay logged out: a request that was under way when a session was
 * destroyed cannot save it back.
 *
 * Where the store does not answer, requests fail with `SessionUnavailableError` (`statusCode` 503); they never
 * pass as anonymous. Saving a session that was ended does nothing.
 * After a `regenerate` that fails, the plugin removes the cookie, with every store. A damaged record is named by an
 * `unreadable` event and gives the request a new session: the plugin then removes the cookie, too, or sets a new one;
 * after a `destroy` in that very request, the next one does. `revoke` by the handle ends what could not be read.
 *
 * @typeParam Stored - what sessions are, for `userIdOf`. Left out, the store fits any.
 *
 * @example
 * ```ts
 * app.register(fastifySession, { store: new NoriKVFastifySessionStore(store), secret });
 *
 * // With `declare module 'fastify' { interface Session { userId?: string } }`:
 * new NoriKVFastifySessionStore<Session>(store, { userIdOf: ({ userId }) => userId });
 * ```
 */
export class NoriKVFastifySessionStore<Stored extends WebSession = never> {
  readonly #sessions: WebSessions<Stored>;

  /** @throws UnsupportedError, InvalidArgumentError as `SessionManager`. */
  constructor(client: KvStore, options: WebSessionOptions<Stored> = {}) {
    this.#sessions = new WebSessions(client, options, 'NoriKVFastifySessionStore');
  }

  /** Reads a session. */
  get(sid: string, callback: SessionCallback<Stored>): void {
    const found = this.#sessions.find(sid).then((found) => {
      // What is stored is what was saved: a session of this kind.
      return found ? (found.session.data as unknown as Stored) : null;
    });
    settle(found, callback);
  }

  /** Saves a session, unless it was ended. */
  set(sid: string, session: Stored, callback: Callback): void {
    settle(this.#sessions.save(sid, session, false), callback);
  }

  /** Ends a session for ever. */
  destroy(sid: string, callback: Callback): void {
    settle(this.#sessions.end(sid), callback);
  }
}

export type { Callback, SessionCallback } from './callbacks.js';
export type { SessionCookie, WebSession, WebSessionOptions } from './web-sessions.js';
