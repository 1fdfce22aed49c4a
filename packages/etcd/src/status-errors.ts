import { type StatusObject, status } from '@grpc/grpc-js';
import {
  InvalidArgumentError,
  type Key,
  NoriKVError,
  ResourceExhaustedError,
  UnavailableError,
  UnsupportedError,
} from '@norikv/store';
import { EtcdLeaseLostError } from './errors.js';

/** What etcd's texts tell that its status codes do not. */
export type Meaning =
  | 'no-leader'
  | 'learner'
  | 'no-space'
  | 'busy'
  | 'too-large'
  | 'lost-lease'
  | 'stale-login'
  | 'no-login'
  | 'login-not-enabled'
  | 'wrong-password'
  | 'not-allowed'
  | 'other';

const author = 'etcdserver: ';

const texts: Readonly<Record<string, Meaning>> = {
  'no leader': 'no-leader',
  'rpc not supported for learner': 'learner',
  'mvcc: database space exceeded': 'no-space',
  'too many requests': 'busy',
  'request is too large': 'too-large',
  'requested lease not found': 'lost-lease',
  'invalid auth token': 'stale-login',
  'revision of auth store is old': 'stale-login',
  'user name is empty': 'no-login',
  'authentication is not enabled': 'login-not-enabled',
  'permission denied': 'not-allowed',
  'authentication failed, invalid user ID or password': 'wrong-password',
};

/** What a status that is not OK means. Only etcd's exact words count: they decide what is sent again. */
export function meaningOf({ details }: StatusObject): Meaning {
  return (details.startsWith(author) ? texts[details.slice(author.length)] : undefined) ?? 'other';
}

/**
 * The error of the contract a status stands for.
 *
 * A write is not applied only where etcd answers so before the write reaches its log, or refuses it whole when it
 * comes out of it. Whatever else goes wrong leaves a write unknown.
 */
export function errorOfStatus(ended: StatusObject, isWrite: boolean, key?: Key): NoriKVError {
  const said = ended.details || `status ${status[ended.code] ?? ended.code}`;
  const unknown = isWrite ? 'unknown' : 'not-applied';
  switch (meaningOf(ended)) {
    case 'no-leader':
      return new UnavailableError(
        `The cluster has no leader, which takes a majority of its members (${said})`,
        {
          outcome: 'not-applied',
          key,
        },
      );
    case 'learner':
      return new UnavailableError(
        `The member is a learner, which serves no calls; name voting members (${said})`,
        {
          outcome: 'not-applied',
          key,
        },
      );
    case 'no-space':
      // Also the answer to the write that crosses the limit, and that one is applied.
      return new ResourceExhaustedError(
        `The quota of the etcd database is used up: compact, defragment, then disarm the alarm, or raise --quota-backend-bytes (${said})`,
        { outcome: unknown, retryable: false, key },
      );
    case 'busy':
      return new ResourceExhaustedError(`etcd has too many requests to apply; send fewer at once (${said})`, {
        key,
      });
    case 'too-large':
      return new InvalidArgumentError(
        `etcd takes no request of this size; raise its --max-request-bytes (${said})`,
        {
          key,
        },
      );
    case 'lost-lease':
      return new EtcdLeaseLostError(
        `etcd no longer has the lease that collects expired keys; do not revoke it (${said})`,
        {
          retryable: true,
          key,
        },
      );
    case 'no-login':
      return unauthenticated(`etcd requires a login; pass credentials (${said})`, key);
    case 'login-not-enabled':
      return unauthenticated(
        `etcd has authentication disabled; leave credentials out, or enable it there (${said})`,
        key,
      );
    case 'stale-login':
    case 'wrong-password':
    case 'not-allowed':
      return unauthenticated(
        `etcd refuses this user; check the password, and which keys its roles allow (${said})`,
        key,
      );
    case 'other':
      return ofCode(ended.code, said, unknown, key);
  }
}

const unanswered = new Set([status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED]);

/** What Go says of a call whose time is over at the server first; etcd hands it on without a status of its own. */
const outOfTime = new Set(['context deadline exceeded', 'context canceled']);

function ofCode(
  code: status,
  said: string,
  outcome: 'unknown' | 'not-applied',
  key: Key | undefined,
): NoriKVError {
  if (unanswered.has(code) || (code === status.UNKNOWN && outOfTime.has(said))) {
    return new UnavailableError(`etcd did not answer: ${said}`, { outcome, key });
  }
  if (code === status.UNIMPLEMENTED)
    return new UnsupportedError(`This server is not an etcd (${said})`, { key });
  if (code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED) return unauthenticated(said, key);
  if (code === status.RESOURCE_EXHAUSTED) {
    return new ResourceExhaustedError(said, { outcome, retryable: false, key });
  }
  return new NoriKVError(`etcd failed: ${said}`, { outcome, key });
}

function unauthenticated(message: string, key: Key | undefined): NoriKVError {
  return new NoriKVError(message, { code: 'UNAUTHENTICATED', key });
}
