import { bytesToString, InvalidArgumentError, type Key, stringToBytes } from '@norikv/store';
import { plainBytes } from './codec.js';
import { unreadable } from './errors.js';

/** Who wrote which write of a record: the proof that an attempt whose reply was lost did land. */
export type Mark = readonly [writer: string, writeNumber: number];

/** A caller's operation that was applied, and its result, which a repetition is answered with. */
export type RecordedOperation = readonly [id: string, fingerprint: string, result?: unknown];

/** A record as it is stored: one header line, then the pattern's own bytes. */
export interface Envelope {
  /** Newest first. Empty for bytes that this library did not write. */
  readonly marks: readonly Mark[];
  /** Oldest first. */
  readonly operations: readonly RecordedOperation[];
  /** The encoded state; undefined if the record is absent or a tombstone. */
  readonly payload: Uint8Array | undefined;
}

/** Marks kept per record. A mark can only be missed when more writers than this are active at once. */
export const markLimit = 64;

export const absentEnvelope: Envelope = { marks: [], operations: [], payload: undefined };

const magic = stringToBytes('norikv:');
const newline = 10;

/**
 * Header line `norikv:1 {"w": marks, "o": operations, "d": 1 if deleted}`, a newline, then the payload.
 * Text, so that a person who looks into the store sees what is there.
 */
export function encodeEnvelope({ marks, operations, payload }: Envelope): Uint8Array {
  const header: Header = { w: marks };
  if (operations.length > 0) header.o = operations;
  if (payload === undefined) header.d = 1;
  const line = stringToBytes(`norikv:1 ${JSON.stringify(header)}\n`);
  if (payload === undefined) return line;
  const bytes = new Uint8Array(line.length + payload.length);
  bytes.set(line);
  bytes.set(payload, line.length);
  return bytes;
}

function hasHeader(bytes: Uint8Array): boolean {
  return magic.every((byte, position) => byte === bytes[position]);
}

/** @throws InvalidArgumentError for a value that, stored without a header, would be read as one. */
export function checkPlain(payload: Uint8Array): void {
  if (!hasHeader(payload)) return;
  throw new InvalidArgumentError(
    'A plain value must not begin with "norikv:", as records with a header do; use a codec that is not plain',
  );
}

/** Bytes without the header line are a payload that something else wrote, such as a plain number. */
export function decodeEnvelope(key: Key, value: Uint8Array): Envelope {
  const bytes = plainBytes(value);
  if (!hasHeader(bytes)) {
    return { marks: [], operations: [], payload: bytes };
  }
  const end = bytes.indexOf(newline);
  const line = bytesToString(bytes.subarray(0, Math.max(end, 0)));
  if (!line.startsWith('norikv:1 ')) {
    throw unreadable(key, `this version does not know its header "${line.slice(0, 32)}"`);
  }
  const header = parseHeader(key, line.slice('norikv:1 '.length));
  return {
    marks: header.w,
    operations: header.o ?? [],
    payload: header.d === 1 ? undefined : bytes.subarray(end + 1),
  };
}

interface Header {
  w: readonly Mark[];
  o?: readonly RecordedOperation[];
  d?: 1;
}

function parseHeader(key: Key, text: string): Header {
  let cause: unknown;
  try {
    const header = JSON.parse(text);
    if (isListOf(header.w, isMark) && isListOf(header.o ?? [], isOperation)) return header;
  } catch (error) {
    cause = error;
  }
  throw unreadable(key, `its header is damaged: ${text.slice(0, 64)}`, cause);
}

function isListOf(list: unknown, accepts: (item: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(accepts);
}

/** With a number that another one can follow: a write after it could not be read otherwise. */
function isMark(mark: unknown): boolean {
  const isNumbered = Array.isArray(mark) && typeof mark[0] === 'string' && Number.isSafeInteger(mark[1]);
  return isNumbered && mark[1] < Number.MAX_SAFE_INTEGER;
}

function isOperation(operation: unknown): boolean {
  return Array.isArray(operation) && typeof operation[0] === 'string' && typeof operation[1] === 'string';
}
