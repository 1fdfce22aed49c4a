// better-auth.d.ts

import { KvStore } from '@norikv/store';
import { S as SessionStoreOptions } from './options.js';
import '@norikv/store/standard-schema';

/** What better-auth wants of a `secondaryStorage`. Times are in seconds. */
interface BetterAuthStorage {
    /** A value, or null. */
    get(key: string): Promise<string | null>;
    /** Does nothing for the token of a session that was deleted. A list of sessions is merged; the later time counts. */
    set(key: string, value: string, ttl?: number): Promise<void>;
    /** Removes a value, also one that cannot be read; the token of a session for ever. */
    delete(key: string): Promise<void>;
    /** Of several callers at once, one gets the value. */
    getAndDelete(key: string): Promise<string | null>;
    /** Counts one up and returns the count; the count is gone `ttl` seconds after the first. Refuses other text. */
    increment(key: string, ttl: number): Promise<number>;
}
/** Options of {@link betterAuthStorage}. */
interface BetterAuthStorageOptions extends Pick<SessionStoreOptions, 'deadlineMs' | 'unsafeAllowNonAtomicCas' | 'clock' | 'random'> {
    /** Begins every key. Default `better-auth`. */
    readonly prefix?: string | undefined;
}
/**
 * Makes the `secondaryStorage` of better-auth. Keys are hashed; values are as better-auth makes them, and
 * contain the tokens of its sessions.
 *
 * A session that was deleted is not written back by a request that was under way, and of sign-ins at the same
 * time none is missing in the list of the user. Where the store does not answer for `deadlineMs`, calls throw;
 * better-auth logs that, and still answers that a sign-out worked.
 *
 * @example
 * ```ts
 * betterAuth({ secondaryStorage: betterAuthStorage(store), rateLimit: { storage: 'secondary-storage' } });
 * ```
 */
declare function betterAuthStorage(client: KvStore, options?: BetterAuthStorageOptions): BetterAuthStorage;

export { type BetterAuthStorage, type BetterAuthStorageOptions, betterAuthStorage };

// express-session.d.ts

import { EventEmitter } from 'node:events';
import { KvStore } from '@norikv/store';
import { W as WebSession, a as WebSessionOptions, S as SessionCallback, C as Callback } from './web-sessions.js';
export { b as SessionCookie } from './web-sessions.js';
import './options.js';
import '@norikv/store/standard-schema';

/** What the store uses of a request of Express. */
interface ExpressSessionRequest {
    sessionID: string;
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
declare class NoriKVSessionStore<Stored extends WebSession = never> extends EventEmitter {
    #private;
    /** @throws UnsupportedError, InvalidArgumentError as `SessionManager`. */
    constructor(client: KvStore, options?: WebSessionOptions<Stored>);
    /** Set by express-session: gives the request a new id and session. */
    get generate(): (request: ExpressSessionRequest) => void;
    set generate(generate: (request: ExpressSessionRequest) => void);
    /** Reads a session. */
    get(sid: string, callback: SessionCallback<Stored>): void;
    /** Saves a session, unless it was ended. */
    set(sid: string, session: Stored, callback?: Callback): void;
    /** Notes that a session is in use. */
    touch(sid: string, session: Stored, callback?: Callback): void;
    /** Ends a session for ever. */
    destroy(sid: string, callback?: Callback): void;
    /** Ends the session of a request and gives it a new one. */
    regenerate(request: ExpressSessionRequest, callback: Callback): void;
    /** Reads a session outside of a request. */
    load(sid: string, callback: (error: unknown, session?: Stored) => void): void;
    /** Makes the session of a request from what `get` found. Called by express-session. */
    createSession<Created extends object>(request: ExpressSessionRequest, content: WebSession): Created;
}

export { Callback, type ExpressSessionRequest, NoriKVSessionStore, SessionCallback, WebSession, WebSessionOptions };

// fastify-session.d.ts

import { KvStore } from '@norikv/store';
import { W as WebSession, a as WebSessionOptions, S as SessionCallback, C as Callback } from './web-sessions.js';
export { b as SessionCookie } from './web-sessions.js';
import './options.js';
import '@norikv/store/standard-schema';

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
declare class NoriKVFastifySessionStore<Stored extends WebSession = never> {
    #private;
    /** @throws UnsupportedError, InvalidArgumentError as `SessionManager`. */
    constructor(client: KvStore, options?: WebSessionOptions<Stored>);
    /** Reads a session. */
    get(sid: string, callback: SessionCallback<Stored>): void;
    /** Saves a session, unless it was ended. */
    set(sid: string, session: Stored, callback: Callback): void;
    /** Ends a session for ever. */
    destroy(sid: string, callback: Callback): void;
}

export { Callback, NoriKVFastifySessionStore, SessionCallback, WebSession, WebSessionOptions };

// hono.d.ts

import { RequestSessionOptions } from './request.js';
export { CookieOptions, HeaderField, RequestSession } from './request.js';
import { S as SessionManager } from './session-manager.js';
import './options.js';
import '@norikv/store';
import '@norikv/store/standard-schema';

/** What the middleware uses of a context of Hono 4. */
interface HonoContext {
    readonly req: {
        /** A header of the request. */
        header(name: string): string | undefined;
    };
    error: Error | undefined;
    /** Sets a variable. */
    set(name: string, value: unknown): void;
    /** Sets a header of the response. */
    header(name: string, value: string, options?: {
        readonly append?: boolean;
    }): unknown;
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
declare function honoSessions<Data extends object>(sessions: SessionManager<Data>, options?: RequestSessionOptions): (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined>;

export { type HonoContext, RequestSessionOptions, honoSessions };

// index.d.ts

export { SchemaIssue, SchemaResult, StandardSchema } from '@norikv/store/standard-schema';
import { NoriKVError, ErrorFacts, Outcome } from '@norikv/store';
export { C as CreateOptions, E as EndReason, L as ListedSession, N as NewSession, P as Profile, R as RegenerateOptions, a as Session, b as SessionData, c as SessionEvent, d as SessionFacts, e as SessionListener, f as SessionManagerOptions, S as SessionStoreOptions, g as SignIn } from './options.js';
export { P as PresentedId, S as SessionManager } from './session-manager.js';

/** The sessions of a user were ended between the look at the generation and the sign-in. Nothing was created. */
declare class SignInRevokedError extends NoriKVError {
    static readonly code: string;
}
/** The user has `maxSessions` sessions, and `whenFull` is `refuse`. Nothing was created. */
declare class SessionLimitError extends NoriKVError {
    static readonly code: string;
}
/** Facts of a {@link SessionDataError}. */
interface SessionDataFacts extends ErrorFacts {
    readonly issues: readonly string[];
}
/** The data of a session do not fit the schema. Nothing was changed. */
declare class SessionDataError extends NoriKVError {
    static readonly code: string;
    /** What is wrong, each beginning with its place. */
    readonly issues: readonly string[];
    constructor(message: string, facts: SessionDataFacts);
}
/**
 * An adapter could not find out who this is, because the store did not answer.
 *
 * The request must fail: Express and Fastify answer 503 by `statusCode`, Hono by `getResponse`. It is never treated as
 * signed out.
 */
declare class SessionUnavailableError extends NoriKVError {
    static readonly code: string;
    static readonly outcome: Outcome;
    static readonly retryable: boolean;
    readonly statusCode: number;
    /** What Hono answers with. */
    getResponse(): Response;
}

/**
 * Makes a session id: 256 bits from the platform's random source for secrets, as 43 characters that are safe
 * in a cookie.
 */
declare function createSessionId(): string;
/** Whether a value has the form of a session id. Anything else is refused before the store is asked. */
declare function isSessionId(value: unknown): value is string;

export { SessionDataError, type SessionDataFacts, SessionLimitError, SessionUnavailableError, SignInRevokedError, createSessionId, isSessionId };

// options.d.ts

import { Clock } from '@norikv/store';
import { StandardSchema } from '@norikv/store/standard-schema';

/**
 * Why a session ended before its time. One that was `regenerated` goes on under another id: a `created` with the same
 * handle follows.
 */
type EndReason = 'destroyed' | 'regenerated' | 'revoked' | 'evicted';
/** Something worth logging or counting. Names sessions by their handles, as `list` and `revoke` do, never by ids. */
type SessionEvent = {
    readonly kind: 'created';
    readonly handle: string;
    readonly userId: string | undefined;
} | {
    readonly kind: 'ended';
    readonly handle: string;
    readonly userId: string | undefined;
    readonly reason: EndReason;
}
/**
 * A session cannot be read: its record or that of its user is damaged, or it no longer fits the schema. It was left
 * out of a list, made room for another one, or was no session to the store of a framework.
 */
 | {
    readonly kind: 'unreadable';
    readonly handle: string;
    readonly userId: string | undefined;
    readonly error: unknown;
}
/** A write that nothing depends on failed: that a session was seen, or tidying up after one that ended. */
 | {
    readonly kind: 'upkeep-failed';
    readonly error: unknown;
};
/** Receives events. */
type SessionListener = (event: SessionEvent) => void;

/** What every session says beside the data of its kind. Times are wall-clock milliseconds. */
interface SessionFacts {
    readonly userId: string;
    readonly createdAt: number;
    readonly lastAccessedAt: number;
}
/** A session: your data, whose it is, and its times. */
type Session<Data = Profile> = Data & SessionFacts;
/** What a session holds if you do not say otherwise. */
interface Profile {
    readonly email: string;
    roles: string[];
}
/** The session of the public documentation. */
type SessionData = Session<Profile>;
/** What {@link SessionManager.create} takes after the user: your data, or for a {@link Profile} e-mail and roles. */
type NewSession<Data> = readonly [data: Data, options?: CreateOptions] | ([Profile] extends [Data] ? readonly [email: string, roles: readonly string[], options?: CreateOptions] : never);
/** What {@link SessionManager.signIn} returns. */
interface SignIn<Data = Profile> {
    /** For the cookie. */
    readonly id: string;
    readonly session: Session<Data>;
    /** How long its cookie must last, as {@link SessionManager.ownTimeOf} says; null if it lasts as long as all. */
    readonly ownMs: number | null;
}
/** Options of one sign-in. */
interface CreateOptions {
    /**
     * What {@link SessionManager.generation} returned before the credentials were checked. If the sessions of the
     * user were ended since, as after a change of password, the sign-in is refused.
     */
    readonly generation?: number | undefined;
    /** Idle time of this session in milliseconds. Default: that of the manager. */
    readonly ttlMs?: number | undefined;
    /** Absolute time of this session in milliseconds. Default: that of the manager, or `ttlMs` if longer. */
    readonly absoluteMs?: number | undefined;
}
/** Options of {@link SessionManager.regenerate}. */
interface RegenerateOptions {
    /**
     * How long the old id still leads to the session, in milliseconds, for requests that are under way with it.
     * Default 0, and keep it so where rights change: who planted the old id would come along. At most 60,000.
     */
    readonly overlapMs?: number | undefined;
}
/** A session of a user, as shown to that user. */
interface ListedSession<Data = Profile> {
    /** Names the session in `revoke`, also after its id changed. It is no secret and gives no access. */
    readonly handle: string;
    readonly session: Session<Data>;
    /** When it ends at the latest. */
    readonly expiresAt: number;
}

/** What both the manager and the adapters take. */
interface SessionStoreOptions {
    /** Begins every key. Managers and adapters with one prefix share their users' sessions. Default `session`. */
    readonly prefix?: string | undefined;
    /**
     * A session is over then at the latest, however busy it is: milliseconds since it began. Default: 12 hours,
     * or the idle time if that is longer.
     */
    readonly absoluteMs?: number | undefined;
    /** How many sessions a user may have. Default 100. */
    readonly maxSessions?: number | undefined;
    /** What a sign-in does when there are so many: end the oldest (default), or throw `SessionLimitError`. */
    readonly whenFull?: 'evict-oldest' | 'refuse' | undefined;
    /** Bytes of JSON that the data of a session may take. Default 65,536. */
    readonly maxDataBytes?: number | undefined;
    /** Total time of one step of a call, in milliseconds. Default 5,000. */
    readonly deadlineMs?: number | undefined;
    /** Called for what begins, what ends and what failed without anybody noticing. What it throws is ignored. */
    readonly onEvent?: SessionListener | undefined;
    /** Accepts a store that does not declare the guarantees. Sessions that were ended may then come back. */
    readonly unsafeAllowNonAtomicCas?: boolean | undefined;
    readonly clock?: Clock | undefined;
    /** Uniform in [0, 1), for waits between retries; ids never depend on it. Default `Math.random`. */
    readonly random?: (() => number) | undefined;
}
/** Options of `SessionManager`. */
interface SessionManagerOptions<Data extends object = Profile> extends SessionStoreOptions {
    /**
     * Checks the data whenever a session is created, changed or read, and may change it. It must accept its own
     * output, also that of older releases: give new fields a default, or everybody who is signed in gets an error. Where
     * sessions of a web framework are changed, what it leaves out is lost to the framework. From any Standard Schema
     * library; synchronous.
     */
    readonly schema?: StandardSchema<Data> | undefined;
}

export type { CreateOptions as C, EndReason as E, ListedSession as L, NewSession as N, Profile as P, RegenerateOptions as R, SessionStoreOptions as S, Session as a, SessionData as b, SessionEvent as c, SessionFacts as d, SessionListener as e, SessionManagerOptions as f, SignIn as g };

// request.d.ts

import { P as Profile, a as Session, N as NewSession, R as RegenerateOptions } from './options.js';
import { S as SessionManager } from './session-manager.js';
import '@norikv/store';
import '@norikv/store/standard-schema';

/** How the id travels. */
interface CookieOptions {
    /** Default `__Host-id`, or `id` where `secure` is false or a domain is given. */
    readonly name?: string | undefined;
    /** Whether the cookie is for https only. Default true; browsers make an exception for localhost. */
    readonly secure?: boolean | undefined;
    /** Default `Lax`. */
    readonly sameSite?: 'Lax' | 'Strict' | 'None' | undefined;
    /** Default `/`. */
    readonly path?: string | undefined;
    /** Sends it to subdomains, too. Default: to this host only. */
    readonly domain?: string | undefined;
    /**
     * How long the browser keeps it, in milliseconds; the store decides how long it opens anything. Default: until
     * the browser is closed. If a sign-in chose another absolute time than the manager has, its cookie lasts that long
     * instead. Using a session does not prolong its cookie.
     */
    readonly maxAgeMs?: number | undefined;
}
/** Reads and writes one cookie. */
interface CookieJar {
    /** The value in a `Cookie` header, if it is there exactly once. */
    read(header: string | null | undefined): string | undefined;
    /** A `Set-Cookie` header, for a time of its own if there is one. */
    write(value: string, ownMs?: number | null): string;
    /** A `Set-Cookie` header that removes it. */
    clear(): string;
}

/** A header field: name and value. */
type HeaderField = [name: string, value: string];
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
declare class RequestSession<Data extends object = Profile> {
    #private;
    /** @internal `requestSessions` makes it. */
    constructor(sessions: SessionManager<Data>, jar: CookieJar, { id, data, unreadable }: Presented<Data>);
    /**
     * Who is signed in; null if nobody is. Frozen: `update` changes it.
     *
     * @throws CorruptRecordError, SessionDataError if that cannot be known: what is stored is damaged, or no longer fits
     * the schema. Such a visitor can still sign out, and in again unless the record of the user is what is damaged.
     */
    get data(): Session<Data> | null;
    /**
     * Signs a user in with a new id, and ends the session there was. Throws what `create` of the manager throws. Then
     * nobody is signed in anew, and who was before still is; but where the store did not answer, that session may be over.
     *
     * @throws InvalidArgumentError once the response has begun.
     */
    signIn(userId: string, ...session: NewSession<Data>): Promise<void>;
    /** Names the session in the list of its user, and in `revoke`. Null if there is none. */
    handle(): Promise<string | null>;
    /** Changes the data. False if the session is over. */
    update(updateFn: (session: Session<Data>) => Data): Promise<boolean>;
    /**
     * Gives the session a new id: call it when rights change. False if the session is over. With `overlapMs`, true also
     * if another request just gave it one, with an overlap: the browser gets it from that one.
     *
     * @throws InvalidArgumentError once the response has begun.
     */
    regenerate(options?: RegenerateOptions): Promise<boolean>;
    /** Logs out here. */
    signOut(): Promise<void>;
    /**
     * Logs the user out everywhere, here as well, also if the session proved to be over. Returns how many sessions there
     * were. Where nobody was signed in, it logs out here.
     *
     * @throws CorruptRecordError, SessionDataError as {@link data}: then it is not known who that is.
     */
    signOutEverywhere(): Promise<number>;
    /** Logs the user out everywhere else. Null if the session is over. */
    signOutOthers(): Promise<number | null>;
    /**
     * The header fields the response needs: the cookie, if it changed, and then that nobody may cache it. Call it when
     * the response is made, and append them to what else is set: from then on, what needs another cookie is refused.
     */
    headers(): HeaderField[];
}

/** Options of {@link requestSessions}. */
interface RequestSessionOptions {
    readonly cookie?: CookieOptions | undefined;
}
/** Reads the session of a request from its `Cookie` header. */
type OpenSession<Data extends object> = (cookies: string | null | undefined) => Promise<RequestSession<Data>>;
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
declare function requestSessions<Data extends object>(sessions: SessionManager<Data>, options?: RequestSessionOptions): OpenSession<Data>;

export { type CookieOptions, type HeaderField, type OpenSession, RequestSession, type RequestSessionOptions, requestSessions };

// session-manager.d.ts

import { KvStore } from '@norikv/store';
import { P as Profile, f as SessionManagerOptions, N as NewSession, g as SignIn, a as Session, R as RegenerateOptions, L as ListedSession } from './options.js';

/** A session id as it came in: a cookie may be missing, or anything. */
type PresentedId = string | null | undefined;
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
declare class SessionManager<Data extends object = Profile> {
    #private;
    /**
     * @param ttlMs - idle time: a session is over when it was not read or changed for so long. Default one hour.
     * @throws UnsupportedError if the store does not guarantee what sessions need.
     * @throws InvalidArgumentError naming the option that is wrong.
     */
    constructor(client: KvStore, ttlMs?: number, options?: SessionManagerOptions<Data>);
    /**
     * Signs a user in and returns the id for the cookie. The store only ever sees its hash.
     *
     * If it throws, there is no session anybody could use: sign in again.
     *
     * @throws InvalidArgumentError for data that JSON cannot say or that are too large, naming the place.
     * @throws SessionDataError if the data do not fit the schema.
     * @throws SessionLimitError, SignInRevokedError as their names say.
     */
    create(userId: string, ...session: NewSession<Data>): Promise<string>;
    /** As {@link create}; returns the session and what its cookie needs, too, at no further cost. */
    signIn(userId: string, ...session: NewSession<Data>): Promise<SignIn<Data>>;
    /** @internal As {@link signIn}, for who ends the former session next: it takes up no room. */
    signInAgain(formerId: PresentedId, userId: string, ...session: NewSession<Data>): Promise<SignIn<Data>>;
    /**
     * The session, or null if there is none: never was, logged out, revoked, or too old. Counts as a use of it,
     * which is written once in a tenth of the idle time.
     */
    get(id: PresentedId): Promise<Session<Data> | null>;
    /** Whether there is such a session. Does not count as a use of it: only `get` and `update` keep one alive. */
    validate(id: PresentedId): Promise<boolean>;
    /**
     * Changes the data of a session. False if there is none, also when it was ended a moment ago, or somebody
     * else signed in under its id: a change never brings it back.
     *
     * @param updateFn - gets a copy and returns the new data, synchronously. It runs again when another process was
     * first, possibly in the asynchronous context of another call for this session. `userId` and times cannot change.
     */
    update(id: PresentedId, updateFn: (session: Session<Data>) => Data): Promise<boolean>;
    /**
     * Logs out. False if there was no session. Repeat it if it throws: only when it has resolved is the session
     * over, with whatever id a request that ran at the same time gave it. A damaged record is removed.
     */
    destroy(id: PresentedId): Promise<boolean>;
    /**
     * Gives a session a new id, and ends the old one. Call it whenever rights change. Null if there is no
     * session, or another call gave it a new id at the same time; with `overlapMs` also if the old id leads to that one
     * already. Times and data stay.
     *
     * If it throws, the session may be over.
     */
    regenerate(id: PresentedId, options?: RegenerateOptions): Promise<string | null>;
    /** @internal As {@link regenerate}; returns what the cookie needs, too. */
    renew(id: PresentedId, options?: RegenerateOptions): Promise<Pick<SignIn, 'id' | 'ownMs'> | null>;
    /**
     * The sessions of a user that can be used now, oldest first. One read, and one more for each of them.
     *
     * A session that is damaged or no longer fits the schema is left out, and an `unreadable` event has the handle to
     * `revoke` it by. `revokeAll` and `revokeOthers` end it, too.
     */
    list(userId: string): Promise<readonly ListedSession<Data>[]>;
    /** The handle of a session, to find it in a list. Null if there is none. */
    handleOf(id: PresentedId): Promise<string | null>;
    /**
     * For the cookie: how many milliseconds a session has left at most, if its absolute time is not that of the manager.
     * Null if it is, and if there is no session.
     */
    ownTimeOf(id: PresentedId): Promise<number | null>;
    /**
     * Ends one session of a user, by the handle from `list`. False if there is none. One that was idle for too long may
     * still count until it is tidied up, here and in the next two.
     */
    revoke(userId: string, handle: string): Promise<boolean>;
    /**
     * Logs out everywhere: ends all sessions of a user in one write. Returns how many there were. Sign-ins that
     * began before, with {@link generation}, are refused as well.
     */
    revokeAll(userId: string): Promise<number>;
    /** Ends all other sessions of the user. Returns how many there were; null, with nothing ended, if this one is over. */
    revokeOthers(id: PresentedId): Promise<number | null>;
    /**
     * A number that becomes another one whenever all sessions of a user, or all but one, are ended. Ask before you check a
     * password, and pass it to `create`: then a sign-in with the old password cannot slip in behind `revokeAll`.
     */
    generation(userId: string): Promise<number>;
}

export { type PresentedId as P, SessionManager as S };

// web-sessions.d.ts

import { S as SessionStoreOptions } from './options.js';

/** Called when it is done. */
type Callback = (error?: unknown) => void;
/** Called with what was found; null if there is none. */
type SessionCallback<Stored> = (error: unknown, session?: Stored | null) => void;

/** What the stores use of the cookie of a session. */
interface SessionCookie {
    readonly originalMaxAge?: number | null | undefined;
    readonly expires?: Date | string | null | undefined;
}
/** What the stores use of a session of express-session and \@fastify/session. */
interface WebSession {
    readonly cookie: SessionCookie;
}
/** Options of the stores for express-session and \@fastify/session. */
interface WebSessionOptions<Stored extends WebSession> extends SessionStoreOptions {
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

export type { Callback as C, SessionCallback as S, WebSession as W, WebSessionOptions as a, SessionCookie as b };
