import {
  AlreadyExistsError,
  DeadlineExceededError,
  type Entry,
  InvalidArgumentError,
  type Key,
  KeyNotFoundError,
  NoriKVError,
  ResourceExhaustedError,
  UnavailableError,
  UnsupportedError,
  type Version,
  VersionMismatchError,
} from '@norikv/store';
import { isReachable } from './address.js';
import type { CallStatus } from './call-status.js';
import { NotLeaderError } from './errors.js';
import { status, statusName } from './grpc/status.js';
import { decode } from './wire/codec.js';
import { GetResponseSchema } from './wire/generated/kv_pb.js';
import { trailers } from './wire/trailers.js';

/** What a status belongs to. */
export interface CallFacts {
  readonly isWrite: boolean;
  readonly key?: Key | undefined;
  /** The condition of the write. */
  readonly expected?: Version | undefined;
  /** The write was a create. */
  readonly isCreate?: boolean | undefined;
}

/** The error of the contract a status stands for, with an honest outcome. */
export function errorOfStatus(ended: CallStatus, call: CallFacts): NoriKVError {
  const { key, isWrite } = call;
  const message = ended.details || `The server answered ${statusName(ended.code)}`;
  const unknown = isWrite && !saysNotApplied(ended) ? 'unknown' : 'not-applied';
  const internal = (): NoriKVError => new NoriKVError(message, { code: 'INTERNAL', outcome: unknown, key });
  switch (ended.code) {
    case status.FAILED_PRECONDITION:
      return lostCondition(ended, message, call) ?? internal();
    case status.ALREADY_EXISTS:
      return new AlreadyExistsError(message, { key, actual: actualOf(ended) ?? undefined });
    case status.NOT_FOUND:
      return new KeyNotFoundError(message, { key });
    case status.INVALID_ARGUMENT:
    case status.OUT_OF_RANGE:
      return new InvalidArgumentError(message, { key });
    case status.UNIMPLEMENTED:
      return new UnsupportedError(message, { key });
    case status.RESOURCE_EXHAUSTED:
      return new ResourceExhaustedError(message, { key });
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return new NoriKVError(message, { code: 'UNAUTHENTICATED', key });
    case status.DEADLINE_EXCEEDED:
      return new DeadlineExceededError(message, { outcome: unknown, key });
    case status.UNAVAILABLE:
      return message.includes('NOT_LEADER')
        ? new NotLeaderError(message, { outcome: unknown, key, leaderHint: leaderHint(ended) })
        : new UnavailableError(message, { outcome: unknown, key });
    case status.CANCELLED:
      // Not by our signal, so by the server or a proxy.
      return new UnavailableError(message, { outcome: unknown, key });
    case status.INTERNAL:
      // How gRPC libraries in between report a connection that broke under the call.
      return message.startsWith('Received RST_STREAM')
        ? new UnavailableError(message, { outcome: unknown, key })
        : internal();
    default:
      return internal();
  }
}

function lostCondition(ended: CallStatus, message: string, call: CallFacts): NoriKVError | undefined {
  const { key, expected } = call;
  if (call.isCreate) {
    const text = `The server cannot create a key only if it is absent: ${message}`;
    return new UnsupportedError(text, { key });
  }
  if (expected === undefined) return undefined;
  const actual = /does not exist/.test(message) ? null : actualOf(ended);
  return new VersionMismatchError(message, { key, expected, actual });
}

/** Only a server that knows the extension says so; any other may be wrong about it. */
function saysNotApplied(ended: CallStatus): boolean {
  return textsOf(ended, trailers.outcome)[0] === 'not-applied';
}

function leaderHint(ended: CallStatus): string | undefined {
  const hints = [...textsOf(ended, trailers.leaderHint), ...textsOf(ended, trailers.leader)];
  return hints.find(isReachable);
}

function actualOf(ended: CallStatus): Entry | undefined {
  const [base64] = textsOf(ended, trailers.actual);
  if (base64 === undefined) return undefined;
  try {
    const { value, version } = decode(GetResponseSchema, Buffer.from(base64, 'base64'));
    return version && { value: new Uint8Array(value), version: { term: version.term, index: version.index } };
  } catch {
    return undefined;
  }
}

/** The values of a trailer; those that came under one name are joined by commas. */
function textsOf(ended: CallStatus, name: string): string[] {
  const text = ended.trailers[name];
  return typeof text === 'string' ? text.split(',').map((one) => one.trim()) : [];
}
