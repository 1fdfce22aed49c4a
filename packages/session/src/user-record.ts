import type { Codec } from '@norikv/cas-retry';
import { isJsonObject, safeJsonCodec } from './json.js';
import { isTime } from './session-record.js';

/** A session in the record of its user. */
export interface UserSession {
  /** The hash of its id. */
  readonly key: string;
  /** The same for all ids this session has had: the key of the first. */
  readonly handle: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** When this id was named here, a moment before it was written. */
  readonly namedAt: number;
}

/**
 * The sessions of a user. One that is not in here is over, whatever its own record says: so one write ends
 * any number of them, and no write to a session can bring it back.
 */
export interface UserRecord {
  /** Becomes one that never was before whenever all sessions, or all others, are ended. */
  readonly generation: number;
  readonly sessions: readonly UserSession[];
}

export const nobody: UserRecord = { generation: 0, sessions: [] };

export const userCodec: Codec<UserRecord> = safeJsonCodec((record) => {
  if (isUserRecord(record)) return record;
  throw new TypeError('These are no sessions of a user');
});

function isUserRecord(value: unknown): value is UserRecord {
  if (!isJsonObject(value) || !isTime(value.generation)) return false;
  return Array.isArray(value.sessions) && value.sessions.every(isUserSession);
}

function isUserSession(value: unknown): value is UserSession {
  if (!isJsonObject(value)) return false;
  const { key, handle, createdAt, expiresAt, namedAt } = value;
  return (
    [key, handle].every((text) => typeof text === 'string') && [createdAt, expiresAt, namedAt].every(isTime)
  );
}
