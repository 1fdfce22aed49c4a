import { isAnyArrayBuffer } from 'node:util/types';
import { bytesToString, stringToBytes } from '@norikv/store';

const marks = { text: 116, json: 106, bytes: 98 } as const;

/** Text and bytes as they are, all else as JSON, behind a byte that says which. */
export function encodeValue(value: unknown): Uint8Array {
  const bytes = bytesOf(value);
  if (bytes) return marked(marks.bytes, bytes);
  if (typeof value === 'string') return marked(marks.text, stringToBytes(value));
  return marked(marks.json, stringToBytes(JSON.stringify(value) ?? 'null'));
}

/** @throws SyntaxError for what `encodeValue` did not make. */
export function decodeValue(payload: Uint8Array): unknown {
  const bytes = payload.subarray(1);
  if (payload[0] === marks.bytes) return bytes;
  const text = bytesToString(bytes);
  return payload[0] === marks.text ? text : JSON.parse(text);
}

/** What a buffer or a view of one holds. It may come from another realm, as in test runners, so its class says nothing. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined;
}

function marked(mark: number, bytes: Uint8Array): Uint8Array {
  const payload = new Uint8Array(bytes.length + 1);
  payload[0] = mark;
  payload.set(bytes, 1);
  return payload;
}
