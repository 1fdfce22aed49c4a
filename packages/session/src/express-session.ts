import { EventEmitter } from 'node:events';
import { InvalidArgumentError, type KvStore } from '@norikv/store';
import { type Callback, type SessionCallback, settle } from './callbacks.js';
import type { LiveSession } from './session-record.js';
import { type SessionCookie, type WebSession, type WebSessionOptions, WebSessions } from './web-sessions.js';

/** What the store uses of a request of Express. */
export interface ExpressSessionRequest {
  sessionID: string;
}

type SessionClass = new (request: ExpressSessionRequest, content: object) => object;

/** A request with a session that is not used. */
interface Sample extends ExpressSessionRequest {
  readonly session: {
    readonly constructor: SessionClass;
    readonly cookie: object;
  };
}

interface Kinds {
  readonly Session: SessionClass;
  /** The prototype of cookies: their class is not to be had. */
  readonly cookie: object;
}

/**
 * A store for express-session whose sessions stay logged out: a request that was under way when a session was
 * destroyed cannot save it back.
 *
 * Where the store does not answer, requests fail with `SessionUnavailableError` (`statusCode` 503); they never
 * pass as anonymous. Saving a session that was ended does nothing. There are no `all`, `length` and `clear`.
 * A `regenerate` that fails leaves the request with a new session nobody is signed in to, as in every store.
 * So does a damaged record, which an `unreadable` event names: logging out then ends what could not be read, too.
 *
 * @typeParam Stored - what sessions are, for `userIdOf`. Left out, the store fits any.
 *
 * @example
 * ```ts
 * app.use(session({ store: new NoriKVSessionStore(store), secret, resave: false, saveUninitialized: false }));
 *
 * // With `declare module 'express-session' { interface SessionData { userId?: string } }`:
 * new NoriKVSessionStore<SessionData>(store, { userIdOf: ({ userId }) => userId });
 * ```
 */
export class NoriKVSessionStore<Stored extends WebSession = never> extends EventEmitter {
  #generate: (request: ExpressSessionRequest) => void = notInUse;
  readonly #sessions: WebSessions<Stored>;
  /** What was read, by what it was read as: to know whether a session is new when it is saved. */
  readonly #loaded = new WeakMap<object, LiveSession>();
  #kinds: Kinds | undefined;

  /** @throws UnsupportedError, InvalidArgumentError as `SessionManager`. */
  constructor(client: KvStore, options: WebSessionOptions<Stored> = {}) {
    super();
    this.#sessions = new WebSessions(client, options, 'NoriKVSessionStore');
  }

  /** Set by express-session: gives the request a new id and session. */
  get generate(): (request: ExpressSessionRequest) => void {
    return this.#generate;
  }

  set generate(generate: (request: ExpressSessionRequest) => void) {
    this.#generate = (request) => {
      const { sessionID: former } = request;
      generate(request);
      this.#sessions.replace(former, request.sessionID);
    };
  }

  /** Reads a session. */
  get(sid: string, callback: SessionCallback<Stored>): void {
    const found = this.#sessions.find(sid).then((found) => {
      if (!found) return null;
      const { data } = found.session;
      this.#loaded.set(data, found.session);
      // What is stored is what was saved: a session of this kind.
      return data as unknown as Stored;
    });
    settle(found, callback);
  }

  /** Saves a session, unless it was ended. */
  set(sid: string, session: Stored, callback: Callback = () => {}): void {
    const isLoaded = this.#loaded.has(session);
    settle(this.#sessions.save(sid, session, isLoaded), callback);
  }

  /** Notes that a session is in use. */
  touch(sid: string, session: Stored, callback: Callback = () => {}): void {
    settle(this.#sessions.touch(sid, session, this.#loaded.get(session)), callback);
  }

  /** Ends a session for ever. */
  destroy(sid: string, callback: Callback = () => {}): void {
    settle(this.#sessions.end(sid), callback);
  }

  /** Ends the session of a request and gives it a new one. */
  regenerate(request: ExpressSessionRequest, callback: Callback): void {
    this.destroy(request.sessionID, (error) => {
      this.generate(request);
      callback(error);
    });
  }

  /** Reads a session outside of a request. */
  load(sid: string, callback: (error: unknown, session?: Stored) => void): void {
    this.get(sid, (error, session) => {
      if (error || !session) return callback(error);
      const request = { sessionID: sid, sessionStore: this, headers: {} };
      callback(null, this.createSession<Stored>(request, session));
    });
  }

  /** Makes the session of a request from what `get` found. Called by express-session. */
  createSession<Created extends object>(request: ExpressSessionRequest, content: WebSession): Created {
    const kinds = this.#kindsOf(request);
    // A manager may have changed it, with a schema that leaves out what it does not know.
    const stored: SessionCookie | undefined = content.cookie;
    const cookie = stored ? cookieOf(kinds, stored) : this.#sampleOf(request).session.cookie;
    const session = new kinds.Session(request, { ...content, cookie });
    const loaded = this.#loaded.get(content);
    if (loaded) this.#loaded.set(session, loaded);
    return Object.assign(request, { session }).session as Created;
  }

  /** express-session does not export what its sessions are made of, but makes one when it is asked to. */
  #kindsOf(request: ExpressSessionRequest): Kinds {
    if (this.#kinds) return this.#kinds;
    const { session } = this.#sampleOf(request);
    this.#kinds = {
      Session: session.constructor,
      cookie: Object.getPrototypeOf(session.cookie),
    };
    return this.#kinds;
  }

  #sampleOf(request: ExpressSessionRequest): Sample {
    const sample: Sample = Object.create(request);
    this.generate(sample);
    return sample;
  }
}

function cookieOf(kinds: Kinds, stored: SessionCookie): object {
  const { expires, originalMaxAge } = stored;
  const date = typeof expires === 'string' ? new Date(expires) : expires;
  // Setting `expires` changes `originalMaxAge`, so that comes last.
  return Object.assign(
    Object.create(kinds.cookie),
    { path: '/', httpOnly: true },
    stored,
    { expires: date },
    { originalMaxAge },
  );
}

function notInUse(): never {
  throw new InvalidArgumentError('The store is in no use yet; hand it to session() of express-session first');
}

export type { Callback, SessionCallback } from './callbacks.js';
export type { SessionCookie, WebSession, WebSessionOptions } from './web-sessions.js';
