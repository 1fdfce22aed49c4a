import { InvalidArgumentError } from '@norikv/store';
import { refuse } from '@norikv/store/checks';
import { quiet } from '@norikv/store/listeners';
import type { StandardSchema } from '@norikv/store/standard-schema';
import { copyJson, described, isPlainObject, type JsonObject } from './json.js';
import { checkUserId, lifetimesOf, type Settings } from './options.js';
import { conformed } from './schema.js';
import type { CreateOptions, NewSession, Session, SessionFacts } from './session.js';
import type { LiveSession } from './session-record.js';

/** A session of a user. */
export type OwnedSession = LiveSession & { readonly userId: string };

/** A sign-in as it was asked for, checked. */
export interface Beginning {
  readonly session: OwnedSession;
  readonly generation: number | undefined;
}

const factNames: readonly string[] = [
  'userId',
  'createdAt',
  'lastAccessedAt',
] satisfies (keyof SessionFacts)[];

/** What a session looks like to its user, and what of it is stored. */
export class SessionShape<Data extends object> {
  readonly #schema: StandardSchema<Data> | undefined;
  readonly #maxDataBytes: number;

  constructor(schema: StandardSchema<Data> | undefined, maxDataBytes: number) {
    const validate: unknown = schema?.['~standard']?.validate;
    if (schema !== undefined && typeof validate !== 'function') {
      refuse('schema', schema, 'a schema of the Standard Schema family');
    }
    this.#schema = schema;
    this.#maxDataBytes = maxDataBytes;
  }

  /** A session that begins now. */
  begun(userId: string, given: NewSession<Data>, settings: Settings): Beginning {
    const [data, options] = newSession(given);
    const { ttlMs, absoluteMs } = lifetimesOf(settings, options);
    checkUserId(userId);
    const now = settings.now();
    const times = { createdAt: now, lastSeenAt: now, idleMs: ttlMs, expiresAt: now + absoluteMs };
    const session = { kind: 'live', userId, ...times, data: this.stored(data, userId) } as const;
    return { session, generation: options.generation };
  }

  shown({ userId, createdAt, data }: OwnedSession, lastAccessedAt: number): Session<Data> {
    const checked = this.#schema ? conformed(this.#schema, data) : (data as Data);
    return { ...checked, userId, createdAt, lastAccessedAt };
  }

  /**
   * The data alone, checked. What is no plain object would lose everything without a sign.
   *
   * @param former - the data so far. What sessions of web frameworks have under the names of facts is not shown, and stays.
   */
  stored(session: object, userId: string, former: JsonObject = {}): JsonObject {
    if (!isPlainObject(session)) {
      quiet(session);
      throw new InvalidArgumentError(
        `session data is ${described(session)}; use a plain object, returned at once`,
      );
    }
    const { userId: claimed, createdAt: _, lastAccessedAt: __, ...data }: Partial<SessionFacts> = session;
    if (claimed !== undefined && claimed !== userId) {
      refuse('userId of the session data', claimed, `"${userId}", or create a session for that user`);
    }
    const hidden = Object.fromEntries(Object.entries(former).filter(([name]) => factNames.includes(name)));
    const whole = { ...data, ...hidden };
    const checked = this.#schema ? conformed(this.#schema, whole) : whole;
    return { ...copyJson(checked, 'session data', this.#maxDataBytes), ...hidden };
  }
}

/** Tells the two ways apart in which a session can be created. */
function newSession<Data extends object>(
  session: NewSession<Data>,
): readonly [data: object, options: CreateOptions] {
  const [first, second, third] = session as readonly [unknown, unknown?, unknown?];
  const [data, options = {}] =
    typeof first === 'string' ? [{ email: first, roles: second }, third] : [first, second];
  return [data as object, options as CreateOptions];
}
