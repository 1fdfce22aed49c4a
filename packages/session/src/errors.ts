import { type ErrorFacts, errorCode, NoriKVError, type Outcome } from '@norikv/store';

/** The sessions of a user were ended between the look at the generation and the sign-in. Nothing was created. */
export class SignInRevokedError extends NoriKVError {
  static override readonly code: string = 'SIGN_IN_REVOKED';
}

/** The user has `maxSessions` sessions, and `whenFull` is `refuse`. Nothing was created. */
export class SessionLimitError extends NoriKVError {
  static override readonly code: string = 'SESSION_LIMIT';
}

/** Facts of a {@link SessionDataError}. */
export interface SessionDataFacts extends ErrorFacts {
  readonly issues: readonly string[];
}

/** The data of a session do not fit the schema. Nothing was changed. */
export class SessionDataError extends NoriKVError {
  static override readonly code: string = 'SESSION_DATA';
  /** What is wrong, each beginning with its place. */
  declare readonly issues: readonly string[];
  constructor(message: string, facts: SessionDataFacts) {
    super(message, facts);
    Object.assign(this, { issues: facts.issues });
  }
}

/**
 * An adapter could not find out who this is, because the store did not answer.
 *
 * The request must fail: Express and Fastify answer 503 by `statusCode`, Hono by `getResponse`. It is never treated as
 * signed out.
 */
export class SessionUnavailableError extends NoriKVError {
  static override readonly code: string = 'SESSION_UNAVAILABLE';
  static override readonly outcome: Outcome = 'unknown';
  static override readonly retryable: boolean = true;
  readonly statusCode: number = 503;

  /** What Hono answers with. */
  getResponse(): Response {
    return new Response(this.message, { status: this.statusCode });
  }
}

const unreadable: readonly string[] = ['CORRUPT_RECORD', 'SESSION_DATA'];

/** Whether there is a session whose content cannot be known. */
export function isUnreadable(error: unknown): boolean {
  return unreadable.some((code) => code === errorCode(error));
}

const lasting: readonly string[] = [...unreadable, 'INVALID_ARGUMENT', 'SESSION_LIMIT', 'SIGN_IN_REVOKED'];

/** Whether an error stays however long one waits: then it is not that the store does not answer. */
function isLasting(error: unknown): boolean {
  return lasting.some((code) => code === errorCode(error));
}

/**
 * Whatever goes wrong in the store becomes a 503: the request must not go on as if nobody were signed in.
 *
 * @param own - errors that are not of the store, thrown as they are.
 */
export async function orUnavailable<Result>(
  work: () => Promise<Result>,
  own: readonly unknown[] = [],
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (isLasting(cause) || own.includes(cause)) throw cause;
    throw new SessionUnavailableError('The session could not be read or saved; try again', { cause });
  }
}
