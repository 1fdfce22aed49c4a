import { bytesToString, stringToBytes } from '@norikv/store';

const marks = { text: 116, json: 106, bytes: 98 } as const;

/** Text and bytes as they are, all else as JSON, behind a byte that says which. */
export function encodeValue(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return marked(marks.bytes, value);
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

function marked(mark: number, bytes: Uint8Array): Uint8Array {
  const payload = new Uint8Array(bytes.length + 1);
  payload[0] = mark;
  payload.set(bytes, 1);
  return payload;
}
