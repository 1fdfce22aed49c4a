const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Encodes a string as UTF-8. */
export function stringToBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Decodes UTF-8 bytes; bytes that are not UTF-8 become U+FFFD. */
export function bytesToString(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Whether two byte strings hold the same bytes. */
export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, position) => byte === right[position]);
}
