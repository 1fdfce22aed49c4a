import { type Codec, CorruptRecordError } from '@norikv/cas-retry';
import { bytesToString, type Key, stringToBytes } from '@norikv/store';
import { checksum } from './checksum.js';

/** What a stored value is. */
export type RecordKind =
  | 'head'
  | 'lines'
  | 'index'
  | 'snapshot'
  | 'ledger'
  | 'checkpoint'
  | 'parked'
  | 'view'
  | 'key';

/** A record taken apart: a JSON header, then text lines that stay as they were written. */
export interface StoredRecord {
  readonly header: unknown;
  readonly lines: readonly string[];
  /** Bytes of the lines, a line break each. */
  readonly lineBytes: number;
}

const magic = 'norikv-events:1';
const newline = 10;

/**
 * `norikv-events:1 <kind> <checksum>`, the header and each line on lines of their own. Text, so that a person
 * who looks into the store sees what is there.
 */
export function encodeRecord(kind: RecordKind, header: unknown, lines: readonly string[]): Uint8Array {
  const start = `${magic} ${kind} `;
  const bytes = stringToBytes([`${start}${'0'.repeat(8)}`, JSON.stringify(header), ...lines].join('\n'));
  const sum = checksum(bytes.subarray(start.length + 8 + 1));
  bytes.set(stringToBytes(sum), start.length);
  return bytes;
}

/** @throws CorruptRecordError for bytes of another program, another format or another kind, and for damage. */
export function decodeRecord(kind: RecordKind, bytes: Uint8Array, key?: Key): StoredRecord {
  const end = bytes.indexOf(newline);
  const [format, foundKind, sum] = bytesToString(bytes.subarray(0, Math.max(end, 0))).split(' ');
  if (!format?.startsWith('norikv-events:')) throw corrupt('is not a record of an event store', key);
  if (format !== magic) {
    throw corrupt(`has the format "${format}", which this version does not know: upgrade`, key);
  }
  if (foundKind !== kind) throw corrupt(`is a record of kind "${foundKind}", not "${kind}"`, key);
  const body = bytes.subarray(end + 1);
  if (checksum(body) !== sum) throw corrupt('is damaged: its checksum is wrong', key);
  const headerEnd = body.indexOf(newline);
  const [header = '', ...lines] = bytesToString(body).split('\n');
  return {
    header: JSON.parse(header),
    lines,
    lineBytes: headerEnd < 0 ? 0 : body.length - headerEnd,
  };
}

/** A codec for a record that is a header alone. One object per kind of record. */
export function recordCodec<State>(kind: RecordKind): Codec<State> {
  return {
    encode: (state) => encodeRecord(kind, state, []),
    decode: (bytes) => decodeRecord(kind, bytes).header as State,
  };
}

/** An error about a stored value that is not what it should be. */
export function corrupt(problem: string, key?: Key): CorruptRecordError {
  const where = key === undefined ? '' : ` of "${key}"`;
  return new CorruptRecordError(`The stored value${where} ${problem}`, { key });
}
