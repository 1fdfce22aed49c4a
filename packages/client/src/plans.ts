import {
  type Condition,
  type DeleteOptions,
  type GetOptions,
  type Key,
  NoriKVError,
  type PutOptions,
  UnsupportedError,
  type Version,
} from '@norikv/store';
import type { PlannedCall } from './call-runner.js';
import type { Description } from './description.js';
import type { Resend } from './resend.js';
import type { Received } from './wire/codec.js';
import type {
  DeleteRequestSchema,
  DeleteResponseSchema,
  GetRequestSchema,
  GetResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
} from './wire/generated/kv_pb.js';
import { methods } from './wire/methods.js';
import { honouredKey, type OptionalField } from './wire/trailers.js';

const mustNotExist: Version = { term: 0n, index: 0n };

/** A put, checked, with bytes of its own. */
export interface Put {
  readonly key: Key;
  readonly keyBytes: Uint8Array;
  readonly valueBytes: Uint8Array;
  readonly condition: Condition;
  readonly options: PutOptions;
}

/** A delete, checked, with bytes of its own. */
export interface Delete {
  readonly key: Key;
  readonly keyBytes: Uint8Array;
  readonly condition: Condition;
  readonly options: DeleteOptions;
}

/** Plans a read. */
export function planGet(
  key: Key,
  keyBytes: Uint8Array,
  options: GetOptions,
): PlannedCall<typeof GetRequestSchema, typeof GetResponseSchema> {
  return {
    method: methods.get,
    key,
    bytes: keyBytes.length,
    options,
    isWrite: false,
    request: ({ isPlain }) => ({ key: keyBytes, consistency: consistencyFor(options, isPlain) }),
    resend: () => 'always',
  };
}

/** Plans a put. It is sent only to a server that declares what the put relies on. */
export function planPut(
  put: Put,
  allowPlain: boolean,
): PlannedCall<typeof PutRequestSchema, typeof PutResponseSchema> {
  const { key, keyBytes, valueBytes, condition, options } = put;
  const { ttlMs, idempotencyKey = '' } = options;
  const ifMatch = versionOf(condition);
  const fields: OptionalField[] = [];
  if (ifMatch) fields.push('if_match');
  if (ttlMs !== undefined) fields.push('ttl_ms');
  if (idempotencyKey !== '') fields.push('idempotency_key');
  return {
    method: methods.put,
    key,
    bytes: keyBytes.length + valueBytes.length,
    options,
    isWrite: true,
    isCreate: condition.kind === 'absent',
    expected: ifMatch,
    request: ({ capabilities }) => {
      if (!allowPlain) {
        if (condition.kind === 'version') demand(capabilities.atomicCas, 'ifMatchVersion', put.key);
        if (condition.kind === 'absent') demand(capabilities.createIfAbsent, 'ifNotExists', put.key);
        if (ttlMs !== undefined) demand(capabilities.ttl !== 'none', 'ttlMs', put.key);
        if (idempotencyKey !== '') demand(capabilities.idempotency !== 'none', 'idempotencyKey', put.key);
      }
      const request = { key: keyBytes, value: valueBytes, ttlMs: BigInt(ttlMs ?? 0), idempotencyKey };
      return ifMatch ? { ...request, ifMatch } : request;
    },
    resend: (server) => resendOf(server, condition, idempotencyKey),
    ...(allowPlain || fields.length === 0 ? {} : { check: (answer) => demandHonoured(answer, fields, key) }),
  };
}

/** Plans a delete. With a condition or an id it goes where a server that does not know them answers so. */
export function planDelete(
  { key, keyBytes, condition, options }: Delete,
  allowPlain: boolean,
): PlannedCall<typeof DeleteRequestSchema, typeof DeleteResponseSchema> {
  const { idempotencyKey = '' } = options;
  const ifMatch = versionOf(condition);
  const isPublic = ifMatch === undefined && (idempotencyKey === '' || allowPlain);
  return {
    method: isPublic ? methods.delete : methods.deleteExactly,
    key,
    bytes: keyBytes.length,
    options,
    isWrite: true,
    expected: ifMatch,
    request: ({ capabilities }) => {
      if (ifMatch) demand(capabilities.deleteCas, 'ifMatchVersion on a delete', key);
      if (!isPublic && idempotencyKey !== '') {
        demand(capabilities.idempotency !== 'none', 'idempotencyKey', key);
      }
      const request = { key: keyBytes, idempotencyKey };
      return ifMatch ? { ...request, ifMatch } : request;
    },
    resend: (server) => resendOf(server, condition, idempotencyKey),
  };
}

/** Only what a server remembers for good, or what a version guards, may be sent twice. */
function resendOf({ capabilities }: Description, condition: Condition, idempotencyKey: string): Resend {
  if (idempotencyKey !== '' && capabilities.idempotency === 'durable') return 'always';
  return condition.kind === 'version' && capabilities.atomicCas ? 'version' : 'never';
}

/** The word for a consistency; a plain server refuses those of this project. */
export function consistencyFor({ consistency }: GetOptions, isPlain: boolean): string {
  if (!isPlain) return consistency ?? '';
  return consistency === 'stale_ok' ? 'eventual' : '';
}

function versionOf(condition: Condition): Version | undefined {
  if (condition.kind === 'version') return condition.version;
  return condition.kind === 'absent' ? mustNotExist : undefined;
}

/** Throws UnsupportedError for what a server does not declare to keep. */
export function demand(isOffered: boolean, what: string, key: Key): void {
  if (isOffered) return;
  throw new UnsupportedError(
    `The server does not declare that it keeps ${what}, and could overwrite or forget; nothing was sent. ` +
      'Use a server that does (npx @norikv/server), or read what unsafeAllowPlainServer gives up',
    { key },
  );
}

/** The last line: what answers now may be another server than the one that was asked what it keeps. */
function demandHonoured(
  { meta }: Received<typeof PutResponseSchema>,
  fields: readonly OptionalField[],
  key: Key,
): void {
  const honoured = (meta[honouredKey] ?? '').split(',');
  const ignored = fields.filter((field) => !honoured.includes(field));
  if (ignored.length === 0) return;
  throw new NoriKVError(
    `The server wrote without confirming that it honoured ${ignored.join(', ')}: it may have overwritten, or ` +
      'forgotten, what it should not have',
    { code: 'UNSUPPORTED', outcome: 'unknown', key },
  );
}
