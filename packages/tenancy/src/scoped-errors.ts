import {
  AlreadyExistsError,
  CancelledError,
  ClosedError,
  DeadlineExceededError,
  type Entry,
  errorCode,
  InvalidArgumentError,
  isNoriKVError,
  type Key,
  KeyNotFoundError,
  NoriKVError,
  ResourceExhaustedError,
  UnavailableError,
  UnsupportedError,
  type Version,
  VersionMismatchError,
} from '@norikv/store';
import { shown } from '@norikv/store/checks';
import { TenantLimitError, TenantNotFoundError, TenantSuspendedError } from './errors.js';

/** What an error carries besides its message. */
interface Facts {
  readonly code: string;
  readonly outcome: 'not-applied' | 'unknown';
  readonly retryable: boolean;
  readonly key?: Key | undefined;
}

const classes = [
  ClosedError,
  DeadlineExceededError,
  InvalidArgumentError,
  KeyNotFoundError,
  ResourceExhaustedError,
  UnavailableError,
  UnsupportedError,
];

const ownErrors = [TenantNotFoundError, TenantSuspendedError, TenantLimitError];

/**
 * The error a tenant gets to see where its status or limits could not be found out: they are kept under keys
 * that are not the tenant's. Nothing of the tenant's was read or written, whatever became of the count.
 */
export function unservedError(error: unknown, key: Key | undefined): unknown {
  const code = errorCode(error) ?? 'INTERNAL';
  const isOurs = isNoriKVError(error);
  if (ownErrors.some((each) => each.code === code)) return error;
  if (code === 'CANCELLED')
    return new CancelledError('the call was cancelled; nothing was applied', {
      key,
      cause: (error as Error).cause,
    });
  const Class = classes.find((each) => each.code === code);
  const message = `the tenant's status or limits could not be found out (${code}); nothing was applied`;
  const isPassing = code === 'CONTENTION' || code === 'OUTCOME_UNKNOWN';
  const facts = { outcome: 'not-applied', retryable: isPassing || (isOurs && error.retryable), key } as const;
  if (Class) return new Class(message, facts);
  return isPassing ? new UnavailableError(message, facts) : new NoriKVError(message, { code, ...facts });
}

/**
 * The error a tenant gets to see: the same class and facts, the key as the tenant wrote it, and neither the
 * prefix nor a `cause`, which may show how and where the store keeps things.
 */
export function scopedError(error: unknown, prefix: string, key: Key | undefined): NoriKVError {
  const code = errorCode(error) ?? 'INTERNAL';
  const isOurs = isNoriKVError(error);
  const message = isOurs ? withoutPrefix(error.message, prefix) : `the store failed (${code})`;
  const facts: Facts = {
    code,
    outcome: isOurs ? error.outcome : 'unknown',
    retryable: isOurs && error.retryable,
    key,
  };
  const { actual, expected } = error as { actual?: Entry | null; expected?: Version };
  if (code === 'VERSION_MISMATCH') return new VersionMismatchError(message, { ...facts, expected, actual });
  if (code === 'ALREADY_EXISTS')
    return new AlreadyExistsError(message, { ...facts, actual: actual ?? undefined });
  // Its cause is the reason of the caller's own signal.
  if (code === 'CANCELLED') return new CancelledError(message, { ...facts, cause: (error as Error).cause });
  const Class = classes.find((each) => each.code === code);
  return Class ? new Class(message, facts) : new NoriKVError(message, facts);
}

/** Messages show names as they are, quoted as JSON does it, or the beginning of that. */
function withoutPrefix(message: string, prefix: string): string {
  const quoted = [JSON.stringify(prefix), shown(prefix)].map((text) => text.slice(1, -1));
  return [prefix, ...quoted].reduce((text, form) => text.replaceAll(form, ''), message);
}
