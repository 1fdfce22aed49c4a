import { Metadata, status } from '@grpc/grpc-js';
import { encode, GetResponseSchema, isAddress, trailers } from '@norikv/client/wire';
import { errorCode, isNoriKVError, type NoriKVError } from '@norikv/store';

/** What a call is answered with when it does not succeed. */
export interface Refusal {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Entries beyond this do not travel with a lost condition: trailers are kept small. */
const longestEntryInTrailer = 2_048;
const longestDetails = 512;

const codes: Readonly<Record<string, status>> = {
  KEY_NOT_FOUND: status.NOT_FOUND,
  NOT_FOUND: status.NOT_FOUND,
  VERSION_MISMATCH: status.FAILED_PRECONDITION,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  UNSUPPORTED: status.UNIMPLEMENTED,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  CLOSED: status.UNAVAILABLE,
  NOT_SENT: status.UNAVAILABLE,
  UNAVAILABLE: status.UNAVAILABLE,
  NOT_LEADER: status.UNAVAILABLE,
  CANCELLED: status.CANCELLED,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
};

/** What an error of the store means on the wire. Errors nobody expected say nothing about the inside. */
export function refusalOf(error: unknown): Refusal {
  const metadata = new Metadata();
  const code = codes[errorCode(error) ?? ''] ?? status.INTERNAL;
  if (!isNoriKVError(error)) return { code, details: 'internal error; see the log of the server', metadata };
  if (error.outcome === 'not-applied') metadata.set(trailers.outcome, 'not-applied');
  addActual(metadata, error);
  addLeader(metadata, error);
  return { code, details: detailsOf(error).slice(0, longestDetails), metadata };
}

/** A refusal that happens before the store is asked. */
export function refusal(code: status, details: string): Refusal {
  const metadata = new Metadata();
  metadata.set(trailers.outcome, 'not-applied');
  return { code, details, metadata };
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

function addActual(metadata: Metadata, error: NoriKVError): void {
  const { actual } = error as { readonly actual?: NonNullable<Parameters<typeof entryBytes>[0]> | null };
  if (!actual || actual.value.length > longestEntryInTrailer) return;
  metadata.set(trailers.actual, entryBytes(actual));
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

function addLeader(metadata: Metadata, error: NoriKVError): void {
  const { leaderHint } = error as { readonly leaderHint?: unknown };
  if (!isAddress(leaderHint)) return;
  metadata.set(trailers.leaderHint, leaderHint);
  metadata.set(trailers.leader, leaderHint);
}
