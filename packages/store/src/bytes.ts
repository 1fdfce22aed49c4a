const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Encodes a string as UTF-8. */
export function stringToBytes(text: string): Uint8Array {
  const { length } = text;
  // V8 keeps arrays of up to 64 bytes on its own heap: such a one takes 30 ns to make, others a microsecond.
  if (!(length <= 64)) return encoder.encode(text);
  const bytes = new Uint8Array(length);
  for (let position = 0; position < length; position += 1) {
    const code = text.charCodeAt(position);
    if (code > 127) return encoder.encode(text);
    bytes[position] = code;
  }
  return bytes;
}

/** Decodes UTF-8 bytes; bytes that are not UTF-8 become U+FFFD. */
export function bytesToString(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Whether two byte strings hold the same bytes. */
export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, position) => byte === right[position]);
}
