/** What every session says beside the data of its kind. Times are wall-clock milliseconds. */
export interface SessionFacts {
  readonly userId: string;
  readonly createdAt: number;
  readonly lastAccessedAt: number;
}

/** A session: your data, whose it is, and its times. */
export type Session<Data = Profile> = Data & SessionFacts;

/** What a session holds if you do not say otherwise. */
export interface Profile {
  readonly email: string;
  roles: string[];
}

/** The session of the public documentation. */
export type SessionData = Session<Profile>;

/** What {@link SessionManager.create} takes after the user: your data, or for a {@link Profile} e-mail and roles. */
export type NewSession<Data> =
  | readonly [data: Data, options?: CreateOptions]
  | ([Profile] extends [Data]
      ? readonly [email: string, roles: readonly string[], options?: CreateOptions]
      : never);

/** What {@link SessionManager.signIn} returns. */
export interface SignIn<Data = Profile> {
  /** For the cookie. */
  readonly id: string;
  readonly session: Session<Data>;
  /** How long its cookie must last, as {@link SessionManager.ownTimeOf} says; null if it lasts as long as all. */
  readonly ownMs: number | null;
}

/** Options of one sign-in. */
export interface CreateOptions {
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
export interface RegenerateOptions {
  /**
   * How long the old id still leads to the session, in milliseconds, for requests that are under way with it.
   * Default 0, and keep it so where rights change: who planted the old id would come along. At most 60,000.
   */
  readonly overlapMs?: number | undefined;
}

/** A session of a user, as shown to that user. */
export interface ListedSession<Data = Profile> {
  /** Names the session in `revoke`, also after its id changed. It is no secret and gives no access. */
  readonly handle: string;
  readonly session: Session<Data>;
  /** When it ends at the latest. */
  readonly expiresAt: number;
}
