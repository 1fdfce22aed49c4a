import {
  encode,
  GetResponseSchema,
  isAddress,
  trailers as names,
  type StatusCode,
  status,
} from '@norikv/client/wire';
import { errorCode, isNoriKVError, type NoriKVError } from '@norikv/store';

/** What a call is answered with when it does not succeed. */
export interface Refusal {
  readonly code: StatusCode;
  readonly details: string;
  readonly trailers: Readonly<Record<string, string>>;
}

/** Entries beyond this do not travel with a lost condition: trailers are kept small. */
const longestEntryInTrailer = 2_048;
const longestDetails = 512;

const codes: Readonly<Record<string, StatusCode>> = {
  KEY_NOT_FOUND: status.NOT_FOUND,
  NOT_FOUND: status.NOT_FOUND,
  VERSION_MISMATCH: status.FAILED_PRECONDITION,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  UNSUPPORTED: status.UNIMPLEMENTED,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  CLOSED: status.UNAVAILABLE,
  UNAVAILABLE: status.UNAVAILABLE,
  NOT_LEADER: status.UNAVAILABLE,
  CANCELLED: status.CANCELLED,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
};

/** On a write they leave open whether it was applied; clients take every other code for a refusal. */
const leavingOpen: ReadonlySet<StatusCode> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.INTERNAL,
]);

/** What an error of the store means on the wire. Errors nobody expected say nothing about the inside. */
export function refusalOf(error: unknown): Refusal {
  const code = codes[errorCode(error) ?? ''] ?? status.INTERNAL;
  if (!isNoriKVError(error)) {
    return { code, details: 'internal error; see the log of the server', trailers: {} };
  }
  const isNotApplied = error.outcome === 'not-applied';
  const trailers = {
    ...(isNotApplied && { [names.outcome]: 'not-applied' }),
    ...actualOf(error),
    ...leaderOf(error),
  };
  const details = detailsOf(error).slice(0, longestDetails);
  return { code: isNotApplied || leavingOpen.has(code) ? code : status.UNAVAILABLE, details, trailers };
}

/** A refusal that happens before the store is asked. */
export function refusal(code: StatusCode, details: string): Refusal {
  // What a caller has sent may be part of the text.
  return { code, details: details.slice(0, longestDetails), trailers: { [names.outcome]: 'not-applied' } };
}

function detailsOf(error: NoriKVError): string {
  const { actual } = error as { readonly actual?: unknown };
  if (error.code === 'VERSION_MISMATCH') {
    return actual === null ? 'version mismatch: key does not exist' : 'version mismatch';
  }
  // Headers are ASCII on the wire.
  const text = error.message.replace(/[^\x20-\x7e]/g, '?');
  return error.code === 'NOT_LEADER' ? `NOT_LEADER: ${text}` : text;
}

function actualOf(error: NoriKVError): Refusal['trailers'] {
  const { actual } = error as { readonly actual?: NonNullable<Parameters<typeof entryBytes>[0]> | null };
  if (!actual || actual.value.length > longestEntryInTrailer) return {};
  return { [names.actual]: entryBytes(actual).toString('base64') };
}

function entryBytes({
  value,
  version,
}: {
  readonly value: Uint8Array;
  readonly version: { readonly term: bigint; readonly index: bigint };
}): Buffer {
  const { term, index } = version;
  return encode(GetResponseSchema, { value: new Uint8Array(value), version: { term, index } });
}

function leaderOf(error: NoriKVError): Refusal['trailers'] {
  const { leaderHint } = error as { readonly leaderHint?: unknown };
  return isAddress(leaderHint) ? { [names.leaderHint]: leaderHint, [names.leader]: leaderHint } : {};
}
