export { SchemaIssue, SchemaResult, StandardSchema } from '@norikv/store/standard-schema';
import { NoriKVError, ErrorFacts, Outcome } from '@norikv/store';
export { E as EndReason, a as SessionEvent, b as SessionListener, S as SessionStoreOptions } from './options-Q_f4Uzld.js';
export { C as CreateOptions, L as ListedSession, N as NewSession, b as PresentedId, P as Profile, R as RegenerateOptions, a as Session, c as SessionData, d as SessionFacts, S as SessionManager, e as SessionManagerOptions } from './session-manager-C12WmqD-.js';

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
 * The request must fail: Express and Fastify answer 503 by `statusCode`. It is never treated as signed out.
 */
declare class SessionUnavailableError extends NoriKVError {
    static readonly code: string;
    static readonly outcome: Outcome;
    static readonly retryable: boolean;
    readonly statusCode: number;
}

/**
 * Makes a session id: 256 bits from the platform's random source for secrets, as 43 characters that are safe
 * in a cookie.
 */
declare function createSessionId(): string;
/** Whether a value has the form of a session id. Anything else is refused before the store is asked. */
declare function isSessionId(value: unknown): value is string;

export { SessionDataError, type SessionDataFacts, SessionLimitError, SessionUnavailableError, SignInRevokedError, createSessionId, isSessionId };
